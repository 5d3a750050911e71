from decimal import Decimal
from fractions import Fraction

import cn2an
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunpu.kernel.money import MINUS
from yunpu.kernel.numerals import (
    Wording,
    WordingRefused,
    approximate_words,
    read_number,
    round_base,
    word_figure,
)

loose = st.sampled_from([Wording.NEARLY, Wording.OVER, Wording.MORE, Wording.ABOUT])


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("四", 4),
        ("两", 2),
        ("十", 10),
        ("十三", 13),
        ("廿三", 23),
        ("近百", 100),
        ("百余", 100),
        ("三十余", 30),
        ("三十余万", 300_000),
        ("约一万三千", 13_000),
        ("两千三", 2300),
        ("一百五", 150),
        ("一百零五", 105),
        ("一亿二", 120_000_000),
        ("一万亿", 10**12),
        ("万亿", 10**12),
        ("百万", 10**6),
        ("壹仟贰佰", 1200),
        ("二〇二〇", 2020),
        ("负三", -3),
        ("五点三", Fraction(53, 10)),
        ("三分之一", Fraction(1, 3)),
        ("百分之五", Fraction(1, 20)),
        ("1,200", 1200),
        ("１２", 12),
        ("-5.5", Fraction(-11, 2)),
        ("−5", -5),
        ("+5", 5),
        ("60多", 60),
        ("8000余万", 80_000_000),
        ("5.1亿", 510_000_000),
        ("1亿2000万", 120_000_000),
        ("3千万", 30_000_000),
    ],
)
def test_numbers_are_read(text: str, number: Fraction | int) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "几",
        "十几",
        "数百",
        "若干",
        "一五百一",
        "亿二万三万",
        "3万5",
        "2000万1亿",
        "三点",
        "三点十",
        "点五",
        "负",
        "负负",
        "几分之一",
        "零分之一",
        "1,20",
        "第三",
        "百百",
        "几万",
        "亿亿二",
        "万一",
        "亿一",
    ],
)
def test_what_is_no_number(text: str) -> None:
    assert read_number(text) is None


@given(st.integers(-(10**15), 10**15))
def test_written_numbers_read_back(number: int) -> None:
    assert read_number(str(cn2an.an2cn(number))) == number
    assert read_number(f"{number:,}") == number


@given(st.text("零一二三五九两十百千万亿点负分之余近1,.", max_size=8))
def test_reading_never_fails(text: str) -> None:
    number = read_number(text)
    assert number is None or isinstance(number, Fraction)


@pytest.mark.parametrize(
    ("value", "unit", "rule", "words"),
    [  # the wordings of the bulletin of 2020
        (97, "家", "近", "近100家"),
        (503, "份", "余", "500余份"),
        (108, "家", "余", "100余家"),
        (198, "人", "近", "近200人"),
        (53, "家", "余", "50余家"),
        (78, "家", "近", "近80家"),
        (Fraction(20571, 100), "万元", "余", "200余万元"),
        (Fraction(79606, 10), "万元", "近", "近8000万元"),
        (Decimal("2071.5"), "万元", "余", "2000余万元"),
        (63, "人", "多", "60多人"),
        (12987, "亩", "约", "约13000亩"),
        (90, "家", "exact", "90家"),
        (Decimal("5.1"), "亿元", Wording.EXACT, "5.1亿元"),
        (-3, "家", Wording.EXACT, f"{MINUS}3家"),
        (112, "家", "余", "110余家"),
        (Decimal("1.187"), "亿元", "约", "约1.2亿元"),
        (Decimal("0.97"), "亿元", "近", "近1亿元"),
    ],
)
def test_wordings(value: Fraction | Decimal | int, unit: str, rule: str, words: str) -> None:
    assert word_figure(value, unit, rule) == words


def test_digits_and_base_may_be_chosen() -> None:
    assert word_figure(Decimal("2546.3"), "亩", "约", digits=4) == "约2546亩"
    assert word_figure(503, "份", "余", digits=2) == "500余份"
    assert word_figure(97, "家", "近", base=100) == "近100家"
    assert word_figure(97, "家", "约", base=100) == "约100家"


def test_the_base_in_words() -> None:
    assert word_figure(97, "家", "近", in_words=True) == "近百家"
    assert word_figure(503, "份", "余", in_words=True) == "五百余份"
    assert word_figure(13, "名", "exact", in_words=True) == "十三名"
    with pytest.raises(WordingRefused, match="汉字"):
        word_figure(Decimal("5.1"), "亿元", in_words=True)


@pytest.mark.parametrize(
    ("value", "rule", "base", "said"),
    [
        (101, "近", 100, "方向不对"),
        (100, "近", 100, "方向不对"),
        (99, "余", 100, "方向不对"),
        (60, "多", 60, "方向不对"),
        (89, "近", 100, "10%"),
        (111, "余", 100, "10%"),
        (5, "约", 0, "10%"),
        (100, "近", None, "正好"),
        (500, "余", None, "正好"),
        (0, "约", None, "不是正数"),
        (-97, "近", None, "不是正数"),
    ],
)
def test_words_that_would_mislead_are_refused(value: int, rule: str, base: int | None, said: str) -> None:
    with pytest.raises(WordingRefused, match=said):
        word_figure(value, "家", rule, base=base)


def test_places_keep_zeros_and_never_round() -> None:
    assert word_figure(Decimal("5.1"), "亿元", places=2) == "5.10亿元"
    assert word_figure(Decimal("5.125"), "亿元", places=2) == "5.125亿元"
    assert word_figure(7960, "万元", "近", places=2) == "近8000万元"


def test_a_figure_without_end_must_be_rounded_first() -> None:
    with pytest.raises(WordingRefused, match="有限小数"):
        word_figure(Fraction(1, 3), "家")


@given(st.integers(1, 10**12) | st.fractions(Fraction(1, 1000), 1000), loose, st.integers(1, 4))
def test_round_numbers_stand_on_the_right_side(value: Fraction | int, rule: Wording, digits: int) -> None:
    try:
        base = round_base(value, rule, digits)
    except WordingRefused:
        assert rule is not Wording.ABOUT
        return
    if rule is Wording.NEARLY:
        assert base > value
    if rule in (Wording.OVER, Wording.MORE):
        assert base < value


@given(st.integers(1, 10**9))
def test_every_wording_offered_is_true(value: int) -> None:
    told = approximate_words(value, "家")
    assert told[Wording.EXACT] == f"{value}家"
    for rule, words in told.items():
        figure = int("".join(char for char in words if char.isdigit()))
        assert abs(value - figure) * 10 <= figure
        assert "," not in words
        assert " " not in words
        assert rule is Wording.EXACT or rule.value in words
