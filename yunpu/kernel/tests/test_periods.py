import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunpu.kernel.periods import NotAPeriod, Period, PeriodKind

days = st.dates(dt.date(1949, 10, 1), dt.date(2199, 12, 31))
ranges = st.tuples(days, days).map(lambda pair: Period(*sorted(pair)))
months = st.tuples(st.integers(1949, 2199), st.integers(1, 12), st.integers(1, 12)).map(
    lambda one: Period.months(one[0], *sorted(one[1:]))
)
periods = ranges | months


@pytest.mark.parametrize(
    ("code", "kind", "title", "first", "last"),
    [
        ("2020", PeriodKind.YEAR, "2020年", "2020-01-01", "2020-12-31"),
        ("2020H1", PeriodKind.HALF, "2020年上半年", "2020-01-01", "2020-06-30"),
        ("2020H2", PeriodKind.HALF, "2020年下半年", "2020-07-01", "2020-12-31"),
        ("2020Q3", PeriodKind.QUARTER, "2020年第三季度", "2020-07-01", "2020-09-30"),
        ("2020-03", PeriodKind.MONTH, "2020年3月", "2020-03-01", "2020-03-31"),
        ("2020-01~02", PeriodKind.MONTHS, "2020年1—2月", "2020-01-01", "2020-02-29"),
        ("2020-02~04", PeriodKind.MONTHS, "2020年2—4月", "2020-02-01", "2020-04-30"),
        ("2020-01-05~2020-03-09", PeriodKind.DAYS, "2020年1月5日—3月9日", "2020-01-05", "2020-03-09"),
        ("2019-12-05~2020-03-09", PeriodKind.DAYS, "2019年12月5日—2020年3月9日", "2019-12-05", "2020-03-09"),
        ("2019-01-01~2020-12-31", PeriodKind.DAYS, "2019年1月1日—2020年12月31日", "2019-01-01", "2020-12-31"),
        ("2020-01-05", PeriodKind.DAYS, "2020年1月5日", "2020-01-05", "2020-01-05"),
    ],
)
def test_codes_titles_and_days(code: str, kind: PeriodKind, title: str, first: str, last: str) -> None:
    period = Period.parse(code)
    assert (str(period.first_on), str(period.last_on)) == (first, last)
    assert (period.kind, period.title, period.code, str(period)) == (kind, title, code, code)


@pytest.mark.parametrize("code", ["2020-01~03", "2020—03", "２０２０q1", "2020-01-01~2020-03-31", " 2020Q1 "])
def test_other_spellings_are_read(code: str) -> None:
    if code != "2020—03":
        assert Period.parse(code) == Period.quarter(2020, 1)
    else:
        with pytest.raises(NotAPeriod):
            Period.parse(code)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("", "不是期间"),
        ("2020H3", "不是期间"),
        ("去年", "不是期间"),
        ("2020-13", "没有这样的"),
        ("0000", "没有这样的"),
        ("2020-02-30", "没有这样的"),
        ("2020-05~02", "颠倒"),
        ("2020-03-09~2020-01-05", "颠倒"),
    ],
)
def test_what_is_no_period_is_refused(code: str, reason: str) -> None:
    with pytest.raises(NotAPeriod, match=reason):
        Period.parse(code)


def test_moments_are_a_defect() -> None:
    with pytest.raises(AssertionError):
        Period(dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.date(2020, 1, 2))


def test_the_title_is_translated() -> None:
    assert Period.parse("2020Q3").title_in({"%(year)s年第三季度": "Q3 %(year)s"}.__getitem__) == "Q3 2020"


@given(periods)
def test_codes_come_back(period: Period) -> None:
    assert Period.parse(period.code) == period


@given(periods, st.integers(-200, 200))
def test_shifting_keeps_the_kind(period: Period, by: int) -> None:
    shifted = period.shift(months=by)
    assert (
        shifted.first_on.year - period.first_on.year
    ) * 12 + shifted.first_on.month - period.first_on.month == by
    if period.kind in (PeriodKind.YEAR, PeriodKind.MONTH):
        assert shifted.shift(months=-by) == period
    assert period.shift(years=1) == period.shift(months=12)


def test_shifts() -> None:
    assert Period.parse("2020-02").shift(years=1).code == "2021-02"
    assert Period.parse("2021-02").shift(years=-1).last_on == dt.date(2020, 2, 29)
    assert Period.parse("2020-02-29").shift(years=1).code == "2021-02-28"
    assert Period.half(2020, 2).shift(months=6) == Period.half(2021, 1)
    assert Period.parse("2020-01~02").same_last_year().code == "2019-01~02"


@given(periods)
def test_cumulative_ends_alike_and_starts_on_new_year(period: Period) -> None:
    cumulative = period.cumulative()
    assert cumulative.last_on == period.last_on
    assert (cumulative.first_on.month, cumulative.first_on.day) == (1, 1)
    assert cumulative.cumulative() == cumulative


def test_cumulative_codes() -> None:
    assert Period.month(2020, 11).cumulative().code == "2020-01~11"
    assert Period.quarter(2020, 2).cumulative().code == "2020H1"
    assert Period.month(2020, 12).cumulative() == Period.year(2020)


@given(ranges, days, ranges)
def test_containing_and_overlapping(period: Period, day: dt.date, other: Period) -> None:
    assert period.contains(day) == period.overlaps(Period(day, day))
    assert period.overlaps(other) == other.overlaps(period)
    assert period.contains(period.first_on)
    assert period.contains(period.last_on)


@given(st.tuples(days, st.integers(0, 2000)).map(lambda one: Period(one[0], one[0] + dt.timedelta(one[1]))))
def test_pieces_cover_the_period_without_a_gap(period: Period) -> None:
    for pieces in (period.split("month"), period.split("quarter")):
        assert sum(piece.days for piece in pieces) == period.days
        assert (pieces[0].first_on, pieces[-1].last_on) == (period.first_on, period.last_on)
        assert all(a.last_on + dt.timedelta(1) == b.first_on for a, b in pairwise(pieces))


def test_pieces_of_a_year() -> None:
    assert [piece.code for piece in Period.year(2020).split("quarter")] == [
        "2020Q1",
        "2020Q2",
        "2020Q3",
        "2020Q4",
    ]
    assert len(Period.year(2020).split("month")) == 12
    assert [piece.code for piece in Period.parse("2020-01-05~2020-03-09").split("month")] == [
        "2020-01-05~2020-01-31",
        "2020-02",
        "2020-03-01~2020-03-09",
    ]


@given(st.lists(ranges))
def test_periods_sort_by_their_first_day(some: list[Period]) -> None:
    assert [one.first_on for one in sorted(some)] == sorted(one.first_on for one in some)
