"""Renewing keys (更换密钥): a new data key for a field, and every record written again with it, while others work.

The old key is not needed any more afterwards but stays: a backup of yesterday still needs it. What somebody writes
meanwhile is never overwritten. Other processes go on with the older key for half a minute: `finish_renewing` writes again
what they wrote, and what a killed run left.
"""

from __future__ import annotations

import datetime as dt

from django.db import connection, transaction

from yunpu.trail.data_keys import key_in_use, renew_key, rewrap_keys
from yunpu.trail.jobs import Progress, no_progress
from yunpu.trail.keyring import key_provider
from yunpu.trail.models import DataKey
from yunpu.trail.operations import Actor, operation, preparing
from yunpu.trail.personal import PersonalField

CHUNK = 500


def renew_master_key(*, by: Actor, at: dt.datetime, reason: str) -> int:
    """A new master key, and every data key wrapped by it; the number of data keys. Values stay as they are."""
    with operation("trail.master-keys-renewed", by=by, at=at, reason=reason) as note:
        key_provider().renew_master()
        count = rewrap_keys()
        note.act(name=key_provider().master(), keys=count)
    return count


def renew_field_key(
    field: PersonalField, *, by: Actor, at: dt.datetime, reason: str, progress: Progress = no_progress
) -> int:
    """A new key for one field, and its values encrypted by it; the number of records written."""
    with operation("trail.field-keys-renewed", by=by, at=at, reason=reason) as note:
        key = renew_key(field.key)
        note.act(name=field.key, key=key.pk)
    return finish_renewing(field, progress=progress)


def finish_renewing(field: PersonalField, *, progress: Progress = no_progress) -> int:
    """Write again by the key in use what an older key of the field still closes; the number of records written."""
    number, _key = key_in_use(field.key, DataKey.Kind.VALUE)
    total, done, last = count_older(field), 0, 0
    while lines := _older(field, number, last):
        last = lines[-1][0]
        with preparing("trail.field-keys-renewed"), transaction.atomic():
            done += sum(_write_again(field, row, stored) for row, stored in lines)
        progress(done, total, field.key)
    return done


def count_older(field: PersonalField) -> int:
    """How many values an older key of the field still closes."""
    number, _key = key_in_use(field.key, DataKey.Kind.VALUE)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {_from_older(field)}", [f"%.{number}.%"])
        return int(cursor.fetchone()[0])


def _older(field: PersonalField, number: int, last: int) -> list[tuple[int, str]]:
    table = field.model._meta
    pk, column = map(_quote, (str(table.pk.column), str(field.column)))
    sql = f"SELECT {pk}, {column} {_from_older(field)} AND {pk} > %s ORDER BY {pk} LIMIT {CHUNK}"
    with connection.cursor() as cursor:
        cursor.execute(sql, [f"%.{number}.%", last])
        return list(cursor.fetchall())


def _write_again(field: PersonalField, row: int, stored: str) -> int:
    """One value; 0 where somebody wrote it meanwhile."""
    table = field.model._meta
    pk, column = map(_quote, (str(table.pk.column), str(field.column)))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_quote(table.db_table)} SET {column} = %s WHERE {pk} = %s AND {column} = %s",  # noqa: S608
            [field.seal_for(field.open(stored, row), row), row, stored],
        )
        return int(cursor.rowcount)


def _from_older(field: PersonalField) -> str:
    column = _quote(str(field.column))
    return f"FROM {_quote(field.model._meta.db_table)} WHERE {column} <> '' AND {column} NOT LIKE %s"


def _quote(name: str) -> str:
    return connection.ops.quote_name(name)
