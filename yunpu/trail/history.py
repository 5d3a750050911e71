"""The history of one record: its own events and the batches that changed it, newest first."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext

from yunpu.kernel.money import show_money
from yunpu.kernel.text import mark as _
from yunpu.trail.models import Batch, Change, Event

SHOWN = 50
_PROVENANCE = frozenset({"batch_id", "sheet_name", "row_number"})
_VERBS = {
    "created": _("新建"),
    "changed": _("修改"),
    "removed": _("删除"),
    "loaded": _("导入"),
    "batch-withdrawn": _("撤回一批"),
    "bulk-changed": _("批量修改"),
    "bulk-removed": _("批量删除"),
    "bulk-undone": _("撤销批量修改"),
    "merged": _("合并"),
    "issued": _("签发"),
    "checked": _("核稿"),
    "submitted": _("送核稿"),
    "returned": _("退回"),
    "marked": _("标记"),
    "unmarked": _("取消标记"),
    "file-received": _("收到文件"),
    "file-refused": _("拒收文件"),
    "reading-changed": _("改变读法"),
    "figures-computed": _("计算"),
    "frozen": _("冻结"),
    "exported": _("导出"),
    "signed-in": _("登录"),
    "signed-out": _("退出"),
    "sign-in-failed": _("登录失败"),
    "password-changed": _("改密码"),
}


@dataclass(frozen=True)
class HistoryEntry:
    """One line of a record's history."""

    title: str
    at: dt.datetime
    by: str
    reason: str
    differences: list[tuple[str, str, str]]
    bulk_id: int = 0  # the bulk change that can be undone as a whole


def verb_title(verb: str) -> str:
    """A verb in words: the end of it that is known, else itself."""
    tail = verb.split(".", 1)[-1]
    for ending in sorted(_VERBS, key=len, reverse=True):
        if tail.endswith(ending):
            return gettext(_VERBS[ending])
    return verb


def data_as_of() -> dt.datetime | None:
    """When the newest bulk write came into the records; None where none did."""
    kept = Batch.objects.filter(state=Batch.State.KEPT, kept_at__isnull=False)
    return kept.order_by("-id").values_list("kept_at", flat=True).first()


def history(record: models.Model) -> list[HistoryEntry]:
    """What happened to a record."""
    model, label = type(record), record._meta.label_lower
    events = Event.objects.filter(object_type=label, object_id=record.pk).order_by("-id")[:SHOWN]
    entries = [
        HistoryEntry(
            verb_title(event.verb),
            event.at,
            event.by_name,
            event.reason,
            _differences(model, event.before, event.after),
        )
        for event in events
    ]
    changes = list(Change.objects.filter(object_type=label, object_id=record.pk).order_by("-id")[:SHOWN])
    batches = Batch.objects.filter(state=Batch.State.KEPT).in_bulk(
        [change.batch_id for change in changes] + [getattr(record, "batch_id", 0)]
    )
    reasons = _reasons([change.batch_id for change in changes])
    for change in changes:
        batch = batches.get(change.batch_id)
        if batch is not None:
            told = _differences(model, change.before, change.after)
            entries.append(_entry_of(batch, reasons.get(batch.pk, ""), told))
    birth = batches.get(getattr(record, "batch_id", 0))
    if birth is not None and not any(one.batch_id == birth.pk for one in changes):
        entries.append(_entry_of(birth, "", []))
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _entry_of(batch: Batch, reason: str, differences: list[tuple[str, str, str]]) -> HistoryEntry:
    assert batch.kept_at is not None, "a kept batch has its moment"
    bulk_id = batch.pk if batch.verb.endswith("-bulk-changed") else 0
    return HistoryEntry(verb_title(batch.verb), batch.kept_at, batch.by_name, reason, differences, bulk_id)


def _reasons(batch_ids: list[int]) -> dict[int, str]:
    """Why each of some batches was written."""
    events = Event.objects.filter(object_type=Batch._meta.label_lower, object_id__in=batch_ids)
    return {event.object_id or 0: event.reason for event in events.exclude(reason="").order_by("id")}


def _differences(
    model: type[models.Model], before: dict[str, Any] | None, after: dict[str, Any] | None
) -> list[tuple[str, str, str]]:
    """Field by field in words: title, what it was, what it is. Where a row came from is told elsewhere."""
    if not before or not after:
        return []
    fields = {
        name: stored for stored in model._meta.concrete_fields for name in (stored.name, stored.attname)
    }
    told = []
    for name, value in after.items():
        stored = fields.get(name)
        if before.get(name) == value or name in _PROVENANCE:
            continue
        title = gettext(str(stored.verbose_name)) if stored is not None else name
        told.append((title, _plain(stored, before.get(name)), _plain(stored, value)))
    return told


def _plain(stored: Any, value: Any) -> str:
    """A kept value as a person reads it."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return gettext("是") if value else gettext("否")
    if isinstance(stored, models.ForeignKey):
        found = stored.related_model._base_manager.filter(pk=value).first()
        return str(found) if found is not None else f"#{value}"
    if stored is not None and stored.choices:
        return gettext(str(dict(stored.flatchoices).get(value, value)))
    if stored is not None and stored.name.endswith("_fen") and isinstance(value, int):
        return f"{show_money(value, '元')} {gettext('元')}"
    return str(value)
