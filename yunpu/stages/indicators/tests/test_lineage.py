import datetime as dt

import pytest

from yunpu.access.models import Grant, User
from yunpu.domains.outreach.models import Activity, HandOut
from yunpu.kernel.periods import Period
from yunpu.reference.models import Enterprise, Unit
from yunpu.stages.indicators import lineage as lineage_module
from yunpu.stages.indicators import operations
from yunpu.stages.indicators.chains import _growth_agrees, open_chain
from yunpu.stages.indicators.lineage import Live, tracing
from yunpu.stages.indicators.models import Figure
from yunpu.stages.indicators.operations import compute
from yunpu.stages.indicators.tests import declared
from yunpu.stages.indicators.tests.district import AS_OF, AT, BY, make_activity, make_units
from yunpu.stages.snapshots.operations import freeze

pytestmark = pytest.mark.django_db(transaction=True)


def _compute(monkeypatch, *indicators):
    monkeypatch.setattr(operations, "list_indicators", lambda: list(indicators))
    snapshot = freeze(AS_OF, by=BY, at=AT)
    compute(snapshot, Period.year(2020), by=BY, at=AT)
    return {(figure.code, figure.period_code): figure for figure in Figure.objects.filter(snapshot=snapshot)}


@pytest.fixture
def firms(monkeypatch):
    make_units()
    for n in range(3):
        Enterprise.objects.create(
            credit_code=f"9136110000{n:08}",
            name=f"企业{n}",
            industry="制造",
            batch_id=7,
            sheet_name="表",
            row_number=n + 2,
        )
    return _compute(monkeypatch, declared.FIRMS)[("test.firms", "2020")]


def test_rows_are_those_counted_with_their_live_records(firms):
    Enterprise.objects.filter(credit_code="913611000000000001").update(name="新名")
    Enterprise.objects.filter(credit_code="913611000000000002").delete()
    with tracing(firms, user=BY, on=AS_OF) as lineage:
        page = lineage.page()
        assert lineage.agrees
        assert [row.live for row in page.rows] == [Live.SAME, Live.CHANGED, Live.GONE]
        [changed] = page.rows[1].changed
        assert (changed.column.name, changed.frozen, changed.now) == ("name", "企业1", "新名")
        origin = page.rows[2].origin
        assert (origin.batch_id, origin.sheet, origin.row) == (7, "表", 4)
        assert [(part.label, part.value, part.records) for part in lineage.breakdown().parts] == [(1, 3, 3)]


@pytest.mark.parametrize("change", [{"records": 4}, {"value": "4"}])
def test_a_figure_that_its_rows_do_not_give_is_told(firms, change):
    """Value and number of records are proved, each by itself."""
    for name, value in change.items():
        setattr(firms, name, value)
    with tracing(firms, user=BY, on=AS_OF) as lineage:
        assert not lineage.agrees


def test_the_origin_is_that_of_the_frozen_values_not_of_a_later_file(firms):
    Enterprise.objects.update(batch_id=9, row_number=99, name="后来")
    with tracing(firms, user=BY, on=AS_OF) as lineage:
        assert {row.origin.batch_id for row in lineage.page().rows} == {7}


def test_rows_stay_when_the_definition_changes(firms, monkeypatch):
    monkeypatch.setattr(operations, "list_indicators", list)
    with tracing(firms, user=BY, on=AS_OF) as lineage:
        assert (lineage.agrees, lineage.shown_count) == (True, 3)


def test_a_table_declared_no_longer_still_shows_its_rows(firms, monkeypatch):
    monkeypatch.setattr(lineage_module, "find_table", lambda name: None)
    with tracing(firms, user=BY, on=AS_OF) as lineage:
        assert [row.live for row in lineage.page().rows] == [Live.UNKNOWN] * 3


@pytest.fixture
def district(monkeypatch):
    make_units()
    for n in range(4):
        make_activity(f"kg{n}", f"2020-03-0{n + 1}", handed=100 + n, series="a" if n < 3 else "b")
    for n in range(3):
        make_activity(f"cz{n}", f"2020-04-0{n + 1}", unit="361100-cz", handed=10)
    return _compute(monkeypatch, *declared.ALL)


def _user(unit, **grant):
    office = Unit.objects.get(code=unit)
    user = User.objects.create(username=unit, name=unit, unit=office)
    Grant.objects.create(user=user, role="auditor", unit=office, valid_from=dt.date(2020, 1, 1), **grant)
    return user


def test_records_out_of_scope_are_counted_not_shown(district):
    figure = district[("test.growing", "2020")]
    with tracing(figure, user=_user("361100-cz"), on=AS_OF) as lineage:
        shown = {row.cells[0].frozen for row in lineage.page().rows}
        assert shown == {"cz0", "cz1", "cz2"}
        assert (lineage.shown_count, lineage.hidden_count, lineage.agrees) == (3, 4, True)


def test_the_whole_district_is_seen_from_its_root(district):
    with tracing(district[("test.growing", "2020")], user=_user("361100"), on=AS_OF) as lineage:
        assert (lineage.shown_count, lineage.hidden_count) == (7, 0)


