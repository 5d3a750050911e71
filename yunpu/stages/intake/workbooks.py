"""Workbooks (.xlsx, .xls, .ods): values by the fast reader, and one pass of our own for what it does not tell.

The own pass comes first and also measures each sheet, because the reader lays out a sheet's whole rectangle in
memory: one stray cell in the last corner would take hundreds of gigabytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from yunpu.kernel.text import mark as _
from yunpu.stages.intake.biff import read_xls
from yunpu.stages.intake.facts import Facts
from yunpu.stages.intake.files import (
    DAMAGED,
    LOCKED,
    LONG_CELL,
    TOO_WIDE,
    Kind,
    Limits,
    UnableToRead,
)
from yunpu.stages.intake.ods import read_ods
from yunpu.stages.intake.trial import try_apart
from yunpu.stages.intake.xlsx import read_xlsx

Value = Any
_MERGED = 100_000  # more merged cells than that nobody made by hand
_LONGEST_NAME = 200  # Excel allows 31
_CALAMINE_GOES_ON = (KeyboardInterrupt, SystemExit, MemoryError)


class Workbook:
    """An open workbook: its sheets in order, their facts, and their rows. Raises UnableToRead."""

    def __init__(self, path: Path, kind: Kind, limits: Limits) -> None:
        self._path, self._limits = path, limits
        self.facts: dict[str, Facts] = {}
        self.epoch_1904 = False
        if kind is Kind.XLSX:
            self.facts, self.epoch_1904 = read_xlsx(path, limits)
        elif kind is Kind.ODS:
            self.facts = read_ods(path, limits)
        else:
            self.facts, self.epoch_1904 = read_xls(path, limits)
            try_apart(path)
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
        if any(len(name) > _LONGEST_NAME for name, _hidden in self.sheets):
            raise UnableToRead(reason=DAMAGED)
        if any(name not in self.facts for name, _hidden in self.sheets):
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
            facts.merged = [
                (top + 1, left, down + 1, right) for (top, left), (down, right) in ranges[:_MERGED]
            ]
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
