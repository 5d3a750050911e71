"""Every measured target, on SQLite and on PostgreSQL that waits for the disk, one after another.

    python tools/bench.py            # pages, intake of CSV and xlsx, freeze, at the sizes of the targets
    python tools/bench.py intake     # only the benches whose name holds this

Each bench prints its own table and misses of a goal with a cross. Exit code 1 where one missed.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BENCHES = (
    ("bench/freeze.py",),
    ("bench/intake.py",),
    ("bench/intake.py", "--rows", "200000", "--kind", "xlsx"),
    ("bench/pages.py",),
    ("bench/trail.py",),
)
POSTGRESQL = (sys.executable, "tools/with_postgres.py", "--durable", "--")


def main(only: str) -> int:
    missed = []
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
    )
    print(f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, commit {commit.stdout.strip()}, {os.cpu_count()} cores")
    for bench in BENCHES:
        for before in ((), POSTGRESQL):
            title = f"{' '.join(bench)} {'on PostgreSQL' if before else 'on SQLite'}"
            if only not in title:
                continue
            busy = os.getloadavg()[0]
            print(f"\n== {title} (load before: {busy:.1f})", flush=True)
            done = subprocess.run([*before, sys.executable, *bench], cwd=ROOT, check=False)
            if done.returncode:
                missed.append(title)
    print("\nmissed: " + "; ".join(missed) if missed else "\nevery goal met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
