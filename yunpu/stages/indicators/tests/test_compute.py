import datetime as dt
import re
from dataclasses import replace
from fractions import Fraction

import narwhals as nw
import pytest
from django.db import DatabaseError, transaction

from yunpu.kernel.periods import Period
from yunpu.reference.models import Enterprise
from yunpu.stages.indicators import operations
from yunpu.stages.indicators.computing import UnableToApplyDefinition
from yunpu.stages.indicators.context import UnableToFindTable
from yunpu.stages.indicators.definitions import Sum, Wording
from yunpu.stages.indicators.lineage import tracing
from yunpu.stages.indicators.models import Definition, Figure
from yunpu.stages.indicators.operations import UnableToChangeDefinition, UnableToFindIndicator, compute
from yunpu.stages.indicators.publishing import title_in, title_of
from yunpu.stages.indicators.queries import figures_csv, read_figures
from yunpu.stages.indicators.sources import definition_text
from yunpu.stages.indicators.tests import declared
from yunpu.stages.indicators.tests.district import AS_OF, AT, BY, make_activity, make_units
from yunpu.stages.snapshots.operations import freeze
from yunpu.stages.snapshots.verifying import UnableToUseSnapshot
from yunpu.trail.models import Event

pytestmark = pytest.mark.django_db(transaction=True)
YEAR = Period.year(2020)


@pytest.fixture
def indicators(monkeypatch):
    """Which indicators are declared; a test may change the list."""
    listed = [declared.FIRMS]
    monkeypatch.setattr(operations, "list_indicators", lambda: listed)
    make_units()
    return listed


@pytest.fixture
def firms(indicators):
    for n in range(96):
        Enterprise.objects.create(credit_code=f"9136110000{n:08}", name=f"企业{n}", industry="制造")
    Enterprise.objects.create(credit_code="91361100MA0000002X", name="乙公司")
    return freeze(AS_OF, by=BY, at=AT)


def _read(snapshot, period=YEAR):
    compute(snapshot, period, by=BY, at=AT)
    return {
        (figure.code, figure.period_code): (figure.state, figure.reason, figure.exact, figure.records)
        for figure in Figure.objects.filter(snapshot=snapshot)
    }


def test_figure_is_computed_once_and_read(firms):
    [figure] = compute(firms, YEAR, by=BY, at=AT)
    assert (figure.exact, figure.shown, figure.records) == (Fraction(96), "近100家", 96)
    assert compute(firms, YEAR, by=BY, at=AT) == [figure]
    assert read_figures(firms, YEAR)["test.firms"].shown == "近100家"
    assert (
        figures_csv(firms, YEAR).splitlines()[1] == "test.firms,96,家,近100家,test.firms@1,S-20201220-01,96"
    )
    assert [
        event.after["new"]
        for event in Event.objects.filter(verb="indicators.figures-computed").order_by("id")
    ] == [1, 0]


def test_another_definition_gives_another_figure_beside_the_old(firms, indicators):
    [old] = compute(firms, YEAR, by=BY, at=AT)
    indicators[0] = replace(declared.FIRMS, wording=Wording.EXACT, version=2)
    [new] = compute(firms, YEAR, by=BY, at=AT)
    assert (new.shown, new.definition.version, old.definition.version) == ("96家", 2, 1)
    assert read_figures(firms, YEAR)["test.firms"].figure_id == new.pk
    assert Figure.objects.get(pk=old.pk).shown == "近100家"


def test_an_edited_definition_needs_a_new_version(firms, indicators):
    [old] = compute(firms, YEAR, by=BY, at=AT)
    indicators[0] = replace(declared.FIRMS, words="别的说法。")
    with pytest.raises(UnableToChangeDefinition, match=r"test\.firms 的口径改了，版本还是第 1 版.*version=2"):
        compute(firms, YEAR, by=BY, at=AT)
    assert list(Figure.objects.all()) == [old]
    indicators[0] = replace(indicators[0], version=2)
    compute(firms, YEAR, by=BY, at=AT)
    indicators[0] = declared.FIRMS  # taken back: the first version is still what it was
    assert compute(firms, YEAR, by=BY, at=AT) == [old]


BROKEN = {
    "rows": {"rows": lambda t: t["reference.enterprises"].filter(nw.col("nothing") == 1)},
    "typing": {"rows": lambda t: t["reference.enterprises"].filter(t.no_such_thing("name"))},
    "known_by": {"known_by": lambda t: t["reference.enterprises"].filter(nw.col("nothing") == 1)},
    "measure": {"measure": Sum("nothing")},
}


@pytest.mark.parametrize("wrong", BROKEN)
def test_a_definition_that_fails_is_named_with_its_place(firms, indicators, wrong):
    indicators[0] = replace(declared.FIRMS, **BROKEN[wrong])
    with pytest.raises(UnableToApplyDefinition) as refused:
        compute(firms, YEAR, by=BY, at=AT)
    said = str(refused.value)
    assert "指标 test.firms 的定义算不出来" in said
    assert ("no_such_thing" if wrong == "typing" else "nothing") in said
    assert re.search(r"indicators/tests/(test_compute|declared)\.py:\d+", said)
    assert not Figure.objects.exists()


