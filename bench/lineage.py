"""How long the lineage of a large figure takes to open, page, search and export: `python bench/lineage.py [rows]`.

Runs on SQLite in a temporary folder. The rows are attendance records; the first opening of a process also digests the
snapshot's files.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import sys
import tempfile
import time
from pathlib import Path

ROWS = 200_000
AT = dt.datetime(2020, 12, 20, 9, tzinfo=dt.UTC)


def prepare(count: int) -> None:
    """A district, 160 enterprises, and so many representatives at roadshows of 2020."""
    from django.core.management import call_command

    from yunpu.domains.outreach.demo import list_enterprises
    from yunpu.domains.outreach.models import Activity, Attendance
    from yunpu.reference.models import Enterprise, Unit

    call_command("migrate", verbosity=0)
    unit = Unit.objects.create(code="361100", name="云谱区", level="district", path="/1/")
    firms = Enterprise.objects.bulk_create(
        Enterprise(credit_code=code, name=name) for code, name, *_rest in list_enterprises()
    )
    stops = Activity.objects.bulk_create(
        Activity(
            code=f"X{n:04}", name=f"宣讲第{n}场", kind="roadshow", held_on=dt.date(2020, 6, 1), unit=unit
        )
        for n in range(count // (len(firms) * 10) + 1)
    )
    places = ((stop, firm, seat) for stop in stops for firm in firms for seat in range(1, 11))
    chosen = (
        Attendance(activity=a, enterprise=e, seat=s)
        for _n, (a, e, s) in zip(range(count), places, strict=False)
    )
    Attendance.objects.bulk_create(chosen, batch_size=2_000)


def measure() -> None:
    """Freeze, compute, and time each step of a reader."""
    from yunpu.kernel.periods import Period
    from yunpu.stages.indicators.chains import open_chain
    from yunpu.stages.indicators.exporting import export_chain
    from yunpu.stages.indicators.operations import compute
    from yunpu.stages.snapshots.operations import freeze
    from yunpu.trail.operations import System

    by, on = System("bench"), AT.date()
    snapshot = freeze(on, by=by, at=AT)
    codes = ["innovation.roadshow_people", "innovation.roadshow_enterprises"]
    figures = {one.code: one for one in compute(snapshot, Period.year(2020), codes, by=by, at=AT)}
    for code in codes:
        figure = figures[code]
        print(f"{code}: {figure.records:,} rows")
        steps = {
            "open, files digested": lambda figure=figure: open_chain(figure, user=by, on=on),
            "open again": lambda figure=figure: open_chain(figure, user=by, on=on),
            "last page": lambda figure=figure: open_chain(figure, user=by, on=on, start=figure.records - 20),
            "search": lambda figure=figure: open_chain(figure, user=by, on=on, query="第7场"),
            "export": lambda figure=figure: export_chain(figure, io.BytesIO(), by=by, at=AT, on=on),
        }
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            print(f"  {name:<22}{time.perf_counter() - start:>8.2f} s", flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "yunpu.config.settings", "YUNPU_FOLDER": folder}
        import django

        django.setup()
        prepare(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
        measure()
        for path in Path(folder).rglob("*"):
            path.chmod(0o755)


if __name__ == "__main__":
    main()
