"""Reading records for the freeze: one SQL select per table, streamed as Arrow through ADBC.

All tables of a snapshot are read in one transaction, so that they show one moment. ADBC has a connection of its
own: what Django has not committed, it does not see.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection, models
from django.db.models.functions import Coalesce, Collate

from yunpu.stages.snapshots import registry
from yunpu.stages.snapshots.reading_process import OtherProcess, other_process
from yunpu.stages.snapshots.sealing import ARROW, BLOCK, EMPTY
from yunpu.stages.snapshots.tables import FrozenColumn, FrozenTable, Kind
from yunpu.trail.models import Sourced

# Beside the content, and in no digest: where the row came from. The same content may come in by other files.
ORIGINS = {"source_batch": "batch_id", "source_sheet": "sheet_name", "source_row": "row_number"}
ORIGIN_TYPES = {"source_batch": pa.int64(), "source_sheet": pa.string(), "source_row": pa.int64()}

_OUTPUT: dict[Kind, models.Field] = {
    Kind.INTEGER: models.BigIntegerField(),
    Kind.FEN: models.BigIntegerField(),
    Kind.TEXT: models.TextField(),
    Kind.DATE: models.DateField(),
    Kind.YES_NO: models.BooleanField(),
}


@dataclass(frozen=True)
class Selection:
    """One table's select. The result has, per column, its value and, where it may be null, a null mark."""

    table: FrozenTable
    sql: str
    nullable: frozenset[str]
    origins: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """At most BLOCK rows: values without nulls by column, null marks (uint8) of the columns that may be null."""

    values: dict[str, pa.Array]
    marks: dict[str, pa.Array]
    rows: int


def list_rows(table: FrozenTable, as_of: dt.date) -> models.QuerySet[Any]:
    """The live records a freeze at that date would take: visible, and dated on or before it."""
    rows = registry.model_of(table)._default_manager.all()
    if table.as_of:
        column = table.column(table.as_of)
        last = as_of if column.kind is Kind.DATE else as_of.year
        rows = rows.filter(**{f"{column.path}__lte": last})
    return rows


def select(table: FrozenTable, as_of: dt.date) -> Selection:
    """Compile a declaration to one select, ordered by the natural key as bytes."""
    nullable = frozenset(column.name for column in table.columns if registry.is_nullable(table, column))
    origins = ORIGINS if issubclass(registry.model_of(table), Sourced) else {}
    shown: dict[str, Any] = {}
    for column in table.columns:
        shown[f"v_{column.name}"] = _value(column, column.name in nullable)
        if column.name in nullable:
            shown[f"m_{column.name}"] = models.ExpressionWrapper(
                models.Q(**{f"{column.path}__isnull": True}), output_field=models.BooleanField()
            )
    for name, path in origins.items():
        shown[f"v_{name}"] = models.F(path)
    rows = list_rows(table, as_of).order_by(*(_in_bytes(table.column(name)) for name in table.key))
    sql, params = rows.annotate(**shown).values_list(*shown).query.sql_with_params()
    return Selection(table, sql % tuple(_literal(param) for param in params), nullable, tuple(origins))


def _value(column: FrozenColumn, nullable: bool) -> models.Expression | models.F:
    """The column's value, never null: ADBC's SQLite driver takes a column's type from the first rows."""
    if not nullable:
        return models.F(column.path)
    output = _OUTPUT[column.kind]
    empty = models.Value(EMPTY[column.kind], output_field=output)
    return Coalesce(models.F(column.path), empty, output_field=output)


def _in_bytes(column: FrozenColumn) -> Any:
    """Order by bytes, whatever the database's language: SQLite does so by itself.

    The sign keeps SQLite from walking the key's index and fetching row by row: to read all and sort is twice as fast.
    """
    if connection.vendor == "sqlite":
        return models.Func(models.F(column.path), template="+%(expressions)s")
    return Collate(models.F(column.path), "C") if column.kind is Kind.TEXT else models.F(column.path)


def _literal(value: Any) -> str:
    """A parameter of our own select as SQL. Only what declarations can bring: no text of a user comes here."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return f"DATE '{value.isoformat()}'"
    assert isinstance(value, str), f"{type(value).__name__} in a freeze's select"
    return "'" + value.replace("'", "''") + "'"


@contextmanager
def one_moment() -> Iterator[Any]:
    """A connection whose reads all show the moment of its first."""
    assert not connection.in_atomic_block, (
        "a freeze reads by a connection of its own: it must see what is committed"
    )
    if connection.vendor == "sqlite":
        with other_process(str(connection.settings_dict["NAME"])) as other:
            yield other
        return
    with _connect() as reader:
        with reader.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield reader


def _connect() -> Any:
    import adbc_driver_postgresql.dbapi
    from psycopg.conninfo import make_conninfo

    given = connection.settings_dict
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    known = {name: given[key] for key, name in names.items() if given[key]}
    known |= {name: value for name, value in given["OPTIONS"].items() if isinstance(value, str)}
    return adbc_driver_postgresql.dbapi.connect(make_conninfo(**known))


def read_blocks(reader: Any, selection: Selection) -> Iterator[Block]:
    """The rows in blocks of exactly BLOCK rows, the last one shorter, whatever the driver's own cut."""
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in _ahead(_batches(reader, selection.sql)):
        held.append(_typed(batch, selection))
        count += len(batch)
        while count >= BLOCK:
            whole = pa.Table.from_batches(held).combine_chunks()
            yield _block(whole.slice(0, BLOCK), selection)
            held = whole.slice(BLOCK).to_batches()
            count -= BLOCK
    if count:
        yield _block(pa.Table.from_batches(held).combine_chunks(), selection)


def _batches(reader: Any, sql: str) -> Generator[pa.RecordBatch, None, None]:
    if isinstance(reader, OtherProcess):
        yield from reader.batches(sql)
        return
    with reader.cursor() as cursor:
        cursor.execute(sql)
        with cursor.fetch_record_batch() as batches:
            yield from batches


def _ahead(batches: Generator[pa.RecordBatch, None, None]) -> Iterator[pa.RecordBatch]:
    """The batches, the next one read while this one is digested and written."""
    with closing(batches), ThreadPoolExecutor(max_workers=1) as worker:
        coming = worker.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = worker.submit(next, batches, None)
            yield batch


def _typed(batch: pa.RecordBatch, selection: Selection) -> pa.RecordBatch:
    """The batch in the declared types. Columns come in the order of the select; their names do not count."""
    arrays = iter(batch.columns)
    typed = {}
    for column in selection.table.columns:
        value = next(arrays).cast(ARROW[column.kind])
        typed[f"v_{column.name}"] = _nfc(value) if column.kind is Kind.TEXT else value
        if column.name in selection.nullable:
            typed[f"m_{column.name}"] = next(arrays).cast(pa.bool_()).cast(pa.uint8())
    for name in selection.origins:
        typed[f"v_{name}"] = next(arrays).cast(ORIGIN_TYPES[name])
    return pa.RecordBatch.from_pydict(typed)


def _nfc(texts: pa.Array) -> pa.Array:
    if pc.all(pc.string_is_ascii(texts)).as_py() is not False:
        return texts
    return pc.utf8_normalize(texts, "NFC")


def _block(rows: pa.Table, selection: Selection) -> Block:
    columns = {name: rows.column(name).combine_chunks() for name in rows.column_names}
    return Block(
        {name[2:]: values for name, values in columns.items() if name[0] == "v"},
        {name[2:]: values for name, values in columns.items() if name[0] == "m"},
        rows.num_rows,
    )
