"""A figure's whole chain as one page or drawer shows it: publication, definition, formula, snapshot, records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from yunpu.kernel.findings import Finding
from yunpu.kernel.money import Rounding, show_money, show_number
from yunpu.kernel.periods import Period
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import Translate, fill, untranslated
from yunpu.kernel.text import mark as _
from yunpu.kernel.units import convert, get_unit
from yunpu.stages.indicators.breakdowns import Breakdown, Form, Part
from yunpu.stages.indicators.computing import growth_pct
from yunpu.stages.indicators.definitions import Sum
from yunpu.stages.indicators.formulas import formula
from yunpu.stages.indicators.lineage import PAGE, Cell, Lineage, Page, tracing
from yunpu.stages.indicators.models import Figure
from yunpu.stages.indicators.publications import Publication, list_publications
from yunpu.stages.indicators.publishing import exact_text, rule_text
from yunpu.stages.snapshots.models import Snapshot
from yunpu.stages.snapshots.tables import FrozenColumn, Kind
from yunpu.stages.snapshots.verifying import UnableToUseSnapshot, checked_path, read_manifest, verify

GROWTH_FORMULA = _("（本期 − 上年同期）÷ 上年同期 × 100")
_CONVERSION = _("%(value)s %(base)s ÷ %(factor)s = %(converted)s %(unit)s")
_GROWN = _("（%(value)s − %(before)s）÷ %(before)s × 100 = %(exact)s")
_TIMES = _("%(column)s出现的次数")
_DIFFERENT = _("不同的（%(unit)s）")
_ONE_TIME = _("%(count)s 次")
_YEARS = _("年份")
_IN_A_ROW = _("计入连续（年）")
_RECORDS = _("条数")
_REST = _("其余 %(count)s 项")
_WITH_UNIT = _("%(title)s（%(unit)s）")
_YES, _NO = _("是"), _("否")
_MONEY = {
    "分": _("元"),
    "欧分": _("欧元"),
}  # the unit in which money stands in a table of records, by base unit


@dataclass(frozen=True)
class PartShown:
    """One line of a breakdown, ready to be shown."""

    label: str
    value: str
    records: str
    bar: int


@dataclass(frozen=True)
class BreakdownShown:
    """A breakdown, ready to be shown: heads, lines, total."""

    heads: tuple[str, ...]
    lines: tuple[PartShown, ...]
    total: PartShown
    has_records: bool
    has_bars: bool


@dataclass
class Chain:
    """What stands behind one figure, ready to be shown. `fault` says why the rows cannot be shown."""

    figure: Figure
    exact: str
    rule: str
    formula: str
    arithmetic: str = ""
    publications: list[Publication] = field(default_factory=list)
    fault: Refusal | None = None
    columns: list[str] = field(default_factory=list)
    same: dict[str, str] = field(default_factory=dict)  # on this page every row says it: a phone says it once
    page: Page | None = None
    breakdown: BreakdownShown | None = None
    total: str = ""
    found_total: str = ""
    agrees: bool = False
    shown_count: int = 0
    hidden_count: int = 0
    is_unfinished: bool = False  # the period went on after the snapshot's date


def open_chain(
    figure: Figure,
    *,
    user: Any,
    on: dt.date,
    start: int = 0,
    query: str = "",
    translate: Translate = untranslated,
) -> Chain:
    """The chain of a figure for a person; a changed file ends it with its refusal instead of rows."""
    defined = figure.exact is not None and figure.state == Figure.State.DEFINED
    chain = Chain(
        figure,
        grouped(figure.exact) if defined and figure.exact is not None else "",
        rule_text(figure.definition.showing, growth=figure.of_id is not None, translate=translate),
        translate(GROWTH_FORMULA),
        arithmetic=_arithmetic(figure, translate) if defined else "",
        publications=list_publications(figure, user=user, on=on),
    )
    try:
        if figure.of_id is None:
            with tracing(figure, user=user, on=on) as lineage:
                _fill(chain, lineage, start, query, translate)
        else:
            check_files(figure.snapshot)
            chain.agrees = _growth_agrees(figure)
    except UnableToUseSnapshot as refusal:
        chain.fault = refusal
    return chain


def read_breakdown(
    figure: Figure, *, user: Any, on: dt.date, translate: Translate = untranslated
) -> BreakdownShown | None:
    """What a defined figure is made of, as far as a person sees its rows. Raises UnableToUseSnapshot."""
    with tracing(figure, user=user, on=on) as lineage:
        breakdown = lineage.breakdown()
        return _show(breakdown, lineage, translate) if breakdown and breakdown.parts else None


def recompute(figure: Figure, *, user: Any, on: dt.date) -> tuple[bool, list[Finding]]:
    """Read every byte of the snapshot again and measure the rows anew: whether the figure holds, and what was found."""
    findings = verify(figure.snapshot)
    if findings:
        return False, findings
    parts = [figure] if figure.of is None or figure.base is None else [figure.of, figure.base]
    for part in parts:
        with tracing(part, user=user, on=on) as lineage:
            if not lineage.agrees:
                return False, []
    return figure.of_id is None or _growth_agrees(figure), []


def _fill(chain: Chain, lineage: Lineage, start: int, query: str, translate: Translate) -> None:
    figure = chain.figure
    chain.formula = formula(figure.sql, lineage.measure, lineage.table, translate)
    chain.is_unfinished = _is_unfinished(figure, lineage)
    chain.shown_count, chain.hidden_count = lineage.shown_count, lineage.hidden_count
    chain.page = _readable(lineage.page(start, PAGE, query), lineage)
    columns = [cell.column for cell in chain.page.rows[0].cells] if chain.page.rows else lineage.table.columns
    chain.columns = headings(figure, columns, translate)
    chain.same = _said_by_all(chain.page, chain.columns, translate)
    if chain.page.measured is not None:
        chain.found_total = grouped(chain.page.measured.value)
    chain.agrees = lineage.agrees
    if figure.state == Figure.State.DEFINED:
        chain.total = grouped(lineage.measured.value)
        breakdown = lineage.breakdown() if figure.records else None
        chain.breakdown = _show(breakdown, lineage, translate) if breakdown else None


def _readable(page: Page, lineage: Lineage) -> Page:
    """The page without columns that are empty on it, what is summed first."""
    names = [
        column.name
        for at, column in enumerate(lineage.table.columns)
        if any(row.cells[at].frozen not in (None, "") or row.cells[at].differs for row in page.rows)
    ]
    if isinstance(lineage.measure, Sum):
        names = sorted(names, key=lambda name: name != lineage.measure.column)
    rows = []
    for row in page.rows:
        cells = {cell.column.name: cell for cell in row.cells}
        rows.append(replace(row, cells=tuple(cells[name] for name in names)))
    return replace(page, rows=rows)


def _is_unfinished(figure: Figure, lineage: Lineage) -> bool:
    """Whether facts of the period may have come after the snapshot's date.

    Those of a year as a whole do not; a figure at a day says its day itself.
    """
    if figure.definition.showing.get("at"):
        return False
    dated = lineage.table.as_of and lineage.table.column(lineage.table.as_of).kind is Kind.DATE
    return bool(dated) and Period.parse(figure.period_code).last_on > figure.snapshot.as_of


def _said_by_all(page: Page, titles: Sequence[str], translate: Translate) -> dict[str, str]:
    """What every row of a page says in some column, by the column's title; nothing where there is but one row."""
    if len(page.rows) < 2:
        return {}
    columns = zip(titles, zip(*(row.cells for row in page.rows), strict=True), strict=True)
    return {
        title: frozen_text(cells[0], translate)
        for title, cells in columns
        if len({cell.frozen for cell in cells}) == 1 and not any(cell.differs for cell in cells)
    }


