"""The figures of the book, from frozen lines: one currency at a time, however many books a year has."""

from __future__ import annotations

import datetime as dt

import pytest

from yunpu.domains.budget.tests.factories import make_line, make_unit
from yunpu.kernel.periods import Period
from yunpu.stages.indicators.operations import compute
from yunpu.stages.snapshots.operations import freeze
from yunpu.trail.operations import System

BY = System("测试")
AT = dt.datetime(2020, 12, 20, 6, 0, tzinfo=dt.UTC)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def figures():
    """Lines of one year in two currencies, with the same codes; and a year before in one."""
    unit = make_unit()
    for currency, amounts in (("CNY", {"1": 300, "2": 41}), ("EUR", {"1": 5_000, "2": 700, "9": 60})):
        for chapter, amount_fen in amounts.items():
            make_line(unit, currency=currency, chapter_code=chapter, amount_fen=amount_fen)
    make_line(unit, year=2019, currency="CNY", chapter_code="1", amount_fen=310)
    made = compute(freeze(AT.date(), by=BY, at=AT), Period.year(2020), by=BY, at=AT)
    return {one.code: one for one in made if one.period_code == "2020"}


def test_the_total_of_a_year_counts_one_currency(figures):
    total, euros = figures["budget.total"], figures["budget.total_eur"]
    assert (total.exact, total.records, total.unit) == (341, 2, "分")
    assert (euros.exact, euros.records, euros.unit) == (5_760, 3, "欧分")


def test_a_chapter_counts_its_own_lines_in_euros(figures):
    found = {code[-5]: one.exact for code, one in figures.items() if code.startswith("budget.chapter_")}
    assert found == {"1": 5_000, "2": 700, "3": 0, "4": 0, "6": 0, "7": 0, "9": 60}


def test_growth_is_within_one_currency(figures):
    assert figures["budget.total:growth"].exact == 10
    assert figures["budget.total_eur:growth"].state == "undefined"
