"""Files as sheets of plain rows: one shape for .xlsx, .xls, .ods, .csv and JSON lines.

A row is a list of values: None, str, int, float, bool, date, datetime, time or timedelta. What only some cells have
– percent formats, formulas, errors – and hidden rows stand beside them, in `Facts`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from yunpu.stages.intake import delimited, jsonlines
from yunpu.stages.intake.facts import Facts
from yunpu.stages.intake.files import LIMITS, Kind, Limits, Sniffed
from yunpu.stages.intake.workbooks import Workbook

Value = Any
HEAD = 42


@dataclass
class Sheet:
    """One sheet: `rows()` starts anew each time; `head` is its first rows, read once."""

    name: str
    rows: Callable[[], Iterator[list[Value]]]
    hidden: bool = False
    facts: Facts = field(default_factory=Facts)
    _head: list[list[Value]] | None = None

    @property
    def head(self) -> list[list[Value]]:
        if self._head is None:
            self._head = list(islice(self.rows(), HEAD))
        return self._head


@dataclass
class Book:
    """A file's sheets. `typeless` where every cell is text, so that a lost zero cannot be told from a short code."""

    kind: Kind
    sheets: list[Sheet]
    epoch_1904: bool = False

    @property
    def typeless(self) -> bool:
        return self.kind is Kind.CSV


def open_book(path: Path, sniffed: Sniffed, limits: Limits = LIMITS) -> Book:
    """Open a sniffed file. Raises UnableToRead, also later while rows are taken."""
    if sniffed.kind is Kind.CSV:
        return Book(sniffed.kind, [Sheet("", partial(delimited.read_rows, path, sniffed, limits))])
    if sniffed.kind is Kind.JSONL:
        return Book(sniffed.kind, [Sheet("", partial(jsonlines.read_rows, path, sniffed, limits))])
    workbook = Workbook(path, sniffed.kind, limits)
    sheets = [
        Sheet(name, partial(workbook.rows, name), hidden, workbook.facts.setdefault(name, Facts()))
        for name, hidden in workbook.sheets
    ]
    return Book(sniffed.kind, sheets, workbook.epoch_1904)
