"""How values of snapshot rows stand in a table."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext

from yunpu.stages.indicators.chains import cell_text
from yunpu.stages.indicators.lineage import Cell, TracedRow
from yunpu.stages.snapshots.tables import Kind

register = template.Library()


@register.filter
def frozen(cell: Cell) -> str:
    """The value in the snapshot."""
    return cell_text(cell.column, cell.frozen, gettext)


@register.filter
def now(cell: Cell) -> str:
    """The value of the live record."""
    return cell_text(cell.column, cell.now, gettext)


@register.filter
def is_number(cell: Cell) -> bool:
    """Whether the cell is set to the right."""
    return cell.column.kind in (Kind.INTEGER, Kind.FEN)


@register.filter
def titled(row: TracedRow, titles: list[str]) -> list[tuple[str, Cell]]:
    """The cells of a row, each with the head of its column."""
    return list(zip(titles, row.cells, strict=True))
