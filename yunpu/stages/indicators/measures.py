"""Measuring a frame of rows: exact, and with the number of records behind it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import narwhals as nw

from yunpu.kernel.periods import Period
from yunpu.stages.indicators.definitions import ConsecutiveYears, Count, CountDistinct, Measure, Sum

MEASURES: dict[str, type[Measure]] = {
    kind.__name__: kind for kind in (Count, CountDistinct, Sum, ConsecutiveYears)
}


@dataclass(frozen=True)
class Measured:
    """The exact value in the base unit, and the number of rows."""

    value: Fraction
    records: int


def measure_rows(frame: nw.LazyFrame[Any], measure: Measure, period: Period) -> Measured:
    """Measure the rows of a frame."""
    if isinstance(measure, ConsecutiveYears):
        return Measured(
            Fraction(_run_of_years(frame, measure.column, period.last_on.year)), count_rows(frame)
        )
    if isinstance(measure, CountDistinct):
        named = frame.filter(~nw.col(measure.column).is_null())  # a null is no value
        return Measured(_one(named, nw.col(measure.column).n_unique()), count_rows(frame))
    if isinstance(measure, Sum):
        return Measured(_one(frame, nw.col(measure.column).sum()), count_rows(frame))
    records = count_rows(frame)
    return Measured(Fraction(records), records)


def _one(frame: nw.LazyFrame[Any], expression: nw.Expr) -> Fraction:
    """The one value of an aggregate; nothing to add is 0."""
    found = frame.select(expression.alias("value")).collect("pyarrow").to_native()
    return Fraction(found.column("value")[0].as_py() or 0)


def count_rows(frame: nw.LazyFrame[Any]) -> int:
    """The number of rows."""
    return int(frame.select(nw.len().alias("records")).collect("pyarrow").item())


def _run_of_years(frame: nw.LazyFrame[Any], column: str, last: int) -> int:
    dates = frame.select(nw.col(column).dt.year().alias("year")).unique().collect("pyarrow")
    years = set(dates.to_native().column("year").to_pylist())
    length = 0
    while last - length in years:
        length += 1
    return length


def name_measure(measure: Measure) -> str:
    """The measure as one word to store: Count, Sum:amount_fen."""
    return f"{type(measure).__name__}:{measure.column}".removesuffix(":")


def read_measure(name: str) -> Measure:
    """The measure that `name_measure` stored."""
    kind, _colon, column = name.partition(":")
    made: Measure = MEASURES[kind](column) if column else Count()  # type: ignore[call-arg]
    return made
