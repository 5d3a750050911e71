"""Keys (密钥): who keeps the master keys wraps data keys and signs seals; nothing else ever sees a master key.

`KeyProvider` is the interface. `FileKeys` keeps them as files of the server's user (mode 0600); a hardware module or a
key service takes its place by offering the same few methods. Every key has a name with its version and a fingerprint;
what it wrapped or signed carries that name, so older versions go on opening what they closed.

What each proves: a wrapped key opens only with its master key (SM4-GCM). A signature proves that whoever made it held the
private key, and everybody can check it with the public one. The library offers no SM2, so the file provider signs by
Ed25519 over SM3 digests; a hardware module may sign by SM2 under the same interface – that is why a signature names its
algorithm.
"""

from __future__ import annotations

import fcntl
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from yunpu.kernel.ciphers import decrypt, encrypt, new_key
from yunpu.kernel.digests import sm3_hex
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _

ALGORITHM = "Ed25519"
_NAME = re.compile(r"(master|seal)-(\d{4})-[0-9a-f]{8}")


class KeyMissing(Refusal):
    """A key that closed something and is not here."""

    code = "KEY-101"
    headline = _("缺少密钥 %(name)s")
    why = _("没有它就打不开用它加密的内容，也不能签封。")
    ways_out = ((_("从密钥备份中恢复数据文件夹里的 keys 文件夹"), ""),)


@dataclass(frozen=True)
class Signature:
    """Who signed, by which algorithm, and the signature itself in hexadecimal."""

    key: str
    algorithm: str
    value: str


class KeyProvider(Protocol):
    """What the platform asks of whoever keeps its keys."""

    def master(self) -> str:
        """The name of the master key that wraps from now on."""

    def wrap(self, key: bytes, bound: bytes) -> tuple[str, bytes]:
        """A data key wrapped, with the name of the master key that wrapped it."""

    def unwrap(self, master: str, wrapped: bytes, bound: bytes) -> bytes:
        """The data key again. Raises KeyMissing, Tampered."""

    def sign(self, message: bytes) -> Signature:
        """Sign with the newest signing key."""

    def public_keys(self) -> dict[str, str]:
        """The public key of every signing key there ever was, by name, in hexadecimal."""

    def renew_master(self) -> str:
        """Make the next master key; what older ones wrapped still opens."""

    def renew_seal(self) -> str:
        """Make the next signing key; what older ones signed can still be checked."""


def is_signed(signature: Signature, message: bytes, public_keys: dict[str, str]) -> bool:
    """Whether one of these public keys made the signature. An algorithm nobody knows here proves nothing."""
    public = public_keys.get(signature.key)
    if public is None or signature.algorithm != ALGORITHM:
        return False
    try:
        known = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        known.verify(bytes.fromhex(signature.value), message)
    except (InvalidSignature, ValueError):
        return False
    return True


class FileKeys:
    """Keys as files in one folder, readable by the server's user alone; made at first use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[str, bytes] = {}

    def master(self) -> str:
        return self._newest("master") or self._make("master", after="")

    def wrap(self, key: bytes, bound: bytes) -> tuple[str, bytes]:
        name = self.master()
        return name, encrypt(self._secret(name), key, bound)

    def unwrap(self, master: str, wrapped: bytes, bound: bytes) -> bytes:
        return decrypt(self._secret(master), wrapped, bound)

    def sign(self, message: bytes) -> Signature:
        name = self._newest("seal") or self._make("seal", after="")
        private = Ed25519PrivateKey.from_private_bytes(self._secret(name))
        return Signature(name, ALGORITHM, private.sign(message).hex())

    def public_keys(self) -> dict[str, str]:
        return {path.stem: path.read_text().strip() for path in sorted(self.folder.glob("seal-*.pub"))}

    def renew_master(self) -> str:
        return self._make("master", after=self._newest("master"))

    def renew_seal(self) -> str:
        return self._make("seal", after=self._newest("seal"))

    def _newest(self, kind: str) -> str:
        """The name of the newest key of a kind; empty where there is none."""
        names = (path.stem for path in self.folder.glob(f"{kind}-*.key"))
        return max((name for name in names if _NAME.fullmatch(name)), default="")

    def _make(self, kind: str, *, after: str) -> str:
        """The key of a kind that comes after the newest its asker saw. Of several who ask at once the first makes it."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(self.folder / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            newest = self._newest(kind)
            if newest != after:
                return newest
            secret, told = _fresh(kind)
            number = int(newest.split("-")[1]) + 1 if newest else 1
            name = f"{kind}-{number:04}-{sm3_hex(told)[:8]}"
            if kind == "seal":
                _write(self.folder / f"{name}.pub", told.hex(), mode=0o644)
            _write(self.folder / f"{name}.key", secret.hex(), mode=0o600)
        return name

    def _secret(self, name: str) -> bytes:
        if name not in self._read:
            path = self.folder / f"{name}.key"
            if not _NAME.fullmatch(name) or not path.is_file():
                raise KeyMissing(name=name)
            self._read[name] = bytes.fromhex(path.read_text().strip())
        return self._read[name]


def _fresh(kind: str) -> tuple[bytes, bytes]:
    """A new secret and what its fingerprint is made of: the public half, or a digest that does not tell the key."""
    if kind == "master":
        secret = new_key()
        return secret, b"yunpu name of a master key" + secret
    private = Ed25519PrivateKey.generate()
    return private.private_bytes_raw(), private.public_key().public_bytes_raw()


def _write(path: Path, text: str, mode: int) -> None:
    """A file that is there in full or not at all, never readable by others for a moment."""
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    with os.fdopen(handle, "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.chmod(part, mode)
    os.replace(part, path)
