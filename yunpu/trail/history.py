"""The history of one object: its own events and the batches that changed it, newest first.

It is read from the trail alone, by the object's kind and number, so it is there when the object is gone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models

from yunpu.trail.models import Batch, Change, Event
from yunpu.trail.words import differences, kind_title, verb_title

SHOWN = 50


@dataclass(frozen=True)
class HistoryEntry:
    """One line of an object's history: what, when, by whom, why, and field by field what it was and became."""

    title: str
    at: dt.datetime
    by: str
    reason: str
    differences: list[tuple[str, str, str]]
    batch: int = 0
    request: str = ""


def history(record: models.Model, limit: int = SHOWN) -> list[HistoryEntry]:
    """What happened to a record."""
    return history_of(type(record), record.pk, getattr(record, "batch_id", 0), limit)


def history_of(
    model: type[models.Model], pk: int, batch_id: int = 0, limit: int = SHOWN
) -> list[HistoryEntry]:
    """What happened to an object that may be gone; `batch_id` is the batch of its present values, where known."""
    label = model._meta.label_lower
    events = list(Event.objects.filter(object_type=label, object_id=pk).order_by("-id")[:limit])
    changes = list(Change.objects.filter(object_type=label, object_id=pk).order_by("-id")[:limit])
    born = batch_id or _batch_of_removed(events)
    numbers = {change.batch_id for change in changes} | {born}
    numbers |= {int(change.before.get("batch_id") or 0) for change in changes}
    numbers.discard(0)  # entered by hand
    batches = Batch.objects.exclude(kept_at=None).in_bulk(sorted(numbers)) if numbers else {}
    entries = [_of_event(event, model) for event in events]
    reasons = _reasons(batches.values())
    told = {change.batch_id: differences(model, change.before, change.after) for change in changes}
    entries += [
        _of_batch(batch, told.get(number, []), reasons.get(number, "")) for number, batch in batches.items()
    ]
    entries += _withdrawals(model, batches.values())
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:limit]


def _reasons(batches: Iterable[Batch]) -> dict[int, str]:
    """Why each batch was written, as its event says."""
    verbs = {batch.pk: batch.verb for batch in batches}
    found = Event.objects.filter(object_type="trail.batch", object_id__in=list(verbs)).order_by("id")
    return {
        number: reason
        for number, verb, reason in found.values_list("object_id", "verb", "reason")
        if number is not None and verbs[number] == verb
    }


def _withdrawals(model: type[models.Model], batches: Iterable[Batch]) -> list[HistoryEntry]:
    """When those of the batches that were taken back were taken back, by whom and why."""
    numbers = [batch.pk for batch in batches if batch.state == Batch.State.WITHDRAWN]
    if not numbers:
        return []
    verb = f"{model._meta.label_lower}-batch-withdrawn"
    events = Event.objects.filter(object_type="trail.batch", object_id__in=numbers, verb=verb)
    return [_of_event(event, model) for event in events.order_by("id")]


def _of_event(event: Event, model: type[models.Model]) -> HistoryEntry:
    told = differences(model, event.before, event.after) if event.before and event.after else []
    return HistoryEntry(
        verb_title(event.verb), event.at, event.who(), event.reason, told, request=event.request_id
    )


def _of_batch(batch: Batch, told: list[tuple[str, str, str]], reason: str) -> HistoryEntry:
    assert batch.kept_at is not None
    return HistoryEntry(verb_title(batch.verb), batch.kept_at, batch.by_name, reason, told, batch=batch.pk)


def name_of_gone(model: type[models.Model], pk: int, readable: models.QuerySet[Event]) -> str:
    """What an object that is gone was called, as far as the readable events tell; empty where they tell nothing."""
    label = model._meta.label_lower
    last = readable.filter(object_type=label, object_id=pk).order_by("-id").first()
    if last is not None:
        return str(last.object_name)
    batches = Change.objects.filter(object_type=label, object_id=pk).values("batch_id")
    known = readable.filter(object_type="trail.batch", object_id__in=batches).exists()
    return f"{kind_title(label)} #{pk}" if known else ""


def _batch_of_removed(events: list[Event]) -> int:
    """The batch that a removed record said it came from."""
    last = next((event.before for event in events if event.before and not event.after), None)
    return int((last or {}).get("batch_id") or 0)
