"""How long a freeze of 1,000,000 rows × 12 columns takes, and how much memory: `python bench/freeze.py [rows]`.

Runs on SQLite in a temporary folder, and on the PostgreSQL named by YUNPU_BENCH_DATABASE where one is given. Each
run is a process of its own, so that peak memory is that of the freeze alone.
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
        start = time.perf_counter()
        file = write_table(reader, select(frozen_table(), AS_OF), Path(folder), lambda rows: None)
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return (
        f"{file.rows:>10,} {seconds:>7.2f} s {peak:>6} MB {file.file_bytes >> 20:>5} MB  {file.digest[:16]}"
    )


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


def run(label: str, database: str, count: int) -> None:
    """Prepare, measure three times, clean up."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "yunpu.config.settings",
            "YUNPU_FOLDER": folder,
            "YUNPU_DATABASE": database,
        }

        def step(name: str) -> None:
            command = [sys.executable, __file__, "--step", name, str(count)]
            subprocess.run(command, env=environment, check=True)

        step("prepare")
        for _turn in range(3):
            print(f"{label:<11}", end="", flush=True)
            step("measure")
        step("drop")


def main() -> None:
    if "--step" in sys.argv:
        inside(sys.argv[2], int(sys.argv[3]))
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    print(f"{'database':<11}{'rows':>10} {'time':>9} {'peak':>9} {'file':>8}  content digest", flush=True)
    run("SQLite", "", count)
    if os.environ.get("YUNPU_BENCH_DATABASE"):
        run("PostgreSQL", os.environ["YUNPU_BENCH_DATABASE"], count)


if __name__ == "__main__":
    main()
