"""One streaming pass over the XML of an .xlsx, for what the reader of values does not tell."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import IO

from yunpu.stages.intake.facts import Facts, column_index, local_name, whole
from yunpu.stages.intake.files import BROKEN_ZIP, DAMAGED, Limits, UnableToRead, parse_xml_safely

_PERCENT = frozenset({"9", "10"})
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def read_xlsx(path: Path, limits: Limits) -> tuple[dict[str, Facts], bool]:
    """Facts by sheet, and whether days count from 1904. Raises UnableToRead.

    One streaming pass over each sheet's XML: extent, formats, formulas, hidden rows, links; and the epoch.
    """
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
    except BROKEN_ZIP:
        raise UnableToRead(reason=DAMAGED) from None
    return facts, epoch_1904


def _read_workbook_part(archive: zipfile.ZipFile, names: dict[str, str]) -> tuple[dict[str, str], bool]:
    ids: dict[str, str] = {}
    targets: dict[str, str] = {}
    epoch = [False]

    def in_workbook(tag: str, attributes: dict[str, str]) -> None:
        local = local_name(tag)
        if local == "sheet":
            key = next((value for one, value in attributes.items() if one.endswith(":id")), "")
            name = attributes.get("name", "")
            if name in ids:  # which of them is read, nobody could tell
                raise UnableToRead(reason=DAMAGED)
            ids[name] = key
        elif local == "workbookPr":
            epoch[0] = attributes.get("date1904", "0") in ("1", "true")

    def in_relations(tag: str, attributes: dict[str, str]) -> None:
        if local_name(tag) == "Relationship":
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
    own: set[str] = set()
    styles: list[str] = []
    inside = [False]

    def start(tag: str, attributes: dict[str, str]) -> None:
        local = local_name(tag)
        if local == "numFmt" and "%" in attributes.get("formatCode", ""):
            own.add(attributes.get("numFmtId", ""))
        elif local == "cellXfs":
            inside[0] = True
        elif local == "xf" and inside[0]:
            styles.append(attributes.get("numFmtId", ""))

    def end(tag: str) -> None:
        if local_name(tag) == "cellXfs":
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
    reader.facts.measure(limits)
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
        last_column=max((column_index(letters.decode()) for letters in columns), default=0),
    )
    try:
        facts.measure(limits)
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
        self.kind = ""
        self.locals: dict[str, str] = {}

    def start(self, tag: str, attributes: list[str]) -> None:
        local = self.locals.get(tag)
        if local is None:
            local = self.locals[tag] = local_name(tag)
        if local == "c":
            if self.has_formula and not self.has_value:
                self.leave_cell()
            self.has_formula = self.has_value = False
            self.kind = ""
            self.column += 1
            for i in range(0, len(attributes), 2):
                name = attributes[i]
                if name == "r":
                    self._move(attributes[i + 1])
                elif name == "s":
                    if attributes[i + 1] in self.percent_styles:
                        self.facts.percent.add(self.row, self.column)
                elif name == "t":
                    self.kind = attributes[i + 1]
            if self.kind == "e":
                self.facts.errors.add(self.row, self.column)
        elif local == "v" or local == "is":
            self.has_value = True
            self.facts.reach(self.row, self.column)
            if self.has_formula and self.kind != "str":  # an empty text is a result, an empty number is none
                self.facts.computed.add(self.row, self.column)
        elif local == "f":
            self.has_formula = True
            self.facts.add_formula(self.row, self.column)
            self.facts.reach(self.row, self.column)
        elif local == "row":
            self._start_row(attributes)
        elif local == "col":
            if "hidden" in attributes[::2] and _named(attributes, "hidden") in ("1", "true"):
                first, last = whole(_named(attributes, "min")), whole(_named(attributes, "max"))
                self.facts.hidden_columns += max(0, last - first + 1)
        elif local == "hyperlink":
            self.facts.links += 1

    def leave_cell(self) -> None:
        """A formula without a stored result is no empty cell."""
        if self.has_formula and not self.has_value:
            self.facts.uncached.add(self.row, self.column)

    def _move(self, address: str) -> None:
        found = _CELL.fullmatch(address)
        if found is None:  # the reader of values may take it for a place without end
            raise UnableToRead(reason=DAMAGED)
        self.row, self.column = int(found[2]), column_index(found[1])

    def _start_row(self, attributes: list[str]) -> None:
        if self.has_formula and not self.has_value:
            self.leave_cell()
        self.has_formula = self.has_value = False
        self.row, self.column = self.row + 1, -1
        for i in range(0, len(attributes), 2):
            if attributes[i] == "r":
                self.row = whole(attributes[i + 1])
        if "hidden" in attributes[::2] and _named(attributes, "hidden") in ("1", "true"):
            self.facts.hidden_rows.append(self.row)


def _named(attributes: list[str], name: str) -> str:
    for i in range(0, len(attributes), 2):
        if attributes[i] == name:
            return attributes[i + 1]
    return ""
