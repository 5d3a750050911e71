"""Working days (工作日): weekdays less public holidays, plus the working weekends that the State Council orders each year.

The exceptions are an argument, for they are decided a year at a time: a year that nobody entered is *unknown*, and a
count that would touch it is refused, never guessed from weekends.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from yunpu.kernel.text import UnfitValue
from yunpu.kernel.text import mark as _

_DAY = dt.timedelta(days=1)


class UnknownYear(UnfitValue):
    """A year whose holidays nobody entered."""


@dataclass(frozen=True)
class Exceptions:
    """The days that are not as their weekday says, and the years for which they are known in full.

    A holiday may fall on a weekend and a working day on a weekday: they then change nothing.
    """

    holidays: frozenset[dt.date]
    working_weekends: frozenset[dt.date]
    years: frozenset[int]

    @classmethod
    def of(
        cls, holidays: Iterable[dt.date], working_weekends: Iterable[dt.date], years: Iterable[int]
    ) -> Exceptions:
        return cls(frozenset(holidays), frozenset(working_weekends), frozenset(years))

    @cached_property
    def _lost(self) -> list[int]:
        """Ordinals of the weekdays that are holidays, in order."""
        return sorted(day.toordinal() for day in self.holidays if day.weekday() < 5)

    @cached_property
    def _won(self) -> list[int]:
        """Ordinals of the weekend days on which people work, in order."""
        return sorted(day.toordinal() for day in self.working_weekends if day.weekday() >= 5)

    def until(self, ordinal: int) -> int:
        """The number of working days from the first day of the calendar to this one, both included."""
        weeks, rest = divmod(ordinal, 7)  # ordinal 1 is a Monday
        weekdays = weeks * 5 + min(rest, 5)
        return weekdays - bisect_right(self._lost, ordinal) + bisect_right(self._won, ordinal)

    def refuse_unknown(self, first: dt.date, last: dt.date) -> None:
        """Raise UnknownYear unless every year from first to last is known."""
        for year in range(first.year, last.year + 1):
            if year not in self.years:
                raise UnknownYear(_("没有%(year)s年的节假日安排，算不出工作日"), year=year)


def is_working_day(day: dt.date, exceptions: Exceptions) -> bool:
    """Whether people work on a day. Raises UnknownYear."""
    exceptions.refuse_unknown(day, day)
    if day.weekday() < 5:
        return day not in exceptions.holidays
    return day in exceptions.working_weekends


def count_working_days(first: dt.date, last: dt.date, exceptions: Exceptions) -> int:
    """The number of working days from first to last, both included; 0 when last lies before first. Raises UnknownYear."""
    if last < first:
        return 0
    exceptions.refuse_unknown(first, last)
    return exceptions.until(last.toordinal()) - exceptions.until(first.toordinal() - 1)


def next_working_day(day: dt.date, exceptions: Exceptions) -> dt.date:
    """The first working day after a day. Raises UnknownYear."""
    return add_working_days(day, 1, exceptions)


def add_working_days(day: dt.date, count: int, exceptions: Exceptions) -> dt.date:
    """The count-th working day after a day, which itself is not counted; with a negative count, before it.

    A count of 0 gives the day itself, whether or not people work on it. A period of days does not count the day of
    the event that starts it (民法典 201). Raises UnknownYear.
    """
    if not count:
        return day
    step = _DAY if count > 0 else -_DAY
    found, left = day, abs(count)
    while True:
        start = found + step
        edge = dt.date(start.year, 12, 31) if count > 0 else dt.date(start.year, 1, 1)
        here = _count_between(start, edge, exceptions)
        if here >= left:
            return _find_nth(start, edge, left, exceptions)
        found, left = edge, left - here


def _find_nth(start: dt.date, edge: dt.date, count: int, exceptions: Exceptions) -> dt.date:
    """The count-th working day from start towards edge: the nearest day up to which there are that many."""
    low, high = 0, abs((edge - start).days)
    step = _DAY if edge >= start else -_DAY
    while low < high:
        middle = (low + high) // 2
        if _count_between(start, start + step * middle, exceptions) >= count:
            high = middle
        else:
            low = middle + 1
    return start + step * low


def _count_between(one: dt.date, other: dt.date, exceptions: Exceptions) -> int:
    return count_working_days(min(one, other), max(one, other), exceptions)
