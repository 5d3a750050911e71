"""Delimited text (.csv, .tsv) as rows of strings, streaming."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from yunpu.kernel.text import mark as _
from yunpu.stages.intake.files import LONG_CELL, TOO_TALL, TOO_WIDE, Limits, Sniffed, UnableToRead

_END = "\0end"  # no cell can be this: NUL bytes were refused


def read_rows(path: Path, sniffed: Sniffed, limits: Limits) -> Iterator[list[Any]]:
    """The rows; their numbers are those of the records, as a spreadsheet would count them. Raises UnableToRead.

    A quote that is never closed would swallow the rest of the file into one cell, without an error: a last line of
    our own shows whether the reader was still inside a quote.
    """
    csv.field_size_limit(limits.cell_characters)
    widest, most = limits.columns, limits.rows
    with path.open(encoding=sniffed.encoding, newline="") as file:
        reader = csv.reader(_with_end(file), delimiter=sniffed.delimiter)
        number = 0
        try:
            for number, row in enumerate(reader, 1):
                if len(row) > widest:
                    raise UnableToRead(reason=TOO_WIDE, limit=widest)
                if number > most:
                    raise UnableToRead(reason=TOO_TALL)
                if row and row[-1].endswith(_END):
                    if row == [_END]:
                        return
                    raise UnableToRead(
                        reason=_("第 %(line)s 行的引号没有配对，后面的内容无法分列"), line=number
                    )
                yield row
        except csv.Error as error:
            if "field larger" in str(error):
                raise UnableToRead(reason=LONG_CELL) from None
            raise UnableToRead(
                reason=_("第 %(line)s 行的引号没有配对，后面的内容无法分列"), line=number + 1
            ) from None


def _with_end(lines: Iterable[str]) -> Iterator[str]:
    yield from lines
    yield _END
