"""Chinese numerals, and how a published text words an exact value (近、余、多、约)."""

from __future__ import annotations

import re
from fractions import Fraction

from yunpu.kernel.money import Rounding, round_to
from yunpu.kernel.text import normalise

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "壹": 1, "贰": 2}
_SMALL = {"十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000}
_LARGE = {"万": 10_000, "亿": 100_000_000}
_ARABIC = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")


def read_number(text: str) -> Fraction | None:
    """The number a text stands for: 四, 十三, 二〇二〇, 1,200, 5.1亿; None where it is none."""
    plain = normalise(text)
    found = re.fullmatch(rf"({_ARABIC.pattern})([百千万亿]*)", plain)
    if found:
        value = Fraction(found[1].replace(",", ""))
        for place in found[2]:
            value *= _SMALL.get(place) or _LARGE[place]
        return value
    return _read_chinese(plain)


def _read_chinese(text: str) -> Fraction | None:
    if not text or any(c not in _DIGITS and c not in _SMALL and c not in _LARGE for c in text):
        return None
    if all(c in _DIGITS for c in text):
        return Fraction(int("".join(str(_DIGITS[c]) for c in text)))
    total, section, digit = 0, 0, 0
    seen_digit = False
    for c in text:
        if c in _DIGITS:
            digit, seen_digit = _DIGITS[c], True
        elif c in _SMALL:
            section += (digit if seen_digit else 1) * _SMALL[c]
            digit, seen_digit = 0, False
        else:
            total = (total + section + digit or 1) * _LARGE[c]
            section, digit, seen_digit = 0, 0, False
    return Fraction(total + section + digit)


def word_figure(value: Fraction | int, unit: str, rule: str, *, places: int = 0) -> str:
    """A value as running text words it, without comma or blank: 近100家, 500余份, 60多人, 约13000亩, 8982万元.

    `rule` is "exact", 近 (the next round number above), 余 or 多 (the round number below) or 约 (the nearest),
    where round means one leading digit, or two where one lies further than 10 % away. The exact value is never
    more than 10 % from what is said. Raises ValueError where no round number of that kind is so near.
    """
    exact = Fraction(value)
    if rule == "exact":
        return f"{_plain(exact, places)}{unit}"
    base = _round_base(exact, rule)
    number = _plain(base, places)
    return {"近": f"近{number}{unit}", "余": f"{number}余{unit}", "多": f"{number}多{unit}", "约": f"约{number}{unit}"}[
        rule
    ]


def _round_base(exact: Fraction, rule: str) -> Fraction:
    rounding = {"近": Rounding.UP, "余": Rounding.DOWN, "多": Rounding.DOWN, "约": Rounding.HALF_UP}.get(rule)
    if rounding is None:
        raise ValueError(f"unknown wording rule {rule}; use exact, 近, 余, 多 or 约")
    if exact <= 0:
        raise ValueError(f"{rule}: only positive values are worded so")
    magnitude = 0
    while exact >= Fraction(10) ** (magnitude + 1):
        magnitude += 1
    while exact < Fraction(10) ** magnitude:
        magnitude -= 1
    for digits in (1, 2):
        base = Fraction(round_to(exact, digits - 1 - magnitude, rounding))
        if base == exact and rule != "约":
            continue
        if abs(base - exact) * 10 <= exact:
            return base
    raise ValueError(f"{rule}: no round number within 10 % of {exact}")


def _plain(value: Fraction, places: int) -> str:
    text = f"{round_to(value, places, Rounding.HALF_UP):f}"
    return text.replace("-", "\u2212")
