"""What a domain publishes: the declaration of an indicator (统计指标).

An indicator says *which rows* of a snapshot table and *which measure of them*; so the records shown behind a
figure are by construction those that were counted.

    TRAINING_ENTERPRISES = Indicator(
        code="innovation.training_enterprises",
        title=_("参加网上培训企业"),
        unit="家",
        table="outreach.attendance",
        rows=lambda t: t["outreach.attendance"].filter(nw.col("kind") == "online", t.in_period("held_on")),
        measure=CountDistinct("credit_code"),
        words=_("本年网上培训的参加记录，按企业计数，同一企业多次参加只计一次。"),
        wording=Wording.NEARLY,
        disclosure=Disclosure(minimum=3),
        source=_("区科工局 宣讲培训台账"),
    )

A figure *at a day* (时点数) – how many there are, what is overdue – is told for the day of the snapshot:

    OVERDUE = Indicator(
        code="safety.overdue",
        title=_("超期未检的设备"),
        at=AS_OF,
        rows=lambda t: t["safety.devices"].filter(nw.col("next_inspection_on") < t.as_of),
        ...
    )

It is known for the period that holds that day, for no other, and says the day in its title: 超期未检的设备（截至 2020-12-20）.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from yunpu.kernel.money import Rounding
from yunpu.kernel.numerals import Wording
from yunpu.kernel.text import mark as _

AS_OF = "as_of"

__all__ = [  # Rounding and Wording are the kernel's: a domain finds all it needs here
    "AS_OF",
    "ConsecutiveYears",
    "Count",
    "CountDistinct",
    "Disclosure",
    "Indicator",
    "Measure",
    "Rounding",
    "Sum",
    "Wording",
]


@dataclass(frozen=True)
class Count:
    """The number of rows."""

    column = ""

    def words(self) -> str:
        return _("计行数")


@dataclass(frozen=True)
class CountDistinct:
    """The number of different values of a column; a null is no value."""

    column: str

    def words(self) -> str:
        return _("计不同值（%(column)s）")


@dataclass(frozen=True)
class Sum:
    """The sum of an integer or fen column; a null is nothing to add."""

    column: str

    def words(self) -> str:
        return _("合计（%(column)s）")


@dataclass(frozen=True)
class ConsecutiveYears:
    """The length of the unbroken run of calendar years, ending with the period's year, in a date column.

    0 where the period's year itself has no row. `rows` must not filter by the period.
    """

    column: str

    def words(self) -> str:
        return _("截至本期的连续年数（%(column)s）")


Measure = Count | CountDistinct | Sum | ConsecutiveYears


@dataclass(frozen=True)
class Disclosure:
    """Which values may be published: below `minimum` they are hidden (0 is shown).

    Counts are measured by their value, sums by the number of records behind them. Growth on a hidden value is hidden.
    """

    minimum: int = 0


@dataclass(frozen=True)
class Indicator:
    """One definition. `rows(context)` gives a narwhals lazy frame of `table`'s rows, all its columns kept.

    `context` offers `context[table_name]` (a lazy frame), `context.period` (kernel Period: `first_on`, `last_on`),
    `context.as_of` (the day of the snapshot), and two expressions over a date column: `context.in_period(column)` and
    `context.up_to_period(column)`. A column's own condition is `nw.col(column) == value` (`import narwhals as nw`).

    `period` is its natural period (year, half, quarter, month): asked for 2020, an indicator by halves gives
    2020H1 and 2020H2; one by `days` answers for whatever period is asked. `at=AS_OF` makes it a figure at the day of
    the snapshot instead: no period of its own, no growth. `unit` tells the dimension: values of
    money (元, 万元) are measured and stored in 分, of area (亩, 公顷) in 平方米, all others in `unit` itself.
    `shown_unit` (default `unit`) and `places` are how it is published; `rounding` is applied for showing only. `growth` adds the derived figure
    `<code>:growth` in percent against the same period last year, with its own rounding (2020: truncated).

    `known_by` gives the rows without which the value is not known at all: a budget without a single line is not 0 but
    not defined. `by` names a column by whose values lineage breaks the figure down. A changed definition needs a higher
    `version`: figures by the old one stay as they are, under its own number.
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
    known_by: Callable[[Any], Any] | None = None
    by: str = ""
    version: int = 1
    at: str = ""

    def __post_init__(self) -> None:
        assert self.at in ("", AS_OF), f"{self.code}: at={self.at!r} is no day that is known"
        assert not (self.at and self.growth), (
            f"{self.code}: a snapshot tells one day, not the same day last year"
        )

    @property
    def natural_period(self) -> str:
        """The kind of period it answers for; `days` is any."""
        return "days" if self.at else self.period
