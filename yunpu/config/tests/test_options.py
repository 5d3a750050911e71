"""Settings: keys, the database's URL, and what a page may load."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from yunpu.config.options import read_key
from yunpu.config.settings import CONTENT_SECURITY_POLICY, read_database


def test_a_key_is_made_once_and_is_its_owners(tmp_path):
    path = tmp_path / "var" / "secret.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _turn: read_key(path), range(8)))
    assert len(keys) == 1
    assert len(keys.pop()) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["secret.key"]


def test_without_an_address_the_database_is_sqlite_that_never_waits_for_readers():
    options = read_database("")["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]


def test_a_postgresql_address_is_taken_apart():
    entry = read_database("postgresql://u%40x:p%2Fw@db.example:5433/yunpu?sslmode=require")
    assert (entry["USER"], entry["PASSWORD"], entry["HOST"], entry["PORT"]) == (
        "u@x",
        "p/w",
        "db.example",
        "5433",
    )
    assert entry["NAME"] == "yunpu"
    assert entry["OPTIONS"] == {"sslmode": "require"}
    assert read_database("postgresql://u@/yunpu?host=/run/pg")["HOST"] == "/run/pg"


def test_another_database_is_refused():
    with pytest.raises(ValueError, match="mysql"):
        read_database("mysql://u@h/d")


def test_pages_load_nothing_from_elsewhere_and_run_nothing_inline():
    directives = CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert directives["default-src"] == ["'none'"]
    for name, sources in directives.items():
        assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "https:"} & set(sources), name
