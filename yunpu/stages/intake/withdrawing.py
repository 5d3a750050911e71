"""A batch taken back out of the records (撤回): refused while something depends on it, hidden by one small commit.

What costs time stands before that commit or after it: what depends on the batch is looked for before, and in the
commit only what happened since; on SQLite many former values are written into a twin before; the batch's new records
are removed afterwards, a short transaction at a time. Killed before the commit, nothing is withdrawn; killed after it,
the next start goes on removing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.db.models.functions import Cast

from yunpu.kernel.refusals import Reasoned
from yunpu.kernel.text import mark as _
from yunpu.stages.intake.loading import (
    CHUNK,
    TOGETHER,
    TOGETHER_RENAMED,
    abandon,
    as_json,
    blur,
    changed_by,
    clean_killed_loads,
    held,
    model_of,
    room_for_many,
    tidy_up,
    update_sql,
)
from yunpu.stages.intake.twins import Twin, has_twin
from yunpu.trail.jobs import Cancelled, Progress, no_progress
from yunpu.trail.models import Batch, Change, Event, Sourced
from yunpu.trail.operations import Actor, operation
from yunpu.ui import search


class UnableToWithdraw(Reasoned):
    """A batch on which something later depends."""

    code = "INT-102"
    headline = _("不能撤回这一批：%(reason)s")
    why = _("撤回会让后来的记录失去依据，没有改动任何一行。")
    ways_out = ((_("上传一份更正的文件，按关键字更新"), ""),)


CHANGED_LATER = _("其中的记录后来被人改过")


def withdraw_batch(
    batch: Batch,
    *,
    by: Actor,
    at: dt.datetime,
    reason: str,
    progress: Progress = no_progress,
    together: Callable[[Batch], None] | None = None,
) -> None:
    """Take a batch back: its new records go, its changed records get their former values.

    `together` writes in the same commit. Raises UnableToWithdraw when something later depends on it, saying what, or
    when the register is being written just now.
    """
    clean_killed_loads()
    model, seen = model_of(batch), _seen(batch)
    _refuse_if_needed(model, batch, Seen())
    try:
        with held(batch):
            twin = _make_twin(model, batch, progress)
            with operation(f"{batch.target}-batch-withdrawn", by=by, at=at, reason=reason) as note:
                locked = Batch.objects.select_for_update().get(pk=batch.pk)
                _refuse_if_needed(model, locked, seen)
                if twin is None:
                    _restore(model, locked)
                else:
                    _refuse_if_noted(twin, locked)
                    twin.exchange()
                Batch.objects.filter(pk=locked.pk).update(state=Batch.State.WITHDRAWN, hidden=True)
                model.settle()
                after = {"withdrawn": locked.created_count + locked.changed_count}
                note.bulk(locked.pk, name=str(locked), after=after)
                if together is not None:
                    together(locked)
            with room_for_many():
                abandon(batch, _to_the_end(progress))
    except BaseException:
        tidy_up(batch)
        raise


@dataclass(frozen=True)
class Seen:
    """How far the trail was looked through already: the newest event, the newest kept batch of the register."""

    event: int = 0
    batch: int = 0


def _seen(batch: Batch) -> Seen:
    event = Event.objects.aggregate(last=Max("id"))["last"]
    kept = Batch.objects.filter(target=batch.target, state=Batch.State.KEPT).aggregate(last=Max("id"))["last"]
    return Seen(event or 0, kept or 0)


def _to_the_end(progress: Progress) -> Progress:
    """Progress of work that can no longer be cancelled: the batch is withdrawn."""

    def tell(done: int, total: int, label: str) -> None:
        try:
            progress(done, total, label)
        except Cancelled:
            return  # too late

    return tell


def _refuse_if_needed(model: type[Sourced], batch: Batch, seen: Seen) -> None:
    """Raise UnableToWithdraw for what depends on the batch; what was seen already is not looked at again."""
    if batch.state != Batch.State.KEPT:
        raise UnableToWithdraw(reason=_("它不在“已入账”状态"))
    label, kept = model._meta.label_lower, Batch.objects.filter(state=Batch.State.KEPT).values("id")
    first = max(batch.pk, seen.batch)
    later = Change.objects.filter(object_type=label, batch_id__gt=first, batch_id__in=kept)
    # A record that a later batch changed carries that batch's number now; its former one stands in the change.
    later = later.annotate(former=Cast("before", models.JSONField()))
    if later.filter(Q(former__batch_id=batch.pk) | Q(changed_by(batch, "object_id"))).exists():
        raise UnableToWithdraw(reason=_("后来的一批更新了其中的记录，请先撤回后来的那一批"))
    shown = Event.objects.filter(batch_id=batch.pk).order_by("id").values_list("id", flat=True).first() or 0
    by_hand = Event.objects.filter(id__gt=max(shown, seen.event), object_type=label)
    mine = Exists(model.objects.filter(batch_id=batch.pk, pk=OuterRef("object_id")))
    if by_hand.filter(Q(mine) | Q(changed_by(batch, "object_id"))).exists():
        raise UnableToWithdraw(reason=CHANGED_LATER)
    new = model.objects.filter(~Q(changed_by(batch, "pk")), batch_id=batch.pk)
    for relation in model._meta.related_objects:
        field = relation.field
        held = Exists(new.filter(**{field.target_field.name: OuterRef(field.attname)}))
        children = relation.related_model._base_manager.filter(held)
        if relation.related_model is model:
            children = children.exclude(batch_id=batch.pk)
        if children.exists():
            title = relation.related_model._meta.verbose_name
            raise UnableToWithdraw(reason=_("有“%(title)s”依据它的记录"), title=str(title))


def _refuse_if_noted(twin: Twin, batch: Batch) -> None:
    if twin.has_noted(batch.target):
        raise UnableToWithdraw(reason=CHANGED_LATER)


def _make_twin(model: type[Sourced], batch: Batch, progress: Progress) -> Twin | None:
    """SQLite and many changes: a second copy of the table with the former values in it. None where one commit will do."""
    if connection.vendor != "sqlite":
        return None
    searched = set(search.searched_names(model))
    sample = Change.objects.filter(batch_id=batch.pk).order_by("id").first()
    if sample is None or batch.changed_count <= TOGETHER_RENAMED:
        return None
    if batch.changed_count <= TOGETHER and not searched & set(sample.before):
        return None
    twin, done, all_rows = Twin.of(model, batch.pk), 0, model.every.count()
    with transaction.atomic():
        if has_twin(model) or Batch.objects.filter(target=batch.target, state=Batch.State.LOADING).exists():
            raise UnableToWithdraw(reason=_("正有文件写入同一台账，等它完成后再撤回"))
        twin.create()
    with room_for_many():
        for chunk in _list_changes(batch):
            for fields, lines in _former(model, chunk):
                twin.put([str(stored.column) for stored in fields], lines)
            words = [(one.object_id, [one.before[n] for n in one.before if n in searched]) for one in chunk]
            if coming := [one for one in words if one[1]]:
                blur(model, coming, twin.turns)
            done += len(chunk)
            progress(done, all_rows, str(_("还原")))
        twin.copy_rest(lambda copied: progress(max(done, copied), all_rows, str(_("还原"))))
    return twin


def _restore(model: type[Sourced], batch: Batch) -> None:
    """Give the changed records their former values, in the transaction under way."""
    for chunk in _list_changes(batch):
        for fields, lines in _former(model, chunk):
            sql = update_sql(model._meta, fields)
            with connection.cursor() as cursor:
                if connection.vendor == "postgresql":
                    cursor.execute(sql, [as_json(lines)])
                else:
                    cursor.executemany(sql, lines)
        search.reindex(model, [change.object_id for change in chunk])


def _list_changes(batch: Batch) -> Iterator[list[Change]]:
    """By number and not by an open cursor: while one is open, SQLite lets its connection write only until others have."""
    last = 0
    while chunk := list(Change.objects.filter(batch_id=batch.pk, id__gt=last).order_by("id")[:CHUNK]):
        yield chunk
        last = chunk[-1].pk


def _former(
    model: type[Sourced], changes: Sequence[Change]
) -> Iterator[tuple[list[models.Field[Any, Any]], list[tuple[Any, ...]]]]:
    """The former values of records, as the database takes them: for each set of fields its lines of values and number."""
    by_attname = {stored.attname: stored for stored in model._meta.concrete_fields}
    lines: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    for change in changes:
        names = tuple(sorted(change.before))
        fields = [by_attname[name] for name in names]
        if any(hasattr(stored, "trail_value") for stored in fields):
            raise UnableToWithdraw(reason=_("它改过个人信息，原值不留存，无法还原"))
        values = [
            stored.get_db_prep_save(stored.to_python(change.before[name]), connection)
            for name, stored in zip(names, fields, strict=True)
        ]
        lines.setdefault(names, []).append((*values, change.object_id))
    for names, found in lines.items():
        yield [by_attname[name] for name in names], found
