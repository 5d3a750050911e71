"""Files as sheets of plain rows: one shape for .xlsx, .xls, .ods, .csv and JSON lines.

A row is a list of values: None, str, int, float, bool, date or datetime. What only some cells have – percent formats,
formulas – and hidden rows stand beside them.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from yunpu.kernel.text import mark as _
from yunpu.stages.intake.files import LIMITS, Kind, Limits, Sniffed, UnableToRead, parse_xml_safely

Value = Any
_PERCENT = frozenset({9, 10})
_CELL = re.compile(r"([A-Z]+)([0-9]+)")


@dataclass
class Facts:
    """What a sheet's XML tells beside the values. Cells are (row, column), both from 1 and 0."""

    percent: set[tuple[int, int]] = field(default_factory=set)
    formulas: int = 0
    first_formula: str = ""
    hidden_rows: list[int] = field(default_factory=list)
    links: int = 0


@dataclass
class Sheet:
    """One sheet: `rows()` starts anew each time."""

    name: str
    rows: Callable[[], Iterator[list[Value]]]
    hidden: bool = False
    facts: Facts = field(default_factory=Facts)
    first_row: int = 1


@dataclass
class Book:
    """A file's sheets."""

    kind: Kind
    sheets: list[Sheet]
    epoch_1904: bool = False


def open_book(path: Path, sniffed: Sniffed, limits: Limits = LIMITS) -> Book:
    """Open a sniffed file. Raises UnableToRead, also later while rows are taken."""
    if sniffed.kind is Kind.CSV:
        return Book(sniffed.kind, [Sheet("", lambda: _csv_rows(path, sniffed, limits))])
    if sniffed.kind is Kind.JSONL:
        return Book(sniffed.kind, [Sheet("", lambda: _json_rows(path, sniffed, limits))])
    return _open_workbook(path, sniffed.kind, limits)


def _csv_rows(path: Path, sniffed: Sniffed, limits: Limits) -> Iterator[list[Value]]:
    csv.field_size_limit(limits.cell_characters)
    with path.open(encoding=sniffed.encoding, newline="") as file:
        try:
            for number, row in enumerate(csv.reader(file, delimiter=sniffed.delimiter), 1):
                if len(row) > limits.columns:
                    raise UnableToRead(reason=_("列数超过 %(limit)s，不是一张表") % {"limit": limits.columns})
                if number > limits.rows:
                    raise UnableToRead(reason=_("行数太多，请拆成几个文件"))
                yield row
        except csv.Error as error:
            if "field larger" in str(error):
                raise UnableToRead(reason=_("有单元格的内容过长")) from None
            raise UnableToRead(reason=_("分隔或引号不成对，请重新导出一份")) from None


def _json_rows(path: Path, sniffed: Sniffed, limits: Limits) -> Iterator[list[Value]]:
    names: list[str] = []
    with path.open(encoding=sniffed.encoding) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                yield []
                continue
            try:
                values = json.loads(line, parse_float=str)
            except (ValueError, RecursionError):
                raise UnableToRead(reason=_("第 %(line)s 行不是完整的 JSON") % {"line": number}) from None
            if not isinstance(values, dict):
                raise UnableToRead(reason=_("第 %(line)s 行不是一个对象") % {"line": number})
            if len(values) > limits.columns:
                raise UnableToRead(reason=_("列数超过 %(limit)s，不是一张表") % {"limit": limits.columns})
            if not names:
                names = list(values)
                yield list(names)
            extra = sorted(set(values) - set(names))
            if extra:
                raise UnableToRead(
                    reason=_("第 %(line)s 行有前面没有的字段 %(name)s")
                    % {"line": number, "name": extra[0][:40]}
                )
            row = [values.get(name) for name in names]
            for value in row:
                if isinstance(value, list | dict):
                    raise UnableToRead(reason=_("第 %(line)s 行有嵌套的内容") % {"line": number})
                if isinstance(value, str) and len(value) > limits.cell_characters:
                    raise UnableToRead(reason=_("有单元格的内容过长"))
            yield row


def _open_workbook(path: Path, kind: Kind, limits: Limits) -> Book:
    broken = UnableToRead(reason=_("文件不完整或已损坏，请重新导出一份"))
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        metadata = [meta for meta in workbook.sheets_metadata if meta.typ is SheetTypeEnum.WorkSheet]
    except BaseException as error:  # the reader's panics are no Exceptions; anything else goes on upwards
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        raise broken from None
    if not metadata:
        raise UnableToRead(reason=_("文件里没有工作表"))
    if len(metadata) > limits.sheets:
        raise UnableToRead(reason=_("工作表太多，请拆成几个文件"))
    facts, epoch_1904 = _read_facts(path) if kind is Kind.XLSX else ({}, False)
    sheets = []
    for meta in metadata:
        hidden = meta.visible is not SheetVisibleEnum.Visible
        name = meta.name
        sheets.append(
            Sheet(
                name,
                lambda name=name: _workbook_rows(path, name, limits),  # type: ignore[misc]
                hidden=hidden,
                facts=facts.get(name, Facts()),
            )
        )
    return Book(kind, sheets, epoch_1904)


