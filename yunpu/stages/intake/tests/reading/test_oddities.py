"""What offices send: every oddity in a real file, and what is made of it."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
import xlwt

from yunpu.kernel.findings import Severity
from yunpu.stages.intake.formats import Column, Format, Type
from yunpu.stages.intake.tests.reading.reading import DAY, GOOD, GRANTS, TITLES, check, grant
from yunpu.stages.intake.tests.reading.writing import (
    WRITERS,
    Raw,
    edit_part,
    ods_table,
    write_csv,
    write_jsonl,
    write_ods_content,
    write_xls,
    write_xlsx,
)


@pytest.fixture
def made(tmp_path):
    """Write a workbook by hand: `with made() as (book, page): …`; its path is `made.path`."""

    class Made:
        path = tmp_path / "made.xlsx"

        def __call__(self, **options):
            self.book = xlsxwriter.Workbook(str(self.path), options)
            return self

        def __enter__(self):
            return self.book, self.book.add_worksheet("申报表")

        def __exit__(self, *_error):
            self.book.close()

    return Made()


def put(page, rows, top=0):
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if value is not None:
                page.write(top + number, column, str(value) if isinstance(value, dt.date) else value)


# Where the table is


TITLE_ROWS = [
    ["云谱区2020年度补助发放表"],
    ["填报单位：区科工局", None, None, "单位：万元", None, "2020年12月"],
    [None],
]


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods", "csv"])
def test_title_rows_above_the_header_and_their_unit(tmp_path, kind):
    told = check(WRITERS[kind](tmp_path / f"a.{kind}", [*TITLE_ROWS, *GOOD]))
    assert told.checked.layout.header.first_row == 4
    assert told.column("amount_fen") == [1_000_000_000, 2_000_000_000, 3_000_000_000]
    assert told.numbers == [5, 6, 7]


def test_a_header_of_two_rows_with_merged_groups(made):
    with made() as (_book, page):
        page.merge_range("A1:A2", "项目编号")
        page.merge_range("B1:B2", "单位名称")
        page.merge_range("C1:D1", "发放情况")
        page.write("C2", "日期")
        page.write("D2", "金额（万元）")
        page.merge_range("E1:F1", "成效")
        page.write("E2", "人数")
        page.write("F2", "完成率")
        put(page, [grant(1), grant(2)], 2)
    told = check(made.path)
    assert told.checked.layout.header.titles[2:4] == ("发放情况/日期", "发放情况/金额(万元)")
    assert told.column("amount_fen") == [1_000_000_000, 2_000_000_000]
    assert told.numbers == [3, 4]


def test_a_header_of_three_rows_with_units_and_numbers_of_columns(tmp_path):
    rows = [
        ["项目编号", "单位名称", "发放", None, "人数", "完成率"],
        [None, None, "日期", "金额", None, None],
        [None, None, None, "(万元)", "(人)", "(%)"],
        ["甲", "乙", 1, 2, 3, 4],
        ["XM1", "甲单位", "2020-11-24", 1.5, 3, 40.62],
        ["XM2", "乙单位", "2020-11-25", 2, 5, 0.4],
    ]
    told = check(write_xlsx(tmp_path / "a.xlsx", rows))
    assert told.column("amount_fen") == [1_500_000, 2_000_000]
    assert told.column("share") == [Decimal("40.62"), Decimal("0.4")]
    assert told.where("INT-037") == ["申报表!4"]


@pytest.mark.parametrize(
    ("title", "fen"),
    [
        ("金额", 150),
        ("金额（元）", 150),
        ("金额(万元)", 15_000_00),
        ("金额【亿元】", 150_000_000_00),
        ("金额（单位：千元）", 1500_00),
        ("金额/万元", 15_000_00),
        ("金  额\n（万元）", 15_000_00),
        ("补助金额（百万元）", 1_500_000_00),
        ("＊金额（万元）", 15_000_00),
    ],
)
def test_units_in_the_header(tmp_path, title, fen):
    titles = [*TITLES[:3], title, *TITLES[4:]]
    assert check(write_xlsx(tmp_path / "a.xlsx", [titles, grant(1, amount=1.5)])).column("amount_fen") == [
        fen
    ]


def test_a_unit_nobody_knows_is_an_error_and_no_guess(tmp_path):
    titles = [*TITLES[:3], "金额（百元）", *TITLES[4:]]
    told = check(write_xlsx(tmp_path / "a.xlsx", [titles, grant(1)]))
    assert told.where("INT-044") == ["申报表!D1"]
    assert not told.checked.may_load


def test_blank_rows_are_passed_over(tmp_path):
    rows = [TITLES, [], grant(1), [None] * 6, ["　", " ", None], grant(2), [], []]
    told = check(write_xlsx(tmp_path / "a.xlsx", rows))
    assert told.numbers == [3, 6]
    assert not told.findings


@pytest.mark.parametrize("word", ["合计", "合 计", "总计：", "小计", "共计", "本页合计", "Total", "總計"])
def test_total_rows_are_said_and_compared(tmp_path, word):
    rows = [*GOOD, [word, None, None, 6000, 6, None]]
    told = check(write_xlsx(tmp_path / "a.xlsx", rows))
    assert len(told.rows) == 3
    assert told.codes == ["INT-036"]


def test_a_total_that_does_not_add_up_is_a_warning(tmp_path):
    told = check(write_xlsx(tmp_path / "a.xlsx", [*GOOD, ["合计", None, None, 7000, 6, None]]))
    assert told.where("INT-035") == ["申报表!D5"]
    assert "7000" in told.of("INT-035")[0].what() and "6,000" in told.of("INT-035")[0].what()


def test_a_total_right_under_the_header_is_compared_with_what_follows(tmp_path):
    for total, codes in ((6000, ["INT-036"]), (6001, ["INT-035", "INT-036"])):
        rows = [TITLES, ["合计", None, None, total, 6, None], *GOOD[1:]]
        assert check(write_xlsx(tmp_path / "a.xlsx", rows)).codes == codes


def test_subtotals_count_what_stands_since_the_last(tmp_path):
    rows = [
        TITLES,
        grant(1),
        ["小计", None, None, 1000, 1],
        grant(2),
        grant(3),
        ["小计", None, None, 5000, 5],
        ["合计", None, None, 6000, 6],
    ]
    told = check(write_xlsx(tmp_path / "a.xlsx", rows))
    assert told.codes == ["INT-036"] * 3
    assert told.checked.sums["amount_fen"] == 600_000


def test_an_enterprise_whose_name_holds_the_word_is_no_total(tmp_path):
    told = check(write_xlsx(tmp_path / "a.xlsx", [TITLES, grant(1, unit_name="合计会计师事务所")]))
    assert len(told.rows) == 1


@pytest.mark.parametrize(
    "note",
    [
        "注：金额为实际到账数。",
        "备注: 以上不含税",
        "填表人：某某　联系电话：0791-00000000",
        "※ 数据截至11月底",
        "本表由各单位在每月五日之前报送区科工局汇总",
    ],
)
def test_notes_under_the_table_are_said(tmp_path, note):
    told = check(write_xlsx(tmp_path / "a.xlsx", [*GOOD, [], [note]]))
    assert len(told.rows) == 3
    assert told.where("INT-037") == ["申报表!6"]


def test_the_header_again_on_every_printed_page(tmp_path):
    rows = [["补助发放表"], TITLES, grant(1), ["补助发放表"], TITLES, grant(2)]
    told = check(write_xlsx(tmp_path / "a.xlsx", rows))
    assert told.numbers == [3, 6]
    assert told.codes == ["INT-043", "INT-043"]


def test_cells_merged_over_rows_hold_for_all_of_them_but_money_once(made):
    with made() as (book, page):
        put(page, [TITLES, grant(1), grant(2), grant(3)])
        shape = book.add_format({"valign": "vcenter"})
        page.merge_range("B2:B4", "同一单位", shape)
        page.merge_range("D2:D3", 9000, shape)
    told = check(made.path)
    assert told.column("unit_name") == ["同一单位"] * 2
    assert told.of("INT-045")[0].severity is Severity.NOTE
    assert told.where("INT-001") == ["申报表!D3"]


# What stands in the cells


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods", "csv", "jsonl"])
def test_full_width_digits_blanks_separators_and_brackets(tmp_path, kind):
    odd = [
        TITLES,
        grant(1, code="ＸＭ００１", unit_name="　（甲）公司　", amount="１，２３４．５０", people="１２"),
        grant(2, amount="(1,234.50)", people=" 1 200 "),
        grant(3, amount="（１，２３４．５０）", share="４０．６２％"),
    ]
    told = check(WRITERS[kind](tmp_path / f"a.{kind}", odd))
    assert told.column("amount_fen") == [123450, -123450, -123450]
    assert told.column("code") == ["XM001", "XM002", "XM003"]
    assert told.column("unit_name")[0] == "(甲)公司"
    assert told.column("people") == [12, 1200, 3]
    assert told.column("share")[2] == Decimal("40.62")


@pytest.mark.parametrize(
    "written", ["2020-11-24", "2020.11.24", "2020/11/24", "2020年11月24日", "20201124", 20201124, 44159]
)
@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods", "csv", "jsonl"])
def test_every_form_of_a_date(tmp_path, kind, written):
    told = check(WRITERS[kind](tmp_path / f"a.{kind}", [TITLES, grant(1, paid_on=written)]))
    assert told.column("paid_on") == [DAY]


def test_serials_of_1904_in_every_kind_that_has_them(tmp_path, made):
    with made(date_1904=True) as (book, page):
        put(page, [TITLES, grant(1), grant(2)])
        page.write_datetime("C2", DAY, book.add_format({"num_format": "yyyy-mm-dd"}))
        page.write("C3", 44159 - 1462)
    assert check(made.path).column("paid_on") == [DAY, DAY]
    old = xlwt.Workbook()
    old.dates_1904 = True
    page = old.add_sheet("申报表")
    for number, row in enumerate([TITLES, grant(1, paid_on=44159 - 1462)]):
        for column, value in enumerate(row):
            page.write(number, column, value)
    old.save(str(tmp_path / "a.xls"))
    assert check(tmp_path / "a.xls").column("paid_on") == [DAY]


def test_percents_by_their_format_in_every_workbook(tmp_path, made):
    with made() as (book, page):
        put(page, [TITLES, grant(1), grant(2)])
        page.write("F2", 0.4062, book.add_format({"num_format": "0.00%"}))
        page.write("F3", 0.4062, book.add_format({"num_format": "[红色]0.0%;-0.0%"}))
    assert check(made.path).column("share") == [Decimal("40.62")] * 2
    old = xlwt.Workbook()
    page = old.add_sheet("申报表")
    for number, row in enumerate([TITLES, grant(1, paid_on="2020-11-24")[:5]]):
        for column, value in enumerate(row):
            page.write(number, column, value)
    page.write(1, 5, 0.4062, xlwt.easyxf(num_format_str="0.00%"))
    old.save(str(tmp_path / "a.xls"))
    assert check(tmp_path / "a.xls").column("share") == [Decimal("40.62")]
    percent = Raw('<table:table-cell office:value-type="percentage" office:value="0.4062"/>')
    path = write_ods_content(tmp_path / "a.ods", ods_table("申报表", [TITLES, grant(1, share=percent)]))
    assert check(path).column("share") == [Decimal("40.62")]


def test_a_bare_fraction_is_asked_once_for_the_whole_file(tmp_path):
    rows = [TITLES, *(grant(n, share=0.4 + n / 1000) for n in range(1, 50))]
    path = write_xlsx(tmp_path / "a.xlsx", rows)
    told = check(path)
    assert told.codes == ["INT-020"]
    assert told.where("INT-020") == ["申报表!F2"]
    assert told.of("INT-020")[0].severity is Severity.QUESTION
    assert not told.checked.may_load
    assert check(path, answers={"share": "ratio"}).column("share")[0] == Decimal("40.1")
    answered = check(path, answers={"share": "percent"})
    assert answered.column("share")[0] == Decimal("0.401")
    assert answered.checked.may_load


def test_a_percent_sign_in_the_header_answers_the_question(tmp_path):
    titles = [*TITLES[:5], "完成率（%）"]
    told = check(write_xlsx(tmp_path / "a.xlsx", [titles, grant(1, share=0.4)]))
    assert told.column("share") == [Decimal("0.4")]


CODES = Format(
    "test.codes",
    "编码表",
    model="test.Code",
    columns=(
        Column("code", "科目编码", key=True, length=7),
        Column("credit_code", "信用代码", Type.CREDIT_CODE, required=False),
        Column("name", "名称"),
    ),
)


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods", "csv"])
def test_leading_zeros_that_a_number_cell_lost_come_back(tmp_path, kind):
    rows = [["科目编码", "信用代码", "名称"], [60101, None, "甲"], ["0060102", None, "乙"]]
    assert check(WRITERS[kind](tmp_path / f"a.{kind}", rows), CODES).column("code") == ["0060101", "0060102"]


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_lost_digits_are_an_error_and_never_a_repair(tmp_path, kind):
    rows = [["科目编码", "信用代码", "名称"], ["0060101", 913601990000000123, "甲"]]
    if kind == "xls":
        rows[1][1] = float(rows[1][1])
    told = check(WRITERS[kind](tmp_path / f"a.{kind}", rows), CODES)
    assert told.codes == ["INT-009"]
    assert told.where("INT-009") == ["申报表!B2"]
    assert not told.rows
    assert "文本" in told.of("INT-009")[0].remedy()


def test_a_csv_saved_from_a_sheet_that_lost_digits(tmp_path):
    rows = [["科目编码", "信用代码", "名称"], ["0060101", "9.13602E+17", "甲"]]
    assert check(write_csv(tmp_path / "a.csv", rows), CODES).codes == ["INT-009"]


def test_numbers_kept_as_text_are_numbers(made):
    with made() as (_book, page):
        put(page, [TITLES, grant(1)])
        page.write_string("D2", "1,234.50")
        page.write_string("E2", "12")
        page.write_string("C2", "44159")
    assert check(made.path).rows[0] | {"share": None} == {
        "code": "XM001",
        "unit_name": "单位1",
        "paid_on": DAY,
        "amount_fen": 123450,
        "people": 12,
        "share": None,
    }


def test_a_whole_money_column_of_text_is_all_told_at_once(tmp_path):
    rows = [TITLES, *(grant(n, amount="待定", paid_on="某日", people=-1) for n in range(1, 30))]
    told = check(write_xlsx(tmp_path / "a.xlsx", rows))
    assert (len(told.of("INT-011")), len(told.of("INT-006")), len(told.of("INT-005"))) == (29, 29, 29)
    assert told.where("INT-011")[:2] == ["申报表!D2", "申报表!D3"]


# What is hidden, computed, linked


def test_hidden_rows_columns_and_sheets_are_said_and_not_dropped(made):
    with made() as (book, page):
        put(page, GOOD)
        page.set_row(2, None, None, {"hidden": True})
        page.set_column("E:E", None, None, {"hidden": True})
        old = book.add_worksheet("旧数据")
        put(old, GOOD)
        old.hide()
    told = check(made.path)
    assert told.checked.sheet == "申报表"
    assert len(told.rows) == 3
    assert told.column("people") == [1, 2, 3]
    assert told.where("INT-038") == ["申报表!3"]
    assert told.of("INT-038")[0].severity is Severity.WARNING
    assert told.where("INT-039") == ["旧数据"]
    assert told.codes == ["INT-038", "INT-039", "INT-046"]


def test_what_is_hidden_in_xls_and_ods(tmp_path):
    book = xlwt.Workbook()
    page = book.add_sheet("申报表")
    for number, row in enumerate(GOOD):
        for column, value in enumerate(row):
            page.write(number, column, str(value) if isinstance(value, dt.date) else value)
    page.row(2).hidden = True
    page.col(4).hidden = True
    other = book.add_sheet("旧数据")
    other.write(0, 0, "x")
    other.visibility = 1
    book.save(str(tmp_path / "a.xls"))
    assert check(tmp_path / "a.xls").codes == ["INT-038", "INT-039", "INT-046"]
    table = ods_table("申报表", GOOD).replace(
        "<table:table-row>", '<table:table-row table:visibility="collapse">', 2
    )
    told = check(write_ods_content(tmp_path / "a.ods", table.replace('collapse"', 'visible"', 1)))
    assert told.where("INT-038") == ["申报表!2"]
    assert len(told.rows) == 3


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_formulas_give_their_stored_result_and_are_said(tmp_path, made, kind):
    path = tmp_path / f"a.{kind}"
    if kind == "xlsx":
        with made() as (_book, page):
            put(page, GOOD)
            page.write_formula("D3", "=D2*2", None, 2000)
        path = made.path
    elif kind == "xls":
        book = xlwt.Workbook()
        page = book.add_sheet("申报表")
        for number, row in enumerate(GOOD):
            for column, value in enumerate(row):
                page.write(number, column, str(value) if isinstance(value, dt.date) else value)
        page.write(4, 6, xlwt.Formula("1+1"))
        book.save(str(path))
    else:
        formula = Raw(
            '<table:table-cell table:formula="of:=[.D2]*2" office:value-type="float" office:value="2000"/>'
        )
        write_ods_content(path, ods_table("申报表", [TITLES, grant(1), grant(2, amount=formula), grant(3)]))
    told = check(path)
    assert told.of("INT-040")[0].severity is Severity.NOTE
    assert told.column("amount_fen") == [100_000, 200_000, 300_000]


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_a_formula_without_a_stored_result_is_an_error_and_not_a_blank(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    if kind == "xlsx":
        book = openpyxl.Workbook()
        page = book.active
        page.title = "申报表"
        for row in [TITLES, grant(1, amount="=500*2"), grant(2, people="=1+1")]:
            page.append(row)
        book.save(path)
    else:
        formula = Raw('<table:table-cell table:formula="of:=500*2"/>')
        rows = [TITLES, grant(1, amount=formula), grant(2, people=formula)]
        write_ods_content(path, ods_table("申报表", rows))
    told = check(path)
    assert told.where("INT-017") == ["申报表!D2", "申报表!E3"]
    assert not told.rows


def test_results_that_are_errors(tmp_path, made):
    with made() as (_book, page):
        put(page, GOOD)
        page.write_formula("D3", "=1/0", None, "#DIV/0!")
        page.write_formula("E4", "=X", None, "#NAME?")
    told = check(made.path)
    assert told.where("INT-016") == ["申报表!D3", "申报表!E4"]
    assert len(told.rows) == 1


def test_links_are_said_and_not_followed(made):
    with made() as (_book, page):
        put(page, GOOD)
        page.write_url("B3", "http://localhost:9/", string="单位2")
    told = check(made.path)
    assert told.codes == ["INT-042"]
    assert told.column("unit_name")[1] == "单位2"


# Rows against each other and against the format


def test_the_same_key_twice_names_the_other_row(tmp_path):
    told = check(write_xlsx(tmp_path / "a.xlsx", [*GOOD, grant(2, amount=5), grant(2)]))
    assert told.where("INT-034") == ["申报表!A5", "申报表!A6"]
    assert all("第 3 行" in one.what() for one in told.of("INT-034"))


def test_keys_are_the_same_when_their_values_are(tmp_path):
    told = check(write_csv(tmp_path / "a.csv", [TITLES, grant(1, code="ＸＭ1"), grant(2, code=" XM1 ")]))
    assert told.where("INT-034") == ["A3"]


def test_columns_that_are_missing_double_or_of_no_use(tmp_path):
    titles = ["项目编号", "单位名称", "金额", "金额", "备注"]
    told = check(write_xlsx(tmp_path / "a.xlsx", [titles, ["XM1", "甲", 1, 2, "x"]]))
    assert told.codes == ["INT-031", "INT-032", "INT-033"]
    assert told.of("INT-031")[0].what() == "没有“发放日期”这一列"


def test_another_table_is_told_as_such(tmp_path):
    told = check(write_xlsx(tmp_path / "a.xlsx", [["姓名", "年龄"], ["甲", 3]]))
    assert told.codes == ["INT-030"]


def test_a_header_without_rows(tmp_path):
    assert check(write_xlsx(tmp_path / "a.xlsx", [TITLES])).codes == ["INT-041"]


def test_an_id_over_64_bits(tmp_path):
    rows = [TITLES, grant(1, people=2**70)]
    assert check(write_csv(tmp_path / "a.csv", rows)).codes == ["INT-004"]
    assert check(write_jsonl(tmp_path / "a.jsonl", rows)).codes == ["INT-004"]


def test_measures_finer_than_kept_are_rounded_with_a_warning_once(tmp_path):
    areas = Format(
        "test.areas",
        "面积表",
        model="test.Area",
        columns=(Column("code", "地块", key=True), Column("area", "面积", Type.DECIMAL, unit="亩")),
    )
    rows = [["地块", "面积（亩）"], ["A", 3.14159], ["B", "2.71828"]]
    told = check(write_xlsx(tmp_path / "a.xlsx", rows), areas)
    assert told.column("area") == [Decimal("3.14"), Decimal("2.72")]
    assert told.codes == ["INT-018"]


def test_a_measure_in_another_unit_of_its_kind_is_turned_and_a_foreign_one_refused(tmp_path):
    areas = Format(
        "test.areas",
        "面积表",
        model="test.Area",
        columns=(Column("code", "地块", key=True), Column("area", "面积", Type.DECIMAL, unit="亩")),
    )
    told = check(write_xlsx(tmp_path / "a.xlsx", [["地块", "面积（公顷）"], ["A", 2]]), areas)
    assert told.column("area") == [Decimal("30.00")]
    wrong = check(write_xlsx(tmp_path / "b.xlsx", [["地块", "面积（人）"], ["A", 2]]), areas)
    assert wrong.codes == ["INT-044"]


def test_a_persons_mapping_wins(tmp_path):
    titles = ["项目编号", "单位名称", "发放日期", "预算", "金额", "完成率"]
    path = write_xlsx(tmp_path / "a.xlsx", [titles, ["XM1", "甲", DAY, 5, 7, None]])
    mapping = {"code": 0, "unit_name": 1, "paid_on": 2, "amount_fen": 3}
    told = check(path, GRANTS, mapping=mapping)
    assert told.column("amount_fen") == [500]
    assert told.checked.layout.matches[3].why == "由经办人指定"


def test_a_workbook_whose_used_cells_begin_far_right_and_below(made):
    with made() as (_book, page):
        for number, row in enumerate(GOOD):
            for column, value in enumerate(row):
                page.write(10 + number, 3 + column, str(value) if isinstance(value, dt.date) else value)
    told = check(made.path)
    assert told.numbers == [12, 13, 14]
    page = check(edit_part(made.path, "xl/worksheets/sheet1.xml", lambda part: part.replace(b"XM", b"XM")))
    assert page.numbers == [12, 13, 14]


def test_an_error_cell_has_the_address_of_the_sheet_also_when_the_table_begins_elsewhere(made):
    with made() as (_book, page):
        rows = [TITLES, grant(1, amount="待定")]
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                page.write(10 + number, 3 + column, str(value) if isinstance(value, dt.date) else value)
    assert check(made.path).where("INT-011") == ["申报表!G12"]


def test_text_files_have_no_sheet_in_their_addresses(tmp_path):
    assert check(write_csv(tmp_path / "a.csv", [TITLES, grant(1, amount="待定")])).where("INT-011") == ["D2"]


def test_an_xls_with_a_merged_cell(tmp_path):
    book = xlwt.Workbook()
    page = book.add_sheet("申报表")
    for number, row in enumerate([TITLES, grant(1), grant(2)]):
        for column, value in enumerate(row):
            if (number, column) not in ((1, 1), (2, 1)):
                page.write(number, column, str(value) if isinstance(value, dt.date) else value)
    page.write_merge(1, 2, 1, 1, "同一单位")
    book.save(str(tmp_path / "a.xls"))
    assert check(tmp_path / "a.xls").column("unit_name") == ["同一单位", "同一单位"]


def test_the_limit_of_an_old_workbook_is_no_limit_of_ours(tmp_path: Path):
    rows = [TITLES, *(grant(n, paid_on="2020-11-24") for n in range(1, 3000))]
    assert len(check(write_xls(tmp_path / "a.xls", rows)).rows) == 2999
