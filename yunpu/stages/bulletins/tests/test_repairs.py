"""Which computed figure a typed numeral may be."""

from __future__ import annotations

from fractions import Fraction

import pytest

from yunpu.stages.bulletins.repairs import list_repairs
from yunpu.stages.bulletins.tests.written import Published, look

MONEY = Published("test.money", "重点评价资金", Fraction(4014), "万元", "4014万元", figure_id=1)
WHOLE = Published("test.whole", "减负", Fraction(12, 10), "亿元", "1.2亿元", figure_id=2)
FIRMS = Published()
PEOPLE = Published("test.people", "企业代表", Fraction(196), "人", "近200人", figure_id=4)
HIDDEN = Published("test.hidden", "不公开", None, "家", "—", state="hidden", figure_id=5)
ALL = [MONEY, WHOLE, FIRMS, PEOPLE, HIDDEN]


def repairs(text: str) -> list[tuple[str, str, str]]:
    (one,) = look(text).offenders
    return [(found.code, found.difference, found.reason) for found in list_repairs(one, ALL)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("资金4104万元", ("test.money", "+900,000", "像是数字写反了")),
        ("资金4014万元", ("test.money", "+0", "数值相同")),
        ("减负12000万元", ("test.whole", "+0", "数值相同")),
        ("减负一亿二千万元", ("test.whole", "+0", "数值相同")),
        ("组织近百家企业", ("test.firms", "+0", "数值相同")),
        ("组织97家企业", ("test.firms", "−3", "数值相同")),
        ("组织95家企业", ("test.firms", "−5", "数值相近")),
        ("到会近200名代表", ("test.people", "+0", "数值相同")),
        ("到会205位代表", ("test.people", "+5", "数值相近")),
    ],
)
def test_the_likeliest_figure_comes_first(text, expected):
    assert repairs(text)[0] == expected


@pytest.mark.parametrize("text", ["组织三家企业", "资金4014元", "到会200户", "第六年开展", "翻一番"])
def test_nothing_is_offered_for_another_number_or_unit(text):
    assert repairs(text) == []


def test_a_figure_that_is_not_published_is_not_offered():
    assert "test.hidden" not in {code for code, *_rest in repairs("组织95家企业")}
