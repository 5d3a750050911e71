"""What a list shows, as a file: same filters, columns and order; units in the heads; formulas neutralised."""

from __future__ import annotations

import csv
import io
import itertools
import os
import tempfile
from collections.abc import Iterator
from typing import Any, ClassVar

import xlsxwriter
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark
from yunpu.ui.base import RegisterView
from yunpu.ui.hooks import hooks
from yunpu.ui.lists import ListQuery
from yunpu.ui.selection import Selection
from yunpu.ui.values import export_value, title_of

SHEET_ROWS = 1_048_575  # what a worksheet holds below its head
KINDS = ("xlsx", "csv")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class UnableToExport(Refusal):
    """More rows than a worksheet holds."""

    code = "UIX-103"
    headline = mark("不能导出 Excel：有 %(count)s 行，一张工作表只放得下 %(most)s 行")
    why = mark("截断的表看不出缺了什么，所以一行也没有导出。")
    ways_out = ((mark("导出 CSV，行数不限"), "%(csv_url)s"), (mark("先加条件，缩小范围"), "%(list_url)s"))


class ExportView(RegisterView):
    """The rows of a list, or those picked in it (POST), as a workbook or as CSV."""

    most_rows: ClassVar[int] = SHEET_ROWS

    def get(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        query = ListQuery(self.register, request, action=self.right)
        return self._export(query, query.filtered, kind)

    def post(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        selection = Selection(self.register, request)
        return self._export(selection.query, selection.records(self.right), kind)

    def _export(self, query: ListQuery, records: Any, kind: str) -> HttpResponseBase:
        if kind not in KINDS:
            raise Http404
        name, down = query.sort.lstrip("-"), query.sort.startswith("-")
        rows = records.order_by(f"{'-' if down else ''}{name}", f"{'-' if down else ''}pk")
        if self.register.related:
            rows = rows.select_related(*self.register.related)
        count = rows.count()
        if kind == "xlsx" and count > self.most_rows:
            raise UnableToExport(
                count=f"{count:,}",
                most=f"{self.most_rows:,}",
                csv_url=reverse(self.register.url_name("export"), args=["csv"]) + query.url(),
                list_url=reverse(self.register.url_name("list")) + query.url(),
            )
        hooks.record_export(self.request, self.register.code(), count)
        heads = [title_of(self.register, column) for column in query.columns]
        values = (
            [export_value(record, column) for column in query.columns] for record in rows.iterator(2_000)
        )
        response = _csv(heads, values) if kind == "csv" else self._workbook(heads, values)
        response["Content-Disposition"] = f'attachment; filename="{self.register.slug}.{kind}"'
        return response

    def _workbook(self, heads: list[str], values: Iterator[list[Any]]) -> HttpResponseBase:
        file = write_workbook(heads, values, _(self.register.shown_title()))
        return FileResponse(file, content_type=_XLSX)


def _csv(heads: list[str], values: Iterator[list[Any]]) -> HttpResponse | StreamingHttpResponse:
    return StreamingHttpResponse(csv_lines(heads, values), content_type="text/csv; charset=utf-8")


def csv_lines(heads: list[str], rows: Iterator[list[Any]]) -> Iterator[str]:
    """The lines of a CSV file, with the mark by which Excel knows UTF-8."""
    yield "\ufeff"
    for row in itertools.chain([heads], rows):
        line = io.StringIO()
        csv.writer(line).writerow(row)
        yield line.getvalue()


def write_workbook(heads: list[str], rows: Iterator[list[Any]], title: str) -> io.BufferedRandom:
    """A workbook in a file without name, row by row: a million rows need no more memory than one."""
    target = tempfile.TemporaryFile()  # noqa: SIM115 - the response that sends it closes it
    book = xlsxwriter.Workbook(
        target, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet(title[:31].translate(str.maketrans("[]:*?/\\", "       ")))
    bold = book.add_format({"bold": True, "bottom": 1})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for column, head in enumerate(heads):
        sheet.set_column(column, column, max(10, min(40, len(head) * 2 + 4)))
        sheet.write_string(0, column, head, bold)
    sheet.freeze_panes(1, 0)
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, column, value)
            elif hasattr(value, "isoformat"):
                sheet.write_datetime(number, column, value, day)
            else:
                sheet.write_number(number, column, value)
    book.close()
    target.seek(0, os.SEEK_SET)
    return target
