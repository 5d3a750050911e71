"""What the trail costs: writers with and without it, sealing, and checking 1,000,000 events.

    .venv/bin/python bench/trail.py                                                    # SQLite: sealing and checking
    .venv/bin/python tools/with_postgres.py --durable -- .venv/bin/python bench/trail.py
    … bench/trail.py --rows 200000 --pairs 7 --seconds 8

On PostgreSQL eight processes change records for some seconds, in alternating pairs with and without events, while a ninth
seals; the median of the pairs counts. SQLite has one writer at a time and is not asked that. The goals are 0.70 and 10 s.
Exit code 1 where one is missed.
"""

from __future__ import annotations

import argparse
import datetime as dt
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

ROWS, PAIRS, SECONDS, WRITERS = 1_000_000, 5, 6.0, 8
LEAST_SHARE, MOST_SECONDS = 0.70, 10.0
AT = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)


def start() -> None:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "yunpu.config.settings"
    django.setup()


def code_of(number: int) -> str:
    """The enterprise of one writer."""
    from yunpu.kernel.codes import credit_code_with_check

    return credit_code_with_check(f"91360199MA000000{number}")


def write(number: int, seconds: float, with_trail: bool, begin: Any, counts: Any) -> None:
    """One writer: changes its own record again and again; `counts` gets how often."""
    start()
    from yunpu.reference.models import Enterprise
    from yunpu.trail.models import Event
    from yunpu.trail.operations import System, change_record

    record = Enterprise.objects.get(credit_code=code_of(number))
    without = nullcontext() if with_trail else patch.object(Event.objects, "create", lambda **_values: None)
    by = System("bench")
    with without:
        begin.wait()
        end, done = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            change_record(record, {"name": f"{number} {done}"}, by=by, at=AT, reason="bench")
            done += 1
    counts[number] = done


def keep_sealing(begin: Any, stop: Any) -> None:
    """The worker, at a harder pace than it has: a round every two seconds."""
    start()
    from django.utils import timezone

    from yunpu.trail.keyring import key_provider
    from yunpu.trail.sealing import seal_trail

    begin.wait()
    while not stop.wait(2):
        seal_trail(at=timezone.now(), keys=key_provider())


def run(seconds: float, with_trail: bool) -> float:
    """Changes a second of eight writers."""
    spawn = multiprocessing.get_context("spawn")
    begin, stop, counts = spawn.Barrier(WRITERS + 1), spawn.Event(), spawn.Array("q", WRITERS)
    sealer = spawn.Process(target=keep_sealing, args=(begin, stop))
    writers = [
        spawn.Process(target=write, args=(number, seconds, with_trail, begin, counts))
        for number in range(WRITERS)
    ]
    for process in (sealer, *writers):
        process.start()
    for process in writers:
        process.join()
        assert process.exitcode == 0
    stop.set()
    sealer.join()
    return sum(counts) / seconds


def measure_writers(pairs: int, seconds: float) -> bool:
    from yunpu.reference.models import Enterprise

    for number in range(WRITERS):
        Enterprise.objects.create(credit_code=code_of(number), name="bench")
    run(2, True)
    shares = []
    for pair in range(pairs):
        order = (True, False) if pair % 2 else (False, True)
        rate = {with_trail: run(seconds, with_trail) for with_trail in order}
        shares.append(rate[True] / rate[False])
        print(f"pair {pair + 1}: {rate[True]:7.0f}/s with, {rate[False]:7.0f}/s without: {shares[-1]:.2f}")
    median = statistics.median(shares)
    good = median >= LEAST_SHARE
    print(
        f"{'✓' if good else '✗'} {WRITERS} writers: median {median:.2f} of {pairs} pairs (goal {LEAST_SHARE})"
    )
    return good


def fill(count: int) -> None:
    """Events as they are written: half of them changes with before and after."""
    from yunpu.trail.models import Event

    for first in range(0, count, 10_000):
        Event.objects.bulk_create(
            Event(
                at=AT + dt.timedelta(seconds=number),
                verb="outreach.activity-changed",
                by_id=number % 300,
                by_name=f"张{number % 300}",
                role="staff",
                unit_id=number % 40,
                unit_name="财政局预算科",
                object_type="outreach.activity",
                object_id=number,
                object_name=f"惠企政策宣讲第{number}场",
                before={"name": "旧名称", "place": "一楼会议室"} if number % 2 else None,
                after={"name": f"惠企政策宣讲第{number}场", "place": "工业园区管委会二楼"},
                reason="按通知更正" if number % 3 else "",
                request_id=f"{number:016x}",
                address="10.1.2.3",
            )
            for number in range(first, min(first + 10_000, count))
        )


def measure_checking(count: int) -> bool:
    from django.utils import timezone

    from yunpu.trail.keyring import key_provider
    from yunpu.trail.sealing import seal_trail
    from yunpu.trail.verifying import verify_trail

    fill(count)
    began = time.perf_counter()
    made = seal_trail(at=timezone.now(), keys=key_provider())
    print(f"  sealing {count:,} events into {made} seals: {time.perf_counter() - began:.1f} s")
    seconds = []
    for _run in range(3):
        began, used = time.perf_counter(), time.process_time()
        verdict = verify_trail(public_keys=key_provider().public_keys())
        seconds.append(time.perf_counter() - began)
        assert not verdict.faults and verdict.events >= count
        print(
            f"  checking {verdict.events:,} events: {seconds[-1]:.1f} s ({time.process_time() - used:.1f} s of processor)"
        )
    best = min(seconds)
    good = best <= MOST_SECONDS * count / ROWS
    print(
        f"{'✓' if good else '✗'} checking {count:,} events: {best:.1f} s (goal {MOST_SECONDS * count / ROWS:.0f})"
    )
    return good


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "YUNPU_FOLDER": folder,
            "YUNPU_CONFIG": str(Path(folder) / "none.toml"),
            "YUNPU_DATABASE": os.environ.get("YUNPU_TEST_DATABASE", ""),
        }
        start()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        print(f"{connection.vendor}, load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores", flush=True)
        good = connection.vendor == "sqlite" or measure_writers(options.pairs, options.seconds)
        return 0 if measure_checking(options.rows) and good else 1


if __name__ == "__main__":
    sys.exit(main())
