"""Which sheet and which format a file is, with the reason; and what a unit's columns meant, remembered for its next file."""

import datetime as dt
import io

import pytest
import xlsxwriter

from yunpu.reference.models import Unit
from yunpu.stages.intake import operations
from yunpu.stages.intake.files import sniff
from yunpu.stages.intake.formats import Column, Format
from yunpu.stages.intake.guessing import guess
from yunpu.stages.intake.models import Load, Memory
from yunpu.stages.intake.registry import list_formats
from yunpu.stages.intake.sheets import open_book
from yunpu.stages.intake.tests.reading.reading import GOOD, GRANTS, TITLES, grant
from yunpu.stages.intake.tests.reading.writing import write_csv, write_xlsx
from yunpu.trail.operations import System, operation

BY = System("测试")
AT = dt.datetime(2020, 12, 20, 9, tzinfo=dt.UTC)
OTHER = Format(
    "test.other",
    "另一种",
    model="t.T",
    columns=(Column("code", "项目编号", key=True), Column("place", "地点")),
)


def guesses(path, formats=(GRANTS, OTHER)):
    return guess(open_book(path, sniff(path)), formats)


def sheets(path, **given):
    """A workbook whose sheets hold these rows; a name that ends in an underscore is hidden."""
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in given.items():
            page = book.add_worksheet(name.rstrip("_"))
            for number, row in enumerate(rows):
                page.write_row(number, 0, [str(value) for value in row])
            if name.endswith("_"):
                page.hide()
    return path


def test_the_format_with_most_of_its_columns(tmp_path):
    found = guesses(write_xlsx(tmp_path / "a.xlsx", GOOD))
    assert [(one.sheet, one.format) for one in found[:1]] == [("申报表", "test.grants")]


def test_a_missing_column_counts_against_a_guess(tmp_path):
    found = guesses(write_xlsx(tmp_path / "a.xlsx", [["项目编号", "地点", "单位名称"], ["1", "x", "y"]]))
    assert found[0].format == "test.other"


def test_the_sheet_that_looks_like_it_and_a_hidden_one_last(tmp_path):
    told = [["说明"], ["本表由各单位填写"]]
    path = sheets(tmp_path / "a.xlsx", 说明=told, 旧表_=GOOD, 申报表=GOOD)
    assert [one.sheet for one in guesses(path) if one.format == "test.grants"] == ["申报表", "旧表"]


def test_nothing_looks_like_anything(tmp_path):
    assert guesses(write_csv(tmp_path / "a.csv", [["姓名", "年龄"], ["甲", 3]])) == []


@pytest.mark.parametrize("format", list_formats(), ids=lambda format: format.code)
def test_every_format_is_told_from_every_other_by_its_titles(tmp_path, format):
    path = write_csv(
        tmp_path / "a.csv", [[column.title for column in format.columns], ["x"] * len(format.columns)]
    )
    assert guesses(path, list_formats())[0].format == format.code


@pytest.fixture
def unit(db, settings, tmp_path):
    settings.FOLDER = tmp_path / "var"
    settings.ORIGINALS_FOLDER = tmp_path / "var" / "originals"
    with operation("reference.unit-created", by=BY, at=AT) as note:
        unit = Unit.objects.create(code="YP", name="云谱区", level="district", path="/1/")
        note.created(unit)
    return unit


def hand_in(unit, rows, code=""):
    text = "\n".join(",".join(str(value) for value in row) for row in rows)
    load = operations.receive_file(
        io.BytesIO(text.encode()), name="a.csv", unit=unit, by=BY, at=AT, format_code=code
    )
    return operations.check_load(load, by=BY, at=AT)


CAMPAIGN = ["QX-1", "惠企政策", "微信群", "2020-06-18"]


def test_an_upload_says_what_it_was_taken_for(unit):
    load = hand_in(unit, [["宣传编号", "内容", "渠道", "发布日期"], CAMPAIGN])
    assert load.format_code == "outreach.campaigns"
    assert load.guesses[0][:2] == ["", "outreach.campaigns"]
    assert [(title, name, why) for _position, title, name, why in load.columns][:2] == [
        ("宣传编号", "code", "列名相同"),
        ("内容", "title", "列名相同"),
    ]


def test_what_a_person_said_of_the_columns_is_remembered_for_the_unit(unit):
    titles = ["宣传编号", "写了什么", "渠道", "发布日期"]
    load = hand_in(unit, [titles, CAMPAIGN], "outreach.campaigns")
    assert [one["kind"] for one in load.findings] == ["INT-031", "INT-032"]
    mapping = {"code": 0, "title": 1, "channel": 2, "sent_on": 3}
    operations.change_reading(load, by=BY, at=AT, mapping=mapping)
    operations.check_load(load, by=BY, at=AT)
    assert load.findings == []
    assert operations.keep_load(load, by=BY, at=AT).state == Load.State.KEPT
    assert Memory.objects.get().mapping["写了什么"] == "title"
    again = hand_in(unit, [titles, ["QX-2", "培训通知", "微信群", "2020-07-01"]], "outreach.campaigns")
    assert again.findings == []
    assert [why for *_place, why in again.columns] == ["本单位上次就是这样对应的"] * 4
    with operation("reference.unit-created", by=BY, at=AT) as note:
        other = Unit.objects.create(code="YP-2", name="别的单位", level="bureau", path="/2/")
        note.created(other)
    elsewhere = hand_in(other, [titles, ["QX-3", "培训通知", "微信群", "2020-07-01"]], "outreach.campaigns")
    assert "INT-031" in [one["kind"] for one in elsewhere.findings]


def test_titles_of_the_tests_format_are_its_own():
    assert [column.title for column in GRANTS.columns] == TITLES
    assert len(grant()) == len(TITLES)
