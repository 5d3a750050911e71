"""Periods (报告期): a range of days, first and last included.

Year, half, quarter, month, the joined January–February of China's statistics (1—2月), or any range.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass

_CODE = re.compile(
    r"(?P<year>\d{4})(?:H(?P<half>[12])|Q(?P<quarter>[1-4])|-(?P<month>\d{2})(?:~(?P<to>\d{2}))?)?"
)
_RANGE = re.compile(r"(\d{4}-\d{2}-\d{2})~(\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True, order=True)
class Period:
    """The days from `first_on` to `last_on`, both included."""

    first_on: dt.date
    last_on: dt.date

    def __post_init__(self) -> None:
        assert self.first_on <= self.last_on, f"period ends before it begins: {self.first_on}~{self.last_on}"

    @classmethod
    def months(cls, year: int, first: int, last: int) -> Period:
        """Whole months of one year."""
        return cls(dt.date(year, first, 1), _month_end(year, last))

    @classmethod
    def year(cls, year: int) -> Period:
        """One calendar year, which is the fiscal year (预算法 18)."""
        return cls.months(year, 1, 12)

    @classmethod
    def parse(cls, code: str) -> Period:
        """Read 2020, 2020H1, 2020Q3, 2020-03, 2020-01~02 or 2020-01-05~2020-03-09. Raises ValueError."""
        if found := _RANGE.fullmatch(code):
            first, last = (dt.date.fromisoformat(part) for part in found.groups())
            if last < first:
                raise ValueError(f"period ends before it begins: {code}")
            return cls(first, last)
        found = _CODE.fullmatch(code)
        if not found:
            raise ValueError(f"not a period: {code}; write 2020, 2020H1, 2020Q3, 2020-03 or 2020-01~02")
        year = int(found["year"])
        if found["half"]:
            half = int(found["half"])
            return cls.months(year, 6 * half - 5, 6 * half)
        if found["quarter"]:
            quarter = int(found["quarter"])
            return cls.months(year, 3 * quarter - 2, 3 * quarter)
        if found["month"]:
            first_month, last_month = int(found["month"]), int(found["to"] or found["month"])
            if not 1 <= first_month <= last_month <= 12:
                raise ValueError(f"no such months: {code}")
            return cls.months(year, first_month, last_month)
        return cls.year(year)

    @property
    def code(self) -> str:
        """The shortest code that `parse` reads back."""
        months = self._whole_months()
        if not months:
            return f"{self.first_on}~{self.last_on}"
        year, first, last = months
        if (first, last) == (1, 12):
            return f"{year}"
        if (first, last) in ((1, 6), (7, 12)):
            return f"{year}H{last // 6}"
        if last - first == 2 and last % 3 == 0:
            return f"{year}Q{last // 3}"
        return f"{year}-{first:02}" if first == last else f"{year}-{first:02}~{last:02}"

    @property
    def title(self) -> str:
        """The period in Chinese: 2020年, 2020年上半年, 2020年第三季度, 2020年1—2月."""
        months = self._whole_months()
        if not months:
            return f"{_chinese_day(self.first_on)}至{_chinese_day(self.last_on)}"
        year, first, last = months
        if (first, last) == (1, 12):
            return f"{year}年"
        if (first, last) in ((1, 6), (7, 12)):
            return f"{year}年{'上' if last == 6 else '下'}半年"
        if last - first == 2 and last % 3 == 0:
            return f"{year}年第{'一二三四'[last // 3 - 1]}季度"
        return f"{year}年{first}月" if first == last else f"{year}年{first}—{last}月"

    @property
    def days(self) -> int:
        return (self.last_on - self.first_on).days + 1

    def contains(self, day: dt.date) -> bool:
        return self.first_on <= day <= self.last_on

    def overlaps(self, other: Period) -> bool:
        return self.first_on <= other.last_on and other.first_on <= self.last_on

    def shift(self, *, years: int = 0, months: int = 0) -> Period:
        """The same period so many years and months later; month ends stay month ends."""
        steps = 12 * years + months
        first = _shift_day(self.first_on, steps)
        whole = self.last_on == _month_end(self.last_on.year, self.last_on.month)
        last = _shift_day(self.last_on, steps)
        return Period(first, _month_end(last.year, last.month) if whole else last)

    def same_last_year(self) -> Period:
        """The same period of the year before (上年同期)."""
        return self.shift(years=-1)

    def cumulative(self) -> Period:
        """From 1 January to the period's end (累计)."""
        return Period(dt.date(self.last_on.year, 1, 1), self.last_on)

    def list_months(self) -> list[Period]:
        """The months of a period of whole months."""
        months = self._whole_months()
        assert months, f"{self.code} is not made of whole months"
        year, first, last = months
        return [Period.months(year, month, month) for month in range(first, last + 1)]

    def _whole_months(self) -> tuple[int, int, int] | None:
        year = self.first_on.year
        if self.first_on.day == 1 and self.last_on == _month_end(year, self.last_on.month):
            return year, self.first_on.month, self.last_on.month
        return None


def _month_end(year: int, month: int) -> dt.date:
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def _shift_day(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _chinese_day(day: dt.date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