def test_a_table_that_is_not_frozen_is_refused_as_that(firms, indicators):
    indicators[0] = replace(declared.FIRMS, rows=lambda t: t["no.table"])
    with pytest.raises(UnableToFindTable):
        compute(firms, YEAR, by=BY, at=AT)


def test_a_stored_value_that_is_not_computed_again_is_a_defect(firms, indicators, monkeypatch):
    compute(firms, YEAR, by=BY, at=AT)
    monkeypatch.setattr("yunpu.stages.indicators.computing.measure_rows", lambda *_: operations_measured())
    with pytest.raises(AssertionError, match="computed again"):
        compute(firms, YEAR, by=BY, at=AT)


def operations_measured():
    from yunpu.stages.indicators.measures import Measured

    return Measured(Fraction(95), 95)


def test_unknown_code_is_refused(firms):
    with pytest.raises(UnableToFindIndicator, match=r"no\.such"):
        compute(firms, YEAR, ["no.such"], by=BY, at=AT)


def test_a_changed_file_is_noticed_before_it_is_counted(firms):
    path = firms.tables.get(name="reference.enterprises").path
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(UnableToUseSnapshot):
        compute(firms, YEAR, by=BY, at=AT)
    assert not Figure.objects.exists()


@pytest.mark.parametrize("model", [Figure, Definition])
def test_the_database_refuses_to_change_or_delete(firms, model):
    compute(firms, YEAR, by=BY, at=AT)
    for change in (lambda rows: rows.update(code="x"), lambda rows: rows._raw_delete("default")):
        with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
            change(model.objects.all())


@pytest.fixture
def district(indicators):
    indicators[:] = declared.ALL
    for code, day in (("a", "2018-05-01"), ("b", "2019-05-01"), ("c", "2019-11-01"), ("d", "2019-12-31")):
        make_activity(code, day)
    for code, day in (("e", "2020-01-01"), ("f", "2020-06-30"), ("g", "2020-07-01"), ("h", "2020-12-20")):
        make_activity(code, day, series="x" if code in "ef" else "", handed=100)
    make_activity("i", "2020-12-21")  # after the date of the freeze
    return freeze(AS_OF, by=BY, at=AT)


def test_measures_periods_and_growth(district):
    figures = _read(district)
    assert figures[("test.growing", "2020")] == ("defined", "", 4, 4)
    assert figures[("test.growing", "2019")] == ("defined", "", 3, 3)
    assert figures[("test.growing:growth", "2020")] == ("defined", "", Fraction(100, 3), 7)
    assert figures[("test.halves", "2020H1")] == ("defined", "", 2, 2)
    assert figures[("test.halves", "2020H2")] == ("defined", "", 2, 2)
    assert figures[("test.years", "2020")] == ("defined", "", 3, 8)
    assert figures[("test.series", "2020")] == ("defined", "", 1, 4)
    assert figures[("test.handed", "2020")] == ("defined", "", 400, 4)


def test_growth_says_its_rounding_and_its_two_figures(district):
    _read(district)
    growth = Figure.objects.get(code="test.growing:growth")
    assert (growth.shown, growth.title) == ("33.33%", "活动同比增长")
    assert (growth.of.period_code, growth.base.period_code) == ("2020", "2019")
    line = next(
        line for line in figures_csv(district, YEAR).splitlines() if line.startswith("test.growing:growth")
    )
    assert line.split(",")[1:4] == ["33.3333333333333333333333333333", "%", "33.33%"]


def test_what_is_not_defined_says_why(district):
    assert _read(district, Period.year(2018))[("test.growing:growth", "2018")][:2] == (
        "undefined",
        "base_missing",
    )
    assert _read(district, Period.year(2017))[("test.growing", "2017")][:3] == (
        "undefined",
        "missing_period",
        None,
    )
    assert _read(district, Period.year(2021))[("test.growing", "2021")][:2] == ("undefined", "missing_period")


def test_without_the_rows_that_make_it_known_a_value_is_not_zero(district, indicators):
    indicators[:] = [declared.KNOWN]
    assert _read(district)[("test.known", "2020")] == ("defined", "", 0, 0)
    assert _read(district, Period.month(2020, 2))[("test.known", "2020-02")][:3] == (
        "undefined",
        "missing_period",
        None,
    )


@pytest.mark.parametrize(
    ("code", "activities", "before"),
    [
        ("2020", 4, 3),
        ("2020H1", 2, 1),
        ("2020Q4", 1, 2),
        ("2020-01~02", 1, 0),
        ("2020-01~11", 3, 2),
        ("2020-11", 0, 1),
        ("2020-01-01~2020-06-29", 1, 1),
    ],
)
def test_an_indicator_by_days_answers_for_every_period(district, indicators, code, activities, before):
    indicators[:] = [declared.ANY]
    period = Period.parse(code)
    figures = _read(district, period)
    assert figures[("test.any", code)][2] == activities
    assert figures[("test.any", period.same_last_year().code)][2] == before
    expected = ("undefined", "base_zero") if before == 0 else ("defined", "")
    assert figures[("test.any:growth", code)][:2] == expected
    assert set(read_figures(district, period)) == {"test.any", "test.any:growth"}


