"""The history of one record: its own events and the batches that changed it, newest first."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext

from yunpu.kernel.text import mark as _
from yunpu.trail.models import Batch, Change, Event

SHOWN = 50
_VERBS = {
    "created": _("新建"),
    "changed": _("修改"),
    "removed": _("删除"),
    "loaded": _("导入"),
    "batch-withdrawn": _("撤回一批"),
    "merged": _("合并"),
    "merge-undone": _("撤销合并"),
    "moved": _("移到别的上级"),
    "closed": _("停用"),
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
    batch: int = 0


def verb_title(verb: str) -> str:
    """A verb in words: the end of it that is known, else itself."""
    tail = verb.split(".", 1)[-1]
    for ending in sorted(_VERBS, key=len, reverse=True):
        if tail.endswith(ending):
            return gettext(_VERBS[ending])
    return verb


def history(record: models.Model) -> list[HistoryEntry]:
    """What happened to a record."""
    label = record._meta.label_lower
    titles = {
        name: str(stored.verbose_name)
        for stored in record._meta.concrete_fields
        for name in (stored.name, stored.attname)
    }
    events = Event.objects.filter(object_type=label, object_id=record.pk).order_by("-id")[:SHOWN]
    entries = [
        HistoryEntry(
            verb_title(event.verb), event.at, event.by_name, event.reason, _differences(event, titles)
        )
        for event in events
    ]
    changes = list(Change.objects.filter(object_type=label, object_id=record.pk).order_by("-id")[:SHOWN])
    batches = Batch.objects.filter(state=Batch.State.KEPT).in_bulk(
        [change.batch_id for change in changes] + [getattr(record, "batch_id", 0)]
    )
    for change in changes:
        batch = batches.get(change.batch_id)
        if batch is not None and batch.kept_at is not None:
            told = [
                (titles.get(n, n), _plain(change.before.get(n)), _plain(v)) for n, v in change.after.items()
            ]
            entries.append(
                HistoryEntry(verb_title(batch.verb), batch.kept_at, batch.by_name, "", told, batch.pk)
            )
    birth = batches.get(getattr(record, "batch_id", 0))
    if (
        birth is not None
        and birth.kept_at is not None
        and not any(one.batch_id == birth.pk for one in changes)
    ):
        entries.append(HistoryEntry(verb_title(birth.verb), birth.kept_at, birth.by_name, "", []))
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _differences(event: Event, titles: dict[str, str]) -> list[tuple[str, str, str]]:
    if not event.before or not event.after:
        return []
    return [
        (titles.get(name, name), _plain(event.before.get(name)), _plain(value))
        for name, value in event.after.items()
        if event.before.get(name) != value
    ]


def _plain(value: Any) -> str:
    return "—" if value in (None, "") else str(value)
