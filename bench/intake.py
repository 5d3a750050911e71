"""Measure intake: a million rows checked and kept, while another writer waits as little as possible.

    .venv/bin/python bench/intake.py                                   # SQLite in a scratch folder
    .venv/bin/python bench/intake.py --rows 200000 --kind xlsx
    .venv/bin/python tools/with_postgres.py --durable -- .venv/bin/python bench/intake.py

    .venv/bin/python bench/intake.py --short                           # 200,000 rows

Loads one file, then the corrected file: the same keys, every amount another; then withdraws it. Prints one table: rows per second by the
clock and by processor time (this process and its PostgreSQL backend: what counts on a busy machine), the peak memory
of this process, and how long a second process waited for its small writes meanwhile. Exit code 1 where a goal is
missed. The goals: 15,000 rows/s for CSV, 8,000 for xlsx and for the corrected file, 512 MB, no wait above 1 s.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
GOALS = {"csv": 15_000, "xlsx": 8_000, "corrected": 8_000}
MOST_MB, LONGEST_WAIT = 512, 1.0
HEADER = [
    "年度", "单位编码", "单位名称", "功能科目编码", "功能科目名称", "经济分类编码", "经济分类名称", "资金性质", "金额",
    "备注一", "备注二", "备注三",
]  # fmt: skip


def list_rows(count: int, more: int = 0) -> Iterator[list[str]]:
    """Rows of 12 columns, each with a key of its own; `more` is added to every amount."""
    for i in range(count):
        body = i % 400
        yield [
            "2020",
            f"{body:03}",
            f"预算单位{body:03}",
            f"2{i // 400 % 50:04}01",
            f"功能科目{i // 400 % 50}",
            f"30{i // 20_000 % 1000:03}",
            f"经济科目{i // 20_000}",
            "一般公共预算",
            f"{((i * 7919) % 1_000_000 + more) / 100:.2f}",
            "",
            f"说明{i % 97}",
            f"{i}",
        ]


def write_file(folder: Path, count: int, kind: str, more: int = 0) -> Path:
    path = folder / f"bench-{more}.{kind}"
    if kind == "csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            writer.writerows(list_rows(count, more))
        return path
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_numbers": False})
    sheet = book.add_worksheet("明细")
    sheet.write_row(0, 0, HEADER)
    for number, row in enumerate(list_rows(count, more), 1):
        sheet.write_row(number, 0, row)
    book.close()
    return path


def write_meanwhile(stop: Any, waits: Any) -> None:
    """Another person's writes: one small operation every 50 ms; when it began and how long it took go to the queue."""
    import django

    django.setup()
    from django.db import OperationalError

    from yunpu.trail.clock import now
    from yunpu.trail.operations import System, operation

    while not stop.is_set():
        started = time.time()
        try:
            with operation("bench.small-write", by=System("bench"), at=now()) as note:
                note.act(name="small write")
        except OperationalError as error:  # the wait counts all the same, and the writer goes on
            print(f"another writer gave up: {error}", flush=True)
        waits.put((started, time.time() - started))
        time.sleep(0.05)


@dataclass
class Step:
    """What one step took: by the clock, by the processors, and until when."""

    title: str
    rows: int
    goal: int
    start: float
    processor: float
    seconds: float = 0.0

    def end(self) -> Step:
        self.seconds = time.time() - self.start
        self.processor = processor_seconds() - self.processor
        return self

    def told(self, waits: list[tuple[float, float]]) -> tuple[str, bool]:
        during = [wait for at, wait in waits if self.start - wait <= at <= self.start + self.seconds]
        longest = max(during, default=0.0)
        missed = (bool(self.goal) and self.rows / self.seconds < self.goal) or longest > LONGEST_WAIT
        return (
            f"{self.title:<12}{self.seconds:>8.1f} s {self.rows / self.seconds:>9,.0f}/s"
            f"{self.rows / self.processor:>12,.0f}/s{longest:>12.2f} s{'  ✕' if missed else ''}",
            missed,
        )


def processor_seconds() -> float:
    """Processor time of this process and of its PostgreSQL backend."""
    from django.db import connection

    used = time.process_time()
    if connection.vendor == "postgresql":
        connection.ensure_connection()
        pid = connection.connection.info.backend_pid
        used += int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    return used


