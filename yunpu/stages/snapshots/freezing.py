"""Writing one table's rows as Parquet while their content digest grows. Knows no database row of the snapshot."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from yunpu.kernel.digests import sm3_file
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.stages.snapshots.reading import ORIGIN_TYPES, Block, Selection, read_blocks
from yunpu.stages.snapshots.sealing import ARROW, BLOCK, ColumnSeal, table_digest
from yunpu.stages.snapshots.tables import FrozenTable


class UnableToFreezeTable(Refusal):
    """A natural key that stands twice: no snapshot could name these records."""

    code = "SNA-101"
    headline = _("不能冻结“%(title)s”：编码 %(key)s 出现不止一次")
    why = _("快照按业务编码识别每条记录，编码重复时无法逐条核对。本次没有写入任何内容。")
    ways_out = ((_("改正重复的记录后再冻结"), ""),)


@dataclass(frozen=True)
class FrozenFile:
    """What was written for one table."""

    table: FrozenTable
    file_name: str
    rows: int
    digest: str
    column_digests: dict[str, str]
    file_digest: str
    file_bytes: int


def file_schema(selection: Selection) -> pa.Schema:
    """The Parquet schema: declared columns, then the origins, which are in no digest."""
    fields = [
        pa.field(column.name, ARROW[column.kind], nullable=column.name in selection.nullable)
        for column in selection.table.columns
    ]
    origins = [pa.field(name, ORIGIN_TYPES[name], nullable=False) for name in selection.origins]
    return pa.schema(fields + origins)


def write_table(reader: Any, selection: Selection, folder: Path, step: Callable[[int], None]) -> FrozenFile:
    """Stream one table into `folder`; `step` is told the rows of each block. Raises UnableToFreezeTable."""
    file_name = f"{selection.table.name}.parquet"
    seals = {column.name: ColumnSeal(column.kind) for column in selection.table.columns}
    rows = 0
    with pq.ParquetWriter(
        folder / file_name, file_schema(selection), compression="zstd", compression_level=1
    ) as writer:
        for block in _checked(read_blocks(reader, selection), selection.table):
            for name, seal in seals.items():
                seal.add(block.values[name], block.marks.get(name))
            writer.write_table(_as_table(block, writer.schema), row_group_size=BLOCK)
            rows += block.rows
            step(block.rows)
    columns = {name: seal.hexdigest() for name, seal in seals.items()}
    path = folder / file_name
    sync(path)
    digest = table_digest(selection.table, columns)
    return FrozenFile(selection.table, file_name, rows, digest, columns, sm3_file(path), path.stat().st_size)


def _as_table(block: Block, schema: pa.Schema) -> pa.Table:
    arrays = []
    for name in schema.names:
        values, marks = block.values[name], block.marks.get(name)
        if marks is not None:
            values = pc.if_else(marks.cast(pa.bool_()), pa.scalar(None, values.type), values)
        arrays.append(values)
    return pa.Table.from_arrays(arrays, schema=schema)


def _checked(blocks: Iterable[Block], table: FrozenTable) -> Iterable[Block]:
    """The blocks, once it is sure that no two neighbours share their key. Keys come in order."""
    before: dict[str, pa.Array] | None = None
    for block in blocks:
        keys = {name: block.values[name] for name in table.key}
        if before is not None:
            keys = {name: pa.concat_arrays([before[name], keys[name]]) for name in table.key}
        _refuse_repeated(keys, table)
        before = {name: values.slice(len(values) - 1) for name, values in keys.items()}
        yield block


def _refuse_repeated(keys: dict[str, pa.Array], table: FrozenTable) -> None:
    same: pa.Array | None = None
    for values in keys.values():
        equal = pc.equal(values.slice(1), values.slice(0, len(values) - 1))
        same = equal if same is None else pc.and_(same, equal)
    place = pc.index(same, True).as_py()
    if place >= 0:
        raise UnableToFreezeTable(
            title=table.title, key="、".join(str(values[place]) for values in keys.values())
        )


def sync(path: Path) -> None:
    """Have the file or folder on disk before its name says that it is whole."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
