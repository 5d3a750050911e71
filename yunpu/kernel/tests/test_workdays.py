"""Working-day arithmetic against a slow twin that walks day by day, and against known days of 2020."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunpu.kernel.workdays import (
    Exceptions,
    UnknownYear,
    add_working_days,
    count_working_days,
    is_working_day,
    next_working_day,
)

YEARS = range(2018, 2024)
DAY = dt.timedelta(days=1)
days = st.dates(dt.date(2019, 6, 1), dt.date(2022, 6, 30))
exceptions = st.builds(
    lambda holidays, weekends: Exceptions.of(holidays, weekends - holidays, YEARS),
    st.frozensets(st.dates(dt.date(2018, 1, 1), dt.date(2023, 12, 31)), max_size=60),
    st.frozensets(st.dates(dt.date(2018, 1, 1), dt.date(2023, 12, 31)), max_size=60),
)

# National Day and Mid-Autumn 2020: 1 to 8 October off, 27 September and 10 October worked (国办发明电〔2019〕16号).
NATIONAL_DAY = Exceptions.of(
    [dt.date(2020, 10, day) for day in range(1, 9)], [dt.date(2020, 9, 27), dt.date(2020, 10, 10)], [2020]
)


def works(day: dt.date, known: Exceptions) -> bool:
    return day in known.working_weekends if day.weekday() >= 5 else day not in known.holidays


def count_slowly(first: dt.date, last: dt.date, known: Exceptions) -> int:
    total, day = 0, first
    while day <= last:
        total += works(day, known)
        day += DAY
    return total


def add_slowly(day: dt.date, count: int, known: Exceptions) -> dt.date:
    step = DAY if count > 0 else -DAY
    left = abs(count)
    while left:
        day += step
        left -= works(day, known)
    return day


@given(days, exceptions)
def test_a_day_is_worked_as_the_twin_says(day, known):
    assert is_working_day(day, known) == works(day, known)


@given(days, days, exceptions)
def test_counting_agrees_with_walking(first, last, known):
    assert count_working_days(first, last, known) == count_slowly(first, last, known)


@given(days, st.integers(-300, 300), exceptions)
def test_adding_agrees_with_walking(day, count, known):
    assert add_working_days(day, count, known) == add_slowly(day, count, known)


@given(days, st.integers(1, 200), exceptions)
def test_what_was_added_is_counted(day, count, known):
    reached = add_working_days(day, count, known)
    assert is_working_day(reached, known)
    assert count_working_days(day + DAY, reached, known) == count


@given(days, exceptions)
def test_the_next_working_day_is_the_first_after(day, known):
    found = next_working_day(day, known)
    assert found > day
    assert count_working_days(day + DAY, found, known) == 1


def test_the_national_day_of_2020():
    assert next_working_day(dt.date(2020, 9, 30), NATIONAL_DAY) == dt.date(2020, 10, 9)
    assert is_working_day(dt.date(2020, 9, 27), NATIONAL_DAY)
    assert count_working_days(dt.date(2020, 9, 26), dt.date(2020, 10, 11), NATIONAL_DAY) == 6
    assert add_working_days(dt.date(2020, 9, 30), 3, NATIONAL_DAY) == dt.date(2020, 10, 12)


def test_nothing_lies_between_a_later_and_an_earlier_day():
    assert count_working_days(dt.date(2020, 10, 2), dt.date(2020, 10, 1), NATIONAL_DAY) == 0


def test_a_count_of_zero_is_the_day_itself():
    assert add_working_days(dt.date(2020, 10, 1), 0, NATIONAL_DAY) == dt.date(2020, 10, 1)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: is_working_day(dt.date(2021, 1, 4), NATIONAL_DAY),
        lambda: count_working_days(dt.date(2020, 12, 1), dt.date(2021, 1, 1), NATIONAL_DAY),
        lambda: add_working_days(dt.date(2020, 12, 31), 1, NATIONAL_DAY),
        lambda: add_working_days(dt.date(2020, 1, 1), -1, NATIONAL_DAY),
    ],
)
def test_a_year_that_nobody_entered_is_said_and_never_guessed(ask):
    with pytest.raises(UnknownYear, match=r"没有20\d\d年的节假日安排"):
        ask()


def test_a_deadline_within_the_known_year_needs_no_other_year():
    assert add_working_days(dt.date(2020, 12, 30), 1, NATIONAL_DAY) == dt.date(2020, 12, 31)