def load(path: Path, unit: Any, rows: int, goal: int, title: str) -> list[Step]:
    """One file through the whole intake: receive and check, keep, and both together."""
    from yunpu.stages.intake import operations
    from yunpu.trail.clock import now
    from yunpu.trail.operations import System

    by = System("bench")

    def begin(name: str, asked: int = 0) -> Step:
        return Step(name, rows, asked, time.time(), processor_seconds())

    whole, check = begin(title, goal), begin("  check")
    with path.open("rb") as file:
        taken = operations.receive_file(
            file, name=path.name, unit=unit, by=by, at=now(), format_code="budget.lines"
        )
    operations.check_load(taken, by=by, at=now())
    check.end()
    assert taken.state == "checked" and not taken.error_count, (
        taken.state,
        taken.refusal,
        taken.findings[:3],
    )
    keep = begin("  keep")
    operations.keep_load(taken, by=by, at=now(), acknowledgement="bench")
    assert taken.state == "kept", taken.state
    return [check, keep.end(), whole.end()]


def withdraw(unit: Any, rows: int) -> Step:
    """The newest file taken back: every record gets its former values."""
    from yunpu.stages.intake import operations
    from yunpu.stages.intake.models import Load
    from yunpu.trail.clock import now
    from yunpu.trail.operations import System

    step = Step("withdrawn", rows, 0, time.time(), processor_seconds())
    newest = Load.objects.filter(unit=unit).order_by("-id")[0]
    operations.withdraw_load(newest, by=System("bench"), at=now(), reason="bench")
    return step.end()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--kind", choices=("csv", "xlsx"), default="csv")
    parser.add_argument("--once", action="store_true", help="without the corrected file and its withdrawal")
    parser.add_argument(
        "--short", action="store_true", help="200,000 rows: a first look, the goals are for a million"
    )
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "yunpu.config.settings"
    os.environ.setdefault("YUNPU_DATABASE", os.environ.get("YUNPU_TEST_DATABASE", ""))
    sys.path.insert(0, str(ROOT))
    os.environ["PYTHONPATH"] = str(ROOT)
    with tempfile.TemporaryDirectory(prefix="yunpu-bench-") as folder:
        os.environ["YUNPU_FOLDER"] = folder
        rows = 200_000 if options.short else options.rows
        return measure(Path(folder), rows, options.kind, again=not options.once)


def measure(folder: Path, rows: int, kind: str, *, again: bool) -> int:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection, connections

    from yunpu.reference.models import Unit
    from yunpu.trail.operations import preparing

    call_command("migrate", verbosity=0)
    with preparing("bench.unit"):
        unit = Unit.objects.create(code=f"bench-{time.time_ns()}", name="bench", level="district", path="/0/")
    first = write_file(folder, rows, kind)
    second = write_file(folder, rows, kind, more=1) if again else first
    size = first.stat().st_size / 1e6
    connections.close_all()
    busy = os.getloadavg()[0]
    context = multiprocessing.get_context("spawn")
    stop, queue = context.Event(), context.Queue()
    other = context.Process(target=write_meanwhile, args=(stop, queue), daemon=True)
    other.start()
    waits = [queue.get(timeout=60)]  # it is at work now
    steps = load(first, unit, rows, GOALS[kind], kind)
    if again:
        steps += load(second, unit, rows, GOALS["corrected"], "corrected")
        steps.append(withdraw(unit, rows))
    stop.set()
    while other.is_alive() or not queue.empty():
        if not queue.empty():
            waits.append(queue.get())
        else:
            other.join(0.1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"load of the machine {os.getloadavg()[0]:.1f} now, {busy:.1f} before")
    print(f"{connection.vendor}, {rows:,} rows, {size:.0f} MB {kind}, {len(waits)} small writes meanwhile")
    print(f"{'step':<12}{'time':>10}{'rows':>11}{'by cpu time':>14}{'longest wait':>14}")
    told = [step.told(waits[1:]) for step in steps]
    print("\n".join(line for line, _missed in told))
    print(f"peak memory {peak:.0f} MB{'  ✕' if peak > MOST_MB else ''}")
    return 1 if peak > MOST_MB or any(missed for _line, missed in told) else 0


if __name__ == "__main__":
    sys.exit(main())
