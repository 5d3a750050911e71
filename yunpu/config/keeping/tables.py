"""The records of a database as lines of text, the same from SQLite and from PostgreSQL, and back.

A line is the JSON of one row's stored values, in the order of the columns told beside it: dates as ISO, moments in UTC,
decimals with their places, bytes in base64. Custom fields are passed by: what is stored encrypted stays encrypted. Which
tables and columns there are is asked of the migrations that were applied, not of today's models, so that the database of
an earlier program is read as it is.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.apps.registry import Apps
from django.db import connection, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils.dateparse import parse_datetime

from yunpu.kernel.digests import Sm3

SESSIONS = "sessions.session"  # who is signed in signs in again
NOT_RECORDS = {"django_migrations", "sqlite_sequence", "ui_search"}  # made anew where the records arrive
AT_ONCE = 2_000
PART = 8 << 20  # characters of one part of a table in a backup

Node = tuple[str, str]


@dataclass
class Table:
    """What one table holds: how many rows, their digest, the greatest number ever given."""

    name: str
    columns: list[str]
    rows: int = 0
    counter: int = 0
    digest: str = ""
    growing: Sm3 = field(default_factory=Sm3, repr=False, compare=False)

    def count(self, line: str) -> None:
        self.rows += 1
        self.growing.update(line.encode())
        self.growing.update(b"\n")

    def close(self) -> None:
        self.digest = self.growing.hexdigest()

    def told(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "columns": self.columns,
            "rows": self.rows,
            "counter": self.counter,
            "digest": self.digest,
        }


def applied_nodes() -> tuple[list[Node], list[Node]]:
    """The newest applied migration of each app, and those that this program does not know."""
    loader = MigrationLoader(connection)
    applied = set(loader.applied_migrations)
    unknown = sorted(applied - set(loader.graph.nodes) - set(loader.replacements))
    known = applied & set(loader.graph.nodes)
    parents = {
        parent.key
        for node in known
        for parent in loader.graph.node_map[node].parents
        if parent.key[0] == node[0]
    }
    return sorted(known - parents), unknown


def models_at(nodes: list[Node]) -> list[Any]:
    """The tables as the migrations made them, in order of names."""
    apps: Apps = MigrationLoader(None).project_state(nodes).apps
    found = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and not model._meta.swapped
    ]
    return sorted(
        (model for model in found if model._meta.label_lower != SESSIONS),
        key=lambda model: model._meta.label_lower,
    )


def columns_of(model: Any) -> list[models.Field[Any, Any]]:
    return list(model._meta.local_concrete_fields)


def table_of(model: Any) -> Table:
    return Table(model._meta.label_lower, [str(one.column) for one in columns_of(model)])


# Reading


@contextmanager
def one_moment() -> Iterator[Any]:
    """A cursor that sees the database as it is now, whatever others write meanwhile; nobody waits for it."""
    if connection.vendor == "sqlite":
        place = connection.settings_dict["NAME"]
        with closing(
            sqlite3.connect(f"file:{place}?mode=ro", uri=True, isolation_level=None, timeout=20)
        ) as own:
            own.execute("BEGIN")
            own.execute("SELECT count(*) FROM django_migrations")  # the moment is that of the first reading
            with closing(own.cursor()) as cursor:
                yield cursor
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                cursor.execute("SET LOCAL TIME ZONE 'UTC'")
            with connection.chunked_cursor() as cursor:
                yield cursor


def read_lines(cursor: Any, model: Any, table: Table) -> Iterator[str]:
    """Every row as a line, in order of its number; counted and digested into `table` as they pass."""
    stored = columns_of(model)
    names = ", ".join(quoted(str(one.column)) for one in stored)
    order = quoted(str(model._meta.pk.column))
    cursor.execute(f"SELECT {names} FROM {quoted(model._meta.db_table)} ORDER BY {order}")  # noqa: S608
    kinds = [kind_of(one) for one in stored]
    while rows := cursor.fetchmany(AT_ONCE):
        for row in rows:
            values = [
                None if value is None else plain(value, *kind) for value, kind in zip(row, kinds, strict=True)
            ]
            line = json.dumps(values, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
            table.count(line)
            yield line
    table.close()


def read_counter(model: Any, cursor: Any) -> int:
    """The greatest number that the table has given, also to rows that are gone."""
    pk, name = model._meta.pk, model._meta.db_table
    if not isinstance(pk, models.AutoField | models.BigAutoField | models.SmallAutoField):
        return 0
    if connection.vendor == "sqlite":
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", [name])
        row = cursor.fetchone()
        return int(row[0]) if row else 0
    with connection.cursor() as own:
        own.execute("SELECT pg_get_serial_sequence(%s, %s)", [quoted(name), pk.column])
        sequence = own.fetchone()[0]
        own.execute(f"SELECT last_value, is_called FROM {sequence}")  # noqa: S608 - the database's own name
        last, is_called = own.fetchone()
        return int(last) if is_called else 0


def list_strangers(known: list[Any]) -> list[str]:
    """Tables that no migration of a model made: nothing would carry them."""
    ours = {model._meta.db_table for model in known} | NOT_RECORDS | {"django_session"}
    return sorted(
        name
        for name in connection.introspection.table_names()
        if name not in ours and not name.startswith("ui_search_")
    )


# Writing


def clear(known: list[Any]) -> None:
    """Take away what migrations brought themselves; the records bring it again."""
    with connection.cursor() as cursor:
        for model in known:
            cursor.execute(f"SELECT 1 FROM {quoted(model._meta.db_table)} LIMIT 1")  # noqa: S608
            if cursor.fetchone():
                cursor.execute(f"DELETE FROM {quoted(model._meta.db_table)}")  # noqa: S608


def write_lines(model: Any, lines: Iterator[str]) -> None:
    """Put rows into a table. Triggers and constraints of the database hold as for any row."""
    stored = columns_of(model)
    names, places = ", ".join(quoted(str(one.column)) for one in stored), ", ".join(["%s"] * len(stored))
    sql = f"INSERT INTO {quoted(model._meta.db_table)} ({names}) VALUES ({places})"  # noqa: S608
    kinds = [kind_of(one) for one in stored]
    waiting: list[list[Any]] = []
    with connection.cursor() as cursor:
        for line in lines:
            row = zip(json.loads(line), kinds, strict=True)
            waiting.append([None if value is None else adapted(value, *kind) for value, kind in row])
            if len(waiting) == AT_ONCE:
                cursor.executemany(sql, waiting)
                waiting = []
        if waiting:
            cursor.executemany(sql, waiting)


def set_counter(model: Any, counter: int) -> None:
    """Go on counting where the other database was; numbers of rows that are gone are not given again."""
    name, pk = model._meta.db_table, model._meta.pk
    if not counter:
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max({quoted(str(pk.column))}), 0) FROM {quoted(name)}")  # noqa: S608
        counter = max(counter, cursor.fetchone()[0])
        if connection.vendor == "sqlite":
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [name])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [name, counter])
        else:
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence(%s, %s), %s)", [quoted(name), pk.column, counter]
            )


# Values: what both databases store, in one plain form

Kind = tuple[str, int]  # the field's type and, of decimals, their places


def kind_of(stored: Any) -> Kind:
    while stored.is_relation:
        stored = stored.target_field
    if isinstance(stored, models.JSONField) and type(stored).db_type is not models.JSONField.db_type:
        return "TextField", 0  # sealed as the text that it is: not one byte may change
    return stored.get_internal_type(), getattr(stored, "decimal_places", None) or 0


def plain(value: Any, kind: str, places: int) -> Any:
    """A stored value of either database as JSON keeps it."""
    match kind:
        case "BooleanField":
            return bool(value)
        case "DateTimeField":
            moment = parse_datetime(value) if isinstance(value, str) else value
            assert moment is not None, value
            moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
            return moment.astimezone(dt.UTC).isoformat()
        case "DateField" | "TimeField":
            return value if isinstance(value, str) else value.isoformat()
        case "DecimalField":
            return format(Decimal(str(value)).quantize(Decimal(1).scaleb(-places)), "f")
        case "JSONField":
            return [
                json.loads(value) if isinstance(value, str | bytes) else value
            ]  # in brackets: JSON's null is no NULL
        case "BinaryField":
            return base64.b64encode(bytes(value)).decode()
        case "UUIDField":
            return uuid.UUID(str(value)).hex
        case "DurationField":
            return value if isinstance(value, int) else value // dt.timedelta(microseconds=1)
        case "GenericIPAddressField":
            return str(value)
    return value


def adapted(value: Any, kind: str, places: int) -> Any:
    """A plain value as the present database stores it."""
    sqlite = connection.vendor == "sqlite"
    match kind:
        case "DateTimeField":
            return connection.ops.adapt_datetimefield_value(dt.datetime.fromisoformat(value))
        case "DecimalField":
            return connection.ops.adapt_decimalfield_value(Decimal(value), None, places)
        case "JSONField":
            return connection.ops.adapt_json_value(value[0], None)
        case "BinaryField":
            return base64.b64decode(value)
        case "UUIDField":
            return value if sqlite else uuid.UUID(value)
        case "DurationField":
            return value if sqlite else dt.timedelta(microseconds=value)
        case "GenericIPAddressField":
            return connection.ops.adapt_ipaddressfield_value(value)
    return value


def quoted(name: str) -> str:
    return connection.ops.quote_name(name)
