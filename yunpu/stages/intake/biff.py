"""The records of an .xls (BIFF8): formulas, formats, hidden rows, errors – what the values of its cells do not say."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path

from yunpu.stages.intake.compound import CompoundFile, NotCompound
from yunpu.stages.intake.facts import Facts
from yunpu.stages.intake.files import DAMAGED, LOCKED, UnableToRead

_CELLS = {0x0203, 0x027E, 0x0201, 0x0006, 0x0205, 0x00FD, 0x0204}
_BUILT_IN_PERCENT = (9, 10)
_NO_RESULT = 2  # "calculate when loaded": with a result of 0 it was never computed


def read_xls(path: Path) -> tuple[dict[str, Facts], bool]:
    """Facts by sheet, and whether days count from 1904. Raises UnableToRead."""
    try:
        compound = CompoundFile(path.read_bytes())
        biff = read_biff(compound.stream("Workbook" if "Workbook" in compound.names else "Book"))
    except NotCompound:
        raise UnableToRead(reason=DAMAGED) from None
    if biff.locked:
        raise UnableToRead(reason=LOCKED)
    return biff.sheets, biff.epoch_1904


@dataclass
class Biff:
    """What an .xls workbook stream tells: facts by sheet, epoch, and whether it is encrypted."""

    sheets: dict[str, Facts] = field(default_factory=dict)
    epoch_1904: bool = False
    locked: bool = False


def read_biff(stream: bytes) -> Biff:
    """Go once through the records of a BIFF8 stream. What is cut off in the middle is left out."""
    biff = Biff()
    offsets: dict[int, Facts] = {}
    formats: set[int] = set(_BUILT_IN_PERCENT)
    styles: list[int] = []
    sheet: Facts | None = None
    percent_styles: set[int] = set()
    at, depth = 0, 0
    while at + 4 <= len(stream):
        tag, size = struct.unpack_from("<HH", stream, at)
        body = stream[at + 4 : at + 4 + size]
        if tag == 0x0809:  # a sheet begins; charts inside a sheet nest
            depth += 1
            if depth == 1:
                sheet = offsets.get(at)
                percent_styles = {index for index, number in enumerate(styles) if number in formats}
        elif tag == 0x000A:
            depth = max(0, depth - 1)
        elif tag == 0x0085 and len(body) >= 8:
            offset, _state, kind, length, wide = struct.unpack_from("<IBBBB", body)
            raw = body[8 : 8 + length * (1 + (wide & 1))]
            if kind == 0:
                name = raw.decode("utf-16-le" if wide & 1 else "latin-1", "replace")
                biff.sheets[name] = offsets[offset] = Facts()
        elif tag == 0x0022 and len(body) >= 2:
            biff.epoch_1904 = body[0] == 1
        elif tag == 0x002F:
            biff.locked = True
        elif tag == 0x041E and len(body) >= 5:
            if b"%" in body[5:]:
                formats.add(int.from_bytes(body[:2], "little"))
        elif tag == 0x00E0 and len(body) >= 4:
            styles.append(int.from_bytes(body[2:4], "little"))
        elif sheet is not None and depth == 1:
            _read_cell_record(sheet, tag, body, percent_styles)
        at += 4 + size
    for facts in biff.sheets.values():
        facts.hidden_rows.sort()
    return biff


def _read_cell_record(facts: Facts, tag: int, body: bytes, percent_styles: set[int]) -> None:
    if tag in _CELLS and len(body) >= 6:
        row, column, style = struct.unpack_from("<HHH", body)
        row += 1
        if style in percent_styles:
            facts.percent.add(row, column)
        if tag == 0x0006 and len(body) >= 16:
            facts.add_formula(row, column)
            if body[12:14] == b"\xff\xff" and body[6] == 2:
                facts.errors.add(row, column)
            elif body[14] & _NO_RESULT and body[6:14] == bytes(8):
                facts.uncached.add(row, column)
        elif tag == 0x0205 and len(body) >= 8 and body[7] == 1:
            facts.errors.add(row, column)
    elif tag == 0x00BD and len(body) >= 6:  # several numbers in one record
        row, first = struct.unpack_from("<HH", body)
        for index in range((len(body) - 6) // 6):
            style = int.from_bytes(body[4 + 6 * index : 6 + 6 * index], "little")
            if style in percent_styles:
                facts.percent.add(row + 1, first + index)
    elif tag == 0x0208 and len(body) >= 14:
        if body[12] & 0x20:
            facts.hidden_rows.append(int.from_bytes(body[:2], "little") + 1)
    elif tag == 0x007D and len(body) >= 10:
        if body[8] & 1:
            first, last = struct.unpack_from("<HH", body)
            facts.hidden_columns += max(0, min(last, 255) - first + 1)
    elif tag == 0x01B8:
        facts.links += 1
