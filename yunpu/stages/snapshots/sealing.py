"""The content digest of a frozen table: over values, never over the bytes of files or of Arrow's memory.

Per column one SM3 over each block of BLOCK rows: its row count (8 bytes); a null mark per row (1 byte, 1 is null);
for text the length of each value in UTF-8 bytes (4 bytes), then the values; for whole numbers 8 bytes, dates 4
(days since 1970-01-01), yes and no 1 byte. All little-endian; a null stands as 0 or empty text. A table's digest
is SM3 over its name, its schema text and the column digests; the whole, over the tables' digests by name.

This form is for ever: a snapshot sealed today must give the same digest in ten years.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from yunpu.kernel.digests import Sm3, canonical, sm3_hex
from yunpu.stages.snapshots.tables import FrozenTable, Kind

BLOCK = 100_000

ARROW = {
    Kind.INTEGER: pa.int64(),
    Kind.FEN: pa.int64(),
    Kind.TEXT: pa.string(),
    Kind.DATE: pa.date32(),
    Kind.YES_NO: pa.bool_(),
}
# What stands where a value is missing.
EMPTY = {
    Kind.INTEGER: 0,
    Kind.FEN: 0,
    Kind.TEXT: "",
    Kind.DATE: dt.date(1970, 1, 1),
    Kind.YES_NO: False,
}
_WIDTH = {Kind.INTEGER: 8, Kind.FEN: 8, Kind.DATE: 4}


class ColumnSeal:
    """The growing digest of one column."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self._sm3 = Sm3()

    def add(self, values: pa.Array, marks: pa.Array | None) -> None:
        """Feed one block: values without nulls, and the null marks as uint8 (None: no null)."""
        assert values.type == ARROW[self.kind]
        assert values.null_count == 0
        count = len(values)
        self._sm3.update(count.to_bytes(8, "little"))
        self._sm3.update(bytes(count) if marks is None else fixed_bytes(marks, 1))
        if self.kind is Kind.TEXT:
            self._sm3.update(fixed_bytes(pc.binary_length(values), 4))
            self._sm3.update(text_bytes(values))
        elif self.kind is Kind.YES_NO:
            self._sm3.update(fixed_bytes(values.cast(pa.uint8()), 1))
        else:
            self._sm3.update(fixed_bytes(values, _WIDTH[self.kind]))

    def hexdigest(self) -> str:
        return self._sm3.hexdigest()


def fixed_bytes(values: pa.Array, width: int) -> bytes:
    """The values of a fixed-width array, without what Arrow keeps around them."""
    start = values.offset * width
    return memoryview(values.buffers()[1])[start : start + len(values) * width].tobytes()


def text_bytes(values: pa.Array) -> bytes:
    """The texts of an array, one after another."""
    offsets, content = values.buffers()[1], values.buffers()[2]
    marks = memoryview(offsets).cast("i")
    first, last = marks[values.offset], marks[values.offset + len(values)]
    return memoryview(content)[first:last].tobytes() if content is not None else b""


def table_digest(table: FrozenTable, columns: Mapping[str, str]) -> str:
    """The digest of a table from the digests of its columns."""
    parts = [table.name, table.schema_text, *(columns[column.name] for column in table.columns)]
    return sm3_hex(canonical(parts))


def overall_digest(tables: Mapping[str, str]) -> str:
    """The digest of a snapshot from the digests of its tables by name."""
    return sm3_hex(canonical([part for name in sorted(tables) for part in (name, tables[name])]))
