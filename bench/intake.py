"""Measure intake: a million rows checked and kept, while another writer waits as little as possible.

    .venv/bin/python bench/intake.py --rows 1000000            # SQLite in a scratch folder
    YUNPU_DATABASE=postgresql://… .venv/bin/python bench/intake.py --rows 1000000
    .venv/bin/python bench/intake.py --rows 200000 --kind xlsx

Prints rows per second of check and keep, peak memory of the process, and how long a second process waited for its
writes. The database must be a scratch one: the rows stay in it.
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
from pathlib import Path

HEADER = [
    "年度",
    "单位编码",
    "单位名称",
    "功能科目编码",
    "功能科目名称",
    "经济分类编码",
    "经济分类名称",
    "资金性质",
    "金额",
    "备注一",
    "备注二",
    "备注三",
]


def list_rows(count: int):
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
            f"{(i * 7919) % 1_000_000 / 100:.2f}",
            "",
            f"说明{i % 97}",
            f"{i}",
        ]


def write_file(folder: Path, count: int, kind: str) -> Path:
    path = folder / f"bench.{kind}"
    if kind == "csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            writer.writerows(list_rows(count))
    else:
        import xlsxwriter

        book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_numbers": False})
        sheet = book.add_worksheet("明细")
        sheet.write_row(0, 0, HEADER)
        for number, row in enumerate(list_rows(count), 1):
            sheet.write_row(number, 0, row)
        book.close()
    return path


def write_meanwhile(stop, waits) -> None:
    """Another person's writes: one small operation every 50 ms; how long each took goes to the queue."""
    import django

    django.setup()
    from yunpu.trail.clock import now
    from yunpu.trail.operations import System, operation

    while not stop.is_set():
        started = time.perf_counter()
        with operation("bench.small-write", by=System("bench"), at=now()) as note:
            note.act(name="small write")
        waits.put(time.perf_counter() - started)
        time.sleep(0.05)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--kind", choices=("csv", "xlsx"), default="csv")
    parser.add_argument(
        "--again", action="store_true", help="load a corrected file afterwards: every row changed"
    )
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="yunpu-bench-"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yunpu.config.settings")
    os.environ["YUNPU_FOLDER"] = str(folder)
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection, connections

    from yunpu.reference.models import Unit
    from yunpu.stages.intake import operations
    from yunpu.trail.clock import now
    from yunpu.trail.operations import System, preparing

    call_command("migrate", verbosity=0)
    with preparing("bench.unit"):
        unit = Unit.objects.create(code=f"bench-{time.time_ns()}", name="bench", level="district", path="/0/")
    path = write_file(folder, options.rows, options.kind)
    by = System("bench")
    connections.close_all()
    context = multiprocessing.get_context("spawn")
    stop, waits = context.Event(), context.Queue()
    other = context.Process(target=write_meanwhile, args=(stop, waits), daemon=True)
    other.start()
    time.sleep(3)
    while not waits.empty():
        waits.get()
    print(
        f"database {connection.vendor}, {options.rows} rows, {path.stat().st_size / 1e6:.0f} MB {options.kind}"
    )
    started = time.perf_counter()
    with path.open("rb") as file:
        load = operations.receive_file(
            file, name=path.name, unit=unit, by=by, at=now(), format_code="budget.lines"
        )
    operations.check_load(load, by=by, at=now())
    checked = time.perf_counter()
    assert load.state == "checked" and not load.error_count, (load.state, load.refusal, load.findings[:3])
    operations.keep_load(load, by=by, at=now(), acknowledgement="bench")
    kept = time.perf_counter()
    stop.set()
    other.join(30)
    measured = []
    while not waits.empty():
        measured.append(waits.get())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"check  {checked - started:6.1f} s  {options.rows / (checked - started):8.0f} rows/s")
    print(f"keep   {kept - checked:6.1f} s  {options.rows / (kept - checked):8.0f} rows/s")
    print(
        f"whole  {kept - started:6.1f} s  {options.rows / (kept - started):8.0f} rows/s   peak {peak:.0f} MB"
    )
    print(f"another writer: {len(measured)} writes, longest wait {max(measured):.2f} s")
    if options.again:
        text = path.read_text("utf-8").replace("一般公共预算", "政府性基金预算", options.rows // 10)
        path.write_text(text.replace(".00,", ".01,"), "utf-8")
        started = time.perf_counter()
        with path.open("rb") as file:
            load = operations.receive_file(
                file, name=path.name, unit=unit, by=by, at=now(), format_code="budget.lines"
            )
        operations.check_load(load, by=by, at=now())
        operations.keep_load(load, by=by, at=now(), acknowledgement="bench")
        seconds = time.perf_counter() - started
        print(
            f"again  {seconds:6.1f} s  {options.rows / seconds:8.0f} rows/s  {load.preview and {k: v for k, v in load.preview.items() if k != 'examples'}}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
