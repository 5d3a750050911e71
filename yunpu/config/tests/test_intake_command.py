"""`yunpu intake` as an operator runs it: real processes, a database of their own, exit codes, both languages."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from yunpu.config.cli import DONE, FOUND, USAGE

HEAD = ("活动编号", "活动名称", "类型", "举办日期")
GOOD = (("XJ2020-01", "第一场", "宣讲", "2020-06-11"), ("XJ2020-02", "第二场", "宣讲", "2020-06-12"))
UNITS = """
from yunpu.reference.models import Unit
Unit.objects.create(pk=1, code="YP", name="云谱区", level="district", path="/1/")
Unit.objects.create(pk=2, code="KGJ", name="区科工局", level="bureau", parent_id="YP", path="/1/2/")
"""


def book(path: Path, *rows: tuple[str, ...], head: tuple[str, ...] = HEAD) -> Path:
    made = openpyxl.Workbook()
    for row in (head, *rows):
        made.active.append(row)
    made.active.title = "活动"
    made.save(path)
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a fresh database and two units."""
    folder = tmp_path_factory.mktemp("installation")
    for words in (["manage", "migrate", "-v", "0"], ["manage", "shell", "-v", "0", "-c", UNITS]):
        done = call(folder, *words)
        assert done.returncode == DONE, done.stderr
    return folder


def call(folder: Path, *words: str, language: str = "zh_CN.UTF-8") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words),
        env=environment(folder, language),
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )


def command(*words: str) -> list[str]:
    return [sys.executable, "-c", "from yunpu.config.cli import run; run()", *words]


def environment(folder: Path, language: str) -> dict[str, str]:
    own = {"YUNPU_FOLDER": str(folder), "YUNPU_DATABASE": "", "LANG": language, "LC_ALL": language}
    return {**os.environ, **own, "DJANGO_SETTINGS_MODULE": "yunpu.config.settings", "YUNPU_CONFIG": ""}


def test_formats_are_told_for_eyes_and_for_programs(place):
    assert "outreach.activities  " in call(place, "intake", "formats").stdout
    told = json.loads(call(place, "intake", "formats", "--format", "json", language="en_GB.UTF-8").stdout)
    assert {key: value for key, value in told[3].items() if key in ("code", "columns")} == {
        "code": "outreach.activities",
        "columns": 7,
    }
    assert not any("一" <= character <= "鿿" for one in told for character in one["title"] + one["about"])


def test_a_template_can_be_filled_and_loaded(place, tmp_path):
    target = tmp_path / "模板.xlsx"
    done = call(place, "intake", "template", "outreach.series", "-o", str(target))
    assert (done.returncode, done.stdout.strip()) == (DONE, str(target))
    filled = openpyxl.load_workbook(target)
    sheet = filled.worksheets[0]
    head = next(row for row in sheet.iter_rows() if str(row[0].value).startswith("系列编号"))
    sheet.cell(sheet.max_row + 1 if sheet.max_row > head[0].row else head[0].row + 1, 1, "ZYQ")
    sheet.cell(sheet.max_row, 2, "走园区")
    filled.save(target)
    done = call(place, "intake", "load", str(target), "--as", "outreach.series", "--unit", "KGJ")
    assert done.returncode == DONE, done.stdout + done.stderr
    assert "已入账，批次" in done.stdout
    assert call(place, "intake", "template", "no.such").returncode == FOUND
    assert call(place, "intake", "template", "outreach.series", "-o", "/no/such/x.xlsx").returncode == USAGE


def test_from_findings_to_records_and_the_same_again(place, tmp_path):
    wrong = book(tmp_path / "活动.xlsx", *GOOD, ("XJ2020-03", "第三场", "庙会", "2020-13-40"))
    annotated = tmp_path / "批注.xlsx"
    done = call(place, "intake", "check", str(wrong), "--unit", "KGJ", "--annotated", str(annotated))
    assert done.returncode == FOUND
    assert "活动台账 outreach.activities [活动]" in done.stdout
    assert "活动!C4" in done.stdout
    assert "活动!D4" in done.stdout
    assert "[INT-" in done.stdout
    assert "庙会" in openpyxl.load_workbook(annotated)["活动"]["C4"].comment.text
    assert call(place, "intake", "load", str(wrong), "--unit", "KGJ").returncode == FOUND

    good = book(tmp_path / "活动.xlsx", *GOOD)
    done = call(place, "intake", "load", str(good), "--unit", "KGJ")
    assert done.returncode == DONE, done.stdout + done.stderr
    assert "新增 2，更新 0，未变 0" in done.stdout
    assert "已入账，批次" in done.stdout
    again = call(place, "intake", "load", str(good), "--unit", "KGJ", language="en_GB.UTF-8")
    assert again.returncode == DONE
    assert "nothing" in again.stdout.lower() or "equal" in again.stdout.lower()


