"""Blank templates: what is written is found again, what is filled in comes back as it was typed, and nothing else."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from yunpu.config import cli
from yunpu.stages.intake.blank import header_text, list_labels, write_template
from yunpu.stages.intake.formats import Column, Format, Type
from yunpu.stages.intake.registry import get_format, list_formats
from yunpu.stages.intake.tests.reading.reading import check

EVERYTHING = Format(
    "test.everything",
    "各种列",
    model="test.Everything",
    columns=(
        Column("code", "编号", key=True, length=6, example="000123", note="六位"),
        Column("name", "名称", aliases=("单位名称", "全称"), example="甲单位"),
        Column("kind", "类型", Type.CODE, codes={"1": "线上", "2": "线下"}),
        Column("open", "公开", Type.YES_NO, example="是"),
        Column("held_on", "日期", Type.DATE, example="2020-06-18"),
        Column("month", "月份", Type.MONTH, example="2020-06"),
        Column("year", "年度", Type.YEAR, example="2020"),
        Column("amount_fen", "金额", Type.MONEY, unit="万元", example="12.5"),
        Column("share", "占比", Type.PERCENT, required=False, example="40.62%"),
        Column("people", "人数", Type.INTEGER, unit="人", required=False),
        Column("area", "面积", Type.DECIMAL, unit="亩", required=False),
        Column("credit_code", "信用代码", Type.CREDIT_CODE, required=False),
    ),
    about="测试用",
)
FILLED = [
    "012345",
    "乙单位",
    "线下",
    "否",
    dt.date(2020, 11, 24),
    "2020-11",
    2020,
    1.5,
    0.4062,
    12,
    3.5,
    None,
]


@pytest.fixture
def template(tmp_path):
    path = tmp_path / "blank.xlsx"
    write_template(EVERYTHING, path)
    return path


@pytest.mark.parametrize("format", list_formats(), ids=lambda format: format.code)
def test_every_template_is_found_again_as_its_own_format_and_has_no_rows(tmp_path, format, db):
    path = tmp_path / "blank.xlsx"
    write_template(format, path)
    told = check(path, format)
    assert {match.name for match in told.checked.layout.matches} == {column.name for column in format.columns}
    assert told.rows == []
    assert set(told.codes) <= {"INT-039", "INT-041", "INT-047"}


def test_filled_in_it_gives_the_same_rows(template, tmp_path):
    book = openpyxl.load_workbook(template)
    page = book.worksheets[0]
    assert {"金额（万元）", "人数（人）", "面积（亩）"} <= {cell.value for cell in page[1]}
    for column, value in enumerate(FILLED, 1):
        cell = page.cell(3, column, value)
        cell.number_format = page.column_dimensions[
            cell.column_letter
        ].number_format  # as a program does by itself
    book.save(tmp_path / "filled.xlsx")
    told = check(tmp_path / "filled.xlsx", EVERYTHING)
    assert told.rows == [
        {
            "code": "012345",
            "name": "乙单位",
            "kind": "2",
            "open": False,
            "held_on": dt.date(2020, 11, 24),
            "month": dt.date(2020, 11, 1),
            "year": 2020,
            "amount_fen": 1_500_000,
            "share": Decimal("40.62"),
            "people": 12,
            "area": Decimal("3.5"),
            "credit_code": None,
        }
    ]
    assert told.codes == ["INT-039", "INT-047"]


def test_the_example_may_be_written_over_or_deleted(template, tmp_path):
    for work in ("over", "deleted"):
        book = openpyxl.load_workbook(template)
        page = book.worksheets[0]
        if work == "deleted":
            page.delete_rows(2)
        for column, value in enumerate(FILLED, 1):
            page.cell(2, column, value)
        book.save(tmp_path / f"{work}.xlsx")
        assert len(check(tmp_path / f"{work}.xlsx", EVERYTHING).rows) == 1


def test_code_lists_are_drop_downs_and_columns_have_notes(template):
    book = openpyxl.load_workbook(template)
    page = book.worksheets[0]
    rules = {str(rule.sqref): rule.formula1 for rule in page.data_validations.dataValidation}
    assert rules == {"C2:C5001": "_lists!$C$1:$C$2", "D2:D5001": '"是,否"'}
    assert [cell.value for cell in book["_lists"]["C"][:2]] == ["线上", "线下"]
    assert book["_lists"].sheet_state == "hidden"
    assert [cell.value for cell in page[1]] == [header_text(column) for column in EVERYTHING.columns]
    assert page["H1"].value == "金额（万元）"
    note = page["A1"].comment.text
    assert all(word in note for word in ("文字", "必填", "关键字", "六位", "例：000123"))
    assert page["A2"].value == "例：000123"
    assert page.freeze_panes == "A2"
    assert page.column_dimensions["A"].width >= 12


def test_columns_of_codes_are_text_so_that_zeros_stay(template):
    page = openpyxl.load_workbook(template).worksheets[0]
    styles = {letter: dimension.number_format for letter, dimension in page.column_dimensions.items()}
    assert styles["A"] == "@"
    assert styles["L"] == "@"
    assert styles["E"] == "yyyy-mm-dd"
    assert styles["I"] == "0.00%"


def test_the_second_sheet_tells_every_column(template):
    notes = openpyxl.load_workbook(template)["说明"]
    lines = {row[1].value: [cell.value or "" for cell in row] for row in notes.iter_rows(min_row=5)}
    assert len(lines) == len(EVERYTHING.columns)
    assert lines["名称"][4] == "单位名称、全称"
    assert lines["类型"][5] == "、".join(list_labels(EVERYTHING.column("kind"))) == "线上、线下"


def test_the_same_template_has_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        write_template(EVERYTHING, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_by_the_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["intake", "template", "reference.enterprises"]) == cli.DONE
    assert capsys.readouterr().out.strip() == "reference.enterprises.xlsx"
    told = check(Path("reference.enterprises.xlsx"), get_format("reference.enterprises"))
    assert told.checked.layout is not None
    assert cli.main(["intake", "template", "budget.lines", "-o", "预算.xlsx"]) == cli.DONE
    assert Path("预算.xlsx").exists()


def test_an_unknown_format_is_refused_with_a_way_out(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["intake", "template", "no.such"]) != cli.DONE
    told = capsys.readouterr()
    assert "yunpu intake formats" in told.err + told.out
    assert not list(tmp_path.iterdir())
