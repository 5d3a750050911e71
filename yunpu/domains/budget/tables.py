"""Comparison and cross table as they are shown and exported: one grid of heads and cells, and the bars of the chart."""

from __future__ import annotations

import io
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import xlsxwriter
from django.utils.translation import gettext

from yunpu.domains.budget.queries import OTHERS, ComparedRow, Comparison, Dimension, Head, Pivot
from yunpu.kernel.money import FEN_PER_UNIT, Rounding, show_money, show_number
from yunpu.kernel.text import mark as _

UNIT = "万元"
NO_VALUE = "—"
BAR_ROWS = 12
BAR_SERIES = 4
BAR_WIDTH = 1000  # the length of the longest bar in the chart's own units
_BAR_HEIGHT, _ROW_GAP, _LABEL = 14, 14, 320


@dataclass(frozen=True)
class Line:
    """One row: what it stands for, and its cells. Money is fen, a ratio a Fraction, None no value."""

    label: str
    cells: tuple[int | Fraction | None, ...]
    note: str = ""

    @property
    def shown(self) -> list[str]:
        return [_show(cell) for cell in self.cells]


@dataclass(frozen=True)
class Grid:
    """A table: heads with their unit, rows, and the row of totals."""

    corner: str
    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    total: Line


@dataclass(frozen=True)
class Bar:
    """One bar of the chart with its place; `series` is the number of its colour."""

    y: int
    width: int
    text_x: int
    series: int
    shown: str


@dataclass(frozen=True)
class BarRow:
    """The bars of one row, and where its label stands."""

    label: str
    y: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Chart:
    """Bars of the largest rows, the largest columns as series, in SVG units. They begin at 0."""

    rows: tuple[BarRow, ...]
    series: tuple[tuple[int, str], ...]
    height: int
    is_part: bool
    bar_x: int = _LABEL
    view_width: int = _LABEL + BAR_WIDTH + 160


def unit_of(currency: str) -> str:
    """The unit of a book's tables: 万元, or ten thousands of another currency."""
    return gettext(UNIT) if currency == "CNY" else gettext(_("万 %(currency)s")) % {"currency": currency}


def grid_of_comparison(
    comparison: Comparison, dimension: Dimension, years: tuple[int, int], unit: str
) -> Grid:
    """Earlier, later, change and change in percent."""
    earlier, later = years
    heads = (
        f"{earlier}（{unit}）",
        f"{later}（{unit}）",
        f"{gettext(_('增减'))}（{unit}）",
        gettext(_("增减（%）")),
    )
    lines = tuple(
        Line(
            _label(row.head),
            _compared(row),
            gettext(_("原名 %(name)s")) % {"name": row.former_name} if row.former_name else "",
        )
        for row in comparison.rows
    )
    return Grid(gettext(dimension.title), heads, lines, Line(gettext(_("合计")), _compared(comparison.total)))


def grid_of_pivot(pivot: Pivot, down: Dimension, unit: str) -> Grid:
    """A column for each value of the second dimension, and the sum of the row."""
    heads = (*(_label(head) for head in pivot.columns), f"{gettext(_('合计'))}（{unit}）")
    lines = tuple(Line(_label(row.head), (*row.cells, row.total_fen)) for row in pivot.rows)
    total = Line(gettext(_("合计")), (*pivot.column_totals, pivot.total_fen))
    return Grid(gettext(down.title), heads, lines, total)


def chart_of_pivot(pivot: Pivot) -> Chart:
    """The largest rows and columns of a cross table. Negative sums have no bar, only their figure."""
    columns = sorted(range(len(pivot.columns)), key=lambda i: (-pivot.column_totals[i], i))[:BAR_SERIES]
    rows = sorted(pivot.rows, key=lambda row: (-row.total_fen, row.head.code))[:BAR_ROWS]
    longest = max((row.cells[i] or 0 for row in rows for i in columns), default=0)
    found, y = [], _ROW_GAP
    for row in rows:
        bars = []
        top = y
        for series, i in enumerate(columns, 1):
            amount = row.cells[i]
            if amount is None:
                continue
            width = max(0, amount) * BAR_WIDTH // longest if longest > 0 else 0
            bars.append(Bar(y, width, _LABEL + width + 8, series, show_money(amount, UNIT)))
            y += _BAR_HEIGHT
        found.append(BarRow(_label(row.head), top + _BAR_HEIGHT - 3, tuple(bars)))
        y += _ROW_GAP
    names = tuple((series, _label(pivot.columns[i])) for series, i in enumerate(columns, 1))
    is_part = len(rows) < len(pivot.rows) or len(columns) < len(pivot.columns)
    return Chart(tuple(found), names, y, is_part)


def write_workbook(grid: Grid, title: str) -> bytes:
    """The grid as a spreadsheet: numbers stay numbers, money in 万元, text cannot become a formula."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target, {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    )
    sheet = book.add_worksheet(title[:31])
    bold = book.add_format({"bold": True, "bottom": 1})
    sheet.write_row(0, 0, [grid.corner, *grid.heads], bold)
    for number, line in enumerate((*grid.lines, grid.total), 1):
        sheet.write_string(number, 0, line.label)
        for column, cell in enumerate(line.cells, 1):
            if cell is not None:
                sheet.write(number, column, _exported(cell))
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, len(grid.heads), 18)
    book.close()
    return target.getvalue()


def _compared(row: ComparedRow) -> tuple[int | Fraction | None, ...]:
    return (row.earlier_fen, row.later_fen, row.change_fen, row.change_ratio)


def _label(head: Head) -> str:
    if head.code == OTHERS:
        return gettext(_("其他"))
    name = gettext(head.name) if head.name else ""
    return " ".join(part for part in (head.code, name) if part) or gettext(_("（空）"))


def _show(cell: int | Fraction | None) -> str:
    if cell is None:
        return NO_VALUE
    if isinstance(cell, Fraction):
        return show_number(cell * 100, 1, comma=True, rounding=Rounding.HALF_UP)
    return show_money(cell, UNIT)


def _exported(cell: int | Fraction) -> Decimal:
    if isinstance(cell, Fraction):
        return Decimal(cell.numerator * 100) / Decimal(cell.denominator)
    return Decimal(cell) / FEN_PER_UNIT[UNIT]
