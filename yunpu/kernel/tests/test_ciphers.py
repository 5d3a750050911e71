"""SM4 and SM4-GCM by their official vectors; what was changed, cut or moved does not open."""

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import ECB
from hypothesis import given
from hypothesis import strategies as st

from yunpu.kernel.ciphers import Tampered, decrypt, encrypt, encrypt_with, new_key
from yunpu.kernel.digests import hmac_sm3, sm3_hex

KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")


def test_sm3_of_gb_t_32905():
    assert sm3_hex(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm3_hex(b"abcd" * 16) == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


def test_sm4_of_gb_t_32907():
    block = Cipher(SM4(KEY), ECB()).encryptor()
    assert block.update(KEY).hex() == "681edf34d206965e86b3e94f536e4246"


def test_sm4_of_gb_t_32907_a_million_times():
    block, text = Cipher(SM4(KEY), ECB()).encryptor(), KEY
    for _round in range(1_000_000):
        text = block.update(text)
    assert text.hex() == "595298c7c6fd271f0402f804c33d3f66"


def test_sm4_gcm_of_rfc_8998():
    nonce = bytes.fromhex("00001234567800000000abcd")
    plain = b"".join(bytes([int(pair, 16)]) * 8 for pair in ("aa", "bb", "cc", "dd", "ee", "ff", "ee", "aa"))
    bound = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    sealed = encrypt_with(KEY, nonce, plain, bound)
    assert sealed[:-16].hex() == (
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
    )
    assert sealed[-16:].hex() == "83de3541e4c2b58177e065a9bf7b62ec"
    assert decrypt(KEY, nonce + sealed, bound) == plain


def test_hmac_sm3_of_gm_t_0042():
    key = bytes(range(1, 33))
    message = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq" * 2
    assert hmac_sm3(key, message) == "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a"


@given(st.binary(max_size=200), st.binary(max_size=40))
def test_what_was_encrypted_opens_with_what_it_was_bound_to(plain, bound):
    key = new_key()
    sealed = encrypt(key, plain, bound)
    assert decrypt(key, sealed, bound) == plain
    assert encrypt(key, plain, bound) != sealed  # a fresh nonce each time
    with pytest.raises(Tampered):
        decrypt(key, sealed, bound + b"x")
    with pytest.raises(Tampered):
        decrypt(new_key(), sealed, bound)


def test_one_changed_bit_anywhere_is_noticed():
    sealed = encrypt(KEY, "身份证".encode(), b"row 1")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(Tampered):
            decrypt(KEY, bytes(changed), b"row 1")
    with pytest.raises(Tampered, match="too short"):
        decrypt(KEY, sealed[:20], b"row 1")
