"""Numbers as offices write them: separators, full-width digits, brackets for minus, units behind, percents."""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from yunpu.kernel.money import FEN_PER_UNIT, MINUS, NotMoney, Rounding, parse_money, round_to
from yunpu.kernel.text import normalise
from yunpu.stages.intake.formats import Column
from yunpu.stages.intake.kinds import (
    FINER_THAN_FEN,
    NOT_MONEY,
    NOT_NUMBER,
    NOT_WHOLE,
    OUT_OF_RANGE,
    PERCENT_QUESTION,
    TOO_LARGE,
    Bad,
    show,
)

_LIMIT = 2**63
_PLAIN = re.compile(r"[-+]?[0-9]+")
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")
_THOUSANDS = re.compile(r"[-+]?[0-9]{1,3}([, ])[0-9]{3}(?:\1[0-9]{3})*(?:\.[0-9]+)?")
EXPONENT = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]{2,3}")
_SIMPLE_MONEY = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]{1,2}))?")


class Reading(StrEnum):
    """How bare fractions of a percent column are meant: the answer to INT-020."""

    RATIO = "ratio"
    PERCENT = "percent"


def _number(value: Any, unit: str = "") -> Decimal:
    """A number as typed: thousands separators, full-width digits, brackets and U+2212 for minus, its unit behind."""
    if isinstance(value, bool | dt.date | dt.datetime | dt.time | dt.timedelta):
        raise Bad(NOT_NUMBER, value=show(value))
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Bad(NOT_NUMBER, value=show(value))
        return Decimal(f"{value:.15g}")
    text = normalise(str(value)).replace(MINUS, "-")
    if text.startswith("(") and text.endswith(")"):
        text = "-" + text[1:-1].strip()
    if unit and text[-len(unit) :].lower() == unit.lower():
        text = text[: -len(unit)].rstrip()
    if ("," in text or " " in text) and _THOUSANDS.fullmatch(text):
        text = text.replace(",", "").replace(" ", "")
    if len(text) > 400 or not _NUMBER.fullmatch(text):
        raise Bad(NOT_NUMBER, value=show(value))
    return Decimal(text)


def read_integer(column: Column, value: Any, factor: Fraction = Fraction(1)) -> int:
    """A whole number of 64 bits, turned into the format's unit by `factor`. Raises Bad."""
    if (
        isinstance(value, str)
        and factor == 1
        and value.isascii()
        and len(value) < 19
        and _PLAIN.fullmatch(value)
    ):
        whole = int(value)
    else:
        number = _number(value, column.unit)
        if abs(number) >= _LIMIT:
            raise Bad(TOO_LARGE, value=show(value))
        exact = Fraction(number) * factor
        if exact.denominator != 1:
            raise Bad(NOT_WHOLE, value=show(value), title=column.title)
        whole = int(exact)
        if abs(whole) >= _LIMIT:
            raise Bad(TOO_LARGE, value=show(value))
    return _in_range(column, whole, value)


def _in_range(column: Column, number: int, value: Any) -> int:
    low, high = column.minimum, column.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        _refuse_range(low, high, value)
    return number


def _refuse_range(low: int | None, high: int | None, value: Any) -> None:
    raise Bad(
        OUT_OF_RANGE,
        value=show(value),
        low="…" if low is None else low,
        high="…" if high is None else high,
    )


def read_decimal(column: Column, value: Any, factor: Fraction = Fraction(1)) -> Decimal:
    """Exact; with more places than declared it is rounded, and the caller says so by `is_finer`."""
    number = _number(value, column.unit)
    if abs(number) >= 10**18:
        raise Bad(TOO_LARGE, value=show(value))
    if factor != 1:
        number = round_to(Fraction(number) * factor, column.places, Rounding.HALF_UP)
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int), "the number is finite"
    if -exponent > column.places:
        number = round_to(number, column.places, Rounding.HALF_UP)
    if (column.minimum is not None and number < column.minimum) or (
        column.maximum is not None and number > column.maximum
    ):
        _refuse_range(column.minimum, column.maximum, value)
    return number


def is_finer(column: Column, value: Any) -> bool:
    """Whether a number of a decimal column has more places than the column keeps."""
    exponent = _number(value, column.unit).normalize().as_tuple().exponent
    return isinstance(exponent, int) and -exponent > column.places


def read_money(column: Column, value: Any, unit: str) -> int:
    """An amount in fen, read in its unit. Raises Bad."""
    if isinstance(value, str):
        simple = _SIMPLE_MONEY.fullmatch(value)
        if simple and unit != "分":
            hundredths = int(simple[2]) * 100 + (int(simple[3].ljust(2, "0")) if simple[3] else 0)
            fen = hundredths * (FEN_PER_UNIT[unit] // 100)
            return _in_range(column, -fen if simple[1] else fen, value)
    if isinstance(value, bool) or not isinstance(value, str | int | float) or len(str(value)[:401]) > 400:
        raise Bad(NOT_MONEY, value=show(value))
    if isinstance(value, str) and EXPONENT.fullmatch(value.strip()):
        value = Decimal(value.strip())
    if not isinstance(value, str) and not abs(value) < 10**20:
        raise Bad(TOO_LARGE, value=show(value))
    try:
        fen = parse_money(value, unit, strict=False)
        strict = parse_money(value, unit) == fen
    except NotMoney as fault:
        kind = FINER_THAN_FEN if _is_amount(value, unit) else NOT_MONEY
        words = {"unit": unit} if kind is FINER_THAN_FEN else {}
        raise Bad(kind, value=show(value), **words) from fault
    assert strict, "a strict reading equals the loose one, or fails"
    if abs(fen) >= _LIMIT:
        raise Bad(TOO_LARGE, value=show(value))
    return _in_range(column, fen, value)


def _is_amount(value: Any, unit: str) -> bool:
    try:
        parse_money(value, unit, strict=False)
    except NotMoney:
        return False
    return True


def read_percent(
    column: Column, value: Any, percent: bool, reading: Reading | None, factor: Fraction
) -> Decimal:
    """40.62 means 40.62 %. `percent` tells of the cell's format; a bare fraction is a question. Raises Bad."""
    if isinstance(value, str):
        text = normalise(value)
        if text.endswith("%"):
            return _bounded(_number(text[:-1].rstrip()), value)
        number = _number(text)
    else:
        number = _number(value)
        if percent:
            return _bounded(_tidy(number * 100), value)
    if reading is Reading.RATIO:
        return _bounded(_tidy(number * 100), value)
    if reading is None and -1 < number < 1 and number:
        raise Bad(PERCENT_QUESTION, value=show(value), title=column.title)
    return _bounded(number if factor == 1 else _tidy(number * Decimal("0.1")), value)


def _bounded(number: Decimal, value: Any) -> Decimal:
    if abs(number) >= 10**12:
        raise Bad(TOO_LARGE, value=show(value))
    return round_to(number, 12, Rounding.HALF_UP).normalize() if _places(number) > 12 else number


def _places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _tidy(number: Decimal) -> Decimal:
    """A percent out of a binary fraction: 12 digits are more than any office writes."""
    return Decimal(f"{number:.12g}")


def read_year(column: Column, value: Any) -> int:
    """A year. Raises Bad."""
    if isinstance(value, str):
        value = normalise(value).removesuffix("年度").removesuffix("年").rstrip()
    elif isinstance(value, dt.date | dt.datetime):
        value = value.year
    year = read_integer(column, value)
    if not 1900 <= year <= 2200:
        raise Bad(OUT_OF_RANGE, value=show(value), low=1900, high=2200)
    return year
