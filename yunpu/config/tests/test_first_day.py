"""docs/how-to/first-day.md does what it says: its files and commands, on an empty installation."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import openpyxl
import pytest

from yunpu.config import health
from yunpu.config.cli import DONE, FOUND, main
from yunpu.reference.models import Unit

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "how-to" / "first-day.md").read_text("utf-8")


def files() -> dict[str, str]:
    """The files that the page shows, by name."""
    found = re.findall(r"`([^`\n]+\.csv)`\n\n +```csv\n(.*?)```", PAGE, re.DOTALL)
    return {name: re.sub(r"(?m)^ +", "", text) for name, text in found}


def commands() -> list[list[str]]:
    """What the page tells to type, without what belongs to the machine."""
    typed = re.findall(r"\$ \.venv/bin/yunpu (.*)", PAGE)
    return [shlex.split(line) for line in typed if not line.startswith(("manage", "serve"))]


@pytest.mark.django_db(transaction=True)
def test_the_page_leads_from_an_empty_installation_to_a_figure(tmp_path, monkeypatch, capsys, settings):
    monkeypatch.chdir(tmp_path)
    settings.DISTRICT = "谱东县"
    for name, text in files().items():
        Path(name).write_text(text, "utf-8")
    Path("2025年部门预算（改）.csv").write_text(
        Path("2025年部门预算.csv")
        .read_text("utf-8")
        .replace("约四十", "40")
        .replace(",,30101,", ",2010601,30101,"),
        "utf-8",
    )
    codes = {}
    for words in commands():
        codes[words[0], words[1] if len(words) > 1 else ""] = main(["--lang", "zh", *words])
        if words[0] == "doctor":
            assert {one.title for one in health.examine() if one.state == "bad"} <= {"界面文件", "版式字体"}
    assert codes.pop(("intake", "check")) == FOUND
    assert codes.pop(("doctor", "")) in (DONE, FOUND)  # assets and fonts are the machine's
    assert set(codes.values()) == {DONE}
    shown = capsys.readouterr().out
    assert "F7" in shown and "D8" in shown
    assert "budget.total,4278850000,分,4279万元" in shown
    assert Unit.objects.get(code="PD-JYJ-01").parent.code == "PD-JYJ"
    sheets = openpyxl.load_workbook("批注.xlsx").worksheets
    assert any(sheet["F7"].comment and sheet["D8"].comment for sheet in sheets)
