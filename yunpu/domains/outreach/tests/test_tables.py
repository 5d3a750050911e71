import datetime as dt
import io

import openpyxl
import pytest

from yunpu.domains.outreach.models import Attendance
from yunpu.domains.outreach.tables import ROWS, write_attendance_list
from yunpu.domains.outreach.tests.factories import make_activity, make_attendance, make_enterprise, make_unit
from yunpu.stages.intake import operations
from yunpu.stages.intake.models import Load
from yunpu.trail.operations import System

BY, AT = System("测试"), dt.datetime(2020, 12, 20, 9, tzinfo=dt.UTC)
pytestmark = pytest.mark.django_db(transaction=True)


def hand_in(content, unit):
    load = operations.receive_file(io.BytesIO(content), name="名单.xlsx", unit=unit, by=BY, at=AT)
    return operations.check_load(load, by=BY, at=AT)


def test_the_list_comes_back_as_it_went_out():
    unit = make_unit()
    activity, enterprise = make_activity(unit, code='X"1'), make_enterprise()
    make_attendance(activity, enterprise, 1)
    make_attendance(activity, enterprise, 2)
    load = hand_in(write_attendance_list(activity), unit)
    assert (load.format_code, load.error_count, load.preview["unchanged"]) == ("outreach.attendance", 0, 2)


def test_a_filled_row_needs_only_the_credit_code():
    unit = make_unit()
    activity, enterprise = make_activity(unit), make_enterprise()
    book = openpyxl.load_workbook(io.BytesIO(write_attendance_list(activity)))
    sheet = book.active
    assert (sheet["A4"].value, sheet["C4"].value) == (
        f'=IF(B4="","","{activity.code}")',
        '=IF(B4="","",COUNTIF(B$4:B4,B4))',
    )
    assert sheet.max_row == 3 + ROWS
    # What a spreadsheet program computes from these formulas, as it saves it.
    for row, seat in ((4, 1), (5, 2)):
        sheet.cell(row, 1).value, sheet.cell(row, 2).value = activity.code, enterprise.credit_code
        sheet.cell(row, 3).value = seat
    out = io.BytesIO()
    book.save(out)
    load = hand_in(out.getvalue(), unit)
    assert load.error_count == 0, load.findings
    operations.keep_load(load, by=BY, at=AT, acknowledgement="测试")
    assert load.state == Load.State.KEPT
    assert sorted(Attendance.objects.values_list("seat", flat=True)) == [1, 2]
