"""Attachments (附件) of records: kept once when identical, scoped like their record, taken out only with a reason."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.utils import timezone

from yunpu.access import scope
from yunpu.access.rights import Action
from yunpu.kernel.digests import Sm3
from yunpu.kernel.text import mark as _
from yunpu.stages.records.contents import MOST_BYTES, UnableToAttach, tell_kind
from yunpu.stages.records.models import Attachment, Content, Run, Turn
from yunpu.stages.records.scanning import find_scanner, scan
from yunpu.stages.records.taking import may_take
from yunpu.trail.operations import Actor, operation

_BLOCK = 1 << 20


def attach(
    record: Any, stream: IO[bytes], *, name: str, by: Actor, at: dt.datetime, paper: str = ""
) -> Attachment:
    """Attach a file to a record. Raises UnableToAttach for who may neither change the record nor is on, for what the
    file is, and for what the scan finds; nothing is kept then."""
    if not may_attach(record, by, on=timezone.localdate(at)):
        raise UnableToAttach(reason=_("附件由能改这条记录的人，或正在办理的人添加"))
    shown = "".join(one for one in Path(name.replace("\\", "/")).name if one.isprintable())[-200:]
    folder = Path(settings.ATTACHMENTS_FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(prefix="part-", dir=folder)
    try:
        digest, size = _copy(stream, handle)
        kind = tell_kind(Path(part), shown)
        scanner = find_scanner(settings.CLAMAV)
        if scanner:
            scan(Path(part), scanner)
        with operation("records.attachment-added", by=by, at=at) as note:
            content, _made = Content.objects.select_for_update().get_or_create(
                sm3=digest,
                defaults={"size": size, "kind": kind.code, "is_scanned": bool(scanner), "kept_at": at},
            )
            content.path.parent.mkdir(exist_ok=True)
            os.replace(part, content.path)
            content.path.chmod(0o440)
            if scanner and not content.is_scanned:
                content.is_scanned = True
                content.save(update_fields=["is_scanned"])
            attachment = Attachment.objects.create(
                object_type=record._meta.label_lower,
                object_id=record.pk,
                content=content,
                name=shown,
                paper=paper,
                by_name=by.trail_name(),
                by_id=by.pk,
                at=at,
            )
            note.act(record, name=f"{record} · {shown}", sm3=digest, size=size, paper=paper)
    finally:
        Path(part).unlink(missing_ok=True)
    return attachment


def _copy(stream: IO[bytes], handle: int) -> tuple[str, int]:
    digest, size = Sm3(), 0
    with os.fdopen(handle, "wb") as out:
        while block := stream.read(_BLOCK):
            size += len(block)
            if size > MOST_BYTES:
                raise UnableToAttach(reason=_("文件超过 %(most)s MB"), most=MOST_BYTES >> 20)
            digest.update(block)
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest(), size


def take_out(attachment: Attachment, *, by: Actor, at: dt.datetime, reason: str) -> Attachment:
    """Take an attachment out (移除), with a reason: it is no longer counted, but stays readable for the trail."""
    record = record_of(attachment)
    if record is None or not may_attach(record, by, on=timezone.localdate(at)):
        raise UnableToAttach(reason=_("附件由能改这条记录的人，或正在办理的人移除"))
    if len(reason.strip()) < 2:
        raise UnableToAttach(reason=_("移除附件要写明理由"))
    with operation("records.attachment-removed", by=by, at=at, reason=reason.strip()) as note:
        stored = Attachment.objects.select_for_update().get(pk=attachment.pk)
        if stored.removed_at is not None:
            raise UnableToAttach(reason=_("它已经移除"))
        stored.removed_at, stored.removed_by = at, by.trail_name()
        stored.save(update_fields=["removed_at", "removed_by"])
        note.act(record, name=f"{record} · {stored.name}", sm3=stored.content.sm3)
    return stored


def record_of(attachment: Attachment) -> Any:
    """The record an attachment belongs to; None where it is gone."""
    return attachment.model()._default_manager.filter(pk=attachment.object_id).first()


def may_attach(record: Any, user: Any, *, on: dt.date) -> bool:
    """Whether a person may add and take out attachments: whoever may change the record, or is on at a step."""
    found = type(record)._default_manager.filter(pk=record.pk)
    if scope.visible(found, user, on=on, action=Action.CHANGE).exists():
        return True
    turns = Turn.objects.filter(
        run__object_type=record._meta.label_lower,
        run__object_id=record.pk,
        run__outcome=Run.Outcome.OPEN,
        ended_at=None,
    )
    return any(may_take(turn, user, on=on) for turn in turns.select_related("run", "place"))
