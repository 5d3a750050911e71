"""Digests: SM3 (GB/T 32905-2016) and its HMAC, over canonical bytes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import IO

from cryptography.hazmat.primitives import hashes, hmac

_BLOCK = 1 << 20


class Sm3:
    """SM3 step by step, spoken to like hashlib."""

    def __init__(self, start: bytes = b"") -> None:
        self._hash = hashes.Hash(hashes.SM3())
        self._hash.update(start)

    def update(self, more: bytes | memoryview) -> None:
        self._hash.update(more)

    def digest(self) -> bytes:
        return self._hash.copy().finalize()

    def hexdigest(self) -> str:
        return self.digest().hex()


def sm3_hex(content: bytes) -> str:
    """The SM3 digest of bytes, in hexadecimal."""
    return Sm3(content).hexdigest()


def sm3_file(file: Path | IO[bytes]) -> str:
    """The SM3 digest of a file's content, read in blocks."""
    if isinstance(file, Path):
        with file.open("rb") as opened:
            return sm3_file(opened)
    digest = Sm3()
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def hmac_sm3(key: bytes, message: bytes) -> str:
    """HMAC-SM3 (GM/T 0042) in hexadecimal."""
    code = hmac.HMAC(key, hashes.SM3())
    code.update(message)
    return code.finalize().hex()


def canonical(values: Iterable[object]) -> bytes:
    """Values as bytes that cannot be confused: each with its length in front; None is not the empty text."""
    parts = []
    for value in values:
        if value is None:
            parts.append(b"-;")
        else:
            text = str(value).encode()
            parts.append(b"%d:%s;" % (len(text), text))
    return b"".join(parts)


def row_digest(values: Iterable[object]) -> bytes:
    """The SM3 digest of one row, 32 bytes."""
    return Sm3(canonical(values)).digest()
