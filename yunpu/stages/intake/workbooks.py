"""Workbooks (.xlsx, .xls, .ods): values by the fast reader, and one pass of our own for what it does not tell.

The own pass comes first and also measures each sheet, because the reader lays out a sheet's whole rectangle in
memory: one stray cell in the last corner would take hundreds of gigabytes.
"""

from __future__ import annotations

import re
import zipfile
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from yunpu.kernel.findings import column_letters
from yunpu.kernel.text import mark as _
from yunpu.stages.intake.compound import BiffSheet, CompoundFile, NotCompound, read_biff
from yunpu.stages.intake.files import (
    DAMAGED,
    LOCKED,
    LONG_CELL,
    TOO_TALL,
    TOO_WIDE,
    Kind,
    Limits,
    UnableToRead,
    parse_xml_safely,
)

Value = Any
_PERCENT = frozenset({9, 10})
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_KEPT = 100_000
_CALAMINE_GOES_ON = (KeyboardInterrupt, SystemExit, MemoryError)


@dataclass
class Facts:
    """What a sheet tells beside its values. Rows count from 1, columns from 0."""

    percent: dict[int, list[int]] = field(default_factory=dict)  # column to [first, last, first, last, …]
    errors: set[tuple[int, int]] = field(default_factory=set)
    uncached: set[tuple[int, int]] = field(default_factory=set)
    merged: list[tuple[int, int, int, int]] = field(
        default_factory=list
    )  # first row, column, last row, column
    formulas: int = 0
    first_formula: str = ""
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: int = 0
    links: int = 0
    last_row: int = 0
    last_column: int = 0

    def add_percent(self, row: int, column: int) -> None:
        """Note a cell with a percent format; cells of a column come in order of rows."""
        runs = self.percent.setdefault(column, [])
        if runs and runs[-1] == row - 1:
            runs[-1] = row
        else:
            runs += (row, row)

    def is_percent(self, row: int, column: int) -> bool:
        """Whether a cell has a percent format."""
        runs = self.percent.get(column)
        if not runs:
            return False
        at = bisect_right(runs, row)
        return at % 2 == 1 or runs[at - 1] == row

    def add_formula(self, row: int, column: int) -> None:
        self.formulas += 1
        self.first_formula = self.first_formula or f"{column_letters(column + 1)}{row}"


class Workbook:
    """An open workbook: its sheets in order, their facts, and their rows. Raises UnableToRead."""

    def __init__(self, path: Path, kind: Kind, limits: Limits) -> None:
        self._path, self._limits = path, limits
        self.facts: dict[str, Facts] = {}
        self.epoch_1904 = False
        if kind is Kind.XLSX:
            self.facts, self.epoch_1904 = _read_xlsx(path, limits)
        elif kind is Kind.ODS:
            self.facts = _read_ods(path, limits)
        else:
            self.facts, self.epoch_1904 = _read_xls(path, limits)
        self._book = _calamine(lambda: CalamineWorkbook.from_path(str(path)))
        metadata = _calamine(lambda: list(self._book.sheets_metadata))
        self.sheets = [
            (one.name, one.visible is not SheetVisibleEnum.Visible)
            for one in metadata
            if one.typ is SheetTypeEnum.WorkSheet
        ]
        if not self.sheets:
            raise UnableToRead(reason=_("文件里没有工作表"))
        if len(self.sheets) > limits.sheets:
            raise UnableToRead(reason=_("工作表太多，请拆成几个文件"))
        if kind is not Kind.XLS and any(name not in self.facts for name, _hidden in self.sheets):
            raise UnableToRead(reason=DAMAGED)  # a sheet that our pass did not see was not measured either
        self._open_name = ""
        self._open_sheet: Any = None

    def rows(self, name: str) -> Iterator[list[Value]]:
        """The rows of a sheet from its first; the last sheet asked for stays in memory."""
        if self._open_sheet is None or self._open_name != name:
            self._open_sheet = None
            self._open_sheet = _calamine(lambda: self._book.get_sheet_by_name(name))
            self._open_name = name
            ranges = _calamine(lambda: self._open_sheet.merged_cell_ranges) or []
            facts = self.facts.setdefault(name, Facts())
            facts.merged = [(top + 1, left, down + 1, right) for (top, left), (down, right) in ranges[:_KEPT]]
        sheet = self._open_sheet
        if sheet.total_width > self._limits.columns:
            raise UnableToRead(reason=TOO_WIDE, limit=self._limits.columns)
        left = sheet.start[1] if sheet.start else 0
        longest = self._limits.cell_characters
        pad: list[Value] = [None] * left  # rows begin at row 1, but at the first used column
        for row in _calamine(sheet.iter_rows):
            for value in row:
                if type(value) is str and len(value) > longest:
                    raise UnableToRead(reason=LONG_CELL)
            yield pad + row if pad else row


