"""Figures in running text: reading Chinese numerals, wording exact values by 近, 余, 多, 约.

Wording is never chosen to flatter: a value on the wrong side of its round number, or more than 10 % from
it, is refused.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

import cn2an

from yunpu.kernel.money import MINUS, Rounding, round_to
from yunpu.kernel.text import UnfitValue, normalise
from yunpu.kernel.text import mark as _

_BEFORE = "近|将近|接近|约|大约|超|超过|逾"
_AFTER = "余|多|来|左右|上下|以上"
_LOOSE = re.compile(rf"(?:{_BEFORE})?(?P<number>.+?)(?:{_AFTER})?(?P<big>[万亿]{{0,2}})(?:{_AFTER})?")
_ARABIC = re.compile(r"(?P<sign>[-−+])?(?P<whole>[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?P<part>\.[0-9]+)?")
_ARABIC_STEPS = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:[十百千]?[万亿]{1,2}|[十百千]))+")
_ARABIC_STEP = re.compile(r"([0-9]+(?:\.[0-9]+)?)([十百千万亿]+)")
_FRACTION = re.compile(r"(?P<by>.+)分之(?P<of>.+)")
_CHINESE = re.compile(r"[零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟廿]+")
_DIGITS = "零一二三四五六七八九"
_SIMPLE = str.maketrans(
    {**dict(zip("〇两壹贰叁肆伍陆柒捌玖拾佰仟", "零二一二三四五六七八九十百千", strict=True)), "廿": "二十"}
)
_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
_SPOKEN_TAIL = re.compile(
    r"(?P<head>.*[一二三四五六七八九十百千])(?P<scale>[万亿])(?P<tail>[一二三四五六七八九])"
)


class Wording(StrEnum):
    """How published text words an exact value."""

    EXACT = "exact"
    NEARLY = "近"  # a little under
    OVER = "余"  # a little over, written
    MORE = "多"  # a little over, spoken
    ABOUT = "约"  # a little under or over, or just that


class WordingRefused(UnfitValue):
    """A value that the wording asked for would misstate."""


def _read_chinese(text: str) -> Fraction | None:
    """A whole number in Chinese numerals, positional or digit by digit.

    The library also reads what is no number (一五百一 as 610), so its answer must be what it writes for it.
    """
    if not _CHINESE.fullmatch(text):
        return None
    if len(text) == 1 and text in _SCALES:
        return Fraction(_SCALES[text])
    text = text.translate(_SIMPLE)
    if all(char in _DIGITS for char in text):
        return Fraction("".join(str(_DIGITS.index(char)) for char in text))
    spoken = _SPOKEN_TAIL.fullmatch(text)
    if spoken:  # 一亿二: the library fails on 亿
        head, scale = _read_chinese(spoken["head"]), _SCALES[spoken["scale"]]
        return None if head is None else head * scale + _DIGITS.index(spoken["tail"]) * scale // 10
    if re.match("[百千]", text):
        text = "一" + text
    try:
        number = int(cn2an.cn2an(text, "normal"))
        written = str(cn2an.an2cn(number))
    except (ValueError, KeyError):
        return None
    bare, given = _bare(written), _bare(text)
    return Fraction(number) if bare in (given, given + "十", given + "百", given + "千") else None


def _bare(text: str) -> str:
    """Numerals without what writers may leave out: zeros, and the 一 of 一十."""
    return text.replace("零", "").replace("一十", "十")


def _read_plain(text: str) -> Fraction | None:
    """A number without words around it."""
    arabic = _ARABIC.fullmatch(text)
    if arabic:
        size = Fraction(arabic["whole"].replace(",", "") + (arabic["part"] or ""))
        return -size if arabic["sign"] in ("-", MINUS) else size
    if _ARABIC_STEPS.fullmatch(text):
        return _read_steps(text)
    if text.startswith("负"):
        size_or_none = _read_plain(text[1:])
        return None if size_or_none is None else -size_or_none
    parts = _FRACTION.fullmatch(text)
    if parts:
        by, of = _read_plain(parts["by"]), _read_plain(parts["of"])
        return of / by if by and of is not None else None
    whole, point, decimals = text.partition("点")
    if point:
        read = _read_chinese(whole)
        digits = "".join(str(_DIGITS.find(char)) for char in decimals.replace("〇", "零"))
        return read + Fraction(f"0.{digits}") if read is not None and digits.isdigit() else None
    return _read_chinese(text)


def _read_steps(text: str) -> Fraction | None:
    """Arabic figures with Chinese scales, each smaller than the one before: 1亿2000万."""
    total, above = Fraction(0), None
    for figure, scales in _ARABIC_STEP.findall(text):
        scale = 1
        for word in scales:
            scale *= _SCALES[word]
        value = Fraction(figure) * scale
        if above is not None and value >= above:
            return None
        total, above = total + value, scale
    return total


def read_number(text: str) -> Fraction | None:
    """Read a number in Arabic or Chinese numerals, in any width; None where the text is none.

    Words of approximation (近 约 余 多 …) are passed over: 近百 reads 100, 三十余 reads 30. 几 and 数
    (some) leave no number. 万 and 亿 may follow Arabic figures. The value is exact.
    """
    plain = normalise(text).replace(" ", "")
    read = _read_plain(plain)
    if read is not None:
        return read
    loose = _LOOSE.fullmatch(plain)
    if loose is None:
        return None
    read = _read_plain(loose["number"])
    for word in loose["big"]:
        read = None if read is None else read * _SCALES[word]
    return read


def _plain_figure(value: Fraction, in_words: bool, places: int = 0) -> str:
    """A figure for running text: no comma, no space, no zeros at its end beyond `places` decimals."""
    if in_words:
        if value.denominator != 1:
            raise WordingRefused(_("%(value)s 不是整数，不能用汉字写"), value=str(value))
        words = str(cn2an.an2cn(int(value)))
        return words[1:] if words in ("一百", "一千", "一万", "一亿") else words
    while places < 15 and (value * 10**places).denominator != 1:
        places += 1
    shown = round_to(value, places, Rounding.TRUNCATE)
    if Fraction(shown) != value:
        raise WordingRefused(_("%(value)s 不是有限小数，应先按规定的位数修约"), value=str(value))
    return f"{shown:f}".replace("-", MINUS)


def round_base(value: int | Fraction | Decimal, rule: Wording | str, digits: int) -> Fraction:
    """The round number that words a value above zero: one with at most `digits` leading digits.

    With step = 10^(k − digits), k the digits before the point: 近 takes the next multiple of the step
    above, 余 and 多 the one below, 约 the nearest (a half goes up). A value that is itself such a multiple
    has none above or below worth the word: 近, 余 and 多 refuse it.
    """
    exact, rule = Fraction(value), Wording(str(rule))
    assert digits > 0, "a round number has a leading digit"
    if exact <= 0:
        raise WordingRefused(_("%(value)s 不是正数，不能用“%(rule)s”"), value=str(exact), rule=rule.value)
    length = len(str(int(exact))) if exact >= 1 else 0
    step = Fraction(10) ** (length - digits)
    steps = exact / step
    if rule is Wording.ABOUT:
        return Fraction(round_to(steps, 0, Rounding.HALF_UP)) * step
    if steps.denominator == 1:
        raise WordingRefused(_("%(value)s 正好是整数，不能用“%(rule)s”"), value=str(exact), rule=rule.value)
    rounding = Rounding.CEILING if rule is Wording.NEARLY else Rounding.FLOOR
    return Fraction(round_to(steps, 0, rounding)) * step


def _choose_base(exact: Fraction, rule: Wording, digits: int | None) -> Fraction:
    """The base with the digits asked for; else 2 for 约, and 1 for the rest, 2 where 1 is too far away."""
    if digits is not None:
        return round_base(exact, rule, digits)
    if rule is not Wording.ABOUT:
        try:
            near = round_base(exact, rule, 1)
        except WordingRefused:
            near = Fraction(0)
        if abs(exact - near) * 10 <= near:
            return near
    return round_base(exact, rule, 2)


_TEMPLATES = {
    Wording.EXACT: "{figure}{unit}",
    Wording.NEARLY: "近{figure}{unit}",
    Wording.OVER: "{figure}余{unit}",
    Wording.MORE: "{figure}多{unit}",
    Wording.ABOUT: "约{figure}{unit}",
}


def word_figure(
    value: int | Fraction | Decimal,
    unit: str,
    rule: Wording | str = Wording.EXACT,
    *,
    digits: int | None = None,
    base: int | Fraction | Decimal | None = None,
    in_words: bool = False,
    places: int = 0,
) -> str:
    """Word an exact value for published text: 97 家 is 近100家, 503 份 is 500余份, 63 人 is 60多人.

    The base is given, or chosen by `round_base` with `digits` leading digits (default 2 for 约, else 1 where
    that is near enough). `in_words` writes the base in Chinese: 近百家. `places` keeps
    zeros at the end of exact figures (5.10亿元); it never rounds.

    Raises WordingRefused, a ValueError, where the value is on the wrong side of the base (equal counts as
    wrong but for 约) or |value − base| / base exceeds 10 %.
    """
    exact, rule = Fraction(value), Wording(str(rule))
    if rule is Wording.EXACT:
        return _TEMPLATES[rule].format(figure=_plain_figure(exact, in_words, places), unit=unit)
    near = Fraction(base) if base is not None else _choose_base(exact, rule, digits)
    sides = {
        Wording.NEARLY: exact < near,
        Wording.OVER: exact > near,
        Wording.MORE: exact > near,
        Wording.ABOUT: True,
    }
    if not sides[rule]:
        raise WordingRefused(
            _("%(value)s 不能说成“%(rule)s%(base)s”：方向不对"),
            value=str(exact),
            base=str(near),
            rule=rule.value,
        )
    if near <= 0 or abs(exact - near) * 10 > near:
        raise WordingRefused(
            _("%(value)s 与“%(rule)s%(base)s”相差超过10%%"), value=str(exact), base=str(near), rule=rule.value
        )
    return _TEMPLATES[rule].format(figure=_plain_figure(near, in_words), unit=unit)


def approximate_words(value: int | Fraction | Decimal, unit: str) -> dict[Wording, str]:
    """Every wording that tells the truth about a value, as a choice for who writes the text."""
    told = {}
    for rule in Wording:
        try:
            told[rule] = word_figure(value, unit, rule)
        except WordingRefused:
            continue
    return told
