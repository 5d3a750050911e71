"""The database of an earlier program (commit 11734e9: units, a budget, a snapshot) under today's: upgraded and restored."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from yunpu.config.keeping.tests.installations import Installation, other_database

EARLIER = Path(__file__).parent / "earlier" / "11734e9.tar.gz"
URL = os.environ.get("YUNPU_TEST_DATABASE", "")
KEPT = """
from yunpu.domains.budget.models import BudgetLine
from yunpu.reference.models import Unit
from yunpu.stages.snapshots.models import Snapshot
from yunpu.ui.search import search
print(sum(line.amount_fen for line in BudgetLine.objects.all()), search(Unit.objects.all(), '某局').count(),
      Snapshot.objects.get().digest[:8])
"""


@pytest.fixture
def earlier(tmp_path):
    with tarfile.open(EARLIER) as archive:
        archive.extractall(tmp_path, filter="data")
    return Installation(tmp_path)


def test_an_earlier_database_is_backed_up_brought_up_and_checked(earlier, tmp_path_factory):
    """…and its backup comes back under today's program, into the other database too."""
    said = earlier.yunpu("upgrade")
    assert "数据库已升级" in said and "一切正常" in said
    assert earlier.ask(KEPT) == "1288750000 1 898039e5"
    assert "✕" not in earlier.yunpu("doctor")
    assert "已经与程序一致" in earlier.yunpu("upgrade")
    (backup,) = (earlier.folder / "var" / "backups").iterdir()
    there = Installation(tmp_path_factory.mktemp("there"), other_database(URL, "earlier") if URL else "")
    there.passphrase_file()
    there.yunpu("restore", str(backup))
    assert there.ask(KEPT) == "1288750000 1 898039e5"


def test_nothing_is_touched_while_a_worker_runs(earlier):
    (earlier.folder / "var" / "workers").mkdir()
    (earlier.folder / "var" / "workers" / "alive").touch()
    before = (earlier.folder / "var" / "yunpu.sqlite3").read_bytes()
    assert "CLI-137" in earlier.yunpu("upgrade", code=1)
    assert (earlier.folder / "var" / "yunpu.sqlite3").read_bytes() == before
