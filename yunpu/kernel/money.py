"""Money (金额) is an integer number of fen; only this file reads, divides, rounds or shows it.

It must never hold a binary float: one that comes in from a spreadsheet is read as the decimal it shows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from yunpu.kernel.text import UnfitValue, normalise
from yunpu.kernel.text import mark as _

Exact = int | Fraction | Decimal

FEN_PER_UNIT = {
    "分": 1,
    "元": 100,
    "千元": 100_000,
    "万元": 1_000_000,
    "百万元": 100_000_000,
    "亿元": 10_000_000_000,
}
MINUS = "\u2212"

_UNIT_IN_TEXT = {
    **FEN_PER_UNIT,
    **{name[:-1]: fen for name, fen in FEN_PER_UNIT.items() if name.endswith("元") and len(name) > 1},
    "圆": 100,
    "元整": 100,
}
_SIGNS = "-\u2212\u2013\u2010\u2011\uff0d\ufe63"
_FIGURE = re.compile(
    r"(?P<whole>[0-9]+|[0-9]{1,3}(?P<comma>[, ])[0-9]{3}(?:(?P=comma)[0-9]{3})*)(?:\.(?P<part>[0-9]+))?"
)
_SHAPE = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[{_SIGNS}+])?\s*(?:人民币|CNY|RMB|¥|￥)?\s*(?P<sign2>[{_SIGNS}+])?\s*"
    r"(?P<figure>[0-9., ]*[0-9])\s*(?P<unit>[^\W\d_]*)\s*(?P<close>\))?",
    re.IGNORECASE,
)


class NotMoney(UnfitValue):
    """A text or value that is no amount of money."""


class Rounding(StrEnum):
    """How a figure between two steps is settled. Halves differ only in the HALF_ ones."""

    HALF_UP = "half_up"  # 四舍五入: a half goes away from zero
    HALF_DOWN = "half_down"  # a half goes towards zero
    HALF_EVEN = "half_even"  # 四舍六入五成双 (GB/T 8170): a half goes to the even neighbour
    TRUNCATE = "truncate"  # 截尾: towards zero
    UP = "up"  # 进一: away from zero
    FLOOR = "floor"  # towards minus infinity
    CEILING = "ceiling"  # towards plus infinity
    DOWN = TRUNCATE  # the name that decimal gives it


def _settle(value: Fraction, rounding: Rounding) -> int:
    """Round to a whole number."""
    low, rest = divmod(abs(value.numerator), value.denominator)
    twice = 2 * rest - value.denominator  # below, at or above the half
    away = {
        Rounding.HALF_UP: twice >= 0,
        Rounding.HALF_DOWN: twice > 0,
        Rounding.HALF_EVEN: twice > 0 or (twice == 0 and low % 2 == 1),
        Rounding.TRUNCATE: False,
        Rounding.UP: rest > 0,
        Rounding.FLOOR: rest > 0 and value < 0,
        Rounding.CEILING: rest > 0 and value > 0,
    }[rounding]
    size = low + away
    return -size if value < 0 else size


def round_to(value: Exact, places: int, rounding: Rounding) -> Decimal:
    """Round to a number of decimal places; negative places round to tens, hundreds, …

    The result has exactly `places` decimals, however many digits stand before them.
    """
    steps = _settle(Fraction(value) * Fraction(10) ** places, rounding)
    digits = tuple(int(digit) for digit in str(abs(steps)))
    return Decimal((int(steps < 0), digits, -places))


def divide(fen: int, by: Exact, rounding: Rounding) -> int:
    """Divide an amount in fen; the quotient is in fen. Raises ZeroDivisionError."""
    return _settle(Fraction(fen) / Fraction(by), rounding)


def split(fen: int, weights: Sequence[Exact]) -> list[int]:
    """Split an amount in fen in proportion to weights, by largest remainder (最大余数法).

    part_i = floor(|fen| · w_i / Σw); the fen left over go one each to the largest remainders, the earlier
    first. A negative amount is the mirror image. The parts add up to `fen`. Raises ValueError unless every
    weight is at least zero and one is above.
    """
    shares = [Fraction(weight) for weight in weights]
    total = sum(shares, Fraction(0))
    if total <= 0 or min(shares) < 0:
        raise ValueError("weights must be at least zero, and one of them above")
    exact = [abs(fen) * share / total for share in shares]
    parts = [value.numerator // value.denominator for value in exact]
    by_remainder = sorted(range(len(parts)), key=lambda at: parts[at] - exact[at])
    for at in by_remainder[: abs(fen) - sum(parts)]:
        parts[at] += 1
    parts = [-part for part in parts] if fen < 0 else parts
    assert sum(parts) == fen, f"{parts} do not add up to {fen}"
    return parts


def _fen_per(unit: str) -> int:
    assert unit in FEN_PER_UNIT, f"{unit!r} is no unit of money; known: {', '.join(FEN_PER_UNIT)}"
    return FEN_PER_UNIT[unit]


def _to_fen(value: Fraction, per: int, given: object, strict: bool) -> int:
    fen = value * per
    if strict and fen.denominator != 1:
        raise NotMoney(_("“%(given)s”精确到了分以下"), given=given)
    return _settle(fen, Rounding.HALF_UP)


def parse_money(text: str | int | Decimal | float, unit: str = "元", *, strict: bool = True) -> int:
    """Read an amount as fen.

    `unit` (分 元 千元 万元 百万元 亿元) holds unless the text names its own, as in "8982万元". Reads
    thousands separators, full-width digits, currency signs, and brackets or a minus for negatives. A float
    is taken with the 15 significant digits that a spreadsheet keeps. Raises NotMoney where the text is no
    amount or, if `strict`, is finer than one fen; otherwise halves of a fen round up (away from zero).
    """
    per = _fen_per(unit)
    if isinstance(text, bool):
        raise NotMoney(_("“%(given)s”是“是/否”，不是金额"), given=text)
    if isinstance(text, int):
        return text * per
    if isinstance(text, float):
        text = Decimal(f"{text:.15g}")
    if isinstance(text, Decimal):
        if not text.is_finite():
            raise NotMoney(_("“%(given)s”不是有限的数"), given=text)
        return _to_fen(Fraction(text), per, text, strict)
    return _parse_text(text, per, strict)


def _parse_text(given: str, per: int, strict: bool) -> int:
    text = normalise(given)
    if not text:
        raise NotMoney(_("没有填写金额"))
    shape = _SHAPE.fullmatch(text)
    if shape is None or bool(shape["open"]) != bool(shape["close"]):
        raise NotMoney(_("“%(given)s”不是金额"), given=given)
    figure = _FIGURE.fullmatch(shape["figure"])
    if figure is None:
        raise NotMoney(_("“%(given)s”的小数点或千分位位置不对"), given=given)
    if shape["unit"] and shape["unit"] not in _UNIT_IN_TEXT:
        raise NotMoney(_("“%(given)s”的单位“%(unit)s”不认识"), given=given, unit=shape["unit"])
    marks = [mark for mark in (shape["open"], shape["sign"], shape["sign2"]) if mark]
    if len(marks) > 1:
        raise NotMoney(_("“%(given)s”有不止一个正负号"), given=given)
    whole = re.sub("[, ]", "", figure["whole"])
    value = Fraction(f"{whole}.{figure['part'] or '0'}")
    negative = bool(marks) and marks[0] != "+"
    return _to_fen(-value if negative else value, _UNIT_IN_TEXT.get(shape["unit"], per), given, strict)


def show_money(
    fen: int, unit: str = "元", places: int = 2, comma: bool = True, *, rounding: Rounding = Rounding.HALF_UP
) -> str:
    """Show an amount in fen as a figure in `unit`, without the unit's name. The minus is U+2212."""
    return show_number(Fraction(fen, _fen_per(unit)), places, comma=comma, rounding=rounding)


