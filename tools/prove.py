"""`make prove`: the long proofs in full. Each result goes into docs/reliability.md with date, commit, counts and seed."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import with_postgres

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reliability.md"
HEAD = """# Reliability 可靠性

Each line is one run of `make prove`: the long proofs in full. `make test` runs a seeded sample of each.

| date | commit | proof | database | count | seed | result | seconds |
|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Proof:
    """One proof: its command, which says at its end how many cases it tried."""

    title: str
    command: tuple[str, ...]
    counted: str  # a pattern whose first group is the number of cases


def list_proofs(count: int, seed: int) -> tuple[Proof, ...]:
    mutations = (
        "-m",
        "yunpu.stages.intake.tests.reading.mutations",
        "--count",
        str(count),
        "--seed",
        str(seed),
    )
    tests = ("-m", "pytest", "-q", "-n", "2", f"--hypothesis-seed={seed}", f"--randomly-seed={seed}")
    return (
        Proof(
            "mutations of good files: never a server error, never a partial import", mutations, r"(\d+) cases"
        ),
        Proof("every test, property tests with 2,000 examples each", tests, r"(\d+) passed"),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    options = parser.parse_args()
    programs = with_postgres.get_programs()
    if programs is None:
        print(with_postgres.SENTENCE)
        return 2
    proofs = list_proofs(options.count, options.seed)
    good = [prove(proof, "SQLite", "", options.seed) for proof in proofs]
    with with_postgres.running_postgres(programs) as url:
        good += [prove(proof, "PostgreSQL", url, options.seed) for proof in proofs]
    return 0 if all(good) else 1


def prove(proof: Proof, database: str, url: str, seed: int) -> bool:
    """Run one proof and write down what came of it, also when it failed."""
    print(f"\n== {proof.title} on {database}, seed {seed}", flush=True)
    started = time.monotonic()
    environment = {
        **os.environ,
        "YUNPU_TEST_DATABASE": url,
        "HYPOTHESIS_PROFILE": "prove",
        "YUNPU_SEED": str(seed),
    }
    done = subprocess.run(
        [sys.executable, *proof.command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    print(done.stdout[-3000:])
    found = re.findall(proof.counted, done.stdout)
    count = found[-1] if found else "?"
    result = "good" if done.returncode == 0 else f"FAILED ({done.returncode})"
    seconds = round(time.monotonic() - started)
    today = dt.datetime.now(dt.UTC).date().isoformat()
    write_down(
        f"| {today} | {commit()} | {proof.title} | {database} | {count} | {seed} | {result} | {seconds} |\n"
    )
    return done.returncode == 0


def commit() -> str:
    """The short name of the commit; a plus where files differ from it."""
    name = git("rev-parse", "--short", "HEAD")
    return f"{name}+" if git("status", "--porcelain", "--untracked-files=no") else name


def git(*words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()


def write_down(line: str) -> None:
    text = PAGE.read_text("utf-8") if PAGE.exists() else HEAD
    PAGE.write_text(text + line, "utf-8")


if __name__ == "__main__":
    sys.exit(main())
