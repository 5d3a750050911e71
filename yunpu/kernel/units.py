"""Units of measure (计量单位) with exact factors: the one place where 亩 becomes m².

Each counting unit is a dimension of its own: people (人) are not attendances (人次), and nothing may add
them up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

from yunpu.kernel.text import UnfitValue, normalise
from yunpu.kernel.text import mark as _


class NotAUnit(UnfitValue):
    """A text that names no unit known."""


class OtherDimension(UnfitValue):
    """Two units of different dimensions."""


@dataclass(frozen=True)
class MeasureUnit:
    """One unit: exactly `factor` base units of its dimension; `title` is what follows a Chinese figure."""

    code: str
    title: str
    english: str
    dimension: str
    factor: Fraction
    aliases: tuple[str, ...] = ()


def _unit(
    code: str, title: str, english: str, dimension: str, factor: int | Fraction = 1, aliases: str = ""
) -> MeasureUnit:
    return MeasureUnit(code, title, english, dimension, Fraction(factor), tuple(aliases.split()))


# 15 亩 = 1 公顷. Years and months have no fixed number of days, so they do not convert to any.
UNITS = (
    _unit("fen", _("分"), "fen", "money", 1),
    _unit("yuan", _("元"), "yuan", "money", 100, "圆 人民币元"),
    _unit("thousand_yuan", _("千元"), "thousand yuan", "money", 10**5),
    _unit("wan_yuan", _("万元"), "10,000 yuan", "money", 10**6),
    _unit("million_yuan", _("百万元"), "million yuan", "money", 10**8),
    _unit("yi_yuan", _("亿元"), "100 million yuan", "money", 10**10),
    _unit("euro_cent", _("欧分"), "euro cents", "euro", 1),
    _unit("euro", _("欧元"), "euros", "euro", 100),
    _unit("wan_euro", _("万欧元"), "10,000 euros", "euro", 10**6),
    _unit("yi_euro", _("亿欧元"), "100 million euros", "euro", 10**10),
    _unit("m2", _("平方米"), "m²", "area", 1, "m² ㎡ 平米 平方公尺"),
    _unit("mu", _("亩"), "mu", "area", Fraction(2000, 3), "市亩"),
    _unit("ha", _("公顷"), "ha", "area", 10**4, "hm2 hm²"),
    _unit("km2", _("平方公里"), "km²", "area", 10**6, "km² 平方千米"),
    _unit("ratio", _("比值"), "ratio", "ratio", 1, "倍"),
    _unit("pct", "%", "%", "ratio", Fraction(1, 100), "百分比 百分之"),
    _unit("permille", "‰", "‰", "ratio", Fraction(1, 1000), "千分比 千分之"),
    _unit("pp", _("百分点"), "percentage points", "difference of ratios", 1, "个百分点"),
    _unit("person", _("人"), "people", "person"),
    _unit("attendance", _("人次"), "attendances", "attendance"),
    _unit("household", _("户"), "households", "household"),
    _unit("firm", _("家"), "enterprises", "firm"),
    _unit("piece", _("个"), "items", "piece"),
    _unit("incident", _("起"), "cases", "incident"),
    _unit("parcel", _("宗"), "parcels", "parcel"),
    _unit("place", _("处"), "places", "place"),
    _unit("strip", _("条"), "lines", "strip"),
    _unit("copy", _("份"), "copies", "copy"),
    _unit("event", _("场"), "events", "event"),
    _unit("occasion", _("次"), "times", "occasion"),
    _unit("matter", _("项"), "projects", "matter"),
    _unit("article", _("件"), "pieces", "article"),
    _unit("machine", _("台"), "machines", "machine"),
    _unit("vehicle", _("辆"), "vehicles", "vehicle"),
    _unit("year", _("年"), "years", "calendar", 12),
    _unit("month", _("月"), "months", "calendar", 1, "个月"),
    _unit("day", _("天"), "days", "duration", 24, "日"),
    _unit("hour", _("小时"), "hours", "duration", 1, "h 时"),
)


def _by_name(units: tuple[MeasureUnit, ...]) -> Mapping[str, MeasureUnit]:
    names: dict[str, MeasureUnit] = {}
    for unit in units:
        for name in dict.fromkeys(normalise(name).lower() for name in (unit.code, unit.title, *unit.aliases)):
            assert name not in names, f"{name} names both {names[name].code} and {unit.code}"
            names[name] = unit
    return MappingProxyType(names)


BY_NAME = _by_name(UNITS)


def find_unit(text: str) -> MeasureUnit | None:
    """The unit of that code, Chinese name or alias, in any width and case; None where there is none."""
    return BY_NAME.get(normalise(text).lower())


def get_unit(text: str) -> MeasureUnit:
    """The unit of that code, Chinese name or alias. Raises NotAUnit."""
    found = find_unit(text)
    if found is None:
        raise NotAUnit(_("“%(given)s”不是已登记的计量单位"), given=text)
    return found


def convert(
    value: int | Fraction | Decimal, source: MeasureUnit | str, target: MeasureUnit | str
) -> Fraction:
    """Convert exactly: value · factor(source) / factor(target).

    Raises OtherDimension where the dimensions differ, NotAUnit where a name is unknown, TypeError for floats.
    """
    if isinstance(value, float):
        raise TypeError("a float is not exact: convert a Decimal or Fraction")
    source = get_unit(source) if isinstance(source, str) else source
    target = get_unit(target) if isinstance(target, str) else target
    if source.dimension != target.dimension:
        raise OtherDimension(
            _("“%(source)s”不能换算成“%(target)s”"), source=source.title, target=target.title
        )
    return Fraction(value) * source.factor / target.factor
