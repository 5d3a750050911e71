"""The command line: languages, exit codes, and that nobody ever sees a traceback."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import socket
import subprocess
import sys

import pytest

from yunpu.config import cli, district
from yunpu.config.cli import COMMANDS, DEFECT, DONE, FOUND, USAGE, main, pick_language
from yunpu.config.commands import figures
from yunpu.kernel.refusals import Refusal
from yunpu.reference.shipped import SHIPPED

AT = dt.datetime(2020, 12, 20, 6, 0, tzinfo=dt.UTC)


def run(*words: str) -> int:
    return main(["--lang", "zh", *words])


@pytest.mark.parametrize("command", [command.name for command in COMMANDS if command.name != "manage"])
@pytest.mark.parametrize(("language", "word"), [("zh", "用法："), ("en", "Usage: ")])
def test_help_speaks_both_languages(command, language, word, capsys):
    assert main(["--lang", language, command, "--help"]) == DONE
    shown = capsys.readouterr().out
    assert shown.startswith(word)


@pytest.mark.parametrize(
    ("words", "environment", "language"),
    [
        ([], {}, "zh"),
        ([], {"LANG": "en_GB.UTF-8"}, "en"),
        ([], {"LANG": "zh_CN.UTF-8"}, "zh"),
        ([], {"LANG": "en_GB.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "zh"),
        (["--lang", "en"], {"LANG": "zh_CN.UTF-8"}, "en"),
        (["--lang=zh"], {"LANG": "en_GB.UTF-8"}, "zh"),
    ],
)
def test_the_language_is_the_terminals_unless_named(words, environment, language):
    assert pick_language(words, environment) == language


@pytest.mark.parametrize(
    "words", [[], ["nonsense"], ["figures"], ["intake"], ["freeze", "--as-of", "gestern"]]
)
def test_wrong_use_is_two(words, capsys):
    assert run(*words) == USAGE
    assert "用法" in capsys.readouterr().err


def test_a_refusal_is_told_in_four_parts(monkeypatch, capsys):
    class UnableToTest(Refusal):
        code = "TST-901"
        headline = "不能测试"
        why = "因为是例子"
        ways_out = (("换一个", "yunpu x"),)

    monkeypatch.setattr(
        "yunpu.config.commands.doctor.run", lambda options, say: (_ for _ in ()).throw(UnableToTest())
    )
    assert run("doctor") == FOUND
    assert capsys.readouterr().err.splitlines() == [
        "不能测试",
        "因为是例子",
        "  → 换一个（yunpu x）",
        "[TST-901]",
    ]


def test_a_defect_is_kept_and_never_shown(monkeypatch, capsys):
    def fail(options, say):
        raise RuntimeError("secret inner words")

    monkeypatch.setattr("yunpu.config.commands.doctor.run", fail)
    assert run("doctor") == DEFECT
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    assert "secret" not in said.out + said.err
    place = said.err.split("报告在 ")[1].split("，")[0]
    with open(place, encoding="utf-8") as file:
        assert "secret inner words" in file.read()


@pytest.mark.django_db(transaction=True)
def test_from_nothing_to_a_bulletin_and_again(capsys, settings, tmp_path):
    """The demo district, twice: the second time changes nothing."""
    settings.CLOCK_DATE = district.CLOCK
    told: list[str] = []
    accounts = district.build(at=AT, tell=told.append)
    assert len({opened.secret for opened in accounts}) == len(district.ACCOUNTS)
    again: list[str] = []
    assert [opened.secret for opened in district.build(at=AT, tell=again.append)] == [
        one.secret for one in accounts
    ]
    assert not [line for line in again if ".xlsx" in line or ".csv" in line]
    assert run("intake", "shipped") == DONE
    assert capsys.readouterr().out.count("与台账完全相同") == len(SHIPPED) + 1

    assert run("figures", "2020", "--format", "csv") == DONE
    csv = capsys.readouterr().out
    assert csv.startswith("id,value,unit,shown,definition,snapshot,records\n")
    assert "innovation.training_enterprises,97,家,近100家" in csv
    assert run("figures", "2020", "--format", "json") == DONE
    assert len(json.loads(capsys.readouterr().out)) == len(csv.splitlines()) - 1
    assert run("bulletin", "verify") == DONE
    assert "✓" in capsys.readouterr().out

    text = tmp_path / "text.txt"
    text.write_text("# 甲\n## 乙\n\n共有5家企业。\n", "utf-8")
    assert run("bulletin", "build", str(text), "--period", "2020") == FOUND
    assert "5家" in capsys.readouterr().out
    assert run("freeze", "--as-of", "2021-01-01") == FOUND
    assert "SNA-102" in capsys.readouterr().err
    assert run("intake", "formats") == DONE
    assert "outreach.attendance" in capsys.readouterr().out
    assert run("intake", "template", "outreach.attendance", "-o", str(tmp_path / "t.xlsx")) == DONE
    assert (tmp_path / "t.xlsx").stat().st_size > 1000
    assert run("intake", "check", str(tmp_path / "none.xlsx")) == USAGE


@pytest.mark.django_db
def test_without_a_snapshot_there_are_no_figures(capsys):
    assert run("figures", "2020") == FOUND
    assert "yunpu freeze" in capsys.readouterr().err


def test_a_wrong_setting_is_named(monkeypatch, capsys):
    def refuse():
        raise ValueError("yunpu.toml: unknown settings distrikt")

    monkeypatch.setattr("django.setup", refuse)
    assert run("figures", "2020") == USAGE
    assert "distrikt" in capsys.readouterr().err


def test_figures_stand_in_columns_for_the_eye():
    shown = figures.shown("id,shown\na,近100家\nbb,6年\n", "table")
    assert shown.splitlines() == ["id  shown", "a   近100家", "bb  6年"]


def test_every_command_is_told():
    assert len({command.name for command in COMMANDS}) == len(COMMANDS)
    assert cli.EXIT_CODES


def test_ways_out_have_the_brackets_of_the_language():
    refusal = figures.UnableToFindSnapshot(number="")
    assert "（yunpu freeze）" in cli.told(refusal, cli.translator("zh"))
    assert "(yunpu freeze)" in cli.told(refusal, cli.translator("en"))
    assert "（" not in cli.told(refusal, cli.translator("en"))


def test_a_taken_port_is_said_at_once(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert run("serve", "--bind", f"127.0.0.1:{port}") == FOUND
    said = capsys.readouterr().err
    assert f"127.0.0.1:{port}" in said
    assert "CLI-105" in said


def test_an_address_that_is_none_is_wrong_use(capsys):
    assert run("serve", "--bind", "8000") == USAGE
    assert "127.0.0.1:8000" in capsys.readouterr().err


def test_an_empty_database_names_the_command_that_mends_it(tmp_path):
    environment = {**os.environ, "YUNPU_FOLDER": str(tmp_path), "YUNPU_DATABASE": "", "LANG": "zh_CN.UTF-8"}
    environment["DJANGO_SETTINGS_MODULE"] = "yunpu.config.settings"
    words = [sys.executable, "-c", "from yunpu.config.cli import run; run()", "createadmin"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == USAGE
    assert "yunpu manage migrate" in done.stderr


@pytest.fixture
def administrators(db):
    """What createadmin made: username, role; and their one-time secrets from what it printed."""

    def made():
        from yunpu.access.models import Grant

        return {(grant.user.username, grant.role) for grant in Grant.objects.select_related("user")}

    return made


def test_createadmin_makes_the_three_in_one_go_and_gives_no_role_afterwards(administrators, capsys):
    from yunpu.access.models import User
    from yunpu.trail.models import Event

    assert run("createadmin", "--security", "anquanyuan") == DONE
    said = capsys.readouterr().out
    three = {("xitong", "administrator"), ("anquanyuan", "security"), ("shenjiyuan", "audit")}
    assert administrators() == three
    for line in said.splitlines()[1:]:
        username, secret, _role = line.split(maxsplit=2)
        assert User.objects.get(username=username).check_password(secret)
    assert Event.objects.filter(verb="access.administrators-created").count() == 1
    assert run("createadmin", "--security", "another") == FOUND
    assert administrators() == three
    assert run("createadmin", "--reset", "anquanyuan") == DONE
    secret = re.search("：(\\S+)（", capsys.readouterr().out).group(1)
    assert User.objects.get(username="anquanyuan").check_password(secret)
    assert administrators() == three
    assert run("createadmin", "--reset", "nobody") == FOUND


def test_createadmin_adds_what_an_older_district_lacks(administrators, capsys):
    from yunpu.access.tests.factories import make_unit, make_user

    make_user(make_unit("区"), "administrator", username="guanli")
    assert run("createadmin") == DONE
    assert administrators() == {("guanli", "administrator"), ("anquan", "security"), ("shenjiyuan", "audit")}


def test_createadmin_takes_nobody_s_name_and_no_name_twice(administrators, capsys):
    assert run("createadmin", "--security", "xitong") == FOUND
    assert administrators() == set()
    assert "三个新账号" in capsys.readouterr().err
    assert run("createadmin", "--unit", "NONE") == FOUND
