"""What the database itself refuses: a state that no move gives, a move from elsewhere, a step taken by who is barred.

For each guard the condition under which it refuses, once, in words both databases understand: `NEW` and `OLD` are the row.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

# Name, table, when, and the condition that must not hold. Moves of a run that has them already are those of a backup put
# back: they fill their own numbers and no others.
GUARDS = (
    (
        "records_run_follows_its_moves",
        "records_run",
        "UPDATE",
        "(NEW.step <> OLD.step OR NEW.outcome <> OLD.outcome OR NEW.moves_count <> OLD.moves_count)"
        " AND NOT EXISTS (SELECT 1 FROM records_move m WHERE m.run_id = NEW.id AND m.number = NEW.moves_count"
        " AND NEW.moves_count = OLD.moves_count + 1 AND m.from_step = OLD.step AND m.to_step = NEW.step"
        " AND m.outcome = NEW.outcome)",
    ),
    (
        "records_move_begins_where_it_stands",
        "records_move",
        "INSERT",
        "NOT EXISTS (SELECT 1 FROM records_run r WHERE r.id = NEW.run_id AND (NEW.number <= r.moves_count"
        " OR (r.outcome = '' AND r.step = NEW.from_step AND r.moves_count + 1 = NEW.number)))",
    ),
    (
        "records_move_keeps_four_eyes",
        "records_move",
        "INSERT",
        "NEW.kind IN ('passed', 'turned-down', 'sent-back') AND EXISTS (SELECT 1 FROM records_turn t"
        " JOIN records_turn_barred b ON b.turn_id = t.id JOIN records_run r ON r.id = t.run_id"
        " WHERE t.run_id = NEW.run_id AND r.moves_count + 1 = NEW.number AND t.step = NEW.from_step"
        " AND b.user_id = NEW.by_id AND t.id = (SELECT MAX(id) FROM records_turn WHERE run_id = NEW.run_id))",
    ),
)


def guard_states() -> migrations.RunPython:
    """The migration operation that sets the guards up."""
    return migrations.RunPython(_create, _drop)


def _create(_apps: Any, editor: Any) -> None:
    for name, table, verb, condition in GUARDS:
        if editor.connection.vendor == "postgresql":
            editor.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN"
                f" RAISE EXCEPTION '{name}' USING ERRCODE = 'integrity_constraint_violation'; END IF;"
                " RETURN NEW; END $$",
                params=None,
            )
            editor.execute(
                f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
            )
        else:
            editor.execute(
                f"CREATE TRIGGER {name} BEFORE {verb} ON {table} WHEN {condition}"
                f" BEGIN SELECT RAISE(ABORT, '{name}'); END"
            )


def _drop(_apps: Any, editor: Any) -> None:
    for name, table, _verb, _condition in GUARDS:
        if editor.connection.vendor == "postgresql":
            editor.execute(f"DROP TRIGGER {name} ON {table}")
            editor.execute(f"DROP FUNCTION {name}()")
        else:
            editor.execute(f"DROP TRIGGER {name}")
