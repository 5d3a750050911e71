import math
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
    localcontext,
)
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from yunpu.kernel.money import (
    FEN_PER_UNIT,
    NotMoney,
    Rounding,
    capital_money,
    divide,
    parse_money,
    round_to,
    show_money,
    split,
)

amounts = st.integers(-(10**17), 10**17)
units = st.sampled_from(sorted(FEN_PER_UNIT))
DECIMAL_NAMES = {
    Rounding.HALF_UP: ROUND_HALF_UP,
    Rounding.HALF_DOWN: ROUND_HALF_DOWN,
    Rounding.HALF_EVEN: ROUND_HALF_EVEN,
    Rounding.TRUNCATE: ROUND_DOWN,
    Rounding.UP: ROUND_UP,
    Rounding.FLOOR: ROUND_FLOOR,
    Rounding.CEILING: ROUND_CEILING,
}


@pytest.mark.parametrize(
    ("text", "unit", "fen"),
    [
        ("12", "元", 1200),
        ("1,234.56", "元", 123456),
        ("１，２３４．５", "元", 123450),
        ("1 234 567", "元", 123456700),
        ("8982万元", "元", 8982_000_000),
        ("8982万", "亿元", 8982_000_000),
        ("1.2亿元", "元", 12_000_000_000),
        ("3百万元", "元", 300_000_000),
        ("3千元", "元", 300_000),
        ("525.8776", "万元", 525_877_600),
        ("50分", "万元", 50),
        ("（1,000）", "元", -100_000),
        ("(12万元)", "元", -12_000_000),
        ("-5", "元", -500),
        ("−5", "元", -500),
        ("－5", "元", -500),
        ("￥-5.5元", "元", -550),
        ("-¥5", "元", -500),
        ("+5", "元", 500),
        ("人民币5元整", "万元", 500),
        ("0", "元", 0),
        (7, "万元", 7_000_000),
        (Decimal("0.01"), "元", 1),
        (0.1 + 0.2, "元", 30),
        (1234567.89, "元", 123456789),
    ],
)
def test_amounts_are_read(text: Any, unit: str, fen: int) -> None:
    assert parse_money(text, unit) == fen


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "没有填写"),
        ("　", "没有填写"),
        ("待定", "不是金额"),
        ("1.2E+07", "不是金额"),
        ("(5", "不是金额"),
        ("5)", "不是金额"),
        ("$5", "不是金额"),
        ("12,34", "千分位"),
        ("1.2.3", "千分位"),
        ("1,234 567", "千分位"),
        ("5吨", "单位“吨”不认识"),
        ("(-5)", "正负号"),
        ("-¥-5", "正负号"),
        ("0.001", "分以下"),
        ("0.0000001万元", "分以下"),
        (True, "是/否"),
        (math.nan, "有限"),
        (Decimal("Infinity"), "有限"),
        (0.001, "分以下"),
    ],
)
def test_what_is_no_amount_is_refused_with_its_reason(text: Any, reason: str) -> None:
    with pytest.raises(NotMoney, match=reason) as caught:
        parse_money(text)
    assert isinstance(caught.value, ValueError)


def test_without_strictness_halves_of_a_fen_go_away_from_zero() -> None:
    assert parse_money("0.005", strict=False) == 1
    assert parse_money("-0.005", strict=False) == -1
    assert parse_money(Decimal("0.0049"), strict=False) == 0


def test_an_unknown_unit_is_a_defect() -> None:
    with pytest.raises(AssertionError, match="no unit of money"):
        parse_money("5", "美元")


@given(amounts, units, st.booleans())
def test_what_is_shown_in_full_is_read_back(fen: int, unit: str, comma: bool) -> None:
    places = len(str(FEN_PER_UNIT[unit])) - 1
    shown = show_money(fen, unit, places, comma)
    assert parse_money(shown, unit) == fen
    assert parse_money(f"{shown}{unit}", "亿元") == fen


def test_amounts_are_shown() -> None:
    assert show_money(123456789) == "1,234,567.89"
    assert show_money(-123456789, comma=False) == "\u22121234567.89"
    assert show_money(8_982_000_000, "万元", 0, comma=False) == "8982"
    assert show_money(1999, "元", 1, rounding=Rounding.TRUNCATE) == "19.9"


