from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunpu.stages.indicators.definitions import Disclosure, Rounding, Sum, Wording
from yunpu.stages.indicators.publishing import (
    exact_text,
    rule_text,
    show_growth,
    show_value,
    showing_of,
    title_in,
)
from yunpu.stages.indicators.tests.declared import activities


@pytest.mark.parametrize(
    ("values", "value", "shown"),
    [
        ({"unit": "家", "wording": Wording.NEARLY}, 97, "近100家"),
        ({"unit": "家", "wording": Wording.NEARLY}, 99, "近100家"),
        ({"unit": "家", "wording": Wording.NEARLY}, 100, "100家"),
        ({"unit": "家", "wording": Wording.NEARLY}, 90, "90家"),
        ({"unit": "家", "wording": Wording.NEARLY}, 3600, "近4000家"),  # just 10 % away
        ({"unit": "家", "wording": Wording.NEARLY}, 3599, "近3600家"),
        ({"unit": "家", "wording": Wording.NEARLY}, 89, "近90家"),
        ({"unit": "家", "wording": Wording.OVER}, 100, "100家"),
        ({"unit": "家", "wording": Wording.OVER}, 101, "100余家"),
        ({"unit": "家", "wording": Wording.OVER}, 110, "100余家"),  # just 10 % away
        ({"unit": "家", "wording": Wording.OVER}, 111, "110余家"),
        ({"unit": "亩", "wording": Wording.ABOUT}, 8_966_666, "约13000亩"),  # 13,449.999 亩
        ({"unit": "亩", "wording": Wording.ABOUT}, 8_966_667, "约13000亩"),
        ({"unit": "份", "wording": Wording.OVER}, 503, "500余份"),
        ({"unit": "人", "wording": Wording.MORE}, 63, "60多人"),
        ({"unit": "人", "wording": Wording.OVER}, 0, "0人"),
        ({"unit": "元", "shown_unit": "万元"}, 8_982_000_000, "8982万元"),
        ({"unit": "元", "shown_unit": "万元", "places": 4}, 525_877_600, "525.8776万元"),
        ({"unit": "元", "shown_unit": "亿元", "places": 1}, 51_000_000_000, "5.1亿元"),
        ({"unit": "亿元", "places": 1}, 51_000_000_000, "5.1亿元"),
        ({"unit": "亩", "wording": Wording.ABOUT}, 8_666_667, "约13000亩"),
        ({"unit": "元"}, 149, "1元"),
        ({"unit": "元"}, 150, "2元"),
        ({"unit": "欧元", "shown_unit": "万欧元"}, 456_412_502_400, "456413万欧元"),
        ({"unit": "元", "rounding": Rounding.TRUNCATE}, 199, "1元"),
    ],
)
def test_values_are_shown_by_their_rule(values, value, shown):
    assert show_value(activities(measure=Sum("quantity"), **values), Fraction(value)) == shown


@pytest.mark.parametrize(
    ("now", "before", "shown"),
    [(90, 64, "40.62%"), (99, 62, "59.67%"), (51, 42, "21.42%"), (42, 51, "\u221217.64%"), (1, 1, "0.00%")],
)
def test_growth_is_truncated_as_in_2020(now, before, shown):
    assert show_growth(activities(growth=True), Fraction((now - before) * 100, before)) == shown


@given(st.fractions())
def test_exact_text_is_exact_or_has_30_digits(value):
    text = exact_text(value)
    assert "E" not in text
    if Fraction(text) != value:
        assert abs(Fraction(text) - value) <= abs(value) / 10**29
        assert not _ends(value)


def _ends(value):
    """Whether a fraction has a last decimal: its denominator holds only 2 and 5."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def test_the_rule_is_told_in_words():
    indicator = activities(
        unit="元", shown_unit="万元", places=2, wording=Wording.ABOUT, disclosure=Disclosure(minimum=3)
    )
    showing = showing_of(indicator)
    assert rule_text(showing, growth=False) == "以万元表示，四舍五入到 2 位小数，正文用“约”；少于 3 不公开"
    assert rule_text(showing, growth=True) == "以%表示，截尾到 2 位小数；少于 3 不公开"


def test_titles_are_told_in_the_readers_language_also_of_a_growth():
    words = {"%(title)s同比增长": "%(title)s, growth", "批复预算总额": "Approved budget"}
    assert title_in("批复预算总额", words.__getitem__) == "Approved budget"
    assert title_in("批复预算总额同比增长", words.__getitem__) == "Approved budget, growth"
