"""How long a freeze of 1,000,000 rows × 12 columns takes, and how much memory.

    .venv/bin/python bench/freeze.py [rows]                                           # SQLite in a scratch folder
    .venv/bin/python tools/with_postgres.py --durable -- .venv/bin/python bench/freeze.py [rows]

Each of the three runs is a process of its own, so that peak memory is that of the freeze alone; processor time is this
process's and its PostgreSQL backend's. The goal is 5 s and 400 MB. Exit code 1 where every run misses it.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROWS = 1_000_000
MOST_SECONDS, MOST_MB = 5.0, 400
BATCH = 50_000
AS_OF = dt.date(2020, 12, 20)
COLUMNS = (
    "code", "unit_code", "payee", "purpose", "function_code", "economic_code",
    "fund", "paid_on", "amount_fen", "people", "checked", "remark",
)  # fmt: skip


def rows(count: int) -> Iterator[tuple[object, ...]]:
    """Payments in an order that is not that of their codes; every third without a remark."""
    first = dt.date(2020, 1, 1)
    for n in range(count):
        at = n * 7919 % count
        yield (
            f"P{at:012}",
            f"3611{at % 83:02}",
            f"云谱区第{at % 4001}建设工程有限公司",
            f"道路改造工程第{at % 97}期进度款",
            f"{2010101 + at % 1300}",
            f"{30101 + at % 60}",
            ("一般公共预算", "政府性基金")[at % 2],
            (first + dt.timedelta(days=at % 350)).isoformat(),
            at * 137 % 10**9,
            at % 40,
            at % 5 == 0,
            None if at % 3 else f"附件{at % 11}份",
        )


def prepare(count: int) -> None:
    """The table with its rows, without the ORM: that is not what is measured here."""
    from django.db import connection

    with connection.schema_editor() as editor:
        editor.create_model(payment_model())
    insert = f"INSERT INTO bench_payment ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))})"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(insert, rows(count))
            return
        with cursor.copy(f"COPY bench_payment ({', '.join(COLUMNS)}) FROM STDIN (FORMAT csv)") as copy:
            for row in rows(count):
                line = io.StringIO()
                csv.writer(line).writerow(row)
                copy.write(line.getvalue())


def payment_model() -> type:
    from django.db import models

    class Payment(models.Model):
        code = models.CharField(max_length=20, unique=True)
        unit_code = models.CharField(max_length=20)
        payee = models.CharField(max_length=100)
        purpose = models.CharField(max_length=100)
        function_code = models.CharField(max_length=10)
        economic_code = models.CharField(max_length=10)
        fund = models.CharField(max_length=20)
        paid_on = models.DateField()
        amount_fen = models.BigIntegerField()
        people = models.IntegerField()
        checked = models.BooleanField()
        remark = models.CharField(max_length=50, null=True)

        class Meta:
            app_label = "bench"

    return Payment


def frozen_table() -> object:
    from yunpu.stages.snapshots.tables import FrozenColumn, FrozenTable, Kind

    kinds = {"paid_on": Kind.DATE, "amount_fen": Kind.FEN, "people": Kind.INTEGER, "checked": Kind.YES_NO}
    columns = tuple(FrozenColumn(name, kinds.get(name, Kind.TEXT), name) for name in COLUMNS)
    return FrozenTable("bench.payments", "支付", "bench.Payment", columns, ("code",), "paid_on")


def measure() -> str:
    """Freeze the table; give one line of the result."""
    from yunpu.stages.snapshots import registry
    from yunpu.stages.snapshots.freezing import write_table
    from yunpu.stages.snapshots.reading import one_moment, select

    model = payment_model()
    registry.model_of = lambda _table: model  # the bench's table belongs to no app
    with tempfile.TemporaryDirectory() as folder, one_moment() as reader:
        start, used = time.perf_counter(), processor_seconds()
        file = write_table(reader, select(frozen_table(), AS_OF), Path(folder), lambda rows: None)
        seconds, used = time.perf_counter() - start, processor_seconds() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    late = "✕" if seconds > MOST_SECONDS or peak > MOST_MB else " "
    return (
        f"{file.rows:>10,} {seconds:>7.2f} s {used:>7.2f} s {peak:>6} MB {file.file_bytes >> 20:>5} MB "
        f"{late} {file.digest[:16]}"
    )


def processor_seconds() -> float:
    """Processor time of this process and of every PostgreSQL backend that this machine runs for it."""
    used = time.process_time()
    for path in Path("/proc").glob("[0-9]*/cmdline") if os.environ["YUNPU_DATABASE"] else ():
        try:
            if path.read_bytes().startswith(b"postgres: postgres yunpu"):
                used += int((path.parent / "schedstat").read_text().split()[0]) / 1e9
        except OSError:  # it ended meanwhile
            continue
    return used


def inside(step: str, count: int) -> None:
    """One step in a process of its own."""
    import django

    django.setup()
    if step == "prepare":
        prepare(count)
    elif step == "drop":
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE bench_payment")
    else:
        print(measure())


def run(database: str, count: int) -> bool:
    """Prepare, measure three times, clean up; whether one run met the goal."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "yunpu.config.settings",
            "YUNPU_FOLDER": folder,
            "YUNPU_DATABASE": database,
        }

        def step(name: str) -> str:
            command = [sys.executable, __file__, "--step", name, str(count)]
            return subprocess.run(
                command, env=environment, check=True, stdout=subprocess.PIPE, text=True
            ).stdout

        step("prepare")
        lines = []
        for _turn in range(3):
            lines.append(step("measure"))
            print(f"{'postgresql' if database else 'sqlite':<11}{lines[-1]}", end="", flush=True)
        step("drop")
    return any("✕" not in line for line in lines)


def main() -> int:
    if "--step" in sys.argv:
        inside(sys.argv[2], int(sys.argv[3]))
        return 0
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    print(
        f"{'database':<11}{'rows':>10} {'time':>9} {'cpu':>9} {'peak':>9} {'file':>8}   content digest",
        flush=True,
    )
    return (
        0 if run(os.environ.get("YUNPU_DATABASE") or os.environ.get("YUNPU_TEST_DATABASE", ""), count) else 1
    )


if __name__ == "__main__":
    sys.exit(main())
