"""Reads of $name; ordered by something unique."""

from __future__ import annotations

from django.db.models import QuerySet

from yunpu.domains.$name.models import ${Name}Record


def list_records(year: int) -> QuerySet[${Name}Record]:
    """The records of a year, the newest first."""
    return ${Name}Record.objects.filter(recorded_on__year=year).order_by("-recorded_on", "code")
