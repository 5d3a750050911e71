"""How the tests write where nobody may: the triggers step aside, as for whoever owns the database's files."""

from contextlib import contextmanager

from django.db import connection, transaction

TABLES = ("trail_event", "trail_change", "trail_seal")


class Undone(Exception):
    """Everything done inside is taken back."""


@contextmanager
def tampering():
    """Write past the triggers; undone at the end."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                for table in TABLES:
                    cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            else:
                cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                for (name,) in cursor.fetchall():
                    cursor.execute(f'DROP TRIGGER "{name}"')
            yield cursor
            raise Undone
    except Undone:
        pass
