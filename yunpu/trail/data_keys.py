"""Data keys (数据密钥): each personal field has its own, wrapped by the master key, kept beside the data.

A field has one key in use for its values, older ones that still open what they closed, and one key for its blind index,
which is never renewed: with another key nothing that was written before would be found.
"""

from __future__ import annotations

import threading
import time

from django.db import IntegrityError, transaction
from django.utils import timezone

from yunpu.kernel.ciphers import new_key
from yunpu.trail.keyring import key_provider
from yunpu.trail.models import DataKey

REMEMBERED = 30.0  # seconds for which a process goes on with a key that another one has renewed

_opened: dict[int, bytes] = {}
_in_use: dict[tuple[str, str], tuple[int, float]] = {}  # the key and until when it is remembered
_lock = threading.Lock()


def key_in_use(field: str, kind: str) -> tuple[int, bytes]:
    """Number and key with which a field is written now; made at first use."""
    number, until = _in_use.get((field, kind), (0, 0.0))
    if time.monotonic() < until:
        return number, key_of(number)
    stored = _find(field, kind) or _make(field, kind)
    # A key made in a transaction that is rolled back is no key: it is remembered once it is surely there.
    transaction.on_commit(lambda: _remember(stored))
    return stored.pk, _open(stored)


def key_of(number: int) -> bytes:
    """A data key by its number. Raises DataKey.DoesNotExist, KeyMissing, Tampered."""
    if number in _opened:
        return _opened[number]
    return _open(DataKey.objects.get(pk=number))


def renew_key(field: str) -> DataKey:
    """A new key for a field's values; the older ones go on opening what they closed."""
    with transaction.atomic():
        DataKey.objects.filter(field=field, kind=DataKey.Kind.VALUE, in_use=True).update(in_use=False)
        made = _make(field, DataKey.Kind.VALUE)
    forget_keys()
    return made


def rewrap_keys() -> int:
    """Wrap every data key by the newest master key; their number."""
    provider, count = key_provider(), 0
    for stored in DataKey.objects.exclude(master=provider.master()).order_by("pk"):
        key = _open(stored)
        stored.master, stored.wrapped = provider.wrap(key, _bound(stored.field, stored.kind))
        stored.save(update_fields=["master", "wrapped"])
        count += 1
    return count


def forget_keys() -> None:
    """Ask the database again."""
    with _lock:
        _opened.clear()
        _in_use.clear()


def _find(field: str, kind: str) -> DataKey | None:
    return DataKey.objects.filter(field=field, kind=kind, in_use=True).first()


def _make(field: str, kind: str) -> DataKey:
    master, wrapped = key_provider().wrap(new_key(), _bound(field, kind))
    try:
        with transaction.atomic():
            return DataKey.objects.create(
                field=field, kind=kind, master=master, wrapped=wrapped, made_at=timezone.now()
            )
    except IntegrityError:  # another process made it meanwhile
        return DataKey.objects.get(field=field, kind=kind, in_use=True)


def _remember(stored: DataKey) -> None:
    with _lock:
        _opened[stored.pk] = _open(stored)
        _in_use[stored.field, stored.kind] = (stored.pk, time.monotonic() + REMEMBERED)


def _open(stored: DataKey) -> bytes:
    return key_provider().unwrap(stored.master, bytes(stored.wrapped), _bound(stored.field, stored.kind))


def _bound(field: str, kind: str) -> bytes:
    return f"{field}\x00{kind}".encode()
