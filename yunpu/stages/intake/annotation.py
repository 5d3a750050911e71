"""The original with its findings written into it (批注文件): comments and colour at the cells, and a list of all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from yunpu.kernel.findings import Finding, Severity
from yunpu.kernel.text import Translate, untranslated
from yunpu.kernel.text import mark as _
from yunpu.stages.intake.files import Kind, sniff
from yunpu.stages.intake.sheets import open_book

LARGE = 50_000
_COLOURS = {
    Severity.ERROR: "FCEBE9",
    Severity.WARNING: "FCF2DD",
    Severity.QUESTION: "E9F1F9",
    Severity.NOTE: "EDF0F4",
}
_HEADS = (_("位置"), _("级别"), _("问题"), _("为什么要紧"), _("怎么改"), _("代码"))
_LIST = _("问题清单")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def neutralise(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula, made plain by an apostrophe in front."""
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA) else value


def write_annotated(
    source: Path, target: Path, findings: Sequence[Finding], rows: int, translate: Translate = untranslated
) -> None:
    """Write the annotated file as .xlsx.

    A small .xlsx keeps its formats; every other kind becomes a new workbook of plain cells; above 50,000 rows only
    the rows with findings are written.
    """
    kind = sniff(source)
    if kind.kind is Kind.XLSX and rows <= LARGE:
        _annotate_workbook(source, target, findings, translate)
    else:
        _write_new(source, target, findings, rows, translate)


def _words(finding: Finding, translate: Translate) -> str:
    return (
        f"{finding.what(translate)}\n{finding.why(translate)}\n{finding.remedy(translate)}（{finding.kind}）"
    )


def _annotate_workbook(source: Path, target: Path, findings: Sequence[Finding], translate: Translate) -> None:
    book = openpyxl.load_workbook(source)
    for address, here in _by_cell(findings).items():
        sheet_name, row, column = address
        if sheet_name not in book.sheetnames:
            continue
        cell = book[sheet_name].cell(row, column)
        if cell.__class__.__name__ == "MergedCell":
            continue
        worst = min(here, key=lambda one: one.severity.rank)
        cell.fill = PatternFill("solid", fgColor=_COLOURS[worst.severity])
        comment = Comment("\n\n".join(_words(one, translate) for one in here)[:2000], "Yunpu")
        comment.width, comment.height = 320, 120
        cell.comment = comment
    listed = book.create_sheet(_free_name(translate(_LIST), book.sheetnames), 0)
    for line in _list_lines(findings, translate):
        listed.append([neutralise(value) for value in line])
    for letter, width in zip("ABCDEF", (18, 10, 48, 40, 40, 10), strict=True):
        listed.column_dimensions[letter].width = width
    book.active = 0
    book.save(target)


def _write_new(
    source: Path, target: Path, findings: Sequence[Finding], rows: int, translate: Translate
) -> None:
    book = xlsxwriter.Workbook(
        str(target), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    listed = book.add_worksheet(translate(_LIST))
    for number, line in enumerate(_list_lines(findings, translate)):
        for column, value in enumerate(line):
            listed.write_string(number, column, str(neutralise(value)))
    by_cell = _by_cell(findings)
    fills = {severity: book.add_format({"bg_color": f"#{colour}"}) for severity, colour in _COLOURS.items()}
    for sheet in open_book(source, sniff(source)).sheets:
        wanted = {row for name, row, _column in by_cell if name == sheet.name}
        if not wanted and rows > LARGE:
            continue
        page = book.add_worksheet(
            _free_name(sheet.name[:31] or translate(_("数据")), [s.name for s in book.worksheets()])
        )
        written = 0
        for number, row in enumerate(sheet.rows(), 1):
            if rows > LARGE and number not in wanted and number > 1:
                continue
            for column, value in enumerate(row):
                here = by_cell.get((sheet.name, number, column + 1))
                shape = fills[min(here, key=lambda one: one.severity.rank).severity] if here else None
                _write_value(page, written, column, value, shape)
                if here:
                    page.write_comment(
                        written, column, "\n\n".join(_words(one, translate) for one in here)[:2000]
                    )
            written += 1
    book.close()


def _write_value(page: Any, row: int, column: int, value: Any, shape: Any) -> None:
    if value is None or value == "":
        if shape is not None:
            page.write_blank(row, column, None, shape)
    elif isinstance(value, bool):
        page.write_boolean(row, column, value, shape)
    elif isinstance(value, int | float):
        page.write_number(row, column, value, shape)
    else:
        page.write_string(row, column, str(neutralise(str(value))), shape)


def _list_lines(findings: Sequence[Finding], translate: Translate) -> list[list[str]]:
    lines = [[translate(head) for head in _HEADS]]
    for one in findings:
        lines.append(
            [
                one.place.address,
                translate(one.severity.title),
                one.what(translate),
                one.why(translate),
                one.remedy(translate),
                one.kind,
            ]
        )
    return lines


def _by_cell(findings: Sequence[Finding]) -> dict[tuple[str, int, int], list[Finding]]:
    cells: dict[tuple[str, int, int], list[Finding]] = {}
    for one in findings:
        if one.place.row:
            cells.setdefault((one.place.sheet, one.place.row, one.place.column or 1), []).append(one)
    return cells


def _free_name(name: str, taken: Sequence[str]) -> str:
    free, number = name, 2
    while free.lower() in {one.lower() for one in taken}:
        free, number = f"{name[:28]}{number}", number + 1
    return free
