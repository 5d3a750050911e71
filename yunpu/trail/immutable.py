"""Triggers for tables whose rows are written once: the database refuses UPDATE and DELETE, whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import migrations

_FUNCTION = """
CREATE OR REPLACE FUNCTION yunpu_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is written once', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
_POSTGRESQL = (
    "CREATE TRIGGER {table}_written_once BEFORE UPDATE OR DELETE ON {table}"
    " FOR EACH ROW EXECUTE FUNCTION yunpu_refuse_change()"
)
_SQLITE = (
    "CREATE TRIGGER {table}_{verb}_refused BEFORE {verb} ON {table}"
    " BEGIN SELECT RAISE(ABORT, '{table} is written once'); END"
)


def refuse_changes(*tables: str) -> migrations.RunPython:
    """The migration operation that guards these tables. Wanted again after SQLite has made a table anew: it loses them."""
    return migrations.RunPython(_creator(tables), _dropper(tables))


def _creator(tables: tuple[str, ...]) -> Callable[[Any, Any], None]:
    def create(_apps: Any, editor: Any) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(_FUNCTION, params=None)
            for table in tables:
                editor.execute(f"DROP TRIGGER IF EXISTS {table}_written_once ON {table}")
                editor.execute(_POSTGRESQL.format(table=table))
            return
        for table in tables:
            for verb in ("UPDATE", "DELETE"):
                editor.execute(f"DROP TRIGGER IF EXISTS {table}_{verb}_refused")
                editor.execute(_SQLITE.format(table=table, verb=verb))

    return create


def _dropper(tables: tuple[str, ...]) -> Callable[[Any, Any], None]:
    def drop(_apps: Any, editor: Any) -> None:
        for table in tables:
            if editor.connection.vendor == "postgresql":
                editor.execute(f"DROP TRIGGER {table}_written_once ON {table}")
                continue
            for verb in ("UPDATE", "DELETE"):
                editor.execute(f"DROP TRIGGER {table}_{verb}_refused")

    return drop