def _workbook_rows(path: Path, name: str, limits: Limits) -> Iterator[list[Value]]:
    try:
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_name(name)
        width = sheet.total_width
        left = sheet.start[1] if sheet.start else 0
        rows = sheet.iter_rows()
    except CalamineError:
        raise UnableToRead(reason=_("工作表“%(name)s”无法读取，请另存一份") % {"name": name[:40]}) from None
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        raise UnableToRead(reason=_("文件不完整或已损坏，请重新导出一份")) from None
    if width > limits.columns:
        raise UnableToRead(reason=_("列数超过 %(limit)s，不是一张表") % {"limit": limits.columns})
    pad: list[Value] = [None] * left  # rows begin at row 1, but at the first used column
    for row in rows:
        for value in row:
            if isinstance(value, str) and len(value) > limits.cell_characters:
                raise UnableToRead(reason=_("有单元格的内容过长"))
        yield pad + row if pad else row


def _read_facts(path: Path) -> tuple[dict[str, Facts], bool]:
    """One streaming pass over each sheet's XML of an .xlsx: formats, formulas, hidden rows, links; and the epoch."""
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        sheets, epoch_1904 = _read_workbook_part(archive)
        percent_styles = _read_percent_styles(archive) if "xl/styles.xml" in names else frozenset()
        facts = {}
        for name, part in sheets.items():
            if part in names:
                facts[name] = _read_sheet_part(archive, part, percent_styles)
    return facts, epoch_1904


def _read_workbook_part(archive: zipfile.ZipFile) -> tuple[dict[str, str], bool]:
    ids: dict[str, str] = {}
    targets: dict[str, str] = {}
    epoch = [False]

    def in_workbook(tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(":")[2]
        if local == "sheet":
            key = next((value for name, value in attributes.items() if name.endswith(":id")), "")
            ids[attributes.get("name", "")] = key
        elif local == "workbookPr":
            epoch[0] = attributes.get("date1904", "0") in ("1", "true")

    def in_relations(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "Relationship":
            target = attributes.get("Target", "").lstrip("/")
            targets[attributes.get("Id", "")] = target if target.startswith("xl/") else f"xl/{target}"

    with archive.open("xl/workbook.xml") as part:
        parse_xml_safely(part, in_workbook, None, None)  # type: ignore[arg-type]
    if "xl/_rels/workbook.xml.rels" in archive.namelist():
        with archive.open("xl/_rels/workbook.xml.rels") as part:
            parse_xml_safely(part, in_relations, None, None)  # type: ignore[arg-type]
    return {name: targets[key] for name, key in ids.items() if key in targets}, epoch[0]


def _read_percent_styles(archive: zipfile.ZipFile) -> frozenset[int]:
    """The style numbers whose number format is a percent."""
    own: set[int] = set()
    styles: list[int] = []
    inside = [False]

    def start(tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(":")[2]
        if local == "numFmt" and "%" in attributes.get("formatCode", ""):
            own.add(_whole(attributes.get("numFmtId", "")))
        elif local == "cellXfs":
            inside[0] = True
        elif local == "xf" and inside[0]:
            styles.append(_whole(attributes.get("numFmtId", "")))

    def end(tag: str) -> None:
        if tag.rpartition(":")[2] == "cellXfs":
            inside[0] = False

    with archive.open("xl/styles.xml") as part:
        parse_xml_safely(part, start, end, None)  # type: ignore[arg-type]
    return frozenset(i for i, number in enumerate(styles) if number in _PERCENT or number in own)


def _read_sheet_part(archive: zipfile.ZipFile, part: str, percent_styles: frozenset[int]) -> Facts:
    facts = Facts()
    here = ["", 0]
    wanted = {str(style) for style in percent_styles}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "c":
            here[0] = attributes.get("r", "")
            if wanted and attributes.get("s") in wanted:
                found = _CELL.fullmatch(str(here[0]))
                if found:
                    facts.percent.add((int(found[2]), _column_index(found[1])))
        elif tag == "f":
            facts.formulas += 1
            facts.first_formula = facts.first_formula or str(here[0])
        elif tag == "row":
            if attributes.get("hidden") in ("1", "true"):
                facts.hidden_rows.append(_whole(attributes.get("r", "")))
        elif tag == "hyperlink":
            facts.links += 1

    with archive.open(part) as stream:
        parse_xml_safely(stream, start, None, None)  # type: ignore[arg-type]
    return facts


def _column_index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def from_serial(serial: float, *, epoch_1904: bool) -> dt.date | None:
    """The day of an Excel serial; None where it is no day between 1900 and 2200. The day 60 never was."""
    first = dt.date(1904, 1, 1) if epoch_1904 else dt.date(1899, 12, 30)
    if not 1 <= serial < 110_000:
        return None
    day = int(serial)
    if not epoch_1904 and day == 60:
        return None
    if not epoch_1904 and day < 60:
        day += 1
    return first + dt.timedelta(days=day)
