"""Reporting periods (期间): a first and a last day, both part of it.

Year, half, quarter and month have names of their own; so have January–February, which China's statistics
join, and every other run of months. Nothing here asks for today.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from yunpu.kernel.text import Translate, UnfitValue, fill, normalise, untranslated
from yunpu.kernel.text import mark as _


class NotAPeriod(UnfitValue):
    """A text that is no code of a period."""


class PeriodKind(StrEnum):
    """What a period is. MONTHS is any other run of whole months in one year, DAYS any range."""

    YEAR = "year"
    HALF = "half"
    QUARTER = "quarter"
    MONTH = "month"
    MONTHS = "months"
    DAYS = "days"


_DAY = r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
_NAMED = re.compile(r"([0-9]{4})(?:(?:(H)([12])|(Q)([1-4]))|-([0-9]{2})(?:[~—]([0-9]{2}))?)?")
_RANGE = re.compile(rf"{_DAY}(?:[~—]{_DAY})?")
_TITLES = {
    PeriodKind.YEAR: _("%(year)s年"),
    PeriodKind.MONTH: _("%(year)s年%(month)s月"),
    PeriodKind.MONTHS: _("%(year)s年%(month)s—%(last_month)s月"),
}
_HALVES = (_("%(year)s年上半年"), _("%(year)s年下半年"))
_QUARTERS = (
    _("%(year)s年第一季度"),
    _("%(year)s年第二季度"),
    _("%(year)s年第三季度"),
    _("%(year)s年第四季度"),
)
_ONE_DAY = _("%(year)s年%(month)s月%(day)s日")
_DAYS_IN_YEAR = _("%(year)s年%(month)s月%(day)s日—%(last_month)s月%(last_day)s日")
_DAYS_ACROSS = _("%(year)s年%(month)s月%(day)s日—%(last_year)s年%(last_month)s月%(last_day)s日")


def _month_end(year: int, month: int) -> dt.date:
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def _shift_month(day: dt.date, months: int) -> tuple[int, int]:
    """The year and month so many months after a day's."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return year, month + 1


def _shift_day(day: dt.date, months: int) -> dt.date:
    """The same day so many months later; the month's last where it has no such day."""
    end = _month_end(*_shift_month(day, months))
    return end.replace(day=min(day.day, end.day))


