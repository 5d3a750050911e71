"""What is sealed, byte by byte: every column of an event, and of a change of a batch.

The database itself writes a row as one text – the lengths of all columns in characters (-1 for nothing), a colon, then
their values one after another – the same on SQLite and PostgreSQL, so that a trail moved from one to the other keeps its
seals. The lengths come first because SQLite writes that twice as fast. The row's number is not in the text: a seal covers
numbers by ranges, and the place in the tree is the place in them.

The form is for ever. A new column gets a new form; seals name theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SM3, Hash
from django.db import connection

from yunpu.kernel.ranges import Range

FORM = 1
FETCHED = 5_000


@dataclass(frozen=True)
class Stream:
    """One table whose rows are sealed: its columns in the order of the form, moments marked."""

    name: str
    table: str
    columns: tuple[str, ...]
    moments: frozenset[str] = frozenset()


EVENTS = Stream(
    "event",
    "trail_event",
    (
        "at",
        "verb",
        "by_id",
        "by_name",
        "for_id",
        "for_name",
        "role",
        "unit_id",
        "unit_name",
        "object_type",
        "object_id",
        "object_name",
        "before",
        "after",
        "reason",
        "batch_id",
        "request_id",
        "address",
    ),
    frozenset({"at"}),
)
CHANGES = Stream("change", "trail_change", ("batch_id", "object_type", "object_id", "before", "after"))
STREAMS = (EVENTS, CHANGES)


def list_leaves(stream: Stream, ranges: Iterable[Range]) -> Iterator[tuple[int, bytes]]:
    """Number and leaf of every row there is within the ranges, in the order of the ranges."""
    base = Hash(SM3())
    base.update(b"\x00" + stream.name.encode() + b"\x00")
    for number, text in list_texts(stream, ranges):
        leaf = base.copy()
        leaf.update(text)
        yield number, leaf.finalize()


def list_texts(stream: Stream, ranges: Iterable[Range]) -> Iterator[tuple[int, bytes]]:
    """Number and text of every row there is within the ranges."""
    sql = (
        f"SELECT id, {_row_sql(stream)} FROM {stream.table} "  # noqa: S608 - names from the table above
        "WHERE id BETWEEN %s AND %s ORDER BY id"
    )
    with connection.cursor() as cursor:
        for first, last in ranges:
            for start in range(first, last + 1, FETCHED):
                cursor.execute(sql, [start, min(last, start + FETCHED - 1)])
                for number, text in cursor.fetchall():
                    yield number, text if isinstance(text, bytes) else text.encode()


def _row_sql(stream: Stream) -> str:
    """The SQL that writes a row of the stream as its text."""
    values = [_value_sql(column, column in stream.moments) for column in stream.columns]
    told = ", ".join(f"coalesce(length({value}), -1)" for value in values)
    row = " || ".join(f"coalesce({value}, '')" for value in values)
    if connection.vendor == "sqlite":
        # As bytes, so that even a text that is no UTF-8 any more is read – and found.
        return f"CAST(printf('{','.join(['%d'] * len(values))}', {told}) || ':' || {row} AS BLOB)"
    return f"concat_ws(',', {told}) || ':' || {row}"


def _value_sql(column: str, is_moment: bool) -> str:
    if connection.vendor == "sqlite":
        return (
            f"CASE length({column}) WHEN 19 THEN {column} || '.000000' ELSE {column} END"
            if is_moment
            else column
        )
    return (
        f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
        if is_moment
        else f"{column}::text"
    )
