"""All of `make test`: the checks, then every test on SQLite and on PostgreSQL, with a real Chromium.

Nothing is skipped in silence: each skip is shown with its reason, and one that is not expected fails the run. The
last line is the sum of both runs.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as Xml
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import with_postgres

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")

# Beginnings of the reasons for which a test may stay out, and why that is right.
EXPECTED_SKIPS = {
    "SQLite only:": "asks something that PostgreSQL does not have; its twin on PostgreSQL runs there",
    "PostgreSQL only:": "asks something that SQLite does not have; its twin on SQLite runs there",
    "the real file is not part of the project": "files of others; each has a small twin that runs instead",
}


@dataclass
class Outcome:
    """What one run of pytest said."""

    passed: int = 0
    failed: int = 0
    skips: Counter[str] = field(default_factory=Counter)

    def add(self, other: Outcome) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skips.update(other.skips)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    options = parser.parse_args()
    programs = with_postgres.get_programs()
    if programs is None:
        print(with_postgres.SENTENCE)
        return 2
    if not find_browser():
        print("Chromium is missing. Install it (Debian: apt-get install chromium), then repeat.")
        return 2
    print(f"seed of the sampled proofs: {options.seed}", flush=True)
    checks = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "check.py")], check=False, cwd=ROOT
    ).returncode
    total = Outcome()
    total.add(run_pytest("SQLite", "", options))
    with with_postgres.running_postgres(programs) as url:
        total.add(run_pytest("PostgreSQL", url, options))
    unexpected = tell_skips(total)
    if checks:
        print("make check found something; see above")
    failed = total.failed + unexpected + (1 if checks else 0)
    print(f"{total.passed} passed, {failed} failed")
    return 1 if failed else 0


def find_browser() -> str | None:
    """The system's Chromium, installed by apt-get where that is possible."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found or os.geteuid() != 0 or not shutil.which("apt-get"):
        return found
    with_postgres.install("chromium")
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def run_pytest(title: str, database: str, options: argparse.Namespace) -> Outcome:
    print(f"\n== tests on {title}", flush=True)
    with tempfile.TemporaryDirectory(prefix="yunpu-result-") as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-n", str(options.workers)]
        command += [
            f"--junitxml={report}",
            f"--randomly-seed={options.seed}",
            f"--hypothesis-seed={options.seed}",
        ]
        environment = {
            **os.environ,
            "YUNPU_TEST_DATABASE": database,
            "YUNPU_SEED": str(options.seed),
            "LANG": "C.UTF-8",
        }
        code = subprocess.run(command, check=False, cwd=ROOT, env=environment).returncode
        outcome = read_report(report)
    if code and not outcome.failed:
        print(f"pytest ended with {code} and named no failed test")
        outcome.failed = 1
    return outcome


def read_report(report: Path) -> Outcome:
    """Counts and reasons from pytest's JUnit file; nothing where it wrote none."""
    outcome = Outcome()
    if not report.exists():
        return outcome
    for case in Xml.parse(report).getroot().iter("testcase"):  # noqa: S314 - pytest wrote it a moment ago
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            outcome.failed += 1
        elif skipped is not None:
            outcome.skips[(skipped.get("message") or "no reason given").strip()] += 1
        else:
            outcome.passed += 1
    return outcome


def tell_skips(total: Outcome) -> int:
    """Show every skip with its reason; give the number of those nobody expects."""
    unexpected = 0
    for reason, count in sorted(total.skips.items()):
        expected = next((why for start, why in EXPECTED_SKIPS.items() if reason.startswith(start)), None)
        print(f"skipped {count}: {reason} ({expected or 'NOT EXPECTED: this fails the run'})")
        unexpected += 0 if expected else count
    return unexpected


if __name__ == "__main__":
    sys.exit(main())
