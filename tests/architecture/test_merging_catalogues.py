"""Two branches that both add, change and remove texts of a catalogue merge without losing a translation, by real git."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import catalogue
from catalogue import Entry

PO = "django.po"


@pytest.fixture
def clone(tmp_path):
    """A repository with a catalogue of three texts, set up as `make` sets up a clone."""
    folder = tmp_path / "clone"
    (folder / "tools").mkdir(parents=True)
    for name in ("catalogue.py", "merge_catalogue.py"):
        shutil.copy(ROOT / "tools" / name, folder / "tools")
    shutil.copy(ROOT / ".gitattributes", folder)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "user.email", "nobody@example.org")
    git(folder, "config", "user.name", "nobody")
    git(folder, "config", "merge.catalogue.driver", "python3 tools/merge_catalogue.py %O %A %B")
    write(folder, 乙="b", 丁="d", 己="f")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "start")
    return folder


def git(folder: Path, *words: str) -> int:
    return subprocess.run(["git", *words], cwd=folder, check=False, capture_output=True).returncode


def write(folder: Path, **texts: str) -> None:
    catalogue.write_po(folder / PO, [Entry(text, (english,)) for text, english in texts.items()])


def read(folder: Path) -> dict[str, str]:
    return {key[1]: entry.forms[0] for key, entry in catalogue.read_po(folder / PO).items()}


def branch(folder: Path, name: str, **texts: str) -> None:
    git(folder, "checkout", "-q", "-b", name, "main")
    write(folder, **texts)
    git(folder, "commit", "-qam", name)


@pytest.mark.parametrize("join", [("merge", "-q"), ("rebase", "-q")])
def test_neighbours_removals_and_translations_meet(clone, join):
    branch(clone, "one", 乙="b", 丙="c1", 丁="d, better", 己="f", 庚="g1")
    branch(clone, "two", 乙="b", 丙丙="c2", 丁="d", 戊="", 庚="")
    assert git(clone, *join, "one") == 0
    wanted = {"乙": "b", "丙": "c1", "丙丙": "c2", "丁": "d, better", "戊": "", "庚": "g1"}
    assert read(clone) == wanted


def test_two_translations_of_one_text_stop_the_merge_and_both_are_shown(clone):
    branch(clone, "one", 乙="b one", 丁="d", 己="f")
    branch(clone, "two", 乙="b two", 丁="d", 己="f", 庚="g")
    assert git(clone, "merge", "-q", "one") != 0
    text = (clone / PO).read_text("utf-8")
    assert "b one" in text and "b two" in text and 'msgstr "g"' in text
    with pytest.raises(ValueError, match="<<<<<<<"):
        catalogue.read_po(clone / PO)
