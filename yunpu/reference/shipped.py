"""The tables that come with the platform (随平台发布的表): regions, classifications, holidays.

They are ordinary files, taken in by the same intake as a user's, dated and editable afterwards. Sources: README.md.
"""

from __future__ import annotations

import csv
import importlib.metadata
from pathlib import Path

from chinese_calendar.constants import Holiday, holidays, workdays

from yunpu.reference.codes import DayKind

FILES = Path(__file__).with_name("files")
SHIPPED = (
    ("reference.regions", "regions_jiangxi_2020.csv"),
    ("reference.schemes", "schemes.csv"),
    ("reference.classifications", "functional_2024.csv"),
    ("reference.classifications", "economic_department_2024.csv"),
    ("reference.classifications", "economic_government_2024.csv"),
)
_NAMES = {one.value: one.chinese for one in Holiday}


def write_shipped(folder: Path) -> list[tuple[str, Path]]:
    """Format and path of every table, in the order in which they must be loaded; the calendar is written into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        *((code, FILES / name) for code, name in SHIPPED),
        ("reference.calendar", write_calendar(folder / "节假日.csv")),
    ]


def write_calendar(path: Path) -> Path:
    """The holidays and working weekends that the package chinesecalendar knows, as a file of `reference.calendar`."""
    version = importlib.metadata.version("chinesecalendar")
    source = f"国务院办公厅关于节假日安排的通知（据 chinesecalendar {version}）"
    days = [(day, DayKind.HOLIDAY, name) for day, name in holidays.items()]
    days += [(day, DayKind.WORKDAY, name) for day, name in workdays.items()]
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(["日期", "放假或上班", "名称", "依据"])
        for day, kind, name in sorted(days):
            lines.writerow([day.isoformat(), kind.label, _NAMES[name], source])
    return path
