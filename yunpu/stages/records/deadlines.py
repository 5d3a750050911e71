"""Deadlines in working days (办理期限), and what the district's calendar makes of a clock that stood still.

Everything around a deadline – the amber before it, the head's inbox after it – is a day that is worked out once and read
by whoever looks: no nightly work sets it, so it can neither be forgotten nor told twice.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from yunpu.reference.workdays import get_working_calendar
from yunpu.stages.records.declaring import Late, Step

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Deadline:
    """The last day, the day from which it is shown in amber, and the day from which the head has it."""

    due_on: dt.date | None = None
    warns_on: dt.date | None = None
    escalates_on: dt.date | None = None


def deadline_of(step: Step, record: Any, arrived_on: dt.date, late: Late) -> Deadline:
    """The deadline of a step. Raises UnableToCountWorkingDays where the calendar does not reach that far."""
    if not step.days:
        return Deadline()
    from_date = getattr(record, step.days_from, None) if step.days_from else None
    start = max(arrived_on, from_date) if from_date else arrived_on
    return _around(get_working_calendar().add(start, step.days), late)


def after_standstill(
    due_on: dt.date, stopped_on: dt.date, started_on: dt.date, late: Late
) -> tuple[Deadline, int]:
    """The deadline after a clock stood still, with the working days it stood: the days that were left are left again."""
    calendar = get_working_calendar()
    left = calendar.count(stopped_on + _DAY, due_on)
    stood = calendar.count(stopped_on + _DAY, started_on)
    return _around(calendar.add(started_on, left), late), stood


def _around(due_on: dt.date, late: Late) -> Deadline:
    calendar = get_working_calendar()
    return Deadline(due_on, calendar.add(due_on, -late.remind), calendar.add(due_on, late.escalate))
