from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunpu.kernel.money import FEN_PER_UNIT
from yunpu.kernel.units import UNITS, MeasureUnit, NotAUnit, OtherDimension, convert, find_unit, get_unit

units = st.sampled_from(UNITS)


@given(units, units, st.fractions())
def test_there_and_back_changes_nothing(source: MeasureUnit, target: MeasureUnit, value: Fraction) -> None:
    if source.dimension == target.dimension:
        assert convert(convert(value, source, target), target, source) == value
    else:
        with pytest.raises(OtherDimension, match="不能换算"):
            convert(value, source, target)


def test_known_conversions() -> None:
    assert convert(15, "亩", "公顷") == 1
    assert convert(3, "亩", "平方米") == 2000
    assert convert(Decimal("525.8776"), "万元", "元") == 5258776
    assert convert(Decimal("40.62"), "%", "ratio") == Fraction(4062, 10000)
    assert convert(2, "年", "月") == 24
    assert convert(1, "天", "小时") == 24


@pytest.mark.parametrize(("source", "target"), [("人", "人次"), ("%", "百分点"), ("年", "天"), ("家", "户")])
def test_what_only_looks_alike_does_not_convert(source: str, target: str) -> None:
    with pytest.raises(OtherDimension):
        convert(1, source, target)


def test_floats_are_refused() -> None:
    with pytest.raises(TypeError, match="exact"):
        convert(0.1, "亩", "公顷")  # type: ignore[arg-type]


@given(units)
def test_every_name_finds_its_unit(unit: MeasureUnit) -> None:
    assert all(find_unit(f" {name.upper()} ") is unit for name in (unit.code, unit.title, *unit.aliases))
    assert unit.english


def test_aliases() -> None:
    assert find_unit("㎡") is find_unit("平方米") is find_unit("M2") is get_unit("m²")
    assert find_unit("hm2") is find_unit("公顷")
    assert find_unit("％") is get_unit("pct")
    assert find_unit("斤") is None
    with pytest.raises(NotAUnit, match="斤"):
        get_unit("斤")


def test_money_has_the_same_units_everywhere() -> None:
    money = {unit.title: unit.factor for unit in UNITS if unit.dimension == "money"}
    assert money == FEN_PER_UNIT
