"""Reading snapshots."""

from __future__ import annotations

import datetime as dt

from django.db.models import QuerySet

from yunpu.stages.snapshots.models import Snapshot


def find_newest(as_of: dt.date | None = None) -> Snapshot | None:
    """The newest snapshot, of that date or of any."""
    found = Snapshot.objects.all()
    if as_of is not None:
        found = found.filter(as_of=as_of)
    return found.order_by("-at", "-id").first()


def find_by_number(number: str) -> Snapshot | None:
    return Snapshot.objects.filter(number=number).first()


def list_snapshots() -> QuerySet[Snapshot]:
    """All snapshots, the newest first."""
    return Snapshot.objects.order_by("-at", "-id")
