"""A figure's whole chain as one page or drawer shows it: publication rule, definition, formula, snapshot, records."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from yunpu.kernel.money import show_money
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import Translate, untranslated
from yunpu.kernel.text import mark as _
from yunpu.stages.indicators.computing import growth_pct
from yunpu.stages.indicators.formulas import formula
from yunpu.stages.indicators.lineage import PAGE, Cell, Group, Lineage, Page, tracing
from yunpu.stages.indicators.models import Figure
from yunpu.stages.indicators.publishing import exact_text, rule_text
from yunpu.stages.snapshots.models import Snapshot
from yunpu.stages.snapshots.tables import FrozenColumn, Kind
from yunpu.stages.snapshots.verifying import UnableToUseSnapshot, checked_path, read_manifest

GROWTH_FORMULA = _("（本期 − 上年同期）÷ 上年同期 × 100")
_YES, _NO, _YUAN = _("是"), _("否"), _("元")


@dataclass
class Chain:
    """What stands behind one figure, ready to be shown. `fault` says why the rows cannot be shown."""

    figure: Figure
    exact: str
    rule: str
    formula: str
    fault: Refusal | None = None
    columns: list[str] = field(default_factory=list)
    page: Page | None = None
    groups: list[Group] = field(default_factory=list)
    group_title: str = ""
    total: str = ""
    agrees: bool = False
    shown_count: int = 0
    hidden_count: int = 0


def open_chain(
    figure: Figure, *, user: Any, on: dt.date, start: int = 0, translate: Translate = untranslated
) -> Chain:
    """The chain of a figure for a person; a changed file ends it with its refusal instead of rows."""
    chain = Chain(
        figure,
        exact_text(figure.exact) if figure.exact is not None and figure.state == Figure.State.DEFINED else "",
        rule_text(figure.definition.showing, growth=figure.of_id is not None, translate=translate),
        translate(GROWTH_FORMULA),
    )
    try:
        if figure.of_id is None:
            with tracing(figure, user=user, on=on) as lineage:
                _fill(chain, lineage, start, translate)
        else:
            check_files(figure.snapshot)
            chain.agrees = _growth_agrees(figure)
    except UnableToUseSnapshot as refusal:
        chain.fault = refusal
    return chain


def _fill(chain: Chain, lineage: Lineage, start: int, translate: Translate) -> None:
    figure = chain.figure
    chain.formula = formula(figure.sql, lineage.measure, lineage.table, translate)
    chain.columns = [heading(column, translate) for column in lineage.table.columns]
    chain.shown_count, chain.hidden_count = lineage.shown_count, lineage.hidden_count
    chain.page = lineage.page(start, PAGE)
    chain.groups = lineage.groups()
    if chain.groups:
        chain.group_title = translate(lineage.table.column(lineage.measure.column).title)
    chain.agrees = lineage.agrees
    if figure.state == Figure.State.DEFINED:
        chain.total = exact_text(lineage.measured.value)


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


def heading(column: FrozenColumn, translate: Translate = untranslated) -> str:
    """A column's title with its unit: money is shown in yuan."""
    unit = _YUAN if column.kind is Kind.FEN else column.unit
    return f"{translate(column.title)}（{translate(unit)}）" if unit else translate(column.title)


def cell_text(column: FrozenColumn, value: Any, translate: Translate = untranslated) -> str:
    """A value as a table shows it."""
    if value is None:
        return "—"
    if column.kind is Kind.FEN:
        return show_money(value)
    if column.kind is Kind.YES_NO:
        return translate(_YES if value else _NO)
    return str(value)


def frozen_text(cell: Cell, translate: Translate = untranslated) -> str:
    return cell_text(cell.column, cell.frozen, translate)


def now_text(cell: Cell, translate: Translate = untranslated) -> str:
    return cell_text(cell.column, cell.now, translate)