@pytest.mark.parametrize(
    ("period", "known"), [("2020", True), ("2020H2", True), ("2020H1", False), ("2019", False)]
)
def test_a_figure_at_a_day_is_known_in_the_period_that_holds_it(district, indicators, period, known):
    indicators[:] = [declared.COMING]
    [figure] = compute(district, Period.parse(period), by=BY, at=AT)
    assert figure.title == "还要举办的活动（截至 2020-12-20）"
    assert (figure.state, figure.reason, figure.shown) == (
        ("defined", "", "1场") if known else ("undefined", "other_day", "—")
    )
    with tracing(figure, user=BY, on=AS_OF) as lineage:
        assert len(lineage.page().rows) == lineage.shown_count == (1 if known else 0)


def test_figures_of_a_day_asked_for_a_half_are_not_the_years(district, indicators):
    indicators[:] = [declared.COMING]
    compute(district, Period.parse("2020H2"), by=BY, at=AT)
    assert list(read_figures(district, YEAR)) == []
    compute(district, YEAR, by=BY, at=AT)
    assert list(read_figures(district, YEAR)) == ["test.coming"]


def test_a_day_has_no_growth():
    with pytest.raises(AssertionError, match="one day"):
        replace(declared.COMING, growth=True)


def test_a_new_attribute_moves_no_digest_until_it_is_used():
    assert "at = " not in definition_text(declared.FIRMS)
    assert "at = 'as_of'" in definition_text(declared.COMING)


def test_titles_are_told_in_the_readers_language():
    english = {
        "甲": "A",
        "%(title)s同比增长": "Growth of %(title)s",
        "%(title)s（截至 %(day)s）": "%(title)s (as of %(day)s)",
    }
    day = dt.date(2020, 12, 20)
    one = replace(declared.COMING, title="甲")
    told = [title_of(one, day), title_of(replace(one, at=""), day), title_of(one, day, growth=True)]
    assert told == ["甲（截至 2020-12-20）", "甲", "甲同比增长"]
    assert [title_in(title, lambda text: english.get(text, text)) for title in told] == [
        "A (as of 2020-12-20)",
        "A",
        "Growth of A",
    ]


def test_only_the_figures_asked_for_are_read(district):
    compute(district, YEAR, by=BY, at=AT)
    assert {
        one.split(",")[0] for one in figures_csv(district, YEAR, ["test.growing:growth"]).splitlines()[1:]
    } == {
        "test.growing",
        "test.growing:growth",
    }
    assert len(figures_csv(district, YEAR).splitlines()) > 3


def test_figures_of_a_year_are_not_those_of_periods_asked_for_by_themselves(district, indicators):
    indicators[:] = [declared.ANY]
    compute(district, Period.half(2020, 1), by=BY, at=AT)
    compute(district, YEAR, by=BY, at=AT)
    assert set(read_figures(district, YEAR)) == {"test.any", "test.any:growth"}


def test_base_zero_is_not_defined(district, indicators):
    make_activity("z", "2016-01-01")
    snapshot = freeze(AS_OF, by=BY, at=AT)
    figures = _read(snapshot, Period.year(2018))
    assert figures[("test.growing", "2017")][:3] == ("defined", "", 0)
    assert figures[("test.growing:growth", "2018")][:3] == ("undefined", "base_zero", None)


def test_small_counts_are_hidden_and_growth_on_them(district):
    figures = _read(district, Period.year(2019))
    assert figures[("test.rare", "2018")][:2] == ("hidden", "few")
    assert figures[("test.rare:growth", "2019")][:2] == ("hidden", "few")
    read = read_figures(district, Period.year(2019))["test.rare:growth"]
    assert (read.value, read.shown, read.is_defined) == (None, "不公开", False)
    line = next(
        line
        for line in figures_csv(district, Period.year(2019)).splitlines()
        if line.startswith("test.rare:growth")
    )
    assert (line.split(",")[1], line.split(",")[-1]) == ("", "")


def test_figures_of_inner_periods_are_named_with_them(district):
    _read(district)
    assert {"test.halves@2020H1", "test.halves@2020H2", "test.growing", "test.growing:growth"} <= set(
        read_figures(district, YEAR)
    )


def test_a_shorter_period_leaves_out_longer_indicators(district):
    figures = _read(district, Period.half(2020, 1))
    assert {code for code, _period in figures} == {"test.halves"}


def test_changed_record_changes_the_figure_and_the_old_snapshot_still_gives_the_old(district):
    before = _read(district)
    make_activity("j", "2020-03-03")
    after = _read(freeze(AS_OF, by=BY, at=AT + dt.timedelta(minutes=1)))
    assert after[("test.growing", "2020")][2] == 5
    assert _read(district) == before
