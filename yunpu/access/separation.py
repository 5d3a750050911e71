"""No person holds two of the three separated administrators (三员), nor anything beside the one that gives roles.

The database refuses it, whoever asks: triggers on the grants, the same rule on SQLite and on PostgreSQL. Two grants
clash when they are one person's, their days overlap, and their roles may not be together. On PostgreSQL the person's
row is locked first, so that two transactions at once do not each miss the other's grant.

SQLite drops the triggers with the table when a later migration rebuilds it: such a migration calls
`separate_administrators()` again, and `test_separation` fails until it does.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

MESSAGE = "access_grant: separated administrators are different people"
_CLASH = """
    SELECT 1 FROM access_grant AS held
    WHERE held.user_id = NEW.user_id AND held.id <> COALESCE(NEW.id, -1) AND held.role <> NEW.role
      AND (held.valid_to IS NULL OR held.valid_to > NEW.valid_from)
      AND (NEW.valid_to IS NULL OR NEW.valid_to > held.valid_from)
      AND (held.valid_to IS NULL OR held.valid_to > held.valid_from)
      AND (NEW.valid_to IS NULL OR NEW.valid_to > NEW.valid_from)
      AND ('security' IN (held.role, NEW.role)
           OR (held.role IN ('administrator', 'audit') AND NEW.role IN ('administrator', 'audit')))
"""
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION access_separate_administrators() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM access_user WHERE id = NEW.user_id FOR UPDATE;
    IF EXISTS ({_CLASH}) THEN
        RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$
"""
_COLUMNS = "user_id, role, valid_from, valid_to"


def separate_administrators() -> migrations.RunPython:
    """The migration operation that lays the triggers."""
    return migrations.RunPython(_create, _drop)


def _create(_apps: Any, editor: Any) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(_FUNCTION, params=None)
        editor.execute(
            f"CREATE TRIGGER access_grant_separated BEFORE INSERT OR UPDATE OF {_COLUMNS} ON access_grant"
            " FOR EACH ROW EXECUTE FUNCTION access_separate_administrators()",
            params=None,
        )
        return
    for name, verb in (("insert", "INSERT"), ("update", f"UPDATE OF {_COLUMNS}")):
        editor.execute(
            f"CREATE TRIGGER access_grant_separated_{name} BEFORE {verb} ON access_grant"
            f" WHEN EXISTS ({_CLASH}) BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END",
            params=None,
        )


def _drop(_apps: Any, editor: Any) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP TRIGGER access_grant_separated ON access_grant")
        editor.execute("DROP FUNCTION access_separate_administrators()")
        return
    for name in ("insert", "update"):
        editor.execute(f"DROP TRIGGER access_grant_separated_{name}")
