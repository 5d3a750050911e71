"""Seals in files: what was written is read again; what was cut or changed is told."""

import datetime as dt

import pytest

from yunpu.kernel.keys import FileKeys
from yunpu.trail.models import Seal
from yunpu.trail.operations import System, operation
from yunpu.trail.seal_files import UnableToReadSeals, fingerprint, read_seals, write_seals
from yunpu.trail.sealing import record_of, seal_trail

AT = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def keys(tmp_path, settings):
    settings.NEWEST_SEAL_FILE = tmp_path / "newest-seal.json"
    keys = FileKeys(tmp_path / "keys")
    with operation("test.act", by=System("测试"), at=AT, reason="不外传的理由") as note:
        note.act(name="甲")
    seal_trail(at=AT, keys=keys)
    return keys


def test_a_file_gives_back_the_seals_and_the_key(keys):
    lines = list(write_seals(1, 9, keys.public_keys()))
    assert read_seals(lines) == ([record_of(Seal.objects.get())], keys.public_keys())


def test_a_file_tells_nothing_of_what_the_events_say(keys):
    assert "不外传" not in "".join(write_seals(1, 9, keys.public_keys()))


@pytest.mark.parametrize(
    "damage", [lambda line: line[:-9], lambda line: "{}", lambda line: "[1]", lambda line: ""]
)
def test_a_damaged_file_is_told(keys, damage):
    [line] = write_seals(1, 1, keys.public_keys())
    with pytest.raises(UnableToReadSeals, match="第 2 行"):
        read_seals([line, damage(line)])
    with pytest.raises(UnableToReadSeals):
        read_seals([])


def test_a_fingerprint_is_short_enough_to_be_compared(keys):
    [key] = keys.public_keys().values()
    assert len(fingerprint(key).split()) == 8
