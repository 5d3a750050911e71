"""`yunpu trail`: seal, verify, export, and an auditor who comes back with an old file or a sheet of paper."""

import datetime as dt

import pytest

from yunpu.config.cli import DONE, FOUND, USAGE, main
from yunpu.trail.models import Event, Seal
from yunpu.trail.operations import System, operation
from yunpu.trail.tests.tampering import tampering

AT = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sealed(settings, tmp_path):
    settings.NEWEST_SEAL_FILE = tmp_path / "newest-seal.json"
    for name in "甲乙丙":
        with operation("test.act", by=System("测试"), at=AT) as note:
            note.act(name=name)
    assert run("seal") == DONE


def run(*words):
    return main(["--lang", "zh", "trail", *words])


def test_an_untouched_trail_verifies(capsys):
    assert run("verify") == DONE
    shown = capsys.readouterr().out
    assert "核验了留痕 3 条" in shown
    assert "✓ 与签封时一致" in shown


def test_a_changed_event_is_named(capsys):
    number = Event.objects.order_by("id").last().pk
    with tampering() as cursor:
        cursor.execute("UPDATE trail_event SET object_name = '丁' WHERE id = %s", [number])
        assert run("verify") == FOUND
    assert f"留痕 {number} 被改动（签封 1）" in capsys.readouterr().out


def test_an_old_file_is_checked_against_todays_database(capsys, tmp_path):
    place = str(tmp_path / "seals.jsonl")
    assert run("export", place) == DONE
    assert Event.objects.latest("id").verb == "trail.seal-exported"
    run("seal")
    assert run("verify", "--seals", place) == DONE
    number = Event.objects.order_by("id").first().pk
    with tampering() as cursor:
        cursor.execute("DELETE FROM trail_event WHERE id = %s", [number])
        cursor.execute("DELETE FROM trail_seal")
        run("seal")  # whoever has the keys makes the chain anew
        assert run("verify") == DONE  # the chain alone cannot tell
        capsys.readouterr()
        assert run("verify", "--seals", place) == FOUND
    assert f"留痕 {number} 被删除（签封 1）" in capsys.readouterr().out


def test_a_seal_on_paper_is_typed_in(capsys):
    digest = Seal.objects.get().digest
    assert run("verify", "--printed", f"1:{digest[:32]}") == DONE
    assert run("verify", "--printed", f"1:{'0' * 32}") == FOUND
    assert "签封 1 与当时导出的不同" in capsys.readouterr().out
    assert run("verify", "--printed", digest) == FOUND
    assert "CLI-120" in capsys.readouterr().err


def test_a_file_that_holds_no_seals_is_told(capsys, tmp_path):
    (tmp_path / "x.jsonl").write_text("hello\n")
    assert run("verify", "--seals", str(tmp_path / "x.jsonl")) == FOUND
    assert "第 1 行读不出签封" in capsys.readouterr().err
    assert run("verify", "--seals", str(tmp_path / "none.jsonl")) == USAGE