def show_number(value: Exact, places: int, *, comma: bool, rounding: Rounding) -> str:
    """Show a number with fixed decimals. The minus is U+2212."""
    shown = round_to(value, places, rounding)
    return (f"{shown:,f}" if comma else f"{shown:f}").replace("-", MINUS)


_CAPITALS = "零壹贰叁肆伍陆柒捌玖"


def _capital_number(n: int) -> str:
    """A whole number above zero in capitals."""
    for size, word in ((10**8, "亿"), (10**4, "万"), (1000, "仟"), (100, "佰"), (10, "拾")):
        if n >= size:
            high, low = divmod(n, size)
            text = _capital_number(high) + word
            if low == 0:
                return text
            gap = low < size // 10 or (size >= 10**4 and high % 10 == 0)
            return text + ("零" if gap else "") + _capital_number(low)
    return _CAPITALS[n]


def capital_money(fen: int, prefix: str = "人民币") -> str:
    """The amount in capital numerals (大写金额), as cheques and vouchers carry it, 人民币 before it.

    支付结算办法 (银发〔1997〕393号), annex 1: 整 after 元 and, optional there, none after 角; one 零 for
    zeros in a row, and between 元 and 分 where 角 is zero. GB/T 15835-2011 gives the numerals. 负 stands
    before negatives. Raises ValueError from ten quadrillion yuan (一亿亿元) on.
    """
    yuan, rest = divmod(abs(fen), 100)
    if yuan >= 10**16:
        raise ValueError(f"{fen} fen is too large to be written in capitals")
    jiao, small = divmod(rest, 10)
    text = prefix + ("负" if fen < 0 else "")
    if yuan or not rest:
        text += (_capital_number(yuan) if yuan else "零") + "元"
    if not rest:
        return text + "整"
    if jiao:
        text += _CAPITALS[jiao] + "角"
    elif yuan:
        text += "零"
    return text + (_CAPITALS[small] + "分" if small else "")