def _calamine(call: Callable[[], Any]) -> Any:
    """Call the reader; whatever it fails with, also a panic that is no Exception, becomes a refusal."""
    try:
        return call()
    except _CALAMINE_GOES_ON:
        raise
    except PasswordError:
        raise UnableToRead(reason=LOCKED) from None
    except BaseException:
        raise UnableToRead(reason=DAMAGED) from None


def _measure(facts: Facts, limits: Limits) -> None:
    if facts.last_column + 1 > limits.columns:
        raise UnableToRead(reason=TOO_WIDE, limit=limits.columns)
    if facts.last_row > limits.rows or facts.last_row * (facts.last_column + 1) > limits.cells:
        raise UnableToRead(reason=TOO_TALL)


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _column_index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


# .xlsx


def _read_xlsx(path: Path, limits: Limits) -> tuple[dict[str, Facts], bool]:
    """One streaming pass over each sheet's XML: extent, formats, formulas, hidden rows, links; and the epoch."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.lower(): name for name in archive.namelist()}
            sheets, epoch_1904 = _read_workbook_part(archive, names)
            styles = names.get("xl/styles.xml")
            percent_styles = _read_percent_styles(archive, styles) if styles else frozenset()
            facts = {}
            for name, target in sheets.items():
                part = names.get(target.lower())
                if part is None:
                    raise UnableToRead(reason=DAMAGED)
                facts[name] = _read_sheet_part(archive, part, percent_styles, limits)
    except (zipfile.BadZipFile, OSError, KeyError, RuntimeError, NotImplementedError):
        raise UnableToRead(reason=DAMAGED) from None
    return facts, epoch_1904


def _read_workbook_part(archive: zipfile.ZipFile, names: dict[str, str]) -> tuple[dict[str, str], bool]:
    ids: dict[str, str] = {}
    targets: dict[str, str] = {}
    epoch = [False]

    def in_workbook(tag: str, attributes: dict[str, str]) -> None:
        local = _local(tag)
        if local == "sheet":
            key = next((value for name, value in attributes.items() if name.endswith(":id")), "")
            ids[attributes.get("name", "")] = key
        elif local == "workbookPr":
            epoch[0] = attributes.get("date1904", "0") in ("1", "true")

    def in_relations(tag: str, attributes: dict[str, str]) -> None:
        if _local(tag) == "Relationship":
            target = attributes.get("Target", "")
            whole = target.lstrip("/") if target.startswith(("/", "xl/")) else f"xl/{target}"
            targets[attributes.get("Id", "")] = whole

    with archive.open("xl/workbook.xml") as part:
        parse_xml_safely(part, in_workbook)
    relations = names.get("xl/_rels/workbook.xml.rels")
    if relations:
        with archive.open(relations) as part:
            parse_xml_safely(part, in_relations)
    return {name: targets[key] for name, key in ids.items() if key in targets}, epoch[0]


def _read_percent_styles(archive: zipfile.ZipFile, part_name: str) -> frozenset[str]:
    """The numbers of the styles whose number format is a percent."""
    own: set[int] = set()
    styles: list[int] = []
    inside = [False]

    def start(tag: str, attributes: dict[str, str]) -> None:
        local = _local(tag)
        if local == "numFmt" and "%" in attributes.get("formatCode", ""):
            own.add(_whole(attributes.get("numFmtId", "")))
        elif local == "cellXfs":
            inside[0] = True
        elif local == "xf" and inside[0]:
            styles.append(_whole(attributes.get("numFmtId", "")))

    def end(tag: str) -> None:
        if _local(tag) == "cellXfs":
            inside[0] = False

    with archive.open(part_name) as part:
        parse_xml_safely(part, start, end)
    return frozenset(str(i) for i, number in enumerate(styles) if number in _PERCENT or number in own)


def _read_sheet_part(
    archive: zipfile.ZipFile, part: str, percent_styles: frozenset[str], limits: Limits
) -> Facts:
    with archive.open(part) as stream:
        plain = _skim(stream, percent_styles, limits)
    if plain is not None:
        return plain
    reader = _SheetPart(percent_styles)
    with archive.open(part) as stream:
        parse_xml_safely(stream, reader.start, ordered=True)
    reader.leave_cell()
    _measure(reader.facts, limits)
    return reader.facts


_ODD_CELL = re.compile(rb"<c[\t\r\n/>]|:c[\s/>]")
_PLAIN_COLUMN = re.compile(rb'<c r="([A-Z]{1,3})[0-9]{1,7}"')
_PLAIN_ROW = re.compile(rb'<c r="[A-Z]{1,3}([0-9]{1,7})"')
_STYLE = re.compile(rb' s="([0-9]+)"')
_SPECIAL = re.compile(rb"<f[\s/>]|:f[\s/>]|t=[\"']e[\"']|hidden|hyperlink")


def _skim(stream: IO[bytes], percent_styles: frozenset[str], limits: Limits) -> Facts | None:
    """The facts of a sheet that has nothing special, six times as fast; None where it must be read in earnest.

    It may take something for a cell that is none, never the other way round.
    """
    columns: set[bytes] = set()
    rows: set[bytes] = set()
    percents = {style.encode() for style in percent_styles}
    tail = b""
    while block := stream.read(1 << 20):
        block = tail + block
        cut = block.rfind(b"<")
        if cut < 0 or len(block) - cut > 1 << 20:
            return None
        block, tail = block[:cut], block[cut:]
        found = _PLAIN_COLUMN.findall(block)
        if len(found) != block.count(b"<c ") or _ODD_CELL.search(block) or _SPECIAL.search(block):
            return None
        if percents and not percents.isdisjoint(_STYLE.findall(block)):
            return None
        columns.update(found)
        rows.update(_PLAIN_ROW.findall(block))
    if b"<c" in tail or _ODD_CELL.search(tail) or _SPECIAL.search(tail):
        return None
    facts = Facts(
        last_row=max(map(int, rows), default=0),
        last_column=max((_column_index(letters.decode()) for letters in columns), default=0),
    )
    try:
        _measure(facts, limits)
    except UnableToRead:
        return None  # perhaps only blank cells with a format stand so far out
    return facts


class _SheetPart:
    """The state of the pass over one sheet's XML. Kept short: it is called for every element."""

    def __init__(self, percent_styles: frozenset[str]) -> None:
        self.facts = Facts()
        self.percent_styles = percent_styles
        self.row, self.column = 0, -1
        self.has_formula = self.has_value = False
        self.locals: dict[str, str] = {}

    def start(self, tag: str, attributes: list[str]) -> None:
        local = self.locals.get(tag)
        if local is None:
            local = self.locals[tag] = _local(tag)
        if local == "c":
            if self.has_formula and not self.has_value:
                self.leave_cell()
            self.has_formula = self.has_value = False
            self.column += 1
            for i in range(0, len(attributes), 2):
                name = attributes[i]
                if name == "r":
                    self._move(attributes[i + 1])
                elif name == "s":
                    if attributes[i + 1] in self.percent_styles:
                        self.facts.add_percent(self.row, self.column)
                elif name == "t" and attributes[i + 1] == "e" and len(self.facts.errors) < _KEPT:
                    self.facts.errors.add((self.row, self.column))
        elif local == "v" or local == "is":
            self.has_value = True
            facts = self.facts
            if self.column > facts.last_column:
                facts.last_column = self.column
            facts.last_row = max(facts.last_row, self.row)
        elif local == "f":
            self.has_formula = True
            self.facts.add_formula(self.row, self.column)
            self.facts.last_column = max(self.facts.last_column, self.column)
            self.facts.last_row = max(self.facts.last_row, self.row)
        elif local == "row":
            self._start_row(attributes)
        elif local == "col":
            if "hidden" in attributes[::2] and _named(attributes, "hidden") in ("1", "true"):
                first, last = _whole(_named(attributes, "min")), _whole(_named(attributes, "max"))
                self.facts.hidden_columns += max(0, min(last, 16_384) - first + 1)
        elif local == "hyperlink":
            self.facts.links += 1

    def leave_cell(self) -> None:
        """A formula without a stored result is no empty cell."""
        if self.has_formula and not self.has_value and len(self.facts.uncached) < _KEPT:
            self.facts.uncached.add((self.row, self.column))

    def _move(self, address: str) -> None:
        found = _CELL.fullmatch(address)
        if found:
            self.row, self.column = int(found[2]), _column_index(found[1])

    def _start_row(self, attributes: list[str]) -> None:
        if self.has_formula and not self.has_value:
            self.leave_cell()
        self.has_formula = self.has_value = False
        self.row, self.column = self.row + 1, -1
        for i in range(0, len(attributes), 2):
            if attributes[i] == "r":
                self.row = _whole(attributes[i + 1]) or self.row
        if "hidden" in attributes[::2] and _named(attributes, "hidden") in ("1", "true"):
            self.facts.hidden_rows.append(self.row)


