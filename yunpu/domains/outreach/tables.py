"""The attendance list of one activity to fill in: its code and the seats are in the cells already."""

from __future__ import annotations

import datetime as dt
import io

import xlsxwriter
from django.utils.translation import gettext
from xlsxwriter.utility import xl_rowcol_to_cell

from yunpu.domains.outreach.intake import ATTENDANCE
from yunpu.domains.outreach.models import Activity, Attendance
from yunpu.kernel.text import mark as _

ROWS = 300
_CODE, _ENTERPRISE, _SEAT, _POSITION = range(4)


def write_attendance_list(activity: Activity) -> bytes:
    """A spreadsheet in the format of attendance lists: those entered already, then rows in which only the credit code
    is to be written. Activity and seat follow from it by formulas; an empty row stays empty."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False})
    book.set_properties({"created": dt.datetime(2020, 1, 1)})  # noqa: DTZ001 - the same list has the same bytes
    sheet = book.add_worksheet(gettext(ATTENDANCE.title)[:31])
    title = book.add_format({"bold": True, "font_size": 14, "align": "center"})
    head = book.add_format({"bold": True, "border": 1, "bg_color": "#F1F3F6"})
    text, given = (book.add_format({"num_format": shape}) for shape in ("@", "General"))
    given.set_font_color("#667085")
    sheet.merge_range(0, 0, 0, _POSITION, f"{activity.name} {activity.held_on.isoformat()}", title)
    sheet.merge_range(
        1, 0, 1, _POSITION, gettext(_("只写信用代码和职务，活动编号和代表序号自动出现；不写姓名和电话。"))
    )
    heads = {column.name: column.title for column in ATTENDANCE.columns}
    sheet.write_row(2, 0, [heads[name] for name in ("activity", "enterprise", "seat", "position")], head)
    sheet.set_column(_CODE, _CODE, 16)
    sheet.set_column(_ENTERPRISE, _ENTERPRISE, 26, text)
    sheet.set_column(_SEAT, _SEAT, 10)
    sheet.set_column(_POSITION, _POSITION, 20, text)
    row = 3
    for entered in _entered(activity):
        sheet.write_string(row, _CODE, activity.code, given)
        sheet.write_string(row, _ENTERPRISE, entered.enterprise.credit_code, text)
        sheet.write_number(row, _SEAT, entered.seat, given)
        sheet.write_string(row, _POSITION, entered.position, text)
        row += 1
    for blank in range(row, row + ROWS):
        code = xl_rowcol_to_cell(blank, _ENTERPRISE)
        above = f"{xl_rowcol_to_cell(3, _ENTERPRISE, row_abs=True)}:{code}"
        quoted = activity.code.replace('"', '""')
        sheet.write_formula(blank, _CODE, f'=IF({code}="","","{quoted}")', given, "")
        sheet.write_formula(blank, _SEAT, f'=IF({code}="","",COUNTIF({above},{code}))', given, "")
    sheet.freeze_panes(3, 0)
    book.close()
    return target.getvalue()


def _entered(activity: Activity) -> list[Attendance]:
    """Who is entered already, in order of enterprise and seat."""
    rows = Attendance.objects.filter(activity=activity).select_related("enterprise")
    return list(rows.order_by("enterprise__credit_code", "seat"))
