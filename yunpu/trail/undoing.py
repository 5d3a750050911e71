"""Undoing by hand: what was removed is put back, what a register's own operation changed gets its former values.

Everything is read from the trail: an act is one event, or the events of one request (many records, each written by its
register's own operation). Personal fields stand there as digests only, so records that have some are not put back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Min

from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.trail.bulk import begin, end
from yunpu.trail.models import Change, Event
from yunpu.trail.operations import Actor, operation, snapshot_of
from yunpu.ui import search

REMOVED, BULK_REMOVED, CHANGED = "-removed", "-bulk-removed", "-changed"
LOOKED_THROUGH = 20_000  # events after the first of an act; one request writes its own close together


class UnableToRestore(Refusal):
    """Records that cannot stand again as they stood."""

    code = "TRL-203"
    headline = _("不能恢复：%(reason)s")
    why = _("恢复的记录和原来的一模一样，整批成功或整批不恢复；没有写入任何记录。")
    ways_out = ((_("按留痕里的内容重新登记"), ""),)


@dataclass(frozen=True)
class Row:
    """One record of an act: its number, its name, its values before and after."""

    object_id: int
    name: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True)
class Act:
    """What somebody did to some records of one model: removed them, or changed them."""

    event_id: int
    removed: bool
    at: dt.datetime
    by: str
    reason: str
    rows: Sequence[Row]


def can_restore(record: models.Model) -> bool:
    """Whether the trail keeps everything of a record: personal fields that hold something it does not."""
    return _is_whole(type(record), {name: getattr(record, name) for name in _hidden(type(record))})


def _hidden(model: type[models.Model]) -> list[str]:
    """The fields of which the trail keeps a digest only, or nothing at all."""
    left_out = [str(name) for name in getattr(model, "trail_leaves_out", ())]
    return left_out + [
        stored.name for stored in model._meta.concrete_fields if hasattr(stored, "trail_value")
    ]


def _is_whole(model: type[models.Model], before: Mapping[str, Any]) -> bool:
    return not any(before.get(name) for name in _hidden(model)) and not getattr(model, "trail_leaves_out", ())


def find_first_event(by: Actor, request_id: str) -> int:
    """The first event of a request that is just being answered; 0 where it wrote none."""
    newest = Event.objects.order_by("-id").values_list("id", flat=True).first() or 0
    own = Event.objects.filter(by_id=by.pk, pk__gt=newest - LOOKED_THROUGH, request_id=request_id)
    return own.aggregate(first=Min("id"))["first"] or 0


def find_act(model: type[models.Model], event_id: int) -> Act | None:
    """The removal or change of a model's records that begins with an event; None where it is none."""
    event = Event.objects.filter(pk=event_id).first()
    if event is None:
        return None
    label = model._meta.label_lower
    if event.verb.endswith(BULK_REMOVED):
        rows = list(_rows_of_batch(label, event.batch_id or 0))
        removed = True
    else:
        removed = event.verb.endswith(REMOVED)
        rows = list(_rows_of_request(label, event, REMOVED if removed else CHANGED))
    if not rows or (removed and not all(_is_whole(model, row.before) for row in rows)):
        return None
    return Act(event.pk, removed, event.at, event.by_name, event.reason, rows)


def restore(
    model: type[models.Model], act: Act, *, by: Actor, at: dt.datetime, reason: str
) -> tuple[list[Any], int]:
    """Put removed records back as they stood, by one event; those that are there again already are left alone.

    Verb `<app>.<model>-restored`, of many `…-bulk-restored`. Raises UnableToRestore.
    """
    assert act.removed, "only what was removed can be put back"
    label = model._meta.label_lower
    there = set(
        model._base_manager.filter(pk__in=[row.object_id for row in act.rows]).values_list("pk", flat=True)
    )
    rows = [row for row in act.rows if row.object_id not in there]
    if not rows:
        raise UnableToRestore(reason=_("这些记录已经在台账里"))
    if len(rows) == 1:
        with operation(f"{label}-restored", by=by, at=at, reason=reason) as note:
            record = _put_back(model, rows[0])
            note.created(record)
        return [record], len(there)
    verb = f"{label}-bulk-restored"
    with operation(verb, by=by, at=at, reason=reason) as note:
        batch = begin(model, verb, by=by, at=at)
        records = [_put_back(model, row) for row in rows]
        Change.objects.bulk_create(
            Change(batch_id=batch.pk, object_type=label, object_id=one.pk, before={}, after=snapshot_of(one))
            for one in records
        )
        end(batch, note, len(records), len(there), at=at, after={"restored": len(records)})
    return records, len(there)


def former_values(record: models.Model, row: Row) -> dict[str, Any] | None:
    """The values a record had before an act, as its register's own operation takes them; None where somebody changed
    it since."""
    now = snapshot_of(record)
    if any(now.get(name) != value for name, value in row.after.items()):
        return None
    return {name: _revived(record._meta.get_field(name), value) for name, value in row.before.items()}


def _rows_of_request(label: str, event: Event, ending: str) -> Iterator[Row]:
    beside = Event.objects.filter(pk__gte=event.pk, pk__lt=event.pk + LOOKED_THROUGH)
    of_request = beside.filter(object_type=label, request_id=event.request_id, by_id=event.by_id)
    own = of_request if event.request_id else beside.filter(pk=event.pk, object_type=label)
    for one in own.filter(verb__endswith=ending).exclude(object_id=None).order_by("id"):
        if one.before:
            yield Row(one.object_id or 0, one.object_name, one.before, one.after or {})


def _rows_of_batch(label: str, batch_id: int) -> Iterator[Row]:
    changes = Change.objects.filter(batch_id=batch_id, object_type=label).order_by("object_id")
    for change in changes:
        yield Row(change.object_id, f"#{change.object_id}", change.before, {})


def _put_back(model: type[models.Model], row: Row) -> Any:
    record = model(pk=row.object_id)
    for name, value in row.before.items():
        stored: Any = model._meta.get_field(name)
        setattr(record, stored.attname, stored.to_python(value))
    try:
        record.full_clean()
    except ValidationError as error:
        raise UnableToRestore(reason=f"“{row.name}”{'；'.join(error.messages)}") from error
    record.save(force_insert=True)
    if not model._default_manager.filter(pk=record.pk).exists():
        raise UnableToRestore(reason=_("它来自的那批数据已经撤回"))
    search.reindex(model, [record.pk])
    return record


def _revived(stored: Any, value: Any) -> Any:
    """A value of the trail as a field holds it; a record for what points to one."""
    if not isinstance(stored, models.ForeignKey) or value is None:
        return stored.to_python(value)
    related: Any = stored.related_model
    found = related._base_manager.filter(**{stored.target_field.name: value}).first()
    if found is None:
        raise UnableToRestore(reason=_("它原来指向的记录已经不在"))
    return found
