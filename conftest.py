"""What every test needs: tables that refuse DELETE can be emptied between tests that commit."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.backends.sqlite3.base import DatabaseOperations


def _flush_without_triggers(flush: Any) -> Any:
    """SQLite empties tables by DELETE, which append-only tables refuse: their triggers step aside meanwhile.

    PostgreSQL empties by TRUNCATE, which no row trigger sees.
    """

    def execute_sql_flush(self: DatabaseOperations, sql_list: list[str]) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            for name, _sql in triggers:
                cursor.execute(f'DROP TRIGGER "{name}"')
            flush(self, sql_list)
            for _name, sql in triggers:
                cursor.execute(sql)

    return execute_sql_flush


@pytest.fixture(scope="session", autouse=True)
def emptying_append_only_tables() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            DatabaseOperations, "execute_sql_flush", _flush_without_triggers(DatabaseOperations.execute_sql_flush)
        )
        yield


@pytest.fixture(autouse=True)
def snapshots_of_one_test(settings: Any, tmp_path: Any) -> None:
    """Each test has its own snapshots: their numbers start at one."""
    settings.SNAPSHOTS_FOLDER = tmp_path / "snapshots"
