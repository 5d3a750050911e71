"""Merging duplicate enterprises (合并重复企业): every record that points to the duplicate moves, and can move back.

Which records those are is asked of the models, not listed: a domain of tomorrow is moved with the others. What moved
is kept in a table that is written once, each record with the digest of its values after the move, so that taking the
merge back is exact – or refused, with what has changed since.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction

from yunpu.kernel.digests import Sm3
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.reference.models import Enterprise, Merge, MergeUndo, Move
from yunpu.trail.models import Batch, Change, Sourced
from yunpu.trail.operations import Actor, operation, snapshot_of
from yunpu.ui import search

SHOWN = 20
_KEPT_AS_WRITTEN = (Merge, Move, MergeUndo)  # history: it names the enterprises as they were merged


class UnableToMerge(Refusal):
    """Two records of an enterprise that cannot be made one now."""

    code = "REF-103"
    headline = _("不能把“%(value)s”并入“%(given)s”：%(reason)s")
    why = _("合并要么全部完成，要么一条也不动。没有移动任何记录。%(text)s")
    ways_out = ((_("处理好以后再合并"), "/reference/enterprises/"),)


class UnableToUndoMerge(Refusal):
    """A merge that can no longer be taken back exactly."""

    code = "REF-104"
    headline = _("不能撤销“%(value)s”的合并：%(reason)s")
    why = _("撤销必须恰好回到合并之前，否则会把后来的改动算到别的企业头上。没有移动任何记录。%(text)s")
    ways_out = ((_("先改回后来的改动，或撤销后来的合并"), "/reference/merges/"),)


Child = tuple[type[models.Model], models.ForeignKey[Any, Any]]


def list_child_fields() -> list[Child]:
    """Every foreign key of every model that points to an enterprise, by model and field."""
    found: list[Child] = []
    for model in apps.get_models(include_auto_created=True):
        if model in _KEPT_AS_WRITTEN or model._meta.proxy or not model._meta.managed:
            continue
        found += [
            (model, stored)
            for stored in model._meta.local_concrete_fields
            if isinstance(stored, models.ForeignKey) and stored.related_model is Enterprise
        ]
    return sorted(found, key=lambda one: (one[0]._meta.label_lower, one[1].name))


def count_children(enterprise: Enterprise) -> list[tuple[str, int]]:
    """How many records point to an enterprise, by kind of record; for the comparison."""
    counts = [
        (str(model._meta.verbose_name), _rows(model).filter(**{stored.name: enterprise}).count())
        for model, stored in list_child_fields()
    ]
    return [(title, count) for title, count in counts if count]


def merge_enterprises(
    *, kept: Enterprise, duplicate: Enterprise, reason: str, by: Actor, at: dt.datetime
) -> Merge:
    """Make two records of one enterprise one: everything that points to the duplicate points to the kept one.

    The duplicate keeps its row and code, which from now on stand for the kept one. Raises UnableToMerge: when one of
    them was merged before, while a load is under way, and where two records would have the same key.
    """
    told = {"value": _name(duplicate), "given": _name(kept)}
    if kept.pk == duplicate.pk:
        raise UnableToMerge(**told, reason=_("是同一条记录"), text="")
    if len(reason.strip()) < 2:
        raise UnableToMerge(**told, reason=_("没有写明理由"), text="")
    with operation("reference.enterprise-merged", by=by, at=at, reason=reason.strip()) as note:
        locked = _lock(kept, duplicate)
        kept, duplicate = locked[kept.pk], locked[duplicate.pk]
        if kept.merged_into_id or duplicate.merged_into_id:
            raise UnableToMerge(**told, reason=_("其中一个已经并入别的企业"), text="")
        if _is_loading():
            raise UnableToMerge(**told, reason=_("正有文件在写入引用企业的台账"), text="")
        before = snapshot_of(duplicate)
        moved, clashing = _move(_pointing_to(duplicate), kept)
        if clashing:
            raise UnableToMerge(
                **told, reason=_("双方有关键字相同的记录，移过去会重复"), text=_listed(clashing)
            )
        duplicate.merged_into = kept
        duplicate.save(update_fields=["merged_into"])
        merge = Merge.objects.create(
            kept=kept, duplicate=duplicate, reason=reason.strip(), at=at, by_id=by.pk, by_name=by.trail_name()
        )
        Move.objects.bulk_create(_note_move(merge, record, stored) for record, stored in moved)
        note.changed(duplicate, before)
        note.values["batch_id"] = _write_changes(
            "reference.enterprise-merged", moved, duplicate, kept, by, at
        )
    return merge


def undo_merge(merge: Merge, *, reason: str, by: Actor, at: dt.datetime) -> MergeUndo:
    """Take a merge back: what it moved goes back, exactly that. What came later stays with the kept enterprise.

    Raises UnableToUndoMerge when something that was moved was changed, removed or moved on since.
    """
    told = {"value": _name(merge.duplicate)}
    if len(reason.strip()) < 2:
        raise UnableToUndoMerge(**told, reason=_("没有写明理由"), text="")
    with operation("reference.enterprise-merge-undone", by=by, at=at, reason=reason.strip()) as note:
        duplicate = _lock(merge.kept, merge.duplicate)[merge.duplicate_id]
        if MergeUndo.objects.filter(merge=merge).exists():
            raise UnableToUndoMerge(**told, reason=_("已经撤销过"), text="")
        if duplicate.merged_into_id != merge.kept_id:
            raise UnableToUndoMerge(**told, reason=_("保留的企业后来又并入了别的企业"), text="")
        if _is_loading():
            raise UnableToUndoMerge(**told, reason=_("正有文件在写入引用企业的台账"), text="")
        moved, changed = _find_moved(merge)
        if changed:
            raise UnableToUndoMerge(**told, reason=_("移动过的记录后来改过或删了"), text=_listed(changed))
        before = snapshot_of(duplicate)
        _back, clashing = _move(moved, duplicate)
        if clashing:
            raise UnableToUndoMerge(**told, reason=_("移回去会与现有记录重复"), text=_listed(clashing))
        duplicate.merged_into = None
        duplicate.save(update_fields=["merged_into"])
        undo = MergeUndo.objects.create(
            merge=merge, reason=reason.strip(), at=at, by_id=by.pk, by_name=by.trail_name()
        )
        note.changed(duplicate, before)
        note.values["batch_id"] = _write_changes(
            "reference.enterprise-merge-undone", moved, merge.kept, duplicate, by, at
        )
    return undo


Pointing = tuple[models.Model, models.ForeignKey[Any, Any]]


def _rows(model: type[models.Model]) -> models.Manager[Any]:
    """All rows, also those of a batch that nobody sees yet."""
    return model.every if issubclass(model, Sourced) else model._base_manager


def _pointing_to(enterprise: Enterprise) -> list[Pointing]:
    found: list[Pointing] = []
    for model, stored in list_child_fields():
        rows = _rows(model).select_for_update().filter(**{stored.name: enterprise}).order_by("pk")
        found += [(record, stored) for record in rows]
    return found


def _move(pointing: Sequence[Pointing], target: Enterprise) -> tuple[list[Pointing], list[str]]:
    """Let records point to an enterprise, each in a savepoint of its own; give the moved ones, and those that clash."""
    moved, clashing = [], []
    for record, stored in pointing:
        setattr(record, stored.name, target)
        try:
            with transaction.atomic():
                _rows(type(record)).filter(pk=record.pk).update(**{stored.name: target})
        except IntegrityError:
            clashing.append(_name(record))
            continue
        search.reindex(type(record), [record.pk])
        moved.append((record, stored))
    return moved, clashing


def _find_moved(merge: Merge) -> tuple[list[Pointing], list[str]]:
    """What a merge moved as it stands now, and the names of what is no longer as it was left."""
    found: list[Pointing] = []
    changed: list[str] = []
    for move in merge.moves.all():
        model = apps.get_model(move.object_type)
        record = _rows(model).select_for_update().filter(pk=move.object_id).first()
        if record is None or _digest(record) != move.digest:
            changed.append(move.object_name)
        else:
            stored: Any = model._meta.get_field(move.field)
            found.append((record, stored))
    return found, changed


def _note_move(merge: Merge, record: models.Model, stored: models.ForeignKey[Any, Any]) -> Move:
    return Move(
        merge=merge,
        object_type=record._meta.label_lower,
        object_id=record.pk,
        object_name=_name(record)[:300],
        field=stored.name,
        digest=_digest(record),
    )


def _write_changes(
    verb: str, moved: Sequence[Pointing], source: Enterprise, target: Enterprise, by: Actor, at: dt.datetime
) -> int:
    """Note every moved record in the trail's table of changes, so that its own history tells of the move."""
    batch = Batch.objects.create(
        verb=verb,
        target=Enterprise._meta.label_lower,
        state=Batch.State.KEPT,
        hidden=False,
        by_id=by.pk,
        by_name=by.trail_name(),
        started_at=at,
        kept_at=at,
        changed_count=len(moved),
    )
    Change.objects.bulk_create(
        Change(
            batch_id=batch.pk,
            object_type=record._meta.label_lower,
            object_id=record.pk,
            before={stored.attname: source.pk},
            after={stored.attname: target.pk},
        )
        for record, stored in moved
    )
    return batch.pk


def _lock(*enterprises: Enterprise) -> dict[int, Enterprise]:
    numbers = [one.pk for one in enterprises]
    return {
        one.pk: one for one in Enterprise.objects.select_for_update().filter(pk__in=numbers).order_by("pk")
    }


def _is_loading() -> bool:
    """Whether a load of a register that points to enterprises is under way: its rows know the former numbers."""
    labels = {model._meta.label_lower for model, _stored in list_child_fields()}
    return Batch.objects.filter(state=Batch.State.LOADING, target__in=labels).exists()


def _digest(record: models.Model) -> str:
    digest = Sm3()
    digest.update(json.dumps(snapshot_of(record), sort_keys=True, ensure_ascii=False).encode())
    return digest.hexdigest()


def _name(record: models.Model) -> str:
    if isinstance(record, Enterprise):
        return f"{record.name}（{record.credit_code}）"
    return f"{record._meta.verbose_name} {record}"


def _listed(names: Sequence[str]) -> str:
    return f"（{len(names)}：{'、'.join(names[:SHOWN])}{'…' if len(names) > SHOWN else ''}）"
