"""Comparison and cross table as they are shown and exported: one grid of heads and cells, and the bars of the chart."""

from __future__ import annotations

import io
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import xlsxwriter
from django.utils.translation import gettext

from yunpu.domains.budget.queries import OTHERS, ComparedRow, Comparison, Dimension, Head, Pivot
from yunpu.kernel.money import FEN_PER_UNIT, Rounding, show_money, show_number
from yunpu.kernel.text import mark as _

UNIT = "万元"
UNITS = {"CNY": _("万元"), "EUR": _("万欧元")}
NO_VALUE = "—"
BAR_ROWS = 12
BAR_SERIES = 4


@dataclass(frozen=True)
class Line:
    """One row: what it stands for, and its cells. Money is fen, a ratio a Fraction, None no value."""

    label: str
    cells: tuple[int | Fraction | None, ...]
    note: str = ""

    signed: int = 0  # how many of the last cells are changes, which show their plus

    @property
    def shown(self) -> list[str]:
        first = len(self.cells) - self.signed
        return [_show(cell, plus=at >= first) for at, cell in enumerate(self.cells)]


@dataclass(frozen=True)
class Grid:
    """A table: heads with their unit, rows, and the row of totals."""

    corner: str
    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    total: Line


def unit_of(currency: str) -> str:
    """The unit of a book's tables: 万元, or ten thousands of another currency."""
    if currency in UNITS:
        return gettext(UNITS[currency])
    return gettext(_("万 %(currency)s")) % {"currency": currency}


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
    lines = tuple(Line(_label(row.head), _compared(row), _note(row), signed=2) for row in comparison.rows)
    return Grid(
        gettext(dimension.title),
        heads,
        lines,
        Line(gettext(_("合计")), _compared(comparison.total), signed=2),
    )


def grid_of_pivot(pivot: Pivot, down: Dimension, unit: str) -> Grid:
    """A column for each value of the second dimension, and the sum of the row."""
    heads = (*(_label(head) for head in pivot.columns), f"{gettext(_('合计'))}（{unit}）")
    lines = tuple(Line(_label(row.head), (*row.cells, row.total_fen)) for row in pivot.rows)
    total = Line(gettext(_("合计")), (*pivot.column_totals, pivot.total_fen))
    return Grid(gettext(down.title), heads, lines, total)


def chart_of_pivot(pivot: Pivot, unit: str) -> dict[str, Any]:
    """The largest rows, and as series their largest columns: what the script draws. Money is text and whole fen."""
    columns = sorted(range(len(pivot.columns)), key=lambda i: (-pivot.column_totals[i], i))[:BAR_SERIES]
    rows = sorted(pivot.rows, key=lambda row: (-row.total_fen, row.head.code))[:BAR_ROWS]
    return {
        "unit": unit,
        "fen_per_unit": FEN_PER_UNIT[UNIT],
        "rows": [_label(row.head) for row in rows],
        "series": [
            {
                "name": _label(pivot.columns[i]),
                "fen": [row.cells[i] for row in rows],
                "shown": [_show(row.cells[i]) for row in rows],
            }
            for i in columns
        ],
        "is_part": len(rows) < len(pivot.rows) or len(columns) < len(pivot.columns),
    }


def chart_table(chart: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """The chart as a table: the same figures, row by row."""
    return [
        (label, [series["shown"][at] for series in chart["series"]]) for at, label in enumerate(chart["rows"])
    ]


def write_workbook(grid: Grid, title: str, about: str) -> bytes:
    """The grid as a spreadsheet: numbers stay numbers with their formats, text cannot become a formula."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target, {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    )
    sheet = book.add_worksheet(title[:31])
    head = book.add_format({"bold": True, "bottom": 1, "align": "right", "bg_color": "#F1F3F6"})
    formats = {
        bold: {
            "money": book.add_format({"num_format": "#,##0.00", "bold": bold}),
            "ratio": book.add_format({"num_format": "0.0", "bold": bold}),
            "text": book.add_format({"bold": bold}),
        }
        for bold in (False, True)
    }
    sheet.write_string(0, 0, about)
    sheet.write_row(1, 0, [grid.corner, *grid.heads], head)
    for number, line in enumerate((*grid.lines, grid.total), 2):
        style = formats[line is grid.total]
        sheet.write_string(number, 0, line.label, style["text"])
        for column, cell in enumerate(line.cells, 1):
            if cell is not None:
                kind = "ratio" if isinstance(cell, Fraction) else "money"
                sheet.write_number(number, column, _exported(cell), style[kind])
        if line.note:
            sheet.write_string(number, len(grid.heads) + 1, line.note, style["text"])
    sheet.freeze_panes(2, 1)
    sheet.set_column(0, 0, 32)
    sheet.set_column(1, len(grid.heads) + 1, 18)
    book.close()
    return target.getvalue()


def _note(row: ComparedRow) -> str:
    """What happened to a code between the years, beyond its amount."""
    if row.earlier_fen is None:
        return gettext(_("新增"))
    if row.later_fen is None:
        return gettext(_("取消"))
    return gettext(_("原名 %(name)s")) % {"name": row.former_name} if row.former_name else ""


def _compared(row: ComparedRow) -> tuple[int | Fraction | None, ...]:
    return (row.earlier_fen, row.later_fen, row.change_fen, row.change_ratio)


def _label(head: Head) -> str:
    if head.code == OTHERS:
        return gettext(_("其他"))
    name = gettext(head.name) if head.name else ""
    return " ".join(part for part in (head.code, name) if part) or gettext(_("（空）"))


def _show(cell: int | Fraction | None, *, plus: bool = False) -> str:
    if cell is None:
        return NO_VALUE
    sign = "+" if plus and cell > 0 else ""
    if isinstance(cell, Fraction):
        return sign + show_number(cell * 100, 1, comma=True, rounding=Rounding.HALF_UP)
    return sign + show_money(cell, UNIT)


def _exported(cell: int | Fraction) -> Decimal:
    if isinstance(cell, Fraction):
        return Decimal(cell.numerator * 100) / Decimal(cell.denominator)
    return Decimal(cell) / FEN_PER_UNIT[UNIT]
