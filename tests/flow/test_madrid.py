"""A real foreign budget through the ordinary intake, its totals to the cent; and a small invented twin that always runs.

The twin has the oddities of the real file: codes with leading zeros, names that change over the years, one name for two
codes, double blanks, commas inside quotes, accents in the header, transfers to own bodies that are not consolidated.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.flow.conftest import AT, hand_in
from yunpu.config import district
from yunpu.domains.budget.models import BudgetLine
from yunpu.domains.budget.queries import DIMENSIONS, compare_years
from yunpu.kernel.periods import Period
from yunpu.stages.indicators.operations import compute
from yunpu.stages.intake.models import Load
from yunpu.stages.snapshots.operations import freeze

SHARED = Path(os.environ.get("YUNPU_SHARED", Path(__file__).resolve().parents[3] / "shared"))
MADRID = SHARED / "data" / "madrid" / "gastos_2012-2014.csv"
TWIN = Path(__file__).parent / "twins" / "madrid.csv"

# Whole euro: year, lines, total, chapters 1, 2, 3, 4, 6, 7, 9 (datos.madrid.es, approved budget).
REAL = {
    2012: (5304, 4942020428, 1339827554, 1764658085, 284334630, 540602887, 224099179, 62141451, 726356642),
    2013: (4955, 4564125024, 1273270079, 1582355029, 302003922, 502193105, 124169700, 47158880, 732974309),
    2014: (4781, 4699310629, 1260409662, 1624632435, 312678157, 482936927, 182616248, 32390674, 803646526),
}
INVENTED = {
    2012: (8, 1911111, 302739, 1205000, 50000, 341022, 12000, 350, 0),
    2013: (4, 1415022, 115000, 1300000, 0, 0, 0, 0, 22),
}
CHAPTERS = "1234679"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def units(in_folder: Any, transactional_db: None) -> None:
    district.make_units(at=AT)


def read_totals(years: dict[int, Any]) -> dict[int, tuple[int, ...]]:
    """Lines, total and chapters of each year in whole euro, as published from a snapshot."""
    snapshot = freeze(district.CLOCK, by=district.BUILDER, at=AT)
    found = {}
    for year in years:
        figures = compute(snapshot, Period.year(year), by=district.BUILDER, at=AT)
        values = {figure.code: figure for figure in figures if figure.period_code == str(year)}
        codes = ["budget.total_eur", *(f"budget.chapter_{chapter}_eur" for chapter in CHAPTERS)]
        cents = [values[code].exact for code in codes]
        assert all(amount % 100 == 0 for amount in cents)
        found[year] = (values[codes[0]].records, *(int(amount // 100) for amount in cents))
    return found


def test_the_twin_has_its_totals(units: None):
    load = hand_in(TWIN)
    assert (load.format_code, load.state) == ("budget.madrid", Load.State.KEPT)
    assert read_totals(INVENTED) == INVENTED


def test_the_twins_codes_keep_their_zeros_and_names_their_year(units: None):
    hand_in(TWIN)
    assert set(BudgetLine.objects.values_list("body_code", flat=True)) == {"001", "501"}
    names = BudgetLine.objects.filter(function_code="91203").values_list("year", "function_name")
    assert sorted(set(names)) == [(2012, "OFICINA DEL SUR"), (2013, "OFICINA DEL SUR Y DEL NORTE")]
    rows = compare_years(BudgetLine.objects.all(), DIMENSIONS["function"], 2012, 2013).rows
    renamed = {row.head.code: row.former_name for row in rows if row.former_name}
    assert renamed == {"91203": "OFICINA DEL SUR"}


def test_the_same_file_again_changes_nothing(units: None):
    hand_in(TWIN)
    assert hand_in(TWIN).state == Load.State.UNCHANGED
    assert BudgetLine.objects.count() == 12


@pytest.mark.skipif(
    not MADRID.exists(), reason="the real file is not part of the project: its twin runs instead"
)
def test_the_real_city_has_its_totals_to_the_cent(units: None):
    load = hand_in(MADRID)
    assert load.format_code == "budget.madrid"
    assert read_totals(REAL) == REAL
