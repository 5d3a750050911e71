"""Working days (工作日) as the district's calendar of holidays says. A year without entries is refused, never guessed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from yunpu.kernel import workdays
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.kernel.workdays import Exceptions, UnknownYear
from yunpu.reference.codes import DayKind
from yunpu.reference.models import CalendarDay
from yunpu.reference.queries import list_known_years

T = TypeVar("T")


class UnableToCountWorkingDays(Refusal):
    """A count that touches a year nobody entered."""

    code = "REF-106"
    headline = _("算不出工作日：没有 %(year)s 年的节假日安排")
    why = _("只按周末算会算错期限，所以不猜。")
    ways_out = ((_("按国务院办公厅的通知登记或导入这一年的节假日"), "/reference/calendar/"),)


@dataclass(frozen=True)
class WorkingCalendar:
    """The exceptions in force, read once and asked often. Every method raises UnableToCountWorkingDays."""

    exceptions: Exceptions

    def is_working_day(self, day: dt.date) -> bool:
        return _refusing(lambda: workdays.is_working_day(day, self.exceptions))

    def add(self, day: dt.date, count: int) -> dt.date:
        """The count-th working day after a day, which itself is not counted; with a negative count, before it."""
        return _refusing(lambda: workdays.add_working_days(day, count, self.exceptions))

    def count(self, first: dt.date, last: dt.date) -> int:
        """The number of working days from first to last, both included."""
        return _refusing(lambda: workdays.count_working_days(first, last, self.exceptions))

    def next(self, day: dt.date) -> dt.date:
        """The first working day after a day."""
        return _refusing(lambda: workdays.next_working_day(day, self.exceptions))


def get_working_calendar() -> WorkingCalendar:
    """The calendar as it is registered now: one query for the days, one for the years."""
    days = list(CalendarDay.objects.values_list("day", "kind"))
    return WorkingCalendar(
        Exceptions.of(
            (day for day, kind in days if kind == DayKind.HOLIDAY),
            (day for day, kind in days if kind == DayKind.WORKDAY),
            list_known_years(),
        )
    )


def _refusing(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except UnknownYear as unknown:
        raise UnableToCountWorkingDays(year=unknown.params["year"]) from None
