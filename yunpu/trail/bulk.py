"""One change of many records by hand (批量修改, 批量删除): one operation, one event, one `Change` a record; undone as one.

A bulk change is a batch like a load's, so that histories and withdrawals know it. While another batch writes the same
records it is refused, and it holds that place itself until it is done.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext

from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.trail.models import Batch, Change
from yunpu.trail.operations import Actor, Note, operation, plain, snapshot_of
from yunpu.ui import search

CHANGED = "-bulk-changed"
NAMED = 5
CHUNK = 500


class UnableToChangeMany(Refusal):
    """Records that may not become what was asked, or that another writes just now."""

    code = "TRL-201"
    headline = _("不能批量修改：%(reason)s")
    why = _("批量修改整批成功或整批不改，没有改动任何记录。")
    ways_out = ((_("缩小选择后再试"), ""),)


class UnableToUndo(Refusal):
    """A bulk change whose records have moved on."""

    code = "TRL-202"
    headline = _("不能撤销这次批量修改：%(reason)s")
    why = _("撤销只恢复之后没有再改过的记录，没有改动任何记录。")
    ways_out = ((_("打开记录逐条修改"), ""),)


@dataclass(frozen=True)
class BulkChange:
    """A bulk change as it is described before it is undone."""

    batch_id: int
    at: dt.datetime
    by: str
    numbers: list[int]
    fields: list[str]


def change_many(
    model: type[models.Model],
    numbers: Sequence[int],
    values: Mapping[str, Any],
    *,
    by: Actor,
    at: dt.datetime,
    reason: str,
) -> Batch:
    """Give the same values to many records; verb `<app>.<model>-bulk-changed`. Raises UnableToChangeMany."""
    verb = f"{model._meta.label_lower}{CHANGED}"
    with operation(verb, by=by, at=at, reason=reason) as note:
        batch = begin(model, verb, by=by, at=at)
        differing = _assign(model, numbers, values)
        try:
            with transaction.atomic():
                _write(model, batch, differing, list(values))
        except IntegrityError:
            raise UnableToChangeMany(reason=_("改后会有两条记录的关键字相同")) from None
        after = {name: plain(value) for name, value in values.items()}
        end(batch, note, len(differing), len(numbers) - len(differing), at=at, after=after)
    return batch


def remove_many(
    model: type[models.Model], numbers: Sequence[int], *, by: Actor, at: dt.datetime, reason: str
) -> Batch:
    """Remove many records; verb `<app>.<model>-bulk-removed`. Raises ProtectedError where others depend on one."""
    verb = f"{model._meta.label_lower}-bulk-removed"
    with operation(verb, by=by, at=at, reason=reason) as note:
        batch = begin(model, verb, by=by, at=at)
        records = list(model._base_manager.filter(pk__in=numbers).order_by("pk"))
        label = model._meta.label_lower
        Change.objects.bulk_create(
            Change(
                batch_id=batch.pk,
                object_type=label,
                object_id=record.pk,
                before=snapshot_of(record),
                after={},
            )
            for record in records
        )
        search.forget_rows(model, [record.pk for record in records])
        model._base_manager.filter(pk__in=[record.pk for record in records]).delete()
        end(batch, note, len(records), 0, at=at, after={"removed": len(records)})
    return batch


def find_bulk_change(model: type[models.Model], batch_id: int) -> BulkChange | None:
    """A bulk change of a model's records; None where there is none of that number."""
    verb = f"{model._meta.label_lower}{CHANGED}"
    batch = Batch.objects.filter(pk=batch_id, verb=verb, state=Batch.State.KEPT).first()
    if batch is None:
        return None
    assert batch.kept_at is not None, "a kept batch has its moment"
    changes = list(
        Change.objects.filter(batch_id=batch.pk).order_by("object_id").values_list("object_id", "after")
    )
    fields = list(dict.fromkeys(name for _pk, after in changes for name in after))
    return BulkChange(batch.pk, batch.kept_at, batch.by_name, [pk for pk, _after in changes], fields)


