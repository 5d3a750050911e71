"""The original with its findings written into it (批注文件): comments and colour at the cells, and a list of all."""

from __future__ import annotations

import datetime as dt
import math
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter
from openpyxl.cell.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from yunpu.kernel.findings import Finding, Severity
from yunpu.kernel.text import Translate, untranslated
from yunpu.kernel.text import mark as _
from yunpu.stages.intake.files import Kind, sniff
from yunpu.stages.intake.sheets import Sheet, open_book

LARGE = 50_000
_LARGE_BYTES = 16 << 20  # a workbook in memory takes fifty times its file
_MERGED_CELLS = 500_000
COLOURS = {
    Severity.ERROR: "FCEBE9",
    Severity.WARNING: "FCF2DD",
    Severity.QUESTION: "E9F1F9",
    Severity.NOTE: "EDF0F4",
}
_HEADS = (_("位置"), _("级别"), _("问题"), _("为什么要紧"), _("怎么改"), _("代码"))
_WIDTHS = (18, 10, 48, 40, 40, 10)
_DAY = "yyyy-mm-dd"
_LIST = _("问题清单")
_ROW = _("原行号")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "|", "%")
_LONGEST = 32_000  # a cell of a workbook holds 32,767 characters
_ILLEGAL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535), "�")
# The writer has no error of its own for what it does not know: an unknown word is a ValueError, an unknown attribute a
# TypeError, a part that is named but missing a KeyError, a style that is not there an IndexError, an empty part an
# AttributeError, broken XML a SyntaxError, a number too large an OverflowError.
_NOT_UNDERSTOOD = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    SyntaxError,
    OverflowError,
    OSError,
    zipfile.BadZipFile,
)
_NOT_IN_NAMES = str.maketrans("[]:*?/\\'", "        ")