def test_without_a_role_nothing_is_shown_and_all_counted(district):
    user = User.objects.create(username="x", name="x", unit=Unit.objects.get(code="361100"))
    with tracing(district[("test.growing", "2020")], user=user, on=AS_OF) as lineage:
        assert (lineage.page().rows, list(lineage.rows(9, 2)), lineage.hidden_count) == ([], [], 7)
        assert lineage.page(query="活动").total == 0


def test_a_grant_for_another_register_opens_nothing_here(district):
    user = _user("361100-cz", register="budget.line")
    with tracing(district[("test.growing", "2020")], user=user, on=AS_OF) as lineage:
        assert lineage.shown_count == 0


def test_a_deleted_record_is_shown_to_those_of_its_unit_only(district):
    figure = district[("test.growing", "2020")]
    for code in ("kg0", "cz0"):
        Activity.objects.get(code=code).handout_set.all().delete()
        Activity.objects.filter(code=code).delete()
    with tracing(figure, user=_user("361100-cz"), on=AS_OF) as lineage:
        assert next((row.cells[0].frozen, row.live) for row in lineage.page().rows) == ("cz0", Live.GONE)
        assert lineage.hidden_count == 4


def test_a_record_that_moved_out_of_scope_is_masked(district):
    Activity.objects.filter(code="cz1").update(unit=Unit.objects.get(code="361100-kg"))
    with tracing(district[("test.growing", "2020")], user=_user("361100-cz"), on=AS_OF) as lineage:
        page = lineage.page()
        assert ({row.cells[0].frozen for row in page.rows}, page.masked) == ({"cz0", "cz2"}, 1)


def test_sums_show_the_largest_first_and_page(district):
    with tracing(district[("test.handed", "2020")], user=BY, on=AS_OF) as lineage:
        first, second = lineage.page(0, 4), lineage.page(4, 4)
        numbers = [
            cell.frozen
            for page in (first, second)
            for row in page.rows
            for cell in row.cells
            if cell.column.name == "quantity"
        ]
        assert numbers == [103, 102, 101, 100, 10, 10, 10]
        assert sum(numbers) == lineage.measured.value == 436
        assert (first.previous_start, first.next_start, second.previous_start, second.next_start) == (
            None,
            4,
            0,
            None,
        )


def test_years_and_distinct_values_are_grouped(district):
    with tracing(district[("test.years", "2020")], user=BY, on=AS_OF) as lineage:
        parts = lineage.breakdown().parts
        assert [(part.label, part.value, part.records) for part in parts] == [(2020, 1, 7)]
    with tracing(district[("test.series", "2020")], user=BY, on=AS_OF) as lineage:
        breakdown = lineage.breakdown()
        assert [(part.label, part.value, part.records) for part in breakdown.parts] == [(1, 1, 1), (3, 1, 3)]
        assert (breakdown.value, breakdown.records) == (lineage.measured.value, 4)


def test_growth_has_no_rows_but_its_two_figures(district):
    chain = open_chain(district[("test.growing:growth", "2020")], user=BY, on=AS_OF)
    assert (chain.page, chain.formula, chain.fault) == (None, "（本期 − 上年同期）÷ 上年同期 × 100", None)
    assert chain.agrees
    figure = Figure(value="100/3", of=Figure(value="4"), base=Figure(value="3"))
    assert _growth_agrees(figure)
    figure.of.value = "5"
    assert not _growth_agrees(figure)


def test_formula_names_columns_and_dates(district):
    chain = open_chain(district[("test.handed", "2020")], user=BY, on=AS_OF)
    assert chain.formula == "合计（发放份数），其中 举办日期在 2020-01-01 至 2020-12-31"
    assert (chain.total, chain.agrees) == ("436", True)


def test_rows_are_found_by_any_text_and_their_sum_is_told(district):
    with tracing(district[("test.handed", "2020")], user=BY, on=AS_OF) as lineage:
        page = lineage.page(query="KG1")
        assert [row.cells[0].frozen for row in page.rows] == ["kg1"]
        assert (page.total, page.measured.value) == (1, 101)
        assert lineage.page(query="政策汇编").total == 7
        assert lineage.page(query="' OR 1=1 --").total == 0


def test_rows_for_export_are_those_of_the_pages(district):
    with tracing(district[("test.handed", "2020")], user=BY, on=AS_OF) as lineage:
        exported = [tuple(cell.frozen for cell in row.cells) for row in lineage.rows(100, 3)]
        shown = [tuple(cell.frozen for cell in row.cells) for row in lineage.page(0, 100).rows]
        assert (len(exported), set(exported)) == (7, set(shown))
        assert exported == sorted(exported)
        assert len(list(lineage.rows(5, 3))) == 5
        HandOut.objects.filter(activity__code="kg1").update(quantity=7)
        HandOut.objects.filter(activity__code="cz0").delete()
        states = {row.cells[0].frozen: row.live for row in lineage.rows(100, 3)}
        assert {code: state for code, state in states.items() if state is not Live.SAME} == {
            "kg1": Live.CHANGED,
            "cz0": Live.GONE,
        }
