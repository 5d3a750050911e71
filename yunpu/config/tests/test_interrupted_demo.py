"""`yunpu demo`, killed at random moments and repeated, ends as if nobody had disturbed it.

A seeded sample of kills; `make prove` (HYPOTHESIS_PROFILE=prove) makes twenty.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys

PROGRAM = [sys.executable, "-c", "from yunpu.config.cli import run; run()"]
SEED = int(os.environ.get("YUNPU_SEED", "7"))
KILLS = 20 if os.environ.get("HYPOTHESIS_PROFILE") == "prove" else 2
STEPS = 20  # lines that a whole building tells
COUNTS = {
    "select count(*) from intake_load where state = 'kept'": 18,
    "select count(*) from trail_batch where hidden": 0,
    "select count(*) from outreach_attendance": 502,
    "select count(*) from snapshots_snapshot": 1,
    "select count(*) from bulletins_issue": 1,
}


def start(folder) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "YUNPU_FOLDER": str(folder / "var"),
        "YUNPU_DATABASE": "",
        "YUNPU_CONFIG": str(folder / "yunpu.toml"),
        "DJANGO_SETTINGS_MODULE": "yunpu.config.settings",
        "LANG": "zh_CN.UTF-8",
    }
    return subprocess.Popen(
        [*PROGRAM, "demo"], env=environment, stdout=subprocess.PIPE, text=True, cwd=folder
    )


def test_a_demo_that_is_killed_and_repeated_is_whole(sqlite_only, tmp_path):
    draw = random.Random(SEED)
    for _kill in range(KILLS):
        building = start(tmp_path)
        for _line in range(draw.randrange(STEPS)):
            building.stdout.readline()
        building.send_signal(draw.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGINT]))
        building.communicate()
    last = start(tmp_path)
    told, _nothing = last.communicate()
    assert last.returncode == 0, told
    accounts = (tmp_path / "var" / "demo-accounts.txt").read_text("utf-8").split()
    with sqlite3.connect(tmp_path / "var" / "yunpu.sqlite3") as database:
        assert {asked: database.execute(asked).fetchone()[0] for asked in COUNTS} == COUNTS
        people = database.execute("select count(*) from access_user").fetchone()[0]
        digest = database.execute("select digest from snapshots_snapshot").fetchone()[0]
    assert len(accounts) == 2 * people
    assert digest.startswith("6440ec54a7d5")  # as of a demo that nobody interrupted
    assert all(secret in told for secret in accounts)
