"""Reads of outreach. What a person may see is decided before: each takes a queryset that is already scoped."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from yunpu.domains.outreach.models import Activity, Attendance
from yunpu.reference.models import Enterprise


@dataclass(frozen=True)
class Day:
    """One day of the calendar: `is_inside` says whether it belongs to the month shown."""

    on: dt.date
    is_inside: bool
    activities: tuple[Activity, ...]


@dataclass(frozen=True)
class Turnout:
    """Who came to an activity: different enterprises, and representatives."""

    enterprises: int
    people: int


def list_weeks(activities: QuerySet[Activity], year: int, month: int) -> list[list[Day]]:
    """The month as weeks from Monday to Sunday, each day with its activities by code."""
    weeks = calendar.Calendar(firstweekday=0).monthdatescalendar(year, month)
    found = activities.filter(held_on__range=(weeks[0][0], weeks[-1][-1])).order_by("held_on", "code")
    by_day = _by_day(found)
    return [[Day(on, on.month == month, tuple(by_day.get(on, ()))) for on in week] for week in weeks]


def _by_day(activities: Iterable[Activity]) -> dict[dt.date, list[Activity]]:
    found: dict[dt.date, list[Activity]] = {}
    for activity in activities:
        found.setdefault(activity.held_on, []).append(activity)
    return found


def get_turnout(activity: Activity) -> Turnout:
    """How many enterprises and people came."""
    counted = Attendance.objects.filter(activity=activity).aggregate(
        enterprises=Count("enterprise", distinct=True), people=Count("pk")
    )
    return Turnout(counted["enterprises"], counted["people"])


def list_invited(activity: Activity) -> list[Enterprise]:
    """The enterprises on the sign-in sheet of an activity: those entered already, by name."""
    entered = Attendance.objects.filter(activity=activity).values("enterprise")
    return list(Enterprise.objects.filter(pk__in=entered).order_by("name", "credit_code"))
