"""How an exact value is shown: converted, rounded and worded by its definition's rule. Pure: no database."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from yunpu.kernel.money import Rounding, round_to
from yunpu.kernel.numerals import Wording, WordingRefused, word_figure
from yunpu.kernel.text import Translate, fill, untranslated
from yunpu.kernel.text import mark as _
from yunpu.kernel.units import convert, find_unit
from yunpu.stages.indicators.definitions import Indicator

NO_VALUE = "—"
NOT_PUBLIC = _("不公开")
PERCENT = "%"
_BASE = {"money": "分", "euro": "欧分", "area": "平方米"}


def base_unit(indicator: Indicator) -> str:
    """The unit in which values are measured and stored: 分 for money, 欧分 for euro, 平方米 for area, else the indicator's own."""
    known = find_unit(indicator.unit)
    return _BASE.get(known.dimension, indicator.unit) if known else indicator.unit


_ROUNDINGS = {
    Rounding.HALF_UP: _("四舍五入"),
    Rounding.HALF_DOWN: _("五舍六入"),
    Rounding.HALF_EVEN: _("四舍六入五成双"),
    Rounding.TRUNCATE: _("截尾"),
    Rounding.UP: _("进一"),
    Rounding.FLOOR: _("向下取整"),
    Rounding.CEILING: _("向上取整"),
}
_GROWTH = _("%(title)s同比增长")
_AT_DAY = _("%(title)s（截至 %(day)s）")
DAY = r"(?P<day>\d{4}-\d{2}-\d{2})"
_RULE = _("以%(unit)s表示，%(rounding)s到 %(places)s 位小数")
_WORDED = _("%(rule)s，正文用“%(wording)s”")
_MINIMUM = _("%(rule)s；少于 %(minimum)s 不公开")


def showing_of(indicator: Indicator) -> dict[str, str | int]:
    """How the definition publishes its values, as plain values to store."""
    return {
        "unit": indicator.shown_unit or indicator.unit,
        "places": indicator.places,
        "rounding": indicator.rounding.value,
        "wording": indicator.wording.value,
        "growth_places": indicator.growth_places,
        "growth_rounding": indicator.growth_rounding.value,
        "minimum": indicator.disclosure.minimum,
        "period": indicator.natural_period,
        "at": indicator.at,
        "by": indicator.by,
    }


def title_of(indicator: Indicator, as_of: dt.date, *, growth: bool = False) -> str:
    """What a figure is called, as it is stored: a figure at a day says the day."""
    if growth:
        return fill(_GROWTH, {"title": indicator.title})
    return (
        fill(_AT_DAY, {"title": indicator.title, "day": as_of.isoformat()})
        if indicator.at
        else indicator.title
    )


def title_in(title: str, translate: Translate) -> str:
    """A stored title in the reader's language: that of a growth, or at a day, is made of the indicator's."""
    for template in (_GROWTH, _AT_DAY):
        before, after = (re.escape(part) for part in template.split("%(title)s"))
        pattern = f"{before}(?P<title>.+){after.replace(re.escape('%(day)s'), DAY)}"
        if made := re.fullmatch(pattern, title):
            return fill(template, made.groupdict(), translate)
    return translate(title)


def rule_text(showing: Mapping[str, Any], *, growth: bool, translate: Translate = untranslated) -> str:
    """The publishing rule in words, as `showing_of` stored it."""
    prefix = "growth_" if growth else ""
    values = {
        "unit": PERCENT if growth else showing["unit"],
        "rounding": translate(_ROUNDINGS[Rounding(showing[f"{prefix}rounding"])]),
        "places": showing[f"{prefix}places"],
    }
    rule = fill(_RULE, values, translate)
    if not growth and showing["wording"] != Wording.EXACT.value:
        rule = fill(_WORDED, {"rule": rule, "wording": showing["wording"]}, translate)
    if showing["minimum"]:
        rule = fill(_MINIMUM, {"rule": rule, "minimum": showing["minimum"]}, translate)
    return rule


def show_value(indicator: Indicator, value: Fraction) -> str:
    """The value as running text words it: 近100家, 500余份, 8982万元.

    Where the wording rule finds no round number on its side and near enough, the rounded value stands as it is.
    """
    unit, base = indicator.shown_unit or indicator.unit, base_unit(indicator)
    converted = value if unit == base else convert(value, base, unit)
    if indicator.wording is not Wording.EXACT:
        try:
            return word_figure(converted, unit, indicator.wording)
        except WordingRefused:
            pass
    rounded = round_to(converted, indicator.places, indicator.rounding)
    return word_figure(rounded, unit, places=indicator.places)


def show_growth(indicator: Indicator, value: Fraction) -> str:
    """A growth in percent by the definition's own rounding."""
    rounded = round_to(value, indicator.growth_places, indicator.growth_rounding)
    return word_figure(rounded, PERCENT, places=indicator.growth_places)


def exact_text(value: Fraction) -> str:
    """A value as a decimal: all its digits where they end, else 30 significant ones."""
    with localcontext() as context:
        context.prec = max(30, len(str(value.numerator)) + len(str(value.denominator)) * 4)
        quotient = Decimal(value.numerator) / Decimal(value.denominator)
        if Fraction(quotient) != value:
            context.prec = 30
            quotient = Decimal(value.numerator) / Decimal(value.denominator)
    return f"{quotient:f}"
