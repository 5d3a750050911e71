"""Every write is a named operation with one trail event in its own transaction.

    with operation("outreach.event-created", by=by, at=at) as note:
        event = Event.objects.create(...)
        note.created(event)

Outside an operation no record is written: `writing()` tells, and the tests' database guard asks it.
"""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.db import models, transaction

from yunpu.trail.models import Event
from yunpu.trail.requests import get_acted_for, get_origin
from yunpu.ui import search

_verb: ContextVar[str] = ContextVar("verb", default="")


class Actor(Protocol):
    """Who acts: a user, or the system itself."""

    @property
    def pk(self) -> Any: ...
    def trail_name(self) -> str: ...
    def trail_role(self) -> str: ...
    def trail_unit(self) -> tuple[int | None, str]: ...


@dataclass(frozen=True)
class System:
    """The platform itself, or whoever runs its command line on the server."""

    name: str
    pk: None = None

    def trail_name(self) -> str:
        return self.name

    def trail_role(self) -> str:
        return "system"

    def trail_unit(self) -> tuple[int | None, str]:
        return None, ""


@dataclass
class Note:
    """What one operation tells the trail. Exactly one of its methods is called, once."""

    verb: str
    told: bool = False
    values: dict[str, Any] = field(default_factory=dict)

    def created(self, record: models.Model) -> None:
        self._tell(record, None, snapshot_of(record))

    def changed(self, record: models.Model, before: Mapping[str, Any]) -> None:
        """`before` is `snapshot_of(record)` taken before the change; only differing fields are kept."""
        after = snapshot_of(record)
        differing = [name for name in after if before.get(name) != after[name]]
        self._tell(record, {n: before.get(n) for n in differing}, {n: after[n] for n in differing})

    def removed(self, record: models.Model) -> None:
        """Call before the deletion, while the record still has its number."""
        self._tell(record, snapshot_of(record), None)

    def bulk(self, batch_id: int, *, name: str, after: Mapping[str, Any] | None = None) -> None:
        self._told()
        self.values = {
            "object_type": "trail.batch",
            "object_id": batch_id,
            "object_name": name[:300],
            "after": dict(after) if after else None,
            "batch_id": batch_id,
        }

    def act(self, record: models.Model | None = None, *, name: str = "", **after: Any) -> None:
        """An act that changes no record of its own: sign-in, export, reading personal data."""
        self._tell(record, None, {key: plain(value) for key, value in after.items()} or None, name=name)

    def _tell(self, record: Any, before: Any, after: Any, *, name: str = "") -> None:
        self._told()
        self.values = {"before": before, "after": after, "object_name": name[:300]}
        if record is not None:
            self.values |= {
                "object_type": record._meta.label_lower,
                "object_id": record.pk,
                "object_name": (name or str(record))[:300],
            }

    def _told(self) -> None:
        assert not self.told, f"{self.verb}: one operation writes one event"
        self.told = True


def plain(value: Any) -> Any:
    """A value as JSON keeps it: dates and decimals as text, records as their number."""
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, dt.date | dt.datetime | dt.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, bytes):
        return value.hex()
    return value


def snapshot_of(record: models.Model) -> dict[str, Any]:
    """All stored fields of a record as plain values. Personal fields come as their digest; what the model keeps
    from the trail (`trail_leaves_out`: a password, even hashed) does not come at all."""
    values = {}
    left_out = getattr(record, "trail_leaves_out", ())
    for stored in record._meta.concrete_fields:
        if stored.name in left_out:
            continue
        value = getattr(record, stored.attname)
        hide = getattr(stored, "trail_value", None)
        values[stored.name] = hide(value) if hide else plain(value)
    return values


@contextmanager
def operation(verb: str, *, by: Actor, at: dt.datetime, reason: str = "") -> Iterator[Note]:
    """One atomic write with one event. `verb` is `<domain>.<object>-<past participle>`."""
    token = _verb.set(verb)
    try:
        with transaction.atomic():
            note = Note(verb)
            yield note
            assert note.told, f"{verb}: the operation told the trail nothing"
            unit_id, unit_name = by.trail_unit()
            request_id, address = get_origin()
            for_id, for_name = get_acted_for()
            Event.objects.create(
                at=at,
                verb=verb,
                by_id=by.pk,
                by_name=by.trail_name(),
                for_id=for_id,
                for_name=for_name,
                role=by.trail_role(),
                unit_id=unit_id,
                unit_name=unit_name,
                reason=reason,
                request_id=request_id,
                address=address,
                **note.values,
            )
    finally:
        _verb.reset(token)


@contextmanager
def preparing(verb: str) -> Iterator[None]:
    """Writes that nobody sees yet: rows of a hidden batch. The operation that shows them writes the event."""
    token = _verb.set(verb)
    try:
        yield
    finally:
        _verb.reset(token)


def writing() -> str:
    """The verb of the operation under way, or empty."""
    return _verb.get()


def create_record(model: type[models.Model], values: Mapping[str, Any], *, by: Actor, at: dt.datetime) -> Any:
    """Create one record of a register that has no rules of its own; verb `<app>.<model>-created`."""
    with operation(f"{model._meta.app_label}.{model._meta.model_name}-created", by=by, at=at) as note:
        record = model(**values)
        record.full_clean()
        record.save(force_insert=True)
        search.reindex(model, [record.pk])
        note.created(record)
    return record


def change_record(
    record: models.Model, values: Mapping[str, Any], *, by: Actor, at: dt.datetime, reason: str = ""
) -> Any:
    """Change fields of one record; verb `<app>.<model>-changed`. Raises ValidationError."""
    meta = record._meta
    with operation(f"{meta.app_label}.{meta.model_name}-changed", by=by, at=at, reason=reason) as note:
        stored = meta.model._base_manager.select_for_update().get(pk=record.pk)
        before = snapshot_of(stored)
        for name, value in values.items():
            setattr(stored, name, value)
        stored.full_clean()
        stored.save()
        search.reindex(meta.model, [stored.pk])
        note.changed(stored, before)
    return stored


def remove_record(record: models.Model, *, by: Actor, at: dt.datetime, reason: str = "") -> None:
    """Remove one record; verb `<app>.<model>-removed`. Raises ProtectedError where others depend on it."""
    meta = record._meta
    with operation(f"{meta.app_label}.{meta.model_name}-removed", by=by, at=at, reason=reason) as note:
        note.removed(record)
        search.forget_rows(meta.model, [record.pk])
        record.delete()
