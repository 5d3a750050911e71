"""One table in every kind of file, encoding and delimiter is the same rows; the name of a file says nothing."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from yunpu.kernel.findings import Place, all_kinds
from yunpu.stages.intake.files import Kind, Sniffed, UnableToRead, sniff
from yunpu.stages.intake.formats import Column, Format
from yunpu.stages.intake.tests.reading.reading import DAY, GOOD, TITLES, check, grant
from yunpu.stages.intake.tests.reading.writing import (
    WRITERS,
    Raw,
    ods_table,
    write_csv,
    write_jsonl,
    write_ods_content,
    write_xls,
    write_xlsx,
)

CODED = Format(
    "test.coded", "编码表", model="test.Coded", columns=(Column("code", "编码", key=True, length=4),)
)


@pytest.mark.parametrize("kind", WRITERS)
def test_every_kind_gives_the_same_rows(tmp_path, kind):
    told = check(WRITERS[kind](tmp_path / f"a.{kind}", GOOD))
    assert told.rows[2] == {
        "code": "XM003",
        "unit_name": "单位3",
        "paid_on": DAY,
        "amount_fen": 300_000,
        "people": 3,
        "share": Decimal(40),
    }
    assert told.numbers == [2, 3, 4]
    assert told.checked.sums == {"amount_fen": 600_000, "people": 6}
    assert not told.findings


@pytest.mark.parametrize("kind", WRITERS)
def test_the_content_decides_what_a_file_is(tmp_path, kind):
    path = WRITERS[kind](tmp_path / f"a.{kind}", GOOD).rename(tmp_path / "报表.doc")
    assert sniff(path).kind == kind


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_and_delimiters_of_text(tmp_path, encoding, delimiter, end):
    text = end.join(delimiter.join(str(value) for value in row) for row in GOOD)
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    assert sniff(tmp_path / "a.csv") == Sniffed(Kind.CSV, encoding, delimiter)
    assert check(tmp_path / "a.csv").column("unit_name") == ["单位1", "单位2", "单位3"]


def test_rare_characters_of_gb18030(tmp_path):
    path = write_csv(tmp_path / "a.csv", [TITLES, grant(1, unit_name="𬭎䶮镕公司")], encoding="gb18030")
    assert check(path).column("unit_name") == ["𬭎䶮镕公司"]


def test_a_delimiter_inside_quotes_and_a_line_break_inside_a_cell(tmp_path):
    path = write_csv(tmp_path / "a.csv", [TITLES, grant(1, unit_name='甲,乙;丙\t"丁"\n戊')])
    assert check(path).column("unit_name") == ['甲,乙;丙 "丁" 戊']


def test_a_first_line_that_names_the_delimiter(tmp_path):
    text = "sep=;\n" + "\n".join(";".join(str(value) for value in row) for row in GOOD)
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    assert len(check(tmp_path / "a.csv").rows) == 3


def test_old_and_new_line_ends_and_no_last_one(tmp_path):
    text = "\r".join(",".join(str(value) for value in row) for row in GOOD)
    (tmp_path / "a.csv").write_bytes(text.encode())
    assert len(check(tmp_path / "a.csv").rows) == 3


def test_rows_of_text_are_counted_as_a_spreadsheet_counts_them(tmp_path):
    path = write_csv(tmp_path / "a.csv", [TITLES, grant(1, unit_name="两\n行"), grant(2, amount="待定")])
    assert check(path).where("INT-011") == ["D3"]


def test_json_lines_keep_numbers_as_they_are_written(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", [TITLES, grant(1, amount=1234.57), grant(2, people=None)])
    told = check(path)
    assert told.column("amount_fen") == [123457, 200000]
    assert told.column("people") == [1, None]


def test_json_lines_may_leave_fields_out_and_hold_blank_lines(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", GOOD)
    path.write_text(
        path.read_text("utf-8") + '\n\n{"项目编号": "XM9", "单位名称": "甲", "金额": 1}\n', "utf-8"
    )
    told = check(path)
    assert told.where("INT-001") == ["C5"]
    assert len(told.rows) == 3


def test_typed_dates_of_workbooks(tmp_path):
    moment = dt.datetime.combine(DAY, dt.time(15, 30))
    for kind, write in (("xlsx", write_xlsx), ("xls", write_xls)):
        told = check(write(tmp_path / f"a.{kind}", [TITLES, grant(1, paid_on=moment)]))
        assert told.column("paid_on") == [DAY]


def test_cells_repeated_in_an_ods(tmp_path):
    repeated = Raw(
        '<table:table-cell office:value-type="float" office:value="7" table:number-columns-repeated="2"/>'
    )
    rows = [["项目编号", "单位名称", "发放日期", "金额", "人数"], ["XM1", "甲", DAY, repeated]]
    tail = (
        '<table:table-row table:number-rows-repeated="1048000"><table:table-cell '
        'table:number-columns-repeated="16384"/></table:table-row>'
    )
    table = ods_table("申报表", rows).replace("</table:table>", tail + "</table:table>")
    told = check(write_ods_content(tmp_path / "a.ods", table))
    assert (told.column("amount_fen"), told.column("people")) == ([700], [7])


def test_a_quote_that_is_never_closed_is_told_with_its_line(tmp_path):
    rows = [",".join(str(value) for value in row) for row in GOOD]
    rows[2] = '"' + rows[2]
    (tmp_path / "a.csv").write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(UnableToRead, match="第 3 行的引号没有配对"):
        check(tmp_path / "a.csv")


def test_only_a_file_of_texts_is_told_of_zeros_that_were_put_back(tmp_path):
    rows = [["编码"], ["0017"], ["18"]]
    told = check(write_csv(tmp_path / "a.csv", rows), CODED)
    assert [(one.kind, one.place.cell, dict(one.params)["value"]) for one in told.findings] == [
        ("INT-019", "A3", "18")
    ]
    assert [row["code"] for row in told.rows] == ["0017", "0018"]
    assert check(write_xlsx(tmp_path / "a.xlsx", [["编码"], ["0017"], [18]]), CODED).findings == []


def test_a_check_that_names_the_head_instead_of_the_column_is_a_defect(tmp_path):
    kind = all_kinds()[0]
    path = write_csv(tmp_path / "a.csv", [["编码"], ["0017"]])

    def named(title):
        given = dict.fromkeys(kind.names, "")
        return replace(CODED, checks=(lambda _row: [kind.at(Place(title=title), **given)],))

    assert check(path, named("code")).findings[0].place == Place("", 2, 1, "编码")
    with pytest.raises(AssertionError, match="must be the name of a column"):
        check(path, named("编码"))
