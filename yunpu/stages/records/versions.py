"""Versions of declarations: each kept whole under its digest, so that a running process keeps the one it began with."""

from __future__ import annotations

import datetime as dt

from yunpu.stages.records.declaring import Process
from yunpu.stages.records.models import Declaration


def keep_version(process: Process, *, at: dt.datetime) -> Declaration:
    """The stored version of a declaration; written within the operation that first uses it."""
    found, _made = Declaration.objects.get_or_create(
        digest=process.digest,
        defaults={
            "code": process.code,
            "title": process.title,
            "body": process.as_stored(),
            "first_used_at": at,
        },
    )
    return found
