"""Money (金额): an integer number of fen, everywhere. Only this module converts or divides it.

元, 万元 and 亿元 exist where a file is read and where a figure is shown; in between there are only fen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor

from yunpu.kernel.text import normalise

FEN = {"分": 1, "元": 100, "千元": 100_000, "万元": 1_000_000, "百万元": 100_000_000, "亿元": 10_000_000_000}
MINUS = "\u2212"
_TEXT = re.compile(
    r"(?P<open>\()?(?P<sign>[-+\u2212])?\s*[¥￥]?\s*(?P<number>\d[\d, ]*(?:\.\d+)?|\.\d+)\s*"
    r"(?P<unit>分|元|千元|万元|百万元|亿元|万|亿)?\s*(?P<close>\))?"
)
_GROUPED = re.compile(r"\d{1,3}(?:[, ]\d{3})+|\d+|")


class NotMoney(ValueError):  # noqa: N818 - it reads as what it says
    """A text that is no amount, with the reason."""


class Rounding(StrEnum):
    """Named roundings. A division names the one it uses (GB/T 8170 is HALF_EVEN; 截断 is TRUNCATE)."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    TRUNCATE = "truncate"
    UP = "up"
    DOWN = "down"


def parse_money(value: str | int | Decimal, unit: str = "元") -> int:
    """Read an amount in `unit`; a unit in the text wins ("8982万元"). Gives fen.

    Raises NotMoney when it is no amount, or not a whole number of fen.
    """
    factor = FEN[unit]
    if isinstance(value, str):
        number, factor = _read(value, factor)
    else:
        number = Decimal(value)
        if not number.is_finite():
            raise NotMoney(f"not an amount: {value}")
    fen = Fraction(number) * factor
    if fen.denominator != 1:
        raise NotMoney(f"more digits than a fen: {value}")
    return int(fen)


def _read(text: str, factor: int) -> tuple[Decimal, int]:
    found = _TEXT.fullmatch(normalise(text).replace("，", ","))
    if not found or bool(found["open"]) != bool(found["close"]):
        raise NotMoney(f"not an amount: {text}")
    whole = found["number"].split(".")[0]
    if not _GROUPED.fullmatch(whole):
        raise NotMoney(f"separators not at the thousands: {text}")
    try:
        number = Decimal(found["number"].replace(",", "").replace(" ", ""))
    except InvalidOperation:  # pragma: no cover - the expression admits numbers only
        raise NotMoney(f"not an amount: {text}") from None
    if found["unit"]:
        factor = FEN[found["unit"] if found["unit"].endswith(("元", "分")) else found["unit"] + "元"]
    if found["open"] or found["sign"] in ("-", MINUS):
        number = -number
    return number, factor


def round_to(value: Fraction | Decimal | int, places: int, rounding: Rounding) -> Decimal:
    """Round to a number of decimal places, by name."""
    scaled = Fraction(value) * Fraction(10) ** places
    return Decimal(_whole(scaled, rounding)).scaleb(-places)


def divide(fen: int, by: int | Fraction, rounding: Rounding) -> int:
    """Divide an amount, rounding to a whole fen by name. Raises ZeroDivisionError."""
    return _whole(Fraction(fen) / by, rounding)


def _whole(value: Fraction, rounding: Rounding) -> int:
    match rounding:
        case Rounding.HALF_UP:
            whole = floor(abs(value) + Fraction(1, 2))
            return -whole if value < 0 else whole
        case Rounding.HALF_EVEN:
            return round(value)
        case Rounding.TRUNCATE:
            return int(value)
        case Rounding.UP:
            return ceil(value) if value > 0 else floor(value)
        case Rounding.DOWN:
            return floor(value)


def show_number(value: Fraction | Decimal | int, places: int, *, comma: bool, rounding: Rounding) -> str:
    """A number with fixed places; the minus is U+2212."""
    rounded = round_to(value, places, rounding)
    text = f"{abs(rounded):{',' if comma else ''}.{places}f}"
    return MINUS + text if rounded < 0 else text


def show_money(
    fen: int, unit: str = "元", places: int = 2, *, comma: bool = True, rounding: Rounding = Rounding.HALF_UP
) -> str:
    """An amount in a unit, without the unit's name: 120000 fen in 万元 is "0.12"."""
    return show_number(Fraction(fen, FEN[unit]), places, comma=comma, rounding=rounding)


def split(fen: int, weights: Sequence[int | Fraction]) -> list[int]:
    """Split an amount by weights, by largest remainder; equal remainders go to the earlier part. Parts add up.

    Raises ValueError for negative weights or a sum of zero.
    """
    total = sum(Fraction(weight) for weight in weights)
    if total <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("weights must not be negative and not all zero")
    exact = [Fraction(fen) * Fraction(weight) / total for weight in weights]
    parts = [floor(share) for share in exact]
    rest = fen - sum(parts)
    by_remainder = sorted(range(len(exact)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_remainder[:rest]:
        parts[i] += 1
    assert sum(parts) == fen
    return parts


_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def capital_money(fen: int) -> str:
    """The capital form (大写) of an amount, as 支付结算办法 (annex 1) writes it: 人民币壹佰零伍元整."""
    if not 0 <= fen < 10**18:
        raise NotMoney("capital form needs 0 to under 10^16 yuan")
    yuan, jiao, cent = fen // 100, fen // 10 % 10, fen % 10
    text = "人民币" + (_capital_whole(yuan) + "元" if yuan or not fen else "")
    if not jiao and not cent:
        return text + "整"
    if jiao:
        text += _DIGITS[jiao] + "角"
    elif yuan:
        text += "零"
    return text + (_DIGITS[cent] + "分" if cent else "整")


def _capital_whole(number: int) -> str:
    if number == 0:
        return "零"
    text, zero = "", False
    for position in range(len(str(number)) - 1, -1, -1):
        digit = number // 10**position % 10
        group, place = divmod(position, 4)
        if digit:
            text += ("零" if zero else "") + _DIGITS[digit] + _PLACES[place]
            zero = False
        else:
            zero = True
        if place == 0 and number // 10**position % 10_000:
            text += _GROUPS[group] if group < 3 else "万"
        elif place == 0 and group == 2 and number // 10**12:
            text += "亿"
    return text
