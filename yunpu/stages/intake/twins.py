"""A second copy of a table on SQLite (孪生表): filled in short transactions, exchanged with the table in one tiny one.

SQLite lets one process write at a time, so a million records cannot be changed in one commit without everybody else
waiting. The records are copied instead, changed on the way, into a table that nobody reads: same columns,
constraints and indexes, another name. Then the two tables change their contents: the database's own directory
says at which page a table begins, and in one commit each gets the other's page. Numbers, foreign keys, indexes,
triggers and names stay what they are; whoever reads sees all of the change or nothing (ADR 3).

Triggers note which records others write meanwhile; the exchange copies those once more. A twin whose process was
killed has changed nothing: it is dropped at the next start, before and after the exchange alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

from django.db import connection, models

from yunpu.stages.intake.turns import Turns
from yunpu.trail.models import Change
from yunpu.trail.operations import preparing

EVENTS = ("INSERT", "UPDATE", "DELETE")
_NAME = re.compile(r"(?P<table>\w+)__twin_(?P<batch>\d+)")
_REFERENCE = re.compile(r' REFERENCES "\w+" \("\w+"\)( DEFERRABLE INITIALLY DEFERRED)?')


class Twin:
    """The second copy of a model's table for one batch."""

    def __init__(self, table: str, pk: str, batch_id: int) -> None:
        self.table, self.pk, self.batch_id = table, pk, batch_id
        self.name = f"{table}__twin_{batch_id}"
        self.noted = f"{table}__noted_{batch_id}"
        self.turns = Turns()

    @classmethod
    def of(cls, model: type[models.Model], batch_id: int) -> Twin:
        return cls(model._meta.db_table, str(model._meta.pk.column), batch_id)

    def create(self) -> None:
        """The empty twin, and the triggers that note what others write to the table from now on. In a transaction.

        What others change or remove also leaves the twin at once, so that no old copy holds on to a record that
        somebody wants to remove.
        """
        with connection.cursor() as cursor:
            for _kind, name, sql in self._definitions(cursor):
                cursor.execute(_renamed(sql, name, self._twin_of(name), self.table, self.name))
            cursor.execute(f'CREATE TABLE "{self.noted}" (number integer PRIMARY KEY)')
            for event in EVENTS:
                cursor.execute(self._trigger_sql(event))

    def put(self, names: Sequence[str], lines: Sequence[Sequence[Any]]) -> None:
        """Copy records with other values in the named columns; a line is those values, then the record's number."""
        kept = ", ".join(f'"{name}"' for name in self.columns if name not in names)
        given = ", ".join(f'"{name}"' for name in names)
        marks = ", ".join(["%s"] * len(names))
        sql = (
            f'INSERT INTO "{self.name}" ({given}, {kept}) SELECT {marks}, {kept} '  # noqa: S608 - our names
            f'FROM "{self.table}" WHERE "{self.pk}" = %s'
        )
        done = 0
        while done < len(lines):
            count = self.turns.rows
            with preparing("twin-filled"), self.turns.taken(), connection.cursor() as cursor:
                cursor.executemany(sql, lines[done : done + count])
            done += count

    def copy_rest(self, progress: Callable[[int], None] = lambda done: None) -> None:
        """Copy every record that is not in the twin yet, as it is."""
        last, done, names = 0, 0, ", ".join(f'"{name}"' for name in self.columns)
        while True:
            with preparing("twin-filled"), self.turns.taken(), connection.cursor() as cursor:
                cursor.execute(
                    f'SELECT max(n), count(*) FROM (SELECT "{self.pk}" AS n FROM "{self.table}" '  # noqa: S608
                    f'WHERE "{self.pk}" > %s ORDER BY "{self.pk}" LIMIT {self.turns.rows})',
                    [last],
                )
                end, count = cursor.fetchone()
                if not count:
                    return
                cursor.execute(
                    f'INSERT INTO "{self.name}" ({names}) SELECT {names} FROM "{self.table}" AS t '  # noqa: S608
                    f'WHERE "{self.pk}" > %s AND "{self.pk}" <= %s AND NOT EXISTS '
                    f'(SELECT 1 FROM "{self.name}" AS w WHERE w."{self.pk}" = t."{self.pk}")',
                    [last, end],
                )
            last, done = end, done + count
            progress(done)

    def has_noted(self, label: str) -> bool:
        """Whether others wrote, meanwhile, one of the records that the batch changes."""
        with connection.cursor() as cursor:
            cursor.execute(
                f'SELECT 1 FROM "{self.noted}" AS n WHERE EXISTS (SELECT 1 FROM "{Change._meta.db_table}" AS c '  # noqa: S608
                "WHERE c.object_type = %s AND c.object_id = n.number AND c.batch_id = %s) LIMIT 1",
                [label, self.batch_id],
            )
            return cursor.fetchone() is not None

    def exchange(self) -> None:
        """Give the table the twin's content, and the twin the table's. Call inside the transaction that shows it."""
        names = ", ".join(f'"{name}"' for name in self.columns)
        with connection.cursor() as cursor:
            noted = f'SELECT number FROM "{self.noted}"'  # noqa: S608 - our names
            cursor.execute(f'DELETE FROM "{self.name}" WHERE "{self.pk}" IN ({noted})')  # noqa: S608 - our names
            cursor.execute(
                f'INSERT INTO "{self.name}" ({names}) SELECT {names} FROM "{self.table}" '  # noqa: S608
                f'WHERE "{self.pk}" IN ({noted})'
            )
            cursor.execute(
                f'SELECT (SELECT count(*) FROM "{self.table}"), (SELECT count(*) FROM "{self.name}")'  # noqa: S608
            )
            before, after = cursor.fetchone()
            assert before == after, f"{self.table}: {before} records, {after} in its twin"
            self._drop_triggers(cursor)
            self._change_pages(cursor)

    def drop(self) -> None:
        """Remove the twin, whatever it holds: its triggers, then its indexes and itself, a transaction each."""
        with self.turns.taken(), connection.cursor() as cursor:
            self._drop_triggers(cursor)
        for name in self._list_own_indexes():
            with self.turns.taken(), connection.cursor() as cursor:
                cursor.execute(f'DROP INDEX IF EXISTS "{name}"')
        for name in (self.name, self.noted):
            with self.turns.taken(), connection.cursor() as cursor:
                cursor.execute(f'DROP TABLE IF EXISTS "{name}"')

    @cached_property
    def columns(self) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(f'PRAGMA table_info("{self.table}")')
            return [row[1] for row in cursor.fetchall()]

    def _change_pages(self, cursor: Any) -> None:
        """SQLite documents this way of writing its directory (PRAGMA writable_schema); every other connection reads
        the directory anew because its version is another, this one because it is told to."""
        pages = self._list_pages(cursor, self.table)
        theirs = self._list_pages(cursor, self.name)
        assert {self._twin_of(name) for name in pages} == set(theirs), f"{self.table}: its twin is no twin"
        cursor.execute("PRAGMA schema_version")
        version = int(cursor.fetchone()[0])
        cursor.execute("PRAGMA writable_schema = ON")
        try:
            for name, page in pages.items():
                other = self._twin_of(name)
                for changed, to in ((name, theirs[other]), (other, page)):
                    cursor.execute(
                        "UPDATE sqlite_schema SET rootpage = %s WHERE name = %s AND type <> 'trigger'",
                        [to, changed],
                    )
            # What is in the twin now is old: it must not keep anybody from removing what it points to.
            cursor.execute("SELECT sql FROM sqlite_schema WHERE name = %s", [self.name])
            free = _REFERENCE.sub("", cursor.fetchone()[0])
            cursor.execute("UPDATE sqlite_schema SET sql = %s WHERE name = %s", [free, self.name])
            cursor.execute(f"PRAGMA schema_version = {version + 1}")
        finally:
            cursor.execute("PRAGMA writable_schema = RESET")

    def _definitions(self, cursor: Any) -> list[tuple[str, str, str]]:
        """The statements that make the table and its indexes; those that its constraints bring come with it."""
        cursor.execute(
            "SELECT type, name, sql FROM sqlite_schema WHERE tbl_name = %s AND type IN ('table', 'index') "
            "AND sql IS NOT NULL ORDER BY type = 'index', rootpage",
            [self.table],
        )
        return list(cursor.fetchall())

    def _list_pages(self, cursor: Any, table: str) -> dict[str, int]:
        cursor.execute(
            "SELECT name, rootpage FROM sqlite_schema WHERE tbl_name = %s AND type IN ('table', 'index')",
            [table],
        )
        return dict(cursor.fetchall())

    def _list_own_indexes(self) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT name FROM sqlite_schema WHERE tbl_name = %s AND type = 'index' AND sql IS NOT NULL",
                [self.name],
            )
            return [row[0] for row in cursor.fetchall()]

    def _drop_triggers(self, cursor: Any) -> None:
        for event in EVENTS:
            cursor.execute(f'DROP TRIGGER IF EXISTS "{self._trigger(event)}"')

    def _trigger_sql(self, event: str) -> str:
        number = f'{"NEW" if event == "INSERT" else "OLD"}."{self.pk}"'
        note = f'INSERT OR IGNORE INTO "{self.noted}" VALUES ({number})'  # noqa: S608 - our names
        forget = f'DELETE FROM "{self.name}" WHERE "{self.pk}" = {number}'  # noqa: S608 - our names
        steps = note if event == "INSERT" else f"{note}; {forget}"
        return f'CREATE TRIGGER "{self._trigger(event)}" AFTER {event} ON "{self.table}" BEGIN {steps}; END'

    def _trigger(self, event: str) -> str:
        return f"{self.noted}_{event.lower()}"

    def _twin_of(self, name: str) -> str:
        """The name of the twin's counterpart to the table or one of its indexes."""
        automatic = f"sqlite_autoindex_{self.table}_"
        if name.startswith(automatic):
            return f"sqlite_autoindex_{self.name}_{name.removeprefix(automatic)}"
        return f"{name}__twin_{self.batch_id}"


def list_twins() -> Iterator[Twin]:
    """Every twin there is, with whatever a killed process left of it."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND (name GLOB '*__twin_*' OR name GLOB '*__noted_*')"
        )
        names = sorted({row[0].replace("__noted_", "__twin_") for row in cursor.fetchall()})
        for name in names:
            found = _NAME.fullmatch(name)
            if found:
                yield Twin(found["table"], "", int(found["batch"]))


def has_twin(model: type[models.Model]) -> bool:
    """Whether a large change of the model's table is being made or tidied up after."""
    return any(twin.table == model._meta.db_table for twin in list_twins())


def _renamed(sql: str, name: str, to_name: str, table: str, to_table: str) -> str:
    """A CREATE statement of SQLite's directory under another name, on another table."""
    if name == table:
        return sql.replace(f'"{table}"', f'"{to_table}"', 1)
    return sql.replace(f'"{name}"', f'"{to_name}"', 1).replace(f' ON "{table}"', f' ON "{to_table}"', 1)
