"""Which column of a file is which, and why: equal titles, aliases, lower titles, likeness, what the unit said last time."""

import pytest

from yunpu.stages.intake.formats import Column, Format, Type
from yunpu.stages.intake.mapping import match_titles, plain_title
from yunpu.stages.intake.tests.reading.reading import GRANTS, TITLES

LAST_TIME = "本单位上次就是这样对应的"


def matched(titles, remembered=None, format=GRANTS):
    return {
        match.name: (match.position, match.why)
        for match in match_titles(titles, format, remembered or {}).matches
    }


@pytest.mark.parametrize(
    "title",
    [
        "金额",
        "金　额",
        "金额（万元）",
        "* 金额",
        "金额：",
        "补助金额",
        "金额/万元",
        "ＡＭＯＵＮＴ＿ＦＥＮ",
        "金\n额(单位:元)",
    ],
)
def test_titles_that_say_the_same(title):
    found = matched([*TITLES[:3], title])
    assert found["amount_fen"] == (3, "列名相同")


def test_titles_that_are_alike():
    found = matched(["项目编号", "收款单位名称", "发放日期", "补助金额合计"])
    assert found["unit_name"] == (1, "列名相近")
    assert found["amount_fen"] == (3, "列名相近")


def test_a_lower_title_under_a_group():
    found = matched(["项目编号", "单位名称", "发放情况/日期", "发放情况/金额"])
    assert found["paid_on"] == (2, "下级列名相同")


def test_what_the_unit_said_last_time_wins():
    titles = ["项目编号", "单位名称", "发放日期", "金额", "实拨数"]
    found = matched(titles, {"实拨数": "amount_fen", "没有了的列": "people"})
    assert found["amount_fen"] == (4, LAST_TIME)
    assert matched(titles)["amount_fen"] == (3, "列名相同")


def test_one_column_is_taken_once():
    found = matched(["项目编号", "编号", "单位名称", "收款单位", "日期", "金额"])
    assert found["code"][0] == 0
    assert found["unit_name"][0] == 2
    assert len(found) == 4


def test_likest_pairs_come_first():
    format = Format(
        "test.two",
        "两列",
        model="t.T",
        columns=(Column("a", "项目名称", key=True), Column("b", "项目单位名称", required=False)),
    )
    assert matched(["项目单位名称1", "项目名称1"], format=format) == {
        "a": (1, "列名相近"),
        "b": (0, "列名相近"),
    }


def test_what_is_missing_extra_and_double():
    mapped = match_titles(["项目编号", "备注", "备注", "金额", "金额"], GRANTS, {})
    assert mapped.missing == ["unit_name", "paid_on"]
    assert mapped.extra == ["备注", "备注", "金额"]
    assert set(mapped.duplicates) == {"备注", "金额"}


def test_nothing_is_guessed_from_nothing():
    assert matched(["", "—", "甲", "x" * 5_000]) == {}


def test_a_short_title_is_not_found_inside_every_long_one():
    format = Format("test.n", "数", model="t.T", columns=(Column("n", "数", Type.INTEGER, key=True),))
    assert matched(["企业总数量"], format=format) == {}


@pytest.mark.parametrize(
    ("title", "plain"), [("金 额（万元）", "金额"), ("＊Name_Of-It：", "nameofit"), ("（元）", "")]
)
def test_plain_titles(title, plain):
    assert plain_title(title) == plain