def _growth_agrees(figure: Figure) -> bool:
    """Whether a growth still follows from its two figures."""
    now, before = (part.exact if part else None for part in (figure.of, figure.base))
    if figure.exact is None:
        return True
    return now is not None and before is not None and figure.exact == growth_pct(now, before)


def check_files(snapshot: Snapshot) -> None:
    """Check manifest and every file of a snapshot. Raises UnableToUseSnapshot."""
    read_manifest(snapshot)
    for table in snapshot.tables.all():
        checked_path(table)


def grouped(value: Fraction) -> str:
    """An exact value for reading: thousands apart, a true minus."""
    whole, point, decimals = exact_text(value).partition(".")
    return show_number(int(whole), 0, comma=True, rounding=Rounding.TRUNCATE) + point + decimals


def _arithmetic(figure: Figure, translate: Translate) -> str:
    """How the published number follows from the exact one; empty where nothing is converted."""
    assert figure.exact is not None
    if figure.of is not None and figure.base is not None:
        assert figure.of.exact is not None
        assert figure.base.exact is not None
        values = {"value": grouped(figure.of.exact), "before": grouped(figure.base.exact)}
        return fill(_GROWN, {**values, "exact": grouped(figure.exact)}, translate)
    base, unit = figure.unit, figure.definition.showing["unit"]
    if base == unit:
        return ""
    factor = get_unit(unit).factor / get_unit(base).factor
    values = {
        "value": grouped(figure.exact),
        "base": translate(base),
        "factor": grouped(factor) if factor.denominator == 1 else str(factor),
        "converted": grouped(convert(figure.exact, base, unit)),
        "unit": translate(unit),
    }
    return fill(_CONVERSION, values, translate)


