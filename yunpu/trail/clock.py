"""The district's clock. Only edges (views, commands, tasks) read it; everything below takes `at` as an argument.

The demo district runs under its own date (`YUNPU_CLOCK`): the date is fixed, the time of day goes on.
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.utils import timezone


def now() -> dt.datetime:
    """The present moment of the district, aware, in its own time zone: `.date()` is the district's day."""
    local = timezone.localtime(timezone.now())
    day: dt.date | None = settings.CLOCK_DATE
    if day is None:
        return local
    return local.replace(year=day.year, month=day.month, day=day.day)


def today() -> dt.date:
    """The district's date."""
    return timezone.localdate(now())


def is_set() -> bool:
    """Whether the district runs under a clock of its own (shown in the head of every page)."""
    return settings.CLOCK_DATE is not None
