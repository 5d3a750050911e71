"""One messy cell: the value it stands for, or the finding that says why it is none. Nothing is guessed back."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest

from yunpu.stages.intake.cells import CellContext, make_parser
from yunpu.stages.intake.formats import Column, Type
from yunpu.stages.intake.kinds import Bad, show
from yunpu.stages.intake.numbers import Reading

DAY = dt.date(2020, 11, 24)


def parse(column, value, *, percent=False, **context):
    if isinstance(column, Type):
        codes = {"1": "男", "02": "女"} if column is Type.CODE else None
        column = Column("x", "某列", column, codes=codes, required=False)
    return make_parser(column, CellContext(**context))(value, percent)


def fault(column, value, **context):
    with pytest.raises(Bad) as caught:
        parse(column, value, **context)
    caught.value.kind.at(**caught.value.params)  # the words of the finding can be filled
    return caught.value.kind.code


@pytest.mark.parametrize(
    ("written", "fen"),
    [
        ("1234.5", 123450),
        ("1,234.50", 123450),
        ("１，２３４．５０", 123450),
        ("　1 234.50　", 123450),
        ("¥1,234.50", 123450),
        ("1,234.50元", 123450),
        ("(1,234.50)", -123450),
        ("（１，２３４．５０）", -123450),
        ("-1,234.50", -123450),
        ("−1234.50", -123450),
        (1234.5, 123450),
        (0.1 + 0.2, 30),
        (1234, 123400),
        ("1.2345E+03", 123450),
        ("0", 0),
        (-0.0, 0),
    ],
)
def test_money_as_offices_write_it(written, fen):
    assert parse(Type.MONEY, written) == fen


@pytest.mark.parametrize(
    ("unit", "written", "fen"),
    [("万元", "12.3456", 12345600), ("亿元", 1.5, 15_000_000_000), ("千元", "(3)", -300000), ("分", 7, 7)],
)
def test_money_in_the_unit_of_its_header(unit, written, fen):
    assert parse(Type.MONEY, written, unit=unit) == fen


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("待定", "INT-011"),
        ("1,23", "INT-011"),
        ("12.34.56", "INT-011"),
        (True, "INT-011"),
        (DAY, "INT-011"),
        ("1.234", "INT-013"),
        (1.234, "INT-013"),
        (1e30, "INT-004"),
        ("9" * 25, "INT-004"),
        (float("inf"), "INT-004"),
        ("9" * 500, "INT-011"),
    ],
)
def test_what_is_no_money(written, code):
    assert fault(Type.MONEY, written) == code


@pytest.mark.parametrize(
    "written",
    [
        "2020-11-24",
        "2020.11.24",
        "2020/11/24",
        "2020年11月24日",
        "２０２０年１１月２４日",
        "2020 年 11 月 24 日",
        "2020年11月24号",
        "20201124",
        20201124,
        20201124.0,
        "2020-11-24 08:30",
        "2020-11-24T08:30:00Z",
        44159,
        44159.75,
        "44159",
        DAY,
        dt.datetime.combine(DAY, dt.time(8, 30)),
        " 2020-11-24 ",
    ],
)
def test_every_way_to_write_a_day(written):
    assert parse(Type.DATE, written) == DAY


def test_serials_of_both_epochs_and_the_day_that_never_was():
    assert parse(Type.DATE, 44159 - 1462, epoch_1904=True) == DAY
    assert parse(Type.DATE, 1) == dt.date(1900, 1, 1)
    assert parse(Type.DATE, 59) == dt.date(1900, 2, 28)
    assert parse(Type.DATE, 61) == dt.date(1900, 3, 1)
    assert fault(Type.DATE, 60) == "INT-006"


@pytest.mark.parametrize(
    "written",
    [
        "2020-02-30",
        "2020年13月1日",
        "20201301",
        "下周",
        "0201-03-04",
        0,
        -5,
        1e9,
        float("nan"),
        True,
        "24/11/2020",
    ],
)
def test_what_is_no_day(written):
    assert fault(Type.DATE, written) == "INT-006"


@pytest.mark.parametrize("written", ["2020-11", "2020年11月", "202011", 202011, "2020.11", "2020-11-24", DAY])
def test_months(written):
    assert parse(Type.MONTH, written) == dt.date(2020, 11, 1)


@pytest.mark.parametrize("written", ["2020-13", "0020-11", "十一月"])
def test_what_is_no_month(written):
    assert fault(Type.MONTH, written) == "INT-006"


@pytest.mark.parametrize("written", ["2020", "2020年", "2020年度", "２０２０", 2020, 2020.0, DAY])
def test_years(written):
    assert parse(Type.YEAR, written) == 2020


def test_a_year_out_of_the_world():
    assert fault(Type.YEAR, 20) == "INT-005"
    assert fault(Type.YEAR, "明年") == "INT-002"


@pytest.mark.parametrize(
    ("written", "percent", "value"),
    [
        (0.4062, True, "40.62"),
        ("40.62%", False, "40.62"),
        ("４０．６２％", False, "40.62"),
        ("40.62 %", False, "40.62"),
        (40.62, False, "40.62"),
        ("-5.3%", False, "-5.3"),
        ("(5.3)%", False, "-5.3"),
        (0, False, "0"),
        (1, False, "1"),
        (1.5, True, "150"),
        ("0.4%", False, "0.4"),
    ],
)
def test_percents(written, percent, value):
    assert parse(Type.PERCENT, written, percent=percent) == Decimal(value)


def test_a_bare_fraction_is_a_question_until_it_is_answered():
    assert fault(Type.PERCENT, 0.4) == "INT-020"
    assert fault(Type.PERCENT, "0.4062") == "INT-020"
    assert parse(Type.PERCENT, 0.4062, percent_reading=Reading.RATIO) == Decimal("40.62")
    assert parse(Type.PERCENT, 0.4062, percent_reading=Reading.PERCENT) == Decimal("0.4062")
    assert parse(Type.PERCENT, "40%", percent_reading=Reading.RATIO) == Decimal(40)


def test_per_mille_by_its_header():
    assert parse(Type.PERCENT, 5, percent_reading=Reading.PERCENT, factor=Fraction(1, 10)) == Decimal("0.5")


CODE_6 = Column("code", "科目编码", length=6, required=False)
CODE_15 = Column("code", "组织编码", length=15, required=False)


def test_leading_zeros_come_back_where_a_number_lost_them():
    assert parse(CODE_6, 12301) == "012301"
    assert parse(CODE_6, 12301.0) == "012301"
    assert parse(CODE_15, 1234.0) == "000000000001234"
    assert parse(CODE_6, "12301", typeless=True) == "012301"


def test_a_short_text_is_wrong_and_not_repaired():
    assert fault(CODE_6, "12301") == "INT-008"
    assert fault(CODE_6, "0123011") == "INT-008"


@pytest.mark.parametrize("written", [360111199001010123.0, 1e15, 9.1360199e17, "9.1360199E+17", "3.6E17"])
def test_digits_beyond_15_are_lost_for_ever(written):
    for column in (Type.CREDIT_CODE, Type.IDENTITY_NUMBER, CODE_15, Column("key", "编号", key=True)):
        assert fault(column, written) == "INT-009"


def test_a_code_that_became_a_date():
    assert fault(CODE_6, dt.date(2020, 3, 5)) == "INT-014"


def test_a_text_in_a_number_cell_is_its_digits():
    assert parse(Type.TEXT, 12.0) == "12"
    assert parse(Type.TEXT, 12) == "12"
    assert parse(Type.TEXT, 1.5) == "1.5"
    assert parse(Type.TEXT, True) == "是"
    assert parse(Type.TEXT, DAY) == "2020-11-24"


def test_texts_in_one_form():
    assert parse(Type.TEXT, "　（甲）公司\u200b　") == "(甲)公司"
    assert parse(Type.TEXT, '="0123"') == "0123"
    assert fault(Type.TEXT, "甲\x00乙") == "INT-015"
    assert fault(Type.TEXT, "甲\ud800") == "INT-015"
    assert fault(Type.TEXT, "长" * 201) == "INT-010"


@pytest.mark.parametrize(
    ("written", "value"),
    [("１，２３４", 1234), ("12人", 12), (3.0, 3), ("(3)", -3), ("1 234", 1234), ("007", 7)],
)
def test_whole_numbers(written, value):
    assert parse(Column("n", "人数", Type.INTEGER, unit="人", required=False), written) == value


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (2.5, "INT-003"),
        ("两个", "INT-002"),
        (2**70, "INT-004"),
        ("9223372036854775808", "INT-004"),
        ("1e400", "INT-004"),
        ("1e99", "INT-004"),
        (DAY, "INT-002"),
        (-3, "INT-005"),
        (101, "INT-005"),
    ],
)
def test_what_is_no_whole_number_here(written, code):
    assert fault(Column("n", "人数", Type.INTEGER, required=False, minimum=0, maximum=100), written) == code


def test_decimals_keep_their_places():
    area = Column("a", "面积", Type.DECIMAL, places=2, required=False, minimum=0)
    assert parse(area, "1,234.567") == Decimal("1234.57")
    assert parse(area, 0.1) == Decimal("0.1")
    assert parse(area, "3", factor=Fraction(10_000)) == Decimal(30_000)
    assert fault(area, "-1") == "INT-005"
    assert fault(area, 1e30) == "INT-004"


def test_code_lists_by_code_or_label():
    assert parse(Type.CODE, "男") == "1"
    assert parse(Type.CODE, 1.0) == "1"
    assert parse(Type.CODE, "０２") == "02"
    assert fault(Type.CODE, "它") == "INT-007"
    padded = Column("x", "性别", Type.CODE, codes={"02": "女"}, length=2, required=False)
    assert parse(padded, 2) == "02"
    assert fault(padded, "2") == "INT-007"


def test_yes_and_no():
    assert parse(Type.YES_NO, "√") is True
    assert parse(Type.YES_NO, "无") is False
    assert parse(Type.YES_NO, 1.0) is True
    assert fault(Type.YES_NO, "也许") == "INT-012"


def test_identities():
    assert parse(Type.REGION_CODE, 360111) == "360111"
    assert parse(Type.PHONE, "+86 138 0000 0000") == "13800000000"
    assert fault(Type.PHONE, "12") == "INT-008"
    assert fault(Type.CREDIT_CODE, "9136019900000000XX") == "INT-008"


def test_a_value_shown_is_short_and_harmless():
    assert show("x" * 100) == "x" * 39 + "…"
    assert show("a\x00b\ud800") == "a\ufffdb\ufffd"
    assert show(3.0) == "3"
    assert show(1e300) == "1e+300"