def _show(breakdown: Breakdown, lineage: Lineage, translate: Translate) -> BreakdownShown:
    column = lineage.table.column(breakdown.column)
    unit = lineage.figure.definition.showing["unit"]
    is_count = breakdown.form is Form.BY_COLUMN and breakdown.value == breakdown.records
    heads = {
        Form.BY_COLUMN: (translate(column.title), translate(unit)),
        Form.BY_TIMES: (
            fill(_TIMES, {"column": column.title}, translate),
            fill(_DIFFERENT, {"unit": unit}, translate),
        ),
        Form.BY_YEAR: (translate(_YEARS), translate(_IN_A_ROW)),
    }[breakdown.form]

    def line(part: Part, label: str) -> PartShown:
        value = _in_unit(part.value, lineage.figure, translate)
        if breakdown.form is Form.BY_YEAR and label:
            value = "✓" if part.value else "—"
        return PartShown(label, value, f"{part.records:,}", part.bar)

    lines = [line(part, _label(breakdown, column, part.label, translate)) for part in breakdown.parts]
    if breakdown.rest is not None:
        lines.append(line(breakdown.rest, fill(_REST, {"count": str(breakdown.rest.label)}, translate)))
    total = line(Part("", breakdown.value, breakdown.records), "")
    return BreakdownShown(
        (*heads, translate(_RECORDS)), tuple(lines), total, not is_count, breakdown.form is not Form.BY_YEAR
    )


def _label(breakdown: Breakdown, column: FrozenColumn, label: Any, translate: Translate) -> str:
    match breakdown.form:
        case Form.BY_TIMES:
            return fill(_ONE_TIME, {"count": str(label)}, translate)
        case Form.BY_YEAR:
            return str(label)
    return cell_text(column, label, translate)


def _in_unit(value: int, figure: Figure, translate: Translate) -> str:
    """A part of a figure in the unit in which the figure is published."""
    base, unit = figure.unit, figure.definition.showing["unit"]
    converted = Fraction(value) if base == unit else convert(value, base, unit)
    return show_number(converted, 0 if base == unit else 2, comma=True, rounding=Rounding.HALF_UP)


def headings(
    figure: Figure, columns: Sequence[FrozenColumn], translate: Translate = untranslated
) -> list[str]:
    """The columns' titles with their units: money in the currency of the figure's book."""
    money = _MONEY.get(figure.definition.unit, _MONEY["分"])
    return [_heading(column, money, translate) for column in columns]


def _heading(column: FrozenColumn, money: str, translate: Translate) -> str:
    unit = money if column.kind is Kind.FEN else column.unit
    return (
        fill(_WITH_UNIT, {"title": column.title, "unit": unit}, translate)
        if unit
        else translate(column.title)
    )


def cell_text(column: FrozenColumn, value: Any, translate: Translate = untranslated) -> str:
    """A value as a table shows it."""
    if value is None:
        return "—"
    if column.kind is Kind.FEN:
        return show_money(value)
    if column.kind is Kind.YES_NO:
        return translate(_YES if value else _NO)
    return translate(column.label(value)) if column.codes else str(value)


def frozen_text(cell: Cell, translate: Translate = untranslated) -> str:
    return cell_text(cell.column, cell.frozen, translate)


def now_text(cell: Cell, translate: Translate = untranslated) -> str:
    return cell_text(cell.column, cell.now, translate)
