"""The blank template of a format (空白模板): header with units, drop-downs for code lists, notes, one marked example."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import IO, Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from yunpu.kernel.findings import column_letters
from yunpu.kernel.text import Translate, untranslated
from yunpu.kernel.text import mark as _
from yunpu.stages.intake.formats import Column, Format, Type
from yunpu.stages.intake.layout import EXAMPLE

ROWS = 5_000
_TEXT_TYPES = frozenset(
    {
        Type.TEXT,
        Type.CODE,
        Type.CREDIT_CODE,
        Type.IDENTITY_NUMBER,
        Type.PHONE,
        Type.REGION_CODE,
        Type.PROJECT_CODE,
    }
)
_ASKED = {
    Type.TEXT: _("文字"),
    Type.INTEGER: _("整数"),
    Type.DECIMAL: _("数字"),
    Type.MONEY: _("金额"),
    Type.PERCENT: _("百分数，如 40.62%"),
    Type.DATE: _("日期，如 2020-11-24"),
    Type.MONTH: _("月份，如 2020-11"),
    Type.YEAR: _("年份，如 2020"),
    Type.YES_NO: _("是或否"),
    Type.CODE: _("从下拉列表中选"),
    Type.CREDIT_CODE: _("18 位统一社会信用代码"),
    Type.IDENTITY_NUMBER: _("18 位身份证号"),
    Type.PHONE: _("电话"),
    Type.REGION_CODE: _("6 位行政区划代码"),
    Type.PROJECT_CODE: _("21 位项目编码"),
}


def write_template(format: Format, target: Path | IO[bytes], translate: Translate = untranslated) -> None:
    """Write the template as .xlsx: header, one marked example, room to fill in; notes and code lists on further sheets.

    Read back untouched it has no rows; filled in, it is read as it stands, with the example or without.
    """
    book = xlsxwriter.Workbook(target if not isinstance(target, Path) else str(target))
    book.set_properties({"created": dt.datetime(2020, 1, 1)})  # noqa: DTZ001 - the same template has the same bytes
    sheet = book.add_worksheet(
        translate(format.title).translate(str.maketrans("[]:*?/\\'", "        ")).strip()[:31]
    )
    notes = book.add_worksheet(translate(_("说明")))
    lists = book.add_worksheet("_lists")
    lists.hide()
    head = book.add_format(
        {"bold": True, "border": 1, "bg_color": "#F1F3F6", "text_wrap": True, "valign": "vcenter"}
    )
    optional = book.add_format({"border": 1, "bg_color": "#F1F3F6", "text_wrap": True, "valign": "vcenter"})
    text = book.add_format({"num_format": "@"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    number = book.add_format({"num_format": "#,##0.00"})
    share = book.add_format({"num_format": "0.00%"})
    example = book.add_format({"italic": True, "font_color": "#667085", "bg_color": "#F1F3F6"})
    has_examples = any(column.example for column in format.columns)
    for index, column in enumerate(format.columns):
        sheet.write_string(0, index, header_text(column), head if column.required else optional)
        sheet.write_comment(0, index, _note(column, translate), {"x_scale": 2, "y_scale": 1.5})
        shape = text if column.type in _TEXT_TYPES else day if column.type is Type.DATE else None
        shape = number if column.type is Type.MONEY else share if column.type is Type.PERCENT else shape
        sheet.set_column(index, index, max(12, 2 * len(column.title) + 4), shape)
        if has_examples:
            marked = (EXAMPLE if index == 0 else "") + _example_of(column)
            sheet.write_string(1, index, marked, example)
        _validate(sheet, lists, index, column)
    sheet.set_row(0, 32)
    sheet.freeze_panes(1, 0)
    _write_notes(notes, book, format, translate)
    book.close()


def _example_of(column: Column) -> str:
    """What the example row shows: the declared example, else the first code of the list."""
    labels = list_labels(column)
    return column.example or (labels[0] if labels else "")


def header_text(column: Column) -> str:
    """The header as the reader finds it again: title, and the unit in brackets."""
    return f"{column.title}（{column.shown_unit}）" if column.shown_unit else column.title


def list_labels(column: Column) -> list[str]:
    """What a code column offers to choose from."""
    return list(column.choices.values())


def _validate(sheet: Any, lists: Any, index: int, column: Column) -> None:
    if column.type is Type.CODE:
        labels = list_labels(column)
        lists.write_column(0, index, labels)
        letters = xl_col_to_name(index)
        source = f"=_lists!${letters}$1:${letters}${len(labels)}"
        sheet.data_validation(
            1, index, ROWS, index, {"validate": "list", "source": source, "error_type": "warning"}
        )
    elif column.type is Type.YES_NO:
        sheet.data_validation(1, index, ROWS, index, {"validate": "list", "source": ["是", "否"]})


def _note(column: Column, translate: Translate) -> str:
    parts = [
        translate(_ASKED[column.type]),
        translate(_("必填")) if column.required else translate(_("选填")),
    ]
    if column.key:
        parts.append(translate(_("关键字：相同就是同一条记录")))
    if column.note:
        parts.append(translate(column.note))
    if column.example:
        parts.append(translate(_("例：%s")) % column.example)
    return "\n".join(parts)


def _write_notes(sheet: Any, book: Any, format: Format, translate: Translate) -> None:
    bold = book.add_format({"bold": True})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 8)
    sheet.set_column(1, 5, 26, wrap)
    sheet.write_string(0, 0, translate(format.title), bold)
    sheet.write_string(1, 0, translate(format.about))
    heads = (_("列"), _("列名"), _("填什么"), _("是否必填"), _("也可写作"), _("可选值"))
    for position, title in enumerate(heads):
        sheet.write_string(3, position, translate(title), bold)
    for index, column in enumerate(format.columns):
        row = 4 + index
        sheet.write_string(row, 0, column_letters(index + 1))
        sheet.write_string(row, 1, header_text(column))
        sheet.write_string(
            row, 2, translate(_ASKED[column.type]) + (f"；{translate(column.note)}" if column.note else "")
        )
        sheet.write_string(row, 3, translate(_("必填")) if column.required else translate(_("选填")))
        sheet.write_string(row, 4, "、".join(column.aliases))
        sheet.write_string(row, 5, "、".join(list_labels(column)))
