"""Units of measure (计量单位): exact factors, and no conversion between dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from yunpu.kernel.text import mark as _
from yunpu.kernel.text import normalise


class OtherDimension(ValueError):  # noqa: N818 - it reads as what it says
    """Two units that measure different things."""


@dataclass(frozen=True)
class MeasureUnit:
    """One unit: `factor` is exact, in the base unit of its dimension."""

    code: str
    title: str
    english: str
    dimension: str
    factor: Fraction = Fraction(1)
    aliases: tuple[str, ...] = ()


def _counts(*pairs: tuple[str, str]) -> tuple[MeasureUnit, ...]:
    return tuple(MeasureUnit(title, title, english, title) for title, english in pairs)


UNITS = (
    MeasureUnit("分", _("分"), "fen", "money"),
    MeasureUnit("元", _("元"), "yuan", "money", Fraction(100)),
    MeasureUnit("千元", _("千元"), "thousand yuan", "money", Fraction(100_000)),
    MeasureUnit("万元", _("万元"), "10,000 yuan", "money", Fraction(1_000_000)),
    MeasureUnit("百万元", _("百万元"), "million yuan", "money", Fraction(100_000_000)),
    MeasureUnit("亿元", _("亿元"), "100 million yuan", "money", Fraction(10_000_000_000)),
    MeasureUnit("m2", _("平方米"), "m²", "area", Fraction(1), ("平方米", "㎡", "m²", "平米")),
    MeasureUnit("亩", _("亩"), "mu", "area", Fraction(2000, 3)),
    MeasureUnit("ha", _("公顷"), "ha", "area", Fraction(10_000), ("公顷", "hm2", "hm²")),
    MeasureUnit("km2", _("平方公里"), "km²", "area", Fraction(1_000_000), ("平方公里", "平方千米", "km²")),
    MeasureUnit("ratio", _("比例"), "ratio", "share", Fraction(1), ("倍",)),
    MeasureUnit("%", "%", "%", "share", Fraction(1, 100), ("百分之",)),
    MeasureUnit("‰", "‰", "‰", "share", Fraction(1, 1000)),
    MeasureUnit("百分点", _("百分点"), "percentage points", "share difference", Fraction(1), ("个百分点", "pp")),
    MeasureUnit("天", _("天"), "days", "days", Fraction(1), ("日",)),
    MeasureUnit("小时", _("小时"), "hours", "hours"),
    MeasureUnit("月", _("月"), "months", "months", Fraction(1), ("个月",)),
    MeasureUnit("年", _("年"), "years", "months", Fraction(12)),
    *_counts(
        ("人", "people"),
        ("人次", "attendances"),
        ("户", "households"),
        ("家", "enterprises"),
        ("个", "items"),
        ("起", "incidents"),
        ("宗", "parcels"),
        ("处", "places"),
        ("条", "lines"),
        ("份", "copies"),
        ("场", "sessions"),
        ("次", "times"),
        ("项", "matters"),
        ("件", "pieces"),
        ("台", "machines"),
        ("辆", "vehicles"),
    ),
)

_by_name = {name: unit for unit in UNITS for name in (unit.code, unit.title, *unit.aliases)}


def find_unit(text: str) -> MeasureUnit | None:
    """The unit of a name or alias; None where there is none."""
    name = text.strip()
    return _by_name.get(name) or _by_name.get(normalise(name))


def get_unit(text: str) -> MeasureUnit:
    """The unit of a name or alias. Raises KeyError."""
    unit = find_unit(text)
    if unit is None:
        raise KeyError(text)
    return unit


def convert(value: int | Fraction | Decimal, source: str, target: str) -> Fraction:
    """A value in another unit of the same dimension, exactly. Raises OtherDimension, KeyError."""
    given, wanted = get_unit(source), get_unit(target)
    if given.dimension != wanted.dimension:
        raise OtherDimension(f"{source} measures {given.dimension}, {target} measures {wanted.dimension}")
    return Fraction(value) * given.factor / wanted.factor