def neutralise(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula, made plain by an apostrophe in front."""
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA) else value


def write_annotated(
    source: Path,
    target: Path,
    findings: Sequence[Finding],
    rows: int,
    translate: Translate = untranslated,
    *,
    header_row: int = 1,
) -> None:
    """Write the annotated file as .xlsx. Raises UnableToRead where the source cannot be read.

    A small .xlsx keeps its formats; every other kind becomes a new workbook of plain cells; above 50,000 rows only
    the rows with findings are written, with their numbers, below the rows down to `header_row`.
    """
    kind = sniff(source).kind
    if (
        kind is Kind.XLSX
        and rows <= LARGE
        and _fits_in_memory(source)
        and _annotate_workbook(source, target, findings, translate)
    ):
        return
    _write_new(source, target, findings, rows, translate, header_row)


def _fits_in_memory(source: Path) -> bool:
    """Whether the writer can hold the workbook: it makes a cell of its own for each one under a merged area."""
    if source.stat().st_size > _LARGE_BYTES:
        return False
    merged = 0
    for sheet in open_book(source, sniff(source)).sheets:
        sheet.head  # noqa: B018 - merged areas are known once a sheet is opened
        merged += sum(
            max(0, down - top + 1) * max(0, right - left + 1) for top, left, down, right in sheet.facts.merged
        )
    return merged <= _MERGED_CELLS


def _words(finding: Finding, translate: Translate) -> str:
    return _clean(
        f"{finding.what(translate)}\n{finding.why(translate)}\n{finding.remedy(translate)}（{finding.kind}）"
    )


def _clean(text: str) -> str:
    """A text that a workbook can hold."""
    text = text.translate(_ILLEGAL)[:_LONGEST]
    return text.encode("utf-8", "replace").decode("utf-8")


def _annotate_workbook(source: Path, target: Path, findings: Sequence[Finding], translate: Translate) -> bool:
    """Write into a copy of the original; False where the writer does not understand what the reader did.

    The writer keeps formats, widths, formulas and rules of its cells; pictures and charts it drops.
    """
    try:
        with source.open(
            "rb"
        ) as file:  # an original is stored without a suffix, which the writer would ask for
            book = openpyxl.load_workbook(file)
    except _NOT_UNDERSTOOD:
        return False
    for (sheet_name, row, column), here in _by_cell(findings).items():
        if sheet_name in book.sheetnames:
            _mark(book[sheet_name], row, column, here, translate)
    listed = book.create_sheet(_free_name(translate(_LIST), book.sheetnames), 0)
    for line in _list_lines(findings, translate):
        listed.append([neutralise(value) for value in line])
    for letter, width in zip("ABCDEF", _WIDTHS, strict=True):
        listed.column_dimensions[letter].width = width
    listed.freeze_panes = "A2"
    book.active = 0
    for sheet in book.worksheets[1:]:
        sheet.sheet_view.tabSelected = False
    try:
        book.save(target)
    except _NOT_UNDERSTOOD:
        target.unlink(missing_ok=True)
        return False
    return True


def _mark(page: Any, row: int, column: int, here: Sequence[Finding], translate: Translate) -> None:
    """Comment and colour at a cell; of merged cells only the first can have them. An older comment stays."""
    cell = page.cell(row, column)
    if isinstance(cell, MergedCell):
        merged = next(one for one in page.merged_cells.ranges if cell.coordinate in one)
        cell = page.cell(merged.min_row, merged.min_col)
    worst = min(here, key=lambda one: one.severity.rank)
    cell.fill = PatternFill("solid", fgColor=COLOURS[worst.severity])
    words = [cell.comment.text] if cell.comment else []
    words += [_words(one, translate) for one in here]
    comment = Comment("\n\n".join(words)[:2000], "Yunpu")
    comment.width, comment.height = 320, 120
    cell.comment = comment


def _write_new(
    source: Path,
    target: Path,
    findings: Sequence[Finding],
    rows: int,
    translate: Translate,
    header_row: int,
) -> None:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(str(target), options)
    listed = book.add_worksheet(translate(_LIST))
    for column, width in enumerate(_WIDTHS):
        listed.set_column(column, column, width)
    for number, line in enumerate(_list_lines(findings, translate)):
        for column, value in enumerate(line):
            listed.write_string(number, column, str(neutralise(value)))
    by_cell = _by_cell(findings)
    shapes = _Shapes(book)
    for sheet in open_book(source, sniff(source)).sheets:
        wanted = {row for name, row, _column in by_cell if name == sheet.name}
        if rows > LARGE and not wanted:
            continue
        taken = [one.name for one in book.worksheets()]
        page = book.add_worksheet(_free_name(sheet.name or translate(_("数据")), taken))
        _write_sheet(page, sheet, by_cell, shapes, translate, wanted if rows > LARGE else None, header_row)
    book.close()


class _Shapes:
    """The formats of a new workbook: the colour of the worst finding, and a day for days."""

    def __init__(self, book: Any) -> None:
        self.plain = {
            severity: book.add_format({"bg_color": f"#{colour}"}) for severity, colour in COLOURS.items()
        }
        self.days = {
            severity: book.add_format({"bg_color": f"#{colour}", "num_format": _DAY})
            for severity, colour in COLOURS.items()
        }
        self.day = book.add_format({"num_format": _DAY})

    def of(self, here: Sequence[Finding] | None, value: Any) -> Any:
        is_day = isinstance(value, dt.date)
        if not here:
            return self.day if is_day else None
        worst = min(here, key=lambda one: one.severity.rank).severity
        return self.days[worst] if is_day else self.plain[worst]


def _write_sheet(
    page: Any,
    sheet: Sheet,
    by_cell: dict[tuple[str, int, int], list[Finding]],
    shapes: _Shapes,
    translate: Translate,
    wanted: set[int] | None,
    header_row: int,
) -> None:
    """All rows, or (`wanted`) those with findings and the header, each with its number in a column before it."""
    left = 0 if wanted is None else 1
    for line, (number, row) in enumerate(_rows_of(sheet, wanted, header_row)):
        if left:
            is_title = number == header_row
            page.write(line, 0, translate(_ROW) if is_title else number)
        for column in range(max(len(row), 1)):
            value = row[column] if column < len(row) else None
            here = by_cell.get((sheet.name, number, column + 1))
            _write_value(page, line, column + left, value, shapes.of(here, value))
            if here:
                words = "\n\n".join(_words(one, translate) for one in here)[:2000]
                page.write_comment(line, column + left, words)


def _rows_of(sheet: Sheet, wanted: set[int] | None, header_row: int) -> Iterator[tuple[int, list[Any]]]:
    last = max(wanted, default=0) if wanted is not None else 1_048_000
    for number, row in enumerate(sheet.rows(), 1):
        if number > max(last, header_row):
            return
        if wanted is None or number in wanted or number <= header_row:
            yield number, row


def _write_value(page: Any, row: int, column: int, value: Any, shape: Any) -> None:
    if value is None or value == "":
        if shape is not None:
            page.write_blank(row, column, None, shape)
    elif isinstance(value, bool):
        page.write_boolean(row, column, value, shape)
    elif isinstance(value, int | float) and abs(value) < 1e15 and math.isfinite(value):
        page.write_number(row, column, value, shape)
    elif isinstance(value, dt.date) and value.year >= 1900:
        page.write_datetime(row, column, value, shape)
    else:
        page.write_string(row, column, _clean(str(neutralise(str(value)))), shape)


def _list_lines(findings: Sequence[Finding], translate: Translate) -> list[list[str]]:
    lines = [[translate(head) for head in _HEADS]]
    for one in sorted(findings, key=lambda one: one.sort_key):
        words = [
            one.place.address,
            translate(one.severity.label),
            one.what(translate),
            one.why(translate),
            one.remedy(translate),
            one.kind,
        ]
        lines.append([_clean(word) for word in words])
    return lines


def _by_cell(findings: Sequence[Finding]) -> dict[tuple[str, int, int], list[Finding]]:
    cells: dict[tuple[str, int, int], list[Finding]] = {}
    for one in findings:
        if one.place.row:
            cells.setdefault((one.place.sheet, one.place.row, one.place.column or 1), []).append(one)
    return cells


def _free_name(name: str, taken: Sequence[str]) -> str:
    """A name that a sheet may have and none has."""
    plain = _clean(name).translate(_NOT_IN_NAMES).strip()[:31] or "Sheet"
    plain = "Sheet" if plain.lower() == "history" else plain
    free, number = plain, 2
    while free.lower() in {one.lower() for one in taken}:
        free, number = f"{plain[:28]}{number}", number + 1
    return free
