"""What a figure is made of: parts that add up to it, so that a reader can check the sum by eye.

Counts and sums are broken down by a column that the definition names; different values by how often each of them
stands there (an enterprise that came twice counts once); years one by one, back to the gap.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import duckdb

from yunpu.kernel.periods import Period
from yunpu.stages.indicators.definitions import ConsecutiveYears, CountDistinct, Measure, Sum

MOST_PARTS = 8


class Form(StrEnum):
    """How the parts are to be read."""

    BY_COLUMN = "column"
    BY_TIMES = "times"
    BY_YEAR = "year"


@dataclass(frozen=True)
class Part:
    """One part: what it adds to the figure, the number of its rows, the length of its bar (0 to 100)."""

    label: Any
    value: int
    records: int
    bar: int = 0


@dataclass(frozen=True)
class Breakdown:
    """The parts of a figure, the largest first (years: the newest; times: the fewest); `rest` sums what is not listed."""

    form: Form
    column: str
    parts: tuple[Part, ...]
    rest: Part | None

    @property
    def value(self) -> int:
        return sum(part.value for part in self._all)

    @property
    def records(self) -> int:
        return sum(part.records for part in self._all)

    @property
    def _all(self) -> tuple[Part, ...]:
        return self.parts if self.rest is None else (*self.parts, self.rest)


def break_down(rows: duckdb.DuckDBPyRelation, measure: Measure, by: str, period: Period) -> Breakdown | None:
    """The parts of a measure of some rows; None where there is nothing to break down by."""
    if isinstance(measure, ConsecutiveYears):
        return _by_year(rows, measure.column, period.last_on.year)
    if isinstance(measure, CountDistinct):
        return _by_times(rows, measure.column)
    if not by:
        return None
    added = f'sum("{measure.column}")' if isinstance(measure, Sum) else "count(*)"
    found = rows.aggregate(
        f'"{by}" AS label, coalesce({added}, 0)::BIGINT AS value, count(*) AS records', f'"{by}"'
    )
    return _cut(Form.BY_COLUMN, by, _parts(found.order("value DESC, label")))


def _by_times(rows: duckdb.DuckDBPyRelation, column: str) -> Breakdown:
    """How many different values stand there once, twice, …; rows without a value are no part of it."""
    once = rows.filter(f'"{column}" IS NOT NULL').aggregate(
        f'"{column}" AS one, count(*) AS times', f'"{column}"'
    )
    found = once.aggregate("times AS label, count(*) AS value, sum(times)::BIGINT AS records", "times")
    return _cut(Form.BY_TIMES, column, _parts(found.order("label")))


def _by_year(rows: duckdb.DuckDBPyRelation, column: str, last: int) -> Breakdown:
    """Every year with its rows: 1 in the unbroken run that ends with the last, 0 outside of it."""
    found = rows.filter(f'"{column}" IS NOT NULL').aggregate(
        f'year("{column}") AS label, 0 AS value, count(*) AS records', f'year("{column}")'
    )
    parts = _parts(found.order("label DESC"))
    years = {part.label for part in parts}
    first = last
    while first in years:
        first -= 1
    counted = [Part(part.label, int(first < part.label <= last), part.records, part.bar) for part in parts]
    return Breakdown(Form.BY_YEAR, column, tuple(counted), None)


def _parts(found: duckdb.DuckDBPyRelation) -> list[Part]:
    rows = found.to_arrow_table().to_pylist()
    longest = max((abs(int(row["value"])) for row in rows), default=0)
    return [
        Part(
            row["label"],
            int(row["value"]),
            int(row["records"]),
            max(0, int(row["value"])) * 100 // longest if longest else 0,
        )
        for row in rows
    ]


def _cut(form: Form, column: str, parts: list[Part]) -> Breakdown:
    """The first parts by themselves, the others as one."""
    if len(parts) <= MOST_PARTS + 1:
        return Breakdown(form, column, tuple(parts), None)
    others = parts[MOST_PARTS:]
    rest = Part(len(others), sum(part.value for part in others), sum(part.records for part in others))
    return Breakdown(form, column, tuple(parts[:MOST_PARTS]), rest)