def test_findings_for_programs(place, tmp_path):
    wrong = book(
        tmp_path / "x.xlsx",
        ("XJ2020-03", "第三场", "庙会", "2020-13-40"),
        ("XJ2020-04", "四", "庙会", "2020-01-01"),
    )
    told = json.loads(call(place, "intake", "check", str(wrong), "--format", "json").stdout)
    assert (told[0]["state"], told[0]["errors"], told[0]["batch"]) == ("checked", 3, None)
    assert {one["cell"] for one in told[0]["findings"] if one["severity"] == "error"} == {"C2", "C3", "D2"}
    done = call(place, "intake", "check", str(wrong), "--format", "csv", language="en_GB.UTF-8")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["cell"] for row in rows if row["severity"] == "error"].count("C3") == 1
    assert done.returncode == FOUND


def test_warnings_need_their_reason(place, tmp_path):
    first = book(tmp_path / "a.xlsx", ("XJ2019-01", "年份不符", "宣讲", "2020-05-01"))
    checked = call(place, "intake", "check", str(first), "--unit", "KGJ")
    assert checked.returncode == DONE
    assert "警告" in checked.stdout
    refused = call(place, "intake", "load", str(first), "--unit", "KGJ")
    assert refused.returncode == FOUND
    assert "INT-104" in refused.stderr
    kept = call(place, "intake", "load", str(first), "--unit", "KGJ", "--acknowledge", "补办的一场")
    assert kept.returncode == DONE, kept.stdout + kept.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["no-such.xlsx"],
        ["x.xlsx", "--unit", "NOBODY"],
        ["x.xlsx", "--answer", "share"],
        ["x.xlsx", "--sheet", "没有这张"],
        ["x.xlsx", "x.xlsx", "--annotated", "y.xlsx"],
        ["x.xlsx", "--format", "pdf"],
    ],
)
def test_wrong_use_is_two_and_told(place, words):
    book(place / "x.xlsx", *GOOD)
    done = call(place, "intake", "check", *words)
    assert done.returncode == USAGE
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr


def test_a_file_that_cannot_be_read_is_one_and_told(place, tmp_path):
    broken = tmp_path / "坏.xlsx"
    broken.write_bytes(book(tmp_path / "x.xlsx", *GOOD).read_bytes()[:1000])
    for language, word in (("zh_CN.UTF-8", "不能读取这个文件"), ("en_GB.UTF-8", "cannot read this file")):
        done = call(place, "intake", "load", str(broken), language=language)
        assert done.returncode == FOUND
        assert word.lower() in done.stderr.lower()
        assert "INT-100" in done.stderr


def test_a_terminal_shows_a_progress_bar_and_a_pipe_does_not(place, tmp_path):
    rows = [(f"XJ2020-{i:04}", f"名{i}", "宣讲", "2020-06-11") for i in range(9_000)]
    path = str(book(tmp_path / "多.xlsx", *rows))
    piped = call(place, "intake", "check", path, "--unit", "KGJ")
    assert piped.returncode == DONE
    assert "░" not in piped.stderr
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command("intake", "check", path, "--unit", "KGJ"),
        env=environment(place, "zh_CN.UTF-8"),
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # Linux says EIO when the other end is closed
                break
            if not part:
                break
            shown += part
    os.close(ours)
    assert process.returncode == DONE
    assert "░".encode() in shown or "█".encode() in shown
    assert shown.decode().rstrip(" ").endswith("\r")  # and wipes itself


def test_what_comes_with_the_platform_is_loaded_and_stays_as_it_is(place):
    assert call(place, "intake", "shipped").returncode == DONE
    again = call(place, "intake", "shipped")
    assert again.returncode == DONE, again.stderr
    assert again.stdout.count("与台账完全相同") == 6
