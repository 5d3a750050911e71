"""What a domain publishes: the declaration of an indicator (统计指标).

An indicator says *which rows* of a snapshot table and *which measure of them*; so the records shown behind a
figure are by construction those that were counted.

    TRAINING_ENTERPRISES = Indicator(
        code="innovation.training_enterprises",
        title=_("参加网上培训企业"),
        unit="家",
        table="outreach.attendance",
        rows=lambda t: t["outreach.attendance"].filter(nw.col("kind") == "online", in_period("held_on")),
        measure=CountDistinct("credit_code"),
        words=_("本年网上培训的参加记录，按企业计数，同一企业多次参加只计一次。"),
        wording=Wording.NEARLY,
        disclosure=Disclosure(minimum=3),
        source=_("区科工局 宣讲培训台账"),
    )
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from yunpu.kernel.money import Rounding
from yunpu.kernel.text import mark as _


class Wording(StrEnum):
    """How the published text words the exact value."""

    EXACT = "exact"
    NEARLY = "近"  # a little under
    OVER = "余"  # a little over
    MORE = "多"  # a little over, spoken
    ABOUT = "约"


@dataclass(frozen=True)
class Count:
    """The number of rows."""

    def words(self) -> str:
        return _("计行数")


@dataclass(frozen=True)
class CountDistinct:
    """The number of different values of a column; a null is no value."""

    column: str


@dataclass(frozen=True)
class Sum:
    """The sum of an integer or fen column; a null is nothing to add."""

    column: str


@dataclass(frozen=True)
class ConsecutiveYears:
    """The length of the unbroken run of calendar years, ending with the period's year, in a date column."""

    column: str


Measure = Count | CountDistinct | Sum | ConsecutiveYears


@dataclass(frozen=True)
class Disclosure:
    """Which values may be published: counts of people or firms below `minimum` are hidden (0 is shown)."""

    minimum: int = 0


@dataclass(frozen=True)
class Indicator:
    """One definition. `rows(context)` gives a narwhals lazy frame of `table`'s rows, all its columns kept.

    `context` offers `context[table_name]` (lazy frames), `context.period` (kernel Period) and
    `context.in_period(column)` (an expression). `unit` is the base unit stored: 元 money is fen. `shown_unit` and
    `places` are how it is published; `rounding` is applied for showing only. `growth` adds the derived figure
    `<code>:growth` in percent against the same period last year, with its own rounding (2020: truncated).
    """

    code: str
    title: str
    unit: str
    table: str
    rows: Callable[[Any], Any]
    measure: Measure
    words: str
    source: str
    disclosure: Disclosure
    period: str = "year"
    shown_unit: str = ""
    places: int = 0
    rounding: Rounding = Rounding.HALF_UP
    wording: Wording = Wording.EXACT
    growth: bool = False
    growth_places: int = 2
    growth_rounding: Rounding = Rounding.TRUNCATE
    version: int = 1