def undo_many(
    model: type[models.Model], batch_id: int, *, by: Actor, at: dt.datetime, reason: str
) -> tuple[int, int]:
    """Give the records of a bulk change their former values, where nobody changed them since; verb `…-bulk-undone`.

    Gives how many were restored and how many left alone. Raises UnableToUndo where none can be restored.
    """
    verb = f"{model._meta.label_lower}-bulk-undone"
    changes = {one.object_id: one for one in Change.objects.filter(batch_id=batch_id)}
    with operation(verb, by=by, at=at, reason=reason) as note:
        batch = begin(model, verb, by=by, at=at)
        restored = []
        names: set[str] = set()
        for record in _locked(model, list(changes)):
            change, now = changes[record.pk], snapshot_of(record)
            if any(now[name] != value for name, value in change.after.items()):
                continue
            for name in change.after:
                stored = _field(model, name)
                setattr(record, stored.attname, stored.to_python(change.before[name]))
            names |= set(change.after)
            restored.append((record, now))
        if not restored:
            raise UnableToUndo(reason=_("其中的记录之后都改过或已经删除"))
        _write(model, batch, restored, sorted(names))
        left = len(changes) - len(restored)
        end(batch, note, len(restored), left, at=at, after={"undone": batch_id})
    return len(restored), left


def _assign(
    model: type[models.Model], numbers: Sequence[int], values: Mapping[str, Any]
) -> list[tuple[Any, dict[str, Any]]]:
    """The records that differ once they have the values, each with what it was. Raises UnableToChangeMany."""
    differing, faults = [], []
    for record in _locked(model, numbers):
        before = snapshot_of(record)
        for name, value in values.items():
            setattr(record, name, value)
        if snapshot_of(record) == before:
            continue
        try:
            record.full_clean()
        except ValidationError as error:
            faults.append(f"“{record}”{'；'.join(error.messages)}")
        differing.append((record, before))
    if faults:
        shown = "；".join(faults[:NAMED])
        raise UnableToChangeMany(
            reason=gettext("有 %(count)s 条改后不符合规定，如%(shown)s")
            % {"count": len(faults), "shown": shown}
        )
    return differing


def _write(
    model: type[models.Model],
    batch: Batch,
    differing: Sequence[tuple[Any, dict[str, Any]]],
    names: Sequence[str],
) -> None:
    """Keep changed records, and note for each what it was and is. `batch_id` stays: the row still comes from its file."""
    label = model._meta.label_lower
    changes = []
    for record, before in differing:
        after = snapshot_of(record)
        told = [name for name in after if after[name] != before[name]]
        former = {name: before[name] for name in told} | {"batch_id": before.get("batch_id", 0)}
        changes.append(
            Change(
                batch_id=batch.pk,
                object_type=label,
                object_id=record.pk,
                before=former,
                after={name: after[name] for name in told},
            )
        )
    Change.objects.bulk_create(changes, batch_size=CHUNK)
    records = [record for record, _before in differing]
    model._base_manager.bulk_update(records, list(names), batch_size=CHUNK)
    search.reindex(model, [record.pk for record in records])


def begin(model: type[models.Model], verb: str, *, by: Actor, at: dt.datetime) -> Batch:
    """Take the one place of writers to a model's records."""
    try:
        with transaction.atomic():
            return Batch.objects.create(
                verb=verb, target=model._meta.label_lower, by_id=by.pk, by_name=by.trail_name(), started_at=at
            )
    except IntegrityError:
        raise UnableToChangeMany(reason=_("正有一个文件写入同一台账，等它完成后再改")) from None


def end(
    batch: Batch, note: Note, changed: int, unchanged: int, *, at: dt.datetime, after: Mapping[str, Any]
) -> None:
    batch.state, batch.hidden, batch.kept_at = Batch.State.KEPT, False, at
    batch.changed_count, batch.unchanged_count = changed, unchanged
    batch.save()
    note.bulk(batch.pk, name=str(batch), after={**after, "changed": changed, "unchanged": unchanged})


def _locked(model: type[models.Model], numbers: Sequence[int]) -> list[Any]:
    return list(model._base_manager.select_for_update().filter(pk__in=numbers).order_by("pk"))


def _field(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name)
