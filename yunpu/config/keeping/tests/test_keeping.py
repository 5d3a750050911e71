"""Backup under concurrent writes, restore, move: whole installations, real processes, either database."""

from __future__ import annotations

import os
import random

import pytest

from yunpu.config.keeping.backup import read_backup
from yunpu.config.keeping.sealed import CHUNK, SealedReader, SealedWriter, UnableToOpenBackup
from yunpu.config.keeping.tests.installations import (
    BALANCE,
    FOUND,
    NEXT_UNIT,
    PASSPHRASE,
    WRITE,
    Installation,
    other_database,
)

URL = os.environ.get("YUNPU_TEST_DATABASE", "")


@pytest.fixture
def place(tmp_path_factory):
    """`place(name)` gives an empty installation with the database of this run, or SQLite where asked."""

    def make(name: str, *, sqlite: bool = False) -> Installation:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
        url = other_database(URL, f"keeping_{name}_{worker}") if URL and not sqlite else ""
        return Installation(tmp_path_factory.mktemp(name), url)

    return make


def test_a_backup_made_while_others_write_is_one_moment_and_comes_back_whole(place):
    here = place("here")
    here.set_up()
    writer = here.python(WRITE)
    for _unit in range(3):
        writer.stdout.readline()
    target = here.folder / "kept"
    said = here.yunpu("backup", "-o", str(target))
    writer.stdout.readline()  # it never waited for the backup to end for good
    writer.kill()
    writer.communicate()
    digest = said.strip().splitlines()[-1]

    assert digest in here.yunpu("restore", "--check", str(target))
    there = place("there")
    assert "已恢复" in there.yunpu("restore", str(target))
    units, events = there.ask(BALANCE).split()
    assert units == events and int(units) >= 3
    assert there.ask(FOUND) == "1"
    assert "✓" in there.yunpu("trail", "verify")
    assert "✕" not in there.yunpu("doctor")
    assert (there.folder / "var" / "secret.key").read_text() == (
        here.folder / "var" / "secret.key"
    ).read_text()

    again = place("again", sqlite=True)  # from either database into SQLite
    again.yunpu("restore", str(target))
    assert again.ask(BALANCE).split() == [units, events]
    assert "CLI-133" in there.yunpu("restore", str(target), code=1)  # never over what is there
    assert there.ask(BALANCE).split() == [units, events]


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A backup of a small installation, as bytes; the passphrase's file beside it."""
    here = Installation(tmp_path_factory.mktemp("kept"))
    here.set_up()
    here.yunpu("backup", "-o", str(here.folder / "kept"))
    return here, (here.folder / "kept").read_bytes()


def test_a_backup_tells_nothing_in_clear(kept):
    _here, content = kept
    for word in ("某局", "xitong", "trail.event", "secret.key"):
        assert word.encode() not in content


def test_numbers_go_on_where_they_were(kept, place):
    """The last units were withdrawn: their numbers are not given again, on the other side either."""
    here, _content = kept
    there = place("numbers")
    there.yunpu("restore", str(here.folder / "kept"))
    assert there.ask(NEXT_UNIT) == here.ask(NEXT_UNIT) == "6"


def test_a_damaged_backup_is_refused_whatever_is_wrong(kept, place):
    here, content = kept
    draw = random.Random(int(os.environ.get("YUNPU_SEED", "7")))
    damaged = here.folder / "damaged"
    damaged.write_bytes(content)
    assert read_backup(damaged, PASSPHRASE)["tables"]
    places = [draw.randrange(len(content)) for _turn in range(12)]
    wrong = [flipped(content, at) for at in places]
    wrong += [content[: draw.randrange(len(content))] for _turn in range(6)]
    wrong += [content + b"\0", b"", content[:15], b"PK\3\4" + content, content[:-1]]
    for broken in wrong:
        damaged.write_bytes(broken)
        with pytest.raises(UnableToOpenBackup):
            read_backup(damaged, PASSPHRASE)
    damaged.write_bytes(content)
    with pytest.raises(UnableToOpenBackup, match="口令"):
        read_backup(damaged, PASSPHRASE + "r")
    damaged.write_bytes(flipped(content, len(content) - 1))
    there = place("damaged", sqlite=True)
    assert "CLI-130" in there.yunpu("restore", str(damaged), code=1)
    assert not (there.folder / "var" / "yunpu.sqlite3").exists()
    assert sorted(path.name for path in (there.folder / "var").iterdir()) == ["secret.key"]


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def test_chunks_cannot_change_places(tmp_path):
    path = tmp_path / "sealed"
    with path.open("wb") as out:
        writer = SealedWriter(out, "a passphrase of words")
        for letter in (b"a", b"b", b"c"):
            writer.write(letter * CHUNK)
        writer.finish()
    content = path.read_bytes()
    with path.open("rb") as source:
        reader = SealedReader(source, "a passphrase of words", path)
        assert reader.readall() == b"a" * CHUNK + b"b" * CHUNK + b"c" * CHUNK
        reader.finish()
    head = content.index(b"\n", content.index(b"\n") + 1) + 1
    size = 4 + CHUNK + 28
    first, second = content[head : head + size], content[head + size : head + 2 * size]
    path.write_bytes(content[:head] + second + first + content[head + 2 * size :])
    with path.open("rb") as source, pytest.raises(UnableToOpenBackup):
        SealedReader(source, "a passphrase of words", path).readall()


def test_a_short_passphrase_and_none_are_refused(tmp_path):
    here = Installation(tmp_path)
    here.yunpu("manage", "migrate", "--verbosity", "0")
    here.passphrase_file().write_text("kurz")
    assert "CLI-131" in here.yunpu("backup", code=1)
    here.passphrase_file().unlink()
    assert "CLI-136" in here.yunpu("backup", "--passphrase-file", str(tmp_path / "none"), code=1)
    assert not list((tmp_path / "var").rglob("*backup*"))


def test_every_record_moves_to_postgresql_and_work_goes_on(postgresql_only, place):
    here, there = place("old", sqlite=True), place("new")
    here.set_up()
    here.yunpu("move", there.url)
    there.folder = here.folder  # files and keys stay where they are
    assert there.ask(FOUND) == here.ask(FOUND) == "1"
    assert there.ask(NEXT_UNIT) == here.ask(NEXT_UNIT)
    assert "✓" in there.yunpu("trail", "verify")
    assert "✕" not in there.yunpu("doctor")
    (here.folder / "units3.csv").write_text("单位编码,单位名称,层级,上级单位编码\nZ,再局,部门,1\n", "utf-8")
    there.yunpu("intake", "load", str(here.folder / "units3.csv"))
    refused = here.yunpu("move", there.url, code=1)  # it is not empty any more
    assert "CLI-135" in refused and "CLI-133" in refused
