"""Digests by SM3 (GB/T 32905-2016), the national hash, and the one byte form of a row that is digested.

The byte form is for ever: a snapshot sealed today must give the same digest in ten years. Never change it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from os import PathLike
from typing import IO

from cryptography.hazmat.primitives.hashes import SM3, Hash
from cryptography.hazmat.primitives.hmac import HMAC

CHUNK = 1 << 20

Value = None | bool | int | str | bytes | Decimal | Fraction | dt.date | dt.datetime


class Sm3:
    """A digest that grows with each piece fed to it; asking for it does not end it."""

    def __init__(self, start: bytes = b"") -> None:
        self._hash = Hash(SM3())
        self._hash.update(start)

    def update(self, piece: bytes) -> None:
        """Feed the next bytes."""
        self._hash.update(piece)

    def digest(self) -> bytes:
        """The digest of all fed so far: 32 bytes."""
        return self._hash.copy().finalize()

    def hexdigest(self) -> str:
        """The digest of all fed so far: 64 characters."""
        return self.digest().hex()


def sm3_hex(message: bytes) -> str:
    """The SM3 digest of bytes, as 64 hexadecimal characters."""
    return Sm3(message).hexdigest()


def sm3_file(source: str | PathLike[str] | IO[bytes]) -> str:
    """The SM3 digest of a file, read in pieces; an open file is read from where it stands to its end."""
    if isinstance(source, str | PathLike):
        with open(source, "rb") as opened:
            return sm3_file(opened)
    digest = Sm3()
    while piece := source.read(CHUNK):
        digest.update(piece)
    return digest.hexdigest()


def hmac_sm3(key: bytes, message: bytes) -> str:
    """The keyed digest HMAC-SM3 (GB/T 15852.2), as 64 hexadecimal characters: a person's pseudonym."""
    keyed = HMAC(key, SM3())
    keyed.update(message)
    return keyed.finalize().hex()


def _field(value: Value) -> tuple[bytes, bytes]:
    """A tag for the type and the bytes of the value."""
    match value:
        case None:
            return b"N", b""
        case bool():
            return b"B", b"1" if value else b"0"
        case int():
            return b"I", str(value).encode()
        case str():
            return b"S", value.encode()
        case bytes():
            return b"Y", value
        case Decimal() if value.is_finite():
            return b"R", str(Fraction(value)).encode()
        case Fraction():
            return b"R", str(value).encode()
        case dt.datetime():
            assert value.tzinfo is not None, "a moment without a time zone has no one byte form"
            return b"M", value.astimezone(dt.UTC).isoformat().encode()
        case dt.date():
            return b"D", value.isoformat().encode()
    raise TypeError(f"{type(value).__name__} {value!r} has no byte form")


def canonical(values: Iterable[Value]) -> bytes:
    """The byte form of a row: each field a tag, its length (4 bytes, big-endian), its bytes.

    No two different rows share it: None differs from "", 1 from True and "1", ("ab", "c") from ("a", "bc").
    Decimal and Fraction of one value are one. Raises TypeError for floats and anything else.
    """
    pieces = []
    for value in values:
        tag, payload = _field(value)
        pieces += [tag, len(payload).to_bytes(4), payload]
    return b"".join(pieces)


def row_digest(values: Iterable[Value]) -> bytes:
    """The SM3 digest of a row's byte form: 32 bytes."""
    return Sm3(canonical(values)).digest()
