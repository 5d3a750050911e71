"""The records of an .xls (BIFF8): formulas, formats, hidden rows, errors – what the values of its cells do not say."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from yunpu.stages.intake.compound import CompoundFile, NotCompound
from yunpu.stages.intake.facts import Facts
from yunpu.stages.intake.files import DAMAGED, LOCKED, Limits, UnableToRead

_CELLS = {0x0203, 0x027E, 0x0201, 0x0006, 0x0205, 0x00FD, 0x0204, 0x00D6}
_SHEETS = 1_000
_BUILT_IN_PERCENT = (9, 10)
_NO_RESULT = 2  # "calculate when loaded": with a result of 0 it was never computed


def read_xls(path: Path, limits: Limits) -> tuple[dict[str, Facts], bool]:
    """Facts by sheet, and whether days count from 1904. Raises UnableToRead."""
    try:
        compound = CompoundFile(path.read_bytes())
        biff = read_biff(compound.stream("Workbook" if "Workbook" in compound.names else "Book"))
    except NotCompound:
        raise UnableToRead(reason=DAMAGED) from None
    if biff.locked:
        raise UnableToRead(reason=LOCKED)
    for facts in biff.sheets.values():
        facts.measure(limits)
    return biff.sheets, biff.epoch_1904


@dataclass
class Biff:
    """What an .xls workbook stream tells: facts by sheet, epoch, and whether it is encrypted."""

    sheets: dict[str, Facts] = field(default_factory=dict)
    epoch_1904: bool = False
    locked: bool = False


def read_biff(stream: bytes) -> Biff:
    """Go once through the records of a BIFF8 stream, each sheet from where it is said to begin.

    What is cut off in the middle is left out. Raises UnableToRead.
    """
    biff = Biff()
    formats: set[int] = set(_BUILT_IN_PERCENT)
    styles: list[int] = []
    begins: list[tuple[int, str]] = []
    for tag, body in _records(stream, 0):
        if tag == 0x0085 and len(body) >= 8:
            offset, _state, kind, length, wide = struct.unpack_from("<IBBBB", body)
            raw = body[8 : 8 + length * (1 + (wide & 1))]
            if kind == 0:
                begins.append((offset, raw.decode("utf-16-le" if wide & 1 else "latin-1", "replace")))
        elif tag == 0x0022 and len(body) >= 2:
            biff.epoch_1904 = body[0] == 1
        elif tag == 0x002F:
            biff.locked = True
        elif tag == 0x041E and len(body) >= 5:
            if b"%" in body[5:]:
                formats.add(int.from_bytes(body[:2], "little"))
        elif tag == 0x00E0 and len(body) >= 4:
            styles.append(int.from_bytes(body[2:4], "little"))
    percent_styles = {index for index, number in enumerate(styles) if number in formats}
    if len({name for _offset, name in begins}) < len(begins):  # which of them is read, nobody could tell
        raise UnableToRead(reason=DAMAGED)
    for offset, name in begins[:_SHEETS]:
        facts = biff.sheets[name] = Facts()
        for tag, body in _records(stream, offset):
            _read_cell_record(facts, tag, body, percent_styles)
        facts.hidden_rows.sort()
    return biff


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The records from a place to the end of what begins there; what charts inside a sheet hold is left out."""
    depth = 0
    while at + 4 <= len(stream):
        tag, size = struct.unpack_from("<HH", stream, at)
        if tag == 0x0809:
            depth += 1
        elif tag == 0x000A:
            depth -= 1
            if depth <= 0:
                return
        elif depth <= 1:
            yield tag, stream[at + 4 : at + 4 + size]
        at += 4 + size


def _read_cell_record(facts: Facts, tag: int, body: bytes, percent_styles: set[int]) -> None:
    if tag in _CELLS and len(body) >= 6:
        row, column, style = struct.unpack_from("<HHH", body)
        row += 1
        facts.reach(row, column)
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
        facts.reach(row + 1, first + max(0, (len(body) - 6) // 6 - 1))
        for index in range((len(body) - 6) // 6):
            style = int.from_bytes(body[4 + 6 * index : 6 + 6 * index], "little")
            if style in percent_styles:
                facts.percent.add(row + 1, first + index)
    elif tag == 0x0200 and len(body) >= 12:  # how far the sheet says it reaches: the reader makes room for it
        _top, down, _left, right = struct.unpack_from("<IIHH", body)
        facts.reach(down, right - 1)
    elif tag == 0x0208 and len(body) >= 14:
        if body[12] & 0x20:
            facts.hidden_rows.append(int.from_bytes(body[:2], "little") + 1)
    elif tag == 0x007D and len(body) >= 10:
        if body[8] & 1:
            first, last = struct.unpack_from("<HH", body)
            facts.hidden_columns += max(0, min(last, 255) - first + 1)
    elif tag == 0x01B8:
        facts.links += 1
