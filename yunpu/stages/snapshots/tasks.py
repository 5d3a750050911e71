"""Freezing in the background: one operation, with its progress on a job."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext
from django_tasks import task

from yunpu.kernel.refusals import Refusal
from yunpu.stages.snapshots.operations import freeze
from yunpu.trail.jobs import Cancelled, running, start_job
from yunpu.trail.models import Job


def freeze_later(as_of: dt.date, *, by: Any, at: dt.datetime) -> Job:
    """Ask for a freeze in the background."""
    job = start_job(gettext("冻结快照（截至 %(as_of)s）") % {"as_of": as_of}, by_id=by.pk, at=at)
    freeze_records.enqueue(job.pk, as_of.isoformat(), by.pk, at.isoformat())
    return job


@task()
def freeze_records(job_id: int, as_of: str, user_id: int, at: str) -> None:
    """Freeze; a refusal ends the job with its words. The job's message is then the snapshot's number."""
    job = Job.objects.get(pk=job_id)
    user: Any = get_user_model().objects.get(pk=user_id)
    try:
        with running(job) as progress:
            snapshot = freeze(
                dt.date.fromisoformat(as_of), by=user, at=dt.datetime.fromisoformat(at), progress=progress
            )
            job.message = snapshot.number
    except (Cancelled, Refusal):
        return  # the job says so