@dataclass(frozen=True, order=True)
class Period:
    """A period from `first_on` to `last_on`, both inclusive. Periods sort by first, then last day."""

    first_on: dt.date
    last_on: dt.date

    def __post_init__(self) -> None:
        assert not isinstance(self.first_on, dt.datetime), "a period has days, not moments"
        assert not isinstance(self.last_on, dt.datetime), "a period has days, not moments"
        if self.last_on < self.first_on:
            raise NotAPeriod(
                _("%(first)s 至 %(last)s 的起止日期颠倒"), first=str(self.first_on), last=str(self.last_on)
            )

    @classmethod
    def months(cls, year: int, first: int, last: int) -> Period:
        """The months `first` to `last` of a year, whole. Raises ValueError where there is no such month."""
        return cls(dt.date(year, first, 1), _month_end(year, last))

    @classmethod
    def year(cls, year: int) -> Period:
        """The year."""
        return cls.months(year, 1, 12)

    @classmethod
    def half(cls, year: int, half: int) -> Period:
        """Half 1 or 2 of a year."""
        return cls.months(year, 6 * half - 5, 6 * half)

    @classmethod
    def quarter(cls, year: int, quarter: int) -> Period:
        """Quarter 1 to 4 of a year."""
        return cls.months(year, 3 * quarter - 2, 3 * quarter)

    @classmethod
    def month(cls, year: int, month: int) -> Period:
        """One month."""
        return cls.months(year, month, month)

    @classmethod
    def parse(cls, code: str) -> Period:
        """Read a code: 2020, 2020H1, 2020Q3, 2020-03, 2020-01~02, 2020-01-05, 2020-01-05~2020-03-09.

        Raises NotAPeriod.
        """
        text = normalise(code).upper().replace(" ", "")
        named, days = _NAMED.fullmatch(text), _RANGE.fullmatch(text)
        try:
            if named:
                year = int(named[1])
                if named[2]:
                    return cls.half(year, int(named[3]))
                if named[4]:
                    return cls.quarter(year, int(named[5]))
                if named[6]:
                    return cls.months(year, int(named[6]), int(named[7] or named[6]))
                return cls.year(year)
            if days:
                return cls(dt.date.fromisoformat(days[1]), dt.date.fromisoformat(days[2] or days[1]))
        except NotAPeriod:
            raise
        except ValueError:
            raise NotAPeriod(_("“%(given)s”里没有这样的年、月或日"), given=code) from None
        raise NotAPeriod(_("“%(given)s”不是期间，应如 2020、2020H1、2020Q3、2020-03、2020-01~02"), given=code)

    @property
    def kind(self) -> PeriodKind:
        """What the period is, told from its days alone."""
        first, last = self.first_on, self.last_on
        if first.day != 1 or last != _month_end(last.year, last.month) or first.year != last.year:
            return PeriodKind.DAYS
        months = last.month - first.month + 1
        named = {
            1: PeriodKind.MONTH,
            3: PeriodKind.QUARTER,
            6: PeriodKind.HALF,
            12: PeriodKind.YEAR,
        }.get(months)
        return named if named and (first.month - 1) % months == 0 else PeriodKind.MONTHS

    @property
    def code(self) -> str:
        """The code that `parse` reads back."""
        first, last = self.first_on, self.last_on
        year = f"{first.year:04}"
        match self.kind:
            case PeriodKind.YEAR:
                return year
            case PeriodKind.HALF:
                return f"{year}H{last.month // 6}"
            case PeriodKind.QUARTER:
                return f"{year}Q{last.month // 3}"
            case PeriodKind.MONTH:
                return f"{year}-{first.month:02}"
            case PeriodKind.MONTHS:
                return f"{year}-{first.month:02}~{last.month:02}"
        return str(first) if first == last else f"{first}~{last}"

    @property
    def title(self) -> str:
        """The Chinese title: 2020年, 2020年上半年, 2020年第三季度, 2020年3月, 2020年1—2月."""
        return self.title_in(untranslated)

    def title_in(self, translate: Translate) -> str:
        """The title in the user's language."""
        first, last = self.first_on, self.last_on
        params = {
            "year": first.year,
            "month": first.month,
            "day": first.day,
            "last_year": last.year,
            "last_month": last.month,
            "last_day": last.day,
        }
        return fill(self._title_template(), params, translate)

    def _title_template(self) -> str:
        match self.kind:
            case PeriodKind.HALF:
                return _HALVES[self.last_on.month // 6 - 1]
            case PeriodKind.QUARTER:
                return _QUARTERS[self.last_on.month // 3 - 1]
            case PeriodKind.DAYS:
                if self.first_on == self.last_on:
                    return _ONE_DAY
                return _DAYS_IN_YEAR if self.first_on.year == self.last_on.year else _DAYS_ACROSS
            case whole:
                return _TITLES[whole]

    def __str__(self) -> str:
        return self.code

    @property
    def days(self) -> int:
        """How many days the period has."""
        return (self.last_on - self.first_on).days + 1

    def contains(self, day: dt.date) -> bool:
        """Whether the day is part of the period."""
        return self.first_on <= day <= self.last_on

    def overlaps(self, other: Period) -> bool:
        """Whether the two share a day."""
        return self.first_on <= other.last_on and other.first_on <= self.last_on

    def shift(self, *, years: int = 0, months: int = 0) -> Period:
        """The period so much later. Whole months stay whole; a missing day becomes the month's last."""
        by = 12 * years + months
        first = _shift_day(self.first_on, by)
        last_is_month_end = self.last_on == _month_end(self.last_on.year, self.last_on.month)
        if self.first_on.day == 1 and last_is_month_end:
            return Period(first, _month_end(*_shift_month(self.last_on, by)))
        return Period(first, _shift_day(self.last_on, by))

    def same_last_year(self) -> Period:
        """The same period of the year before (上年同期)."""
        return self.shift(years=-1)

    def cumulative(self) -> Period:
        """From 1 January of the last day's year to the last day (累计)."""
        return Period(self.last_on.replace(month=1, day=1), self.last_on)

    def split(self, into: Literal["month", "quarter"]) -> list[Period]:
        """The calendar months or quarters of the period in order; the first and the last may be cut."""
        return list(self._pieces({"month": 1, "quarter": 3}[into]))

    def _pieces(self, months: int) -> Iterator[Period]:
        first = self.first_on
        while True:
            last_month = (first.month - 1) // months * months + months
            last = min(_month_end(first.year, last_month), self.last_on)
            yield Period(first, last)
            if last == self.last_on:
                return
            first = last + dt.timedelta(days=1)