def _named(attributes: list[str], name: str) -> str:
    for i in range(0, len(attributes), 2):
        if attributes[i] == name:
            return attributes[i + 1]
    return ""


# .ods


def _read_ods(path: Path, limits: Limits) -> dict[str, Facts]:
    reader = _Content(limits)
    try:
        with zipfile.ZipFile(path) as archive, archive.open("content.xml") as stream:
            parse_xml_safely(stream, reader.start, reader.end)
    except (zipfile.BadZipFile, OSError, KeyError, RuntimeError, NotImplementedError):
        raise UnableToRead(reason=DAMAGED) from None
    return reader.sheets


class _Content:
    """The state of the pass over an .ods: repeated cells and rows are counted, never laid out."""

    def __init__(self, limits: Limits) -> None:
        self.sheets: dict[str, Facts] = {}
        self.limits = limits
        self.facts = Facts()
        self.row, self.rows, self.column = 0, 1, 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        local = _local(tag)
        if local == "table":
            self.facts = self.sheets[attributes.get("table:name", "")] = Facts()
            self.row, self.rows, self.column = 0, 1, 0
        elif local == "table-row":
            self.row, self.column = self.row + self.rows, 0
            self.rows = max(1, _whole(attributes.get("table:number-rows-repeated", "1")))
            self.row += 0
            if attributes.get("table:visibility", "visible") != "visible":
                last = min(self.row + self.rows - 1, self.row + 1_000)
                self.facts.hidden_rows += [number + 1 for number in range(self.row - 1, last)]
        elif local in ("table-cell", "covered-table-cell"):
            self._cell(attributes)
        elif local == "table-column":
            if attributes.get("table:visibility", "visible") != "visible":
                self.facts.hidden_columns += max(
                    1, _whole(attributes.get("table:number-columns-repeated", "1"))
                )
        elif local == "a":
            self.facts.links += 1

    def end(self, tag: str) -> None:
        if _local(tag) == "table":
            _measure(self.facts, self.limits)

    def _cell(self, attributes: dict[str, str]) -> None:
        repeated = max(1, _whole(attributes.get("table:number-columns-repeated", "1")))
        kind = attributes.get("office:value-type", "")
        facts = self.facts
        if kind or "table:formula" in attributes:
            facts.last_row = max(facts.last_row, self.row + self.rows - 1)
            facts.last_column = max(facts.last_column, self.column + repeated - 1)
            _measure(facts, self.limits)
            if kind == "percentage":
                for column in range(self.column, self.column + repeated):
                    for row in range(self.row, self.row + self.rows):
                        facts.add_percent(row, column)
            if "table:formula" in attributes:
                facts.add_formula(self.row, self.column)
            if attributes.get("calcext:value-type") == "error":
                facts.errors.add((self.row, self.column))
        self.column += repeated


# .xls


def _read_xls(path: Path, limits: Limits) -> tuple[dict[str, Facts], bool]:
    try:
        compound = CompoundFile(path.read_bytes())
        biff = read_biff(compound.stream("Workbook" if "Workbook" in compound.names else "Book"))
    except NotCompound:
        raise UnableToRead(reason=DAMAGED) from None
    if biff.locked:
        raise UnableToRead(reason=LOCKED)
    return {sheet.name: _biff_facts(sheet) for sheet in biff.sheets}, biff.epoch_1904


def _biff_facts(sheet: BiffSheet) -> Facts:
    facts = Facts(
        formulas=sheet.formulas,
        hidden_rows=sorted(sheet.hidden_rows),
        hidden_columns=sheet.hidden_columns,
        links=sheet.links,
        errors=set(sheet.errors[:_KEPT]),
    )
    if sheet.first_formula:
        row, column = sheet.first_formula
        facts.first_formula = f"{column_letters(column + 1)}{row}"
    for row, column in sorted(sheet.percent):
        facts.add_percent(row, column)
    return facts
