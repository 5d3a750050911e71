"""How a figure typed by hand can be repaired: which computed figures it may be, exactly or by a slip of the hand."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from yunpu.kernel.numerals import read_number
from yunpu.kernel.text import mark as _
from yunpu.kernel.text import normalise
from yunpu.stages.bulletins.guard import Sighting
from yunpu.stages.bulletins.template import Published

_WRITTEN = re.compile(
    r"(?P<order>第)?(?P<number>(?:近|约|数|上(?=[百千万]))?[\d.,零〇一二三四五六七八九十百千万亿两廿半−-]+[余多来几]?[万亿]*[余多]?)(?P<unit>.*)"
)
_SCALES = {"万": 10**4, "亿": 10**8}
NEAR = Fraction(1, 10)


@dataclass(frozen=True)
class Repair:
    """A figure that a typed numeral may be: both numbers in the typed unit, their difference, and why it is offered."""

    code: str
    title: str
    shown: str
    figure_id: int
    difference: str
    reason: str
    exact: bool


def list_repairs(sighting: Sighting, figures: Iterable[Published], at_most: int = 3) -> list[Repair]:
    """The figures a typed numeral may be, the likeliest first: same number, digits swapped, near by."""
    typed = _read(sighting.text)
    if typed is None:
        return []
    found = []
    for figure in figures:
        ranked = _compare(sighting.text, typed, figure)
        if ranked:
            found.append(ranked)
    return [repair for _rank, repair in sorted(found, key=lambda one: (one[0], one[1].code))[:at_most]]


def _compare(text: str, typed: tuple[Fraction, str], figure: Published) -> tuple[Fraction, Repair] | None:
    shown = _read(figure.shown)
    if figure.value is None or figure.state != "defined" or shown is None or shown[1] != typed[1]:
        return None
    difference = typed[0] - shown[0]
    worded = figure.unit == shown[1] and typed[0] == figure.value  # 97家 for 近100家; money is kept in fen
    if normalise(text) == normalise(figure.shown) or not difference or worded:
        rank, reason = Fraction(0), _("数值相同")
    elif _digits(typed[0]) == _digits(shown[0]):
        rank, reason = Fraction(1), _("像是数字写反了")
    elif shown[0] and abs(difference / shown[0]) <= NEAR:
        rank, reason = 2 + abs(difference / shown[0]), _("数值相近")
    else:
        return None
    told = f"{float(difference):+,.4f}".rstrip("0").rstrip(".").replace("-", "−")
    return rank, Repair(figure.code, figure.title, figure.shown, figure.figure_id, told, reason, rank == 0)


def _read(text: str) -> tuple[Fraction, str] | None:
    """Number and unit of a written figure, both without scale: 1.2亿元 is 120,000,000 元."""
    found = _WRITTEN.fullmatch(normalise(text).replace(" ", ""))
    number = read_number(found["number"]) if found else None
    if found is None or number is None:
        return None
    unit = found["unit"]
    if unit[:1] in _SCALES:
        number, unit = number * _SCALES[unit[0]], unit[1:]
    return number, {"名": "人", "位": "人"}.get(unit, unit)


def _digits(number: Fraction) -> list[str]:
    """The digits of a number in order of size: equal where two were swapped."""
    return sorted(f"{float(abs(number)):.4f}")