@given(st.fractions() | st.decimals(-(10**9), 10**9, places=4), st.integers(-3, 6), st.sampled_from(Rounding))
def test_rounding_agrees_with_decimal(value: Fraction | Decimal, places: int, rounding: Rounding) -> None:
    rounded = round_to(value, places, rounding)
    exact = Fraction(value) * Fraction(10) ** places
    # Thirds of a last digit never meet a half: two guard digits carry what decimal must see.
    with localcontext() as context:
        context.prec = 400
        guard = Decimal(exact.numerator * 1000 // exact.denominator)
        if (exact.numerator * 1000) % exact.denominator:
            guard = (guard * 10 + 5).scaleb(-1)
        expected = (guard / 1000).quantize(Decimal(1), DECIMAL_NAMES[rounding]).scaleb(-places)
    assert rounded == expected
    assert abs(Fraction(rounded) - Fraction(value)) < Fraction(1, 10) ** places
    assert rounded.as_tuple().exponent == -places


def test_published_growth_is_truncated_not_rounded() -> None:
    growth = (Fraction(90, 64) - 1) * 100
    assert str(round_to(growth, 2, Rounding.TRUNCATE)) == "40.62"
    assert str(round_to(growth, 2, Rounding.HALF_UP)) == "40.63"
    assert Rounding.DOWN is Rounding.TRUNCATE


@given(amounts, st.integers(1, 10**6))
def test_a_quotient_is_within_one_fen(fen: int, by: int) -> None:
    assert divide(fen, by, Rounding.FLOOR) == fen // by
    assert abs(divide(fen, by, Rounding.HALF_EVEN) * by - fen) * 2 <= by


def test_division_by_zero_is_refused() -> None:
    with pytest.raises(ZeroDivisionError):
        divide(1, 0, Rounding.UP)


@given(amounts, st.lists(st.fractions(0, 10**6), min_size=1, max_size=30))
def test_parts_add_up_and_are_within_a_fen_of_their_share(fen: int, weights: list[Fraction]) -> None:
    assume(sum(weights) > 0)
    parts = split(fen, weights)
    assert sum(parts) == fen
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - fen * weight / sum(weights)) < 1
    assert split(-fen, weights) == [-part for part in parts]


def test_equal_remainders_go_to_the_earlier() -> None:
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(5, [Decimal("0.5"), 0, Decimal("0.5")]) == [3, 0, 2]


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1, 5]])
def test_weights_must_weigh(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        split(100, weights)


@pytest.mark.parametrize(
    ("yuan", "text"),
    [  # the examples of 支付结算办法, annex 1, and the zeros between
        ("1409.50", "壹仟肆佰零玖元伍角"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("1680.32", "壹仟陆佰捌拾元叁角贰分"),
        ("107000.53", "壹拾万零柒仟元伍角叁分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角"),
        ("10", "壹拾元整"),
        ("105", "壹佰零伍元整"),
        ("10001000", "壹仟万零壹仟元整"),
        ("100000000", "壹亿元整"),
        ("100000001", "壹亿零壹元整"),
        ("1000000000000", "壹万亿元整"),
        ("-1.01", "负壹元零壹分"),
    ],
)
def test_capital_numerals(yuan: str, text: str) -> None:
    fen = parse_money(yuan)
    assert capital_money(fen) == f"人民币{text}"
    assert capital_money(fen, prefix="") == text


@given(st.integers(0, 10**18 - 1))
def test_capital_numerals_read_back(fen: int) -> None:
    text = capital_money(fen, prefix="")
    assert "零零" not in text
    assert not text.startswith("零") or fen == 0
    assert _read_capitals(text) == fen


def _read_capitals(text: str) -> int:
    """A slow obvious twin that reads what capital_money writes."""
    whole, _, small = text.rpartition("元") if "元" in text else ("", "", text)
    fen, digit = 0, 0
    for char in small:
        if char in "角分":
            fen, digit = fen + digit * (10 if char == "角" else 1), 0
        elif char != "整":
            digit = "零壹贰叁肆伍陆柒捌玖".index(char)
    return _read_whole(whole) * 100 + fen


def _read_whole(text: str) -> int:
    for word, size in (("亿", 10**8), ("万", 10**4)):
        head, found, tail = text.rpartition(word) if word == "亿" else text.partition(word)
        if found:
            return _read_whole(head) * size + _read_whole(tail)
    total, digit = 0, 0
    for char in text:
        if char in "拾佰仟":
            total, digit = total + digit * {"拾": 10, "佰": 100, "仟": 1000}[char], 0
        else:
            digit = "零壹贰叁肆伍陆柒捌玖".index(char)
    return total + digit


def test_too_much_for_capitals() -> None:
    with pytest.raises(ValueError, match="too large"):
        capital_money(10**18)
