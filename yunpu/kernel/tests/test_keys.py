"""Keys in files: made once, for their owner only, named by version, and old ones go on opening what they closed."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from yunpu.kernel.ciphers import Tampered, new_key
from yunpu.kernel.keys import FileKeys, KeyMissing, Signature, is_signed


@pytest.fixture
def keys(tmp_path: Path) -> FileKeys:
    return FileKeys(tmp_path / "keys")


def test_keys_are_made_at_first_use_for_their_owner_only(keys, tmp_path):
    keys.master()
    keys.sign(b"x")
    made = sorted((tmp_path / "keys").glob("*.key"))
    assert [path.name.rsplit("-", 1)[0] for path in made] == ["master-0001", "seal-0001"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o600}
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_a_data_key_opens_where_it_was_wrapped_for(keys):
    key = new_key()
    master, wrapped = keys.wrap(key, b"data key 1")
    assert key not in wrapped
    assert keys.unwrap(master, wrapped, b"data key 1") == key
    with pytest.raises(Tampered):
        keys.unwrap(master, wrapped, b"data key 2")


def test_a_renewed_master_key_opens_what_the_older_one_wrapped(keys, tmp_path):
    key = new_key()
    old, wrapped = keys.wrap(key, b"")
    new = keys.renew_master()
    assert (old < new, keys.master()) == (True, new)
    again = FileKeys(tmp_path / "keys")  # another process
    assert again.unwrap(old, wrapped, b"") == key
    assert again.wrap(key, b"")[0] == new


@pytest.mark.parametrize("name", ["master-0001-00000000", "../master", ""])
def test_a_missing_key_is_told_and_never_made_anew(keys, name):
    with pytest.raises(KeyMissing):
        keys.unwrap(name, b"x" * 40, b"")


def test_everybody_can_check_a_signature_with_the_public_key(keys):
    signature = keys.sign(b"a seal")
    public = keys.public_keys()
    assert is_signed(signature, b"a seal", public)
    assert not is_signed(signature, b"another", public)
    assert not is_signed(signature, b"a seal", {})
    assert not is_signed(Signature(signature.key, "SM2", signature.value), b"a seal", public)
    assert not is_signed(Signature(signature.key, "Ed25519", "no hex"), b"a seal", public)


def test_a_renewed_signing_key_leaves_old_signatures_checkable(keys):
    first = keys.sign(b"one")
    keys.renew_seal()
    second = keys.sign(b"two")
    assert first.key != second.key
    assert is_signed(first, b"one", keys.public_keys())
    assert is_signed(second, b"two", keys.public_keys())


def test_the_private_key_stands_in_no_public_file(keys, tmp_path):
    keys.sign(b"x")
    secret = next((tmp_path / "keys").glob("seal-*.key")).read_text().strip()
    assert all(secret not in text for text in keys.public_keys().values())


def test_processes_that_need_a_key_at_once_get_the_same(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(lambda _n: FileKeys(tmp_path / "keys").master(), range(16)))
    assert len(names) == 1
    assert len(list((tmp_path / "keys").glob("master-*.key"))) == 1


def test_who_comes_second_gets_the_key_of_the_first(tmp_path):
    first, second = FileKeys(tmp_path / "keys"), FileKeys(tmp_path / "keys")
    made = first.master()
    assert second._make("master", after="") == made  # it saw none, then waited for the lock
    assert second.renew_master() != made
