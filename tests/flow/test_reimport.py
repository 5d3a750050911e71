"""The same records give the same snapshot, however they came in: withdrawn and loaded again, in another order of rows,
in another kind of file, on either database. The digests stand here as text, so that each database proves the other's.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.flow.conftest import AT, hand_in
from yunpu.config import district
from yunpu.domains.budget.models import BudgetLine
from yunpu.domains.outreach.models import Attendance
from yunpu.reference.models import Unit
from yunpu.stages.intake.models import Load
from yunpu.stages.intake.operations import withdraw_load
from yunpu.stages.snapshots.models import Snapshot
from yunpu.stages.snapshots.operations import freeze

SHARED = Path(os.environ.get("YUNPU_SHARED", Path(__file__).resolve().parents[3] / "shared"))
MADRID = SHARED / "data" / "madrid" / "gastos_2012-2014.csv"
TWIN = Path(__file__).parent / "twins" / "madrid.csv"
# The content digest of the table `budget.lines` with the twin's rows, in the district's own unit.
TWIN_DIGEST = "f91788b67cbdbe19528e56e56af7460ecb79859b74b20ae21a639b17ce9aa5c6"

pytestmark = pytest.mark.django_db(transaction=True)


def freeze_now() -> Snapshot:
    return freeze(district.CLOCK, by=district.BUILDER, at=AT)


def withdraw(load: Load) -> None:
    withdraw_load(load, by=district.BUILDER, at=AT, reason="重新导入")


def digest_of(snapshot: Snapshot, table: str) -> str:
    return str(snapshot.tables.values_list("digest", flat=True).get(name=table))


@pytest.fixture
def units(in_folder: Any, transactional_db: None) -> None:
    district.make_units(at=AT)


def reversed_csv(source: Path, target: Path) -> Path:
    """The same rows from the last to the first, with semicolons, in GB18030 where it can be, under another name."""
    with source.open(encoding="utf-8-sig", newline="") as file:
        head, *rows = csv.reader(file)
    with target.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file, delimiter=";").writerows([head, *reversed(rows)])
    return target


def shifted_xlsx(source: Path, target: Path) -> Path:
    """The same rows as a workbook, the second half first, each number and code as text."""
    with source.open(encoding="utf-8-sig", newline="") as file:
        head, *rows = csv.reader(file)
    book = openpyxl.Workbook()
    middle = len(rows) // 2
    for row in [head, *rows[middle:], *rows[:middle]]:
        book.active.append(row)
    book.save(target)
    return target


def reload_and_compare(source: Path, folder: Path, change: Callable[[Path, Path], Path], name: str) -> str:
    """Load, freeze, withdraw, freeze, load the changed file, freeze: the content digest comes back."""
    load = hand_in(source)
    first = freeze_now()
    withdraw(load)
    empty = freeze_now()
    assert empty.digest != first.digest
    again = hand_in(change(source, folder / name))
    assert again.original.sm3 != load.original.sm3
    second = freeze_now()
    assert second.digest == first.digest
    assert digest_of(second, "budget.lines") == digest_of(first, "budget.lines")
    assert second.manifest_digest != first.manifest_digest, "another snapshot, of the same content"
    return digest_of(second, "budget.lines")


@pytest.mark.parametrize(("change", "name"), [(reversed_csv, "otra.csv"), (shifted_xlsx, "otra.xlsx")])
def test_the_twin_withdrawn_and_loaded_otherwise_has_its_digest(
    units: None, tmp_path: Path, change: Any, name: str
):
    assert reload_and_compare(TWIN, tmp_path, change, name) == TWIN_DIGEST


@pytest.mark.skipif(
    not MADRID.exists(), reason="the real file is not part of the project: its twin runs instead"
)
def test_the_real_file_withdrawn_and_loaded_otherwise_has_its_digest(units: None, tmp_path: Path):
    reload_and_compare(MADRID, tmp_path, reversed_csv, "otra.csv")
    assert BudgetLine.objects.count() == 15_040


def test_records_made_in_another_order_under_other_numbers_have_the_same_digest(built: Path, tmp_path: Path):
    """The demo district: one attendance list withdrawn and loaded again, its rows turned round; nothing else touched."""
    before = Snapshot.objects.get()
    assert freeze_now().digest == before.digest
    load = (
        Load.objects.filter(format_code="outreach.attendance", state=Load.State.KEPT).order_by("-id").first()
    )
    assert load is not None
    count = Attendance.objects.count()
    withdraw(load)
    assert Attendance.objects.count() < count
    assert freeze_now().digest != before.digest
    again = hand_in(
        turned_round(load, tmp_path / "再导入.xlsx"), unit=load.unit.code, format_code=load.format_code
    )
    assert again.batch_id != load.batch_id
    assert Attendance.objects.count() == count
    assert freeze_now().digest == before.digest


def turned_round(load: Load, target: Path) -> Path:
    """The original workbook with its data rows in the other order. Rows above the head stay."""
    book = openpyxl.load_workbook(io.BytesIO(load.original.path.read_bytes()))
    sheet = book[load.sheet_name] if load.sheet_name in book.sheetnames else book.active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    first = load.facts["header_row"]
    for at, row in enumerate(reversed(rows[first:]), first + 1):
        for column, value in enumerate(row, 1):
            sheet.cell(at, column).value = value
    book.save(target)
    return target


def test_units_keep_their_digest_under_other_numbers(units: None):
    """Units carry surrogate numbers into everything that belongs to them: none of it is content."""
    first = freeze_now()
    moved = Unit.objects.get(code="YP-KGJ-SC")
    values = {
        stored.attname: getattr(moved, stored.attname)
        for stored in Unit._meta.concrete_fields
        if stored.name not in ("id", "path")
    }
    moved.delete()
    made = Unit.objects.create(**values, path="?")
    Unit.objects.filter(pk=made.pk).update(path=f"{moved.parent.path}{made.pk}/")
    assert made.pk != moved.pk
    assert freeze_now().digest == first.digest
