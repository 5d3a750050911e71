"""Days, months and years as offices write them: 2020-11-24, 2020年11月24日, 20201124, serials of both epochs."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Any

from yunpu.kernel.text import normalise
from yunpu.stages.intake.kinds import NOT_DATE, Bad, show

_DATE = re.compile(
    r"([0-9]{4})\s*[-./年]\s*([0-9]{1,2})\s*[-./月]\s*([0-9]{1,2})\s*[日号]?"
    r"(?:[T\s]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_MONTH = re.compile(r"([0-9]{4})\s*[-./年]\s*([0-9]{1,2})\s*月?")


def from_serial(serial: float, *, epoch_1904: bool) -> dt.date | None:
    """The day of an Excel serial; None where it is no day between 1900 and 2200. The day 60 never was."""
    first = dt.date(1904, 1, 1) if epoch_1904 else dt.date(1899, 12, 30)
    if not 1 <= serial < 110_000:
        return None
    day = int(serial)
    if not epoch_1904 and day == 60:
        return None
    if not epoch_1904 and day < 60:
        day += 1
    return first + dt.timedelta(days=day)


def read_date(value: Any, epoch_1904: bool) -> dt.date:
    """A day. Raises Bad."""
    if isinstance(value, dt.datetime):
        return _possible(value.date(), value)
    if isinstance(value, dt.date):
        return _possible(value, value)
    if isinstance(value, str):
        text = value if value.isascii() else normalise(value)
        found = _DATE.fullmatch(text.strip()) or _COMPACT.fullmatch(text.strip())
        if found:
            try:
                return _possible(dt.date(int(found[1]), int(found[2]), int(found[3])), value)
            except ValueError:
                raise Bad(NOT_DATE, value=show(value)) from None
        if re.fullmatch(r"[0-9]{5}(\.[0-9]+)?", text):
            return _serial_day(float(text), epoch_1904, value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if isinstance(value, float) and not math.isfinite(value):
            raise Bad(NOT_DATE, value=show(value))
        if 19000101 <= value <= 22001231 and value == int(value):
            return read_date(str(int(value)), epoch_1904)
        return _serial_day(value, epoch_1904, value)
    raise Bad(NOT_DATE, value=show(value))


def _possible(day: dt.date, value: Any) -> dt.date:
    """A day that an office can mean: 0201-03-04 is a slip of the finger."""
    if not 1900 <= day.year <= 2200:
        raise Bad(NOT_DATE, value=show(value))
    return day


def _serial_day(serial: float, epoch_1904: bool, value: Any) -> dt.date:
    day = from_serial(serial, epoch_1904=epoch_1904)
    if day is None:
        raise Bad(NOT_DATE, value=show(value))
    return day


def read_month(value: Any, epoch_1904: bool) -> dt.date:
    """The first day of a month. Raises Bad."""
    if isinstance(value, float | int) and not isinstance(value, bool) and 190001 <= value <= 220012:
        value = str(int(value))
    if isinstance(value, str):
        text = normalise(value)
        found = _MONTH.fullmatch(text) or re.fullmatch(r"([0-9]{4})([0-9]{2})", text)
        if found:
            if not 1 <= int(found[2]) <= 12 or not 1900 <= int(found[1]) <= 2200:
                raise Bad(NOT_DATE, value=show(value))
            return dt.date(int(found[1]), int(found[2]), 1)
    return read_date(value, epoch_1904).replace(day=1)
