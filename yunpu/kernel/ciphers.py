"""SM4-GCM (GB/T 32907, mode of RFC 8998): what is encrypted cannot be read, changed or put elsewhere without the key.

`bound` is the associated data: it is not stored, but what was encrypted with it opens with exactly it. A value bound to
its model, field and row does not open in another row.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM

KEY_BYTES = 16
NONCE_BYTES = 12
TAG_BYTES = 16


class Tampered(ValueError):  # noqa: N818 - it says what happened
    """The bytes were changed, cut, moved to another place, or belong to another key."""


def new_key() -> bytes:
    """A fresh SM4 key."""
    return secrets.token_bytes(KEY_BYTES)


def encrypt(key: bytes, plain: bytes, bound: bytes) -> bytes:
    """Nonce, ciphertext and tag in one. The nonce is random: one key must not serve for more than 2^32 values."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + encrypt_with(key, nonce, plain, bound)


def encrypt_with(key: bytes, nonce: bytes, plain: bytes, bound: bytes) -> bytes:
    """Ciphertext and tag under a given nonce, which must never come twice with one key."""
    cipher = Cipher(SM4(key), GCM(nonce)).encryptor()
    cipher.authenticate_additional_data(bound)
    return cipher.update(plain) + cipher.finalize() + cipher.tag


def decrypt(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    """What `encrypt` was given. Raises Tampered."""
    if len(sealed) < NONCE_BYTES + TAG_BYTES:
        raise Tampered("too short to be a value")
    nonce, body, tag = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:-TAG_BYTES], sealed[-TAG_BYTES:]
    cipher = Cipher(SM4(key), GCM(nonce, tag)).decryptor()
    cipher.authenticate_additional_data(bound)
    try:
        return cipher.update(body) + cipher.finalize()
    except InvalidTag:
        raise Tampered("the tag does not fit") from None
