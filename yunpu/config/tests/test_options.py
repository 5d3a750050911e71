"""Settings: keys, the database's URL, and what a page may load."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from yunpu.config.options import WrongSetting, read_key, read_options, read_roles
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


@pytest.mark.parametrize(
    ("name", "given", "wanted"),
    [
        ("YUNPU_CLOCK", "gestern", "2020-12-20"),
        ("YUNPU_TIME_ZONE", "Mars/Base", "Asia/Shanghai"),
        ("YUNPU_TIME_ZONE", "../etc", "Asia/Shanghai"),
        ("YUNPU_LANGUAGE", "fr", "zh-hans"),
        ("YUNPU_HTTPS", "maybe", "yes"),
        ("YUNPU_DEBUG", "ja", "yes"),
        ("YUNPU_IDLE_MINUTES", "0", "大于 0"),
        ("YUNPU_PASSWORD_KINDS", "5", "1 到 4"),
        ("YUNPU_ONE_SESSION", "some", "administrators"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_with_what_ought_to_stand_there(name, given, wanted):
    with pytest.raises(WrongSetting) as refused:
        read_options({"YUNPU_CONFIG": "none.toml", name: given})
    assert all(word in refused.value.reason() for word in (name, given, wanted))


def test_yes_is_said_in_several_ways_and_never_misread_as_no():
    for given in ("yes", "true", "True", "1", "on"):
        assert read_options({"YUNPU_CONFIG": "none.toml", "YUNPU_HTTPS": given})["https"] == "yes"
    for given in ("no", "false", "0", ""):
        assert read_options({"YUNPU_CONFIG": "none.toml", "YUNPU_HTTPS": given})["https"] == "no"


def test_a_file_that_is_no_toml_is_named(tmp_path):
    file = tmp_path / "yunpu.toml"
    file.write_text("clock = \n")
    with pytest.raises(WrongSetting, match=r"yunpu\.toml"):
        read_options({"YUNPU_CONFIG": str(file)})


@pytest.mark.parametrize("words", [["doctor"], ["manage", "check"]])
def test_a_folder_that_cannot_be_made_is_told_in_words(words):
    environment = {**os.environ, "YUNPU_FOLDER": "/dev/null/x", "LANG": "zh_CN.UTF-8"}
    environment["DJANGO_SETTINGS_MODULE"] = "yunpu.config.settings"
    program = [sys.executable, "-c", "from yunpu.config.cli import run; run()"]
    done = subprocess.run([*program, *words], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "设置有误" in done.stderr and "/dev/null/x" in done.stderr


@pytest.mark.parametrize(
    ("given", "clock", "roles"),
    [
        ("", "", {"administrator", "security", "audit", "approver"}),
        ("", "2020-12-20", set()),
        ("none", "", set()),
        ("all", "2020-12-20", {"all"}),
        ("leader, finance", "", {"leader", "finance"}),
    ],
)
def test_who_must_have_a_second_factor(given, clock, roles):
    assert read_roles({"second_factor": given, "clock": clock}) == roles
