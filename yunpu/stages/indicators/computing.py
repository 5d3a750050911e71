"""From a snapshot to values: pure reading, no database row is written here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction

from yunpu.kernel.periods import Period, PeriodKind
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.kernel.text import normalise
from yunpu.stages.indicators.context import Context, Tables, sql_of
from yunpu.stages.indicators.definitions import Count, CountDistinct, Indicator
from yunpu.stages.indicators.measures import Measured, count_rows, measure_rows
from yunpu.stages.indicators.models import Figure
from yunpu.stages.indicators.publishing import (
    NO_VALUE,
    NOT_PUBLIC,
    PERCENT,
    base_unit,
    show_growth,
    show_value,
)
from yunpu.stages.indicators.registry import GROWTH
from yunpu.stages.indicators.sources import place_of

MOST_TOLD = 300  # letters of a fault
State, Reason = Figure.State, Figure.Reason


class UnableToApplyDefinition(Refusal):
    """A definition whose expression fails: what is wrong stands in the domain's `indicators.py`."""

    code = "IND-104"
    headline = _("指标 %(code)s 的定义算不出来：%(value)s")
    why = _("定义里的 rows、known_by 或 measure 出错，没有存下任何数字。")
    ways_out = ((_("改正 %(text)s 的定义，再计算"), ""),)


@contextmanager
def naming(indicator: Indicator) -> Iterator[None]:
    """Whatever fails inside is the definition's fault, and is told with its code and place."""
    try:
        yield
    except Refusal:
        raise
    except Exception as error:
        cause = error.__cause__ or error.__context__ or error  # the database names the column
        fault = normalise(f"{type(cause).__name__}: {cause}")[:MOST_TOLD].rstrip(".。")
        place = place_of(indicator.rows)
        raise UnableToApplyDefinition(code=indicator.code, value=fault, text=place) from error


@dataclass(frozen=True)
class Value:
    """One computed value, not stored yet. `of` and `base` are the codes' values a growth was derived from."""

    indicator: Indicator
    code: str
    period: Period
    state: str
    reason: str
    value: Fraction | None
    unit: str
    shown: str
    records: int
    sql: str = ""
    of: Value | None = None
    base: Value | None = None


def periods_of(indicator: Indicator, asked: Period) -> list[Period]:
    """The periods for which an indicator answers when a period is asked: 2020 by halves is 2020H1, 2020H2.

    An indicator whose natural period is longer than the one asked for does not answer.
    """
    natural = PeriodKind(indicator.natural_period)
    if natural is asked.kind or natural in (PeriodKind.DAYS, PeriodKind.MONTHS):
        return [asked]
    year = asked.first_on.year
    pieces = {
        PeriodKind.YEAR: [Period.year(year)],
        PeriodKind.HALF: [Period.half(year, half) for half in (1, 2)],
        PeriodKind.QUARTER: [Period.quarter(year, quarter) for quarter in range(1, 5)],
        PeriodKind.MONTH: [Period.month(year, month) for month in range(1, 13)],
    }[natural]
    return [piece for piece in pieces if asked.first_on <= piece.first_on and piece.last_on <= asked.last_on]


class Computer:
    """Computes the values of indicators on one snapshot."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._first_dates: dict[str, dt.date | None] = {}

    def values(self, indicator: Indicator, period: Period) -> list[Value]:
        """The indicator's value and, where it has growth, last year's and the growth."""
        value = self.value(indicator, period)
        if not indicator.growth:
            return [value]
        base = self.value(indicator, period.same_last_year())
        return [base, value, growth(indicator, value, base)]

    def value(self, indicator: Indicator, period: Period) -> Value:
        """The indicator's value in one period."""
        with naming(indicator):
            context = Context(self.tables, period)
            frame = indicator.rows(context)
            sql = sql_of(frame)
            unknown = self._why_unknown(indicator, context)
            measured = None if unknown else measure_rows(frame, indicator.measure, period)
        if measured is None:
            return Value(
                indicator, indicator.code, period, State.UNDEFINED, unknown, None,
                base_unit(indicator), NO_VALUE, 0, sql,
            )  # fmt: skip
        few = _is_few(indicator, measured)
        return Value(
            indicator,
            indicator.code,
            period,
            State.HIDDEN if few else State.DEFINED,
            Reason.FEW if few else Reason.NONE,
            measured.value,
            base_unit(indicator),
            NOT_PUBLIC if few else show_value(indicator, measured.value),
            measured.records,
            sql,
        )

    def _why_unknown(self, indicator: Indicator, context: Context) -> str:
        """Why the snapshot does not know the value in a period; empty where it does."""
        if indicator.at and not context.holds_as_of:
            return Reason.OTHER_DAY
        if not self._covers(indicator, context.period) or not self._knows(indicator, context):
            return Reason.MISSING_PERIOD
        return ""

    def _knows(self, indicator: Indicator, context: Context) -> bool:
        """Whether the rows are there without which nothing is known."""
        return indicator.known_by is None or count_rows(indicator.known_by(context)) > 0

    def _covers(self, indicator: Indicator, period: Period) -> bool:
        """Whether the snapshot can know the period: it reaches into it, and facts were kept by then."""
        if period.first_on > self.tables.snapshot.as_of:
            return False
        if not self.tables.declaration(indicator.table).as_of:
            return True
        first = self._first_date(indicator.table)
        return first is not None and first <= period.last_on

    def _first_date(self, name: str) -> dt.date | None:
        """The date of the oldest fact in a table."""
        if name not in self._first_dates:
            column = self.tables.declaration(name).as_of
            self._first_dates[name] = self.tables.oldest(name, column)
        return self._first_dates[name]


def _is_few(indicator: Indicator, measured: Measured) -> bool:
    """Whether the disclosure rule hides the value; 0 tells of nobody."""
    counted = isinstance(indicator.measure, Count | CountDistinct)
    number = measured.value if counted else measured.records
    return 0 < number < indicator.disclosure.minimum


def growth_pct(value: Fraction, base: Fraction) -> Fraction:
    """(value - base) / base · 100, exact. Raises ZeroDivisionError."""
    return (value - base) * 100 / base


def growth(indicator: Indicator, value: Value, base: Value) -> Value:
    """The growth in percent: (value - base) / base · 100, exact; not defined on a base of zero or below."""
    state, reason = _growth_state(value, base)
    exact: Fraction | None = None
    shown = NO_VALUE
    if state != State.UNDEFINED:
        assert value.value is not None
        assert base.value is not None
        exact = growth_pct(value.value, base.value)
        shown = show_growth(indicator, exact) if state == State.DEFINED else NOT_PUBLIC
    return Value(
        indicator,
        indicator.code + GROWTH,
        value.period,
        state,
        reason,
        exact,
        PERCENT,
        shown,
        value.records + base.records,
        of=value,
        base=base,
    )


def _growth_state(value: Value, base: Value) -> tuple[str, str]:
    if value.value is None:
        return State.UNDEFINED, value.reason
    if base.value is None:
        return State.UNDEFINED, Reason.BASE_MISSING
    if base.value == 0:
        return State.UNDEFINED, Reason.BASE_ZERO
    if base.value < 0:
        return State.UNDEFINED, Reason.BASE_NEGATIVE
    if State.HIDDEN in (value.state, base.state):
        return State.HIDDEN, Reason.FEW
    return State.DEFINED, Reason.NONE
