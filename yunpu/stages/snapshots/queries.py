"""Reading snapshots."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import QuerySet

from yunpu.access.scope import visible_unit_ids
from yunpu.reference.models import Unit
from yunpu.stages.snapshots import registry
from yunpu.stages.snapshots.models import Snapshot
from yunpu.stages.snapshots.tables import FrozenTable


def find_newest(as_of: dt.date | None = None) -> Snapshot | None:
    """The snapshot made last, of that date or of any: by number, as the demo's day begins again at midnight."""
    found = Snapshot.objects.all()
    if as_of is not None:
        found = found.filter(as_of=as_of)
    return found.order_by("-id").first()


def find_by_number(number: str) -> Snapshot | None:
    return Snapshot.objects.filter(number=number).first()


def list_snapshots() -> QuerySet[Snapshot]:
    """All snapshots, the one made last first."""
    return Snapshot.objects.order_by("-id")


def reaches_every_record(user: Any, action: str, *, on: dt.date) -> bool:
    """Whether a person may do something at every unit that has frozen records: a snapshot holds them all, and so does
    whatever is computed from it. Units above the district, without records of their own, ask for nothing.
    """
    units = visible_unit_ids(user, on=on, action=action)
    if units is None:
        return True
    outside = Unit.objects.exclude(pk__in=units).values("pk")
    return bool(units) and not any(_has_records(table, outside) for table in registry.list_tables())


def _has_records(table: FrozenTable, units: QuerySet[Any]) -> bool:
    model = registry.model_of(table)
    field = getattr(model, "scope_field", None)
    return bool(field) and model._default_manager.filter(**{f"{field}__in": units}).exists()
