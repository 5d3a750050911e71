"""How an exact value is shown: converted, rounded and worded by its definition's rule. Pure: no database."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

from yunpu.kernel.money import round_to
from yunpu.kernel.numerals import Wording, WordingRefused, word_figure
from yunpu.kernel.text import mark as _
from yunpu.kernel.units import convert, find_unit
from yunpu.stages.indicators.definitions import Indicator

NO_VALUE = "—"
NOT_PUBLIC = _("不公开")
PERCENT = "%"
_BASE = {"money": "分", "area": "平方米"}


def base_unit(indicator: Indicator) -> str:
    """The unit in which values are measured and stored: 分 for money, 平方米 for area, else the indicator's own."""
    known = find_unit(indicator.unit)
    return _BASE.get(known.dimension, indicator.unit) if known else indicator.unit


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
