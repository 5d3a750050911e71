"""The encrypted file of a backup: a head in clear, then chunks under SM4-GCM that cannot be changed, cut or reordered.

Head: `YUNPU-BACKUP-1`, one line of JSON: how the passphrase becomes a key (scrypt), and the data key wrapped by it. Each
chunk is its length and its ciphertext, bound to the head, its place and whether it is the last. The keys of the
installation lie inside, so nothing of the lost machine is needed to open it: the passphrase is all.
"""

from __future__ import annotations

import io
import json
import secrets
from pathlib import Path
from typing import IO, Any

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from yunpu.kernel.ciphers import KEY_BYTES, Tampered, decrypt, encrypt, new_key
from yunpu.kernel.digests import Sm3
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _

MAGIC = b"YUNPU-BACKUP-1\n"
CHUNK = 1 << 20
LONGEST_HEAD = 10_000
COST = {"n": 1 << 15, "r": 8, "p": 1}
MOST_COST = {"n": 1 << 20, "r": 32, "p": 16}  # a forged head must not keep the machine busy for ever
SHORTEST_PASSPHRASE = 12


class UnableToOpenBackup(Refusal):
    """A file that is no backup, is damaged, or has another passphrase."""

    code = "CLI-130"
    headline = _("打不开备份 %(path)s：%(reason)s")
    why = _("备份整个读完、逐项核对之后才会恢复；没有改动任何数据。")
    ways_out = (
        (_("核对口令，或换另一份备份"), ""),
        (_("只核对、不恢复"), "yunpu restore --check %(path)s"),
    )


class WeakPassphrase(Refusal):
    """A passphrase that is too short to keep a whole district's data."""

    code = "CLI-131"
    headline = _("备份口令太短：至少 %(count)s 个字符")
    why = _("备份里有全部数据和密钥，谁猜到口令谁就能读。")
    ways_out = ((_("用几个不相干的词或一串随机字符，另行妥善保管"), ""),)


def require_strong(passphrase: str) -> None:
    """Raises WeakPassphrase."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise WeakPassphrase(count=SHORTEST_PASSPHRASE)


def passphrase_key(passphrase: str, salt: bytes, cost: dict[str, int]) -> bytes:
    return Scrypt(salt=salt, length=KEY_BYTES, **cost).derive(passphrase.encode())


class SealedWriter(io.RawIOBase):
    """Written to like a file; what goes out is encrypted."""

    def __init__(self, out: IO[bytes], passphrase: str) -> None:
        require_strong(passphrase)
        salt = secrets.token_bytes(16)
        self.key, self.out, self.place = new_key(), out, 0
        wrapped = encrypt(passphrase_key(passphrase, salt, COST), self.key, MAGIC + salt)
        head = (
            json.dumps({"kdf": "scrypt", **COST, "salt": salt.hex(), "wrapped": wrapped.hex()}).encode()
            + b"\n"
        )
        out.write(MAGIC + head)
        self.head = Sm3(MAGIC + head).digest()
        self.waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self.waiting += piece
        while len(self.waiting) > CHUNK:
            self._put(bytes(self.waiting[:CHUNK]), last=False)
            del self.waiting[:CHUNK]
        return len(piece)

    def finish(self) -> None:
        """Write the last chunk; without it the file counts as damaged."""
        self._put(bytes(self.waiting), last=True)

    def _put(self, plain: bytes, *, last: bool) -> None:
        sealed = encrypt(self.key, plain, bound(self.head, self.place, last))
        self.out.write(len(sealed).to_bytes(4, "big") + sealed)
        self.place += 1


class SealedReader(io.RawIOBase):
    """Read like a file; whatever is not exactly what was written is refused. Raises UnableToOpenBackup."""

    def __init__(self, source: IO[bytes], passphrase: str, path: Path) -> None:
        self.source, self.path, self.place, self.ended = source, path, 0, False
        self.left = b""
        if source.read(len(MAGIC)) != MAGIC:
            raise self.refusal(_("不是云谱的备份"))
        line = source.readline(LONGEST_HEAD)
        self.head = Sm3(MAGIC + line).digest()
        try:
            told = json.loads(line)
            cost = {name: int(told[name]) for name in COST}
            salt, wrapped = bytes.fromhex(told["salt"]), bytes.fromhex(told["wrapped"])
            if any(not 1 <= cost[name] <= most for name, most in MOST_COST.items()):
                raise ValueError("cost")
            key = passphrase_key(passphrase, salt, cost)
        except (ValueError, KeyError, TypeError) as error:
            raise self.refusal(_("文件头损坏")) from error
        try:
            self.key = decrypt(key, wrapped, MAGIC + salt)
        except Tampered as error:
            raise self.refusal(_("口令不对，或文件头被改动")) from error

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        while not self.left and not self.ended:
            self._next()
        piece = self.left[: len(into)]
        self.left = self.left[len(piece) :]
        into[: len(piece)] = piece
        return len(piece)

    def finish(self) -> None:
        """Read what nobody asked for, to the very end."""
        while not self.ended:
            self._next()
        if self.source.read(1):
            raise self.refusal(_("文件末尾多出内容"))

    def _next(self) -> None:
        size = int.from_bytes(self.source.read(4), "big")
        sealed = self.source.read(size) if 0 < size <= 2 * CHUNK else b""
        for last in (False, True):
            try:
                self.left = decrypt(self.key, sealed, bound(self.head, self.place, last))
            except Tampered:
                continue
            self.place, self.ended = self.place + 1, last
            return
        raise self.refusal(_("内容损坏或不完整"))

    def refusal(self, reason: str) -> UnableToOpenBackup:
        return UnableToOpenBackup(path=self.path, reason=reason)


def bound(head: bytes, place: int, last: bool) -> bytes:
    return head + place.to_bytes(8, "big") + bytes([last])
