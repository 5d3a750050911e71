"""The registered calendar feeds the arithmetic; a year without entries is refused."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from yunpu.reference import queries
from yunpu.reference.models import CalendarDay
from yunpu.reference.operations import change_day, create_day
from yunpu.reference.tests.factories import AT, BY
from yunpu.reference.workdays import UnableToCountWorkingDays, get_working_calendar
from yunpu.trail.operations import preparing

pytestmark = pytest.mark.django_db


def enter(day, kind="holiday", name="国庆节"):
    return create_day(CalendarDay, {"day": day, "kind": kind, "name": name, "source": ""}, by=BY, at=AT)


@pytest.fixture
def calendar():
    for day in range(1, 9):
        enter(dt.date(2020, 10, day))
    enter(dt.date(2020, 10, 10), "workday")
    return get_working_calendar()


def test_deadlines_skip_holidays_and_count_worked_weekends(calendar):
    assert calendar.next(dt.date(2020, 9, 30)) == dt.date(2020, 10, 9)
    assert calendar.add(dt.date(2020, 9, 30), 2) == dt.date(2020, 10, 10)
    assert calendar.count(dt.date(2020, 10, 1), dt.date(2020, 10, 11)) == 2
    assert calendar.is_working_day(dt.date(2020, 10, 10))
    assert not calendar.is_working_day(dt.date(2020, 10, 1))


def test_a_year_that_nobody_entered_is_refused_with_a_way_out(calendar):
    with pytest.raises(UnableToCountWorkingDays, match="没有 2021 年的节假日安排") as refused:
        calendar.add(dt.date(2020, 12, 31), 1)
    assert refused.value.ways_out_in()[0][1] == "/reference/calendar/"
    assert queries.list_known_years() == [2020]


def test_the_calendar_takes_two_queries(calendar, django_assert_num_queries):
    with django_assert_num_queries(2):
        get_working_calendar()


def test_an_edited_day_counts_at_once(calendar):
    day = CalendarDay.objects.get(day=dt.date(2020, 10, 8))
    change_day(
        day, {"day": dt.date(2020, 10, 8), "kind": "holiday", "name": "改名", "source": ""}, by=BY, at=AT
    )
    assert CalendarDay.objects.get(pk=day.pk).name == "改名"
    with preparing("test"):
        CalendarDay.objects.filter(pk=day.pk).delete()
    assert get_working_calendar().is_working_day(dt.date(2020, 10, 8))


def test_only_a_weekend_is_marked_as_worked():
    with pytest.raises(ValidationError, match="不是周末"):
        enter(dt.date(2020, 10, 12), "workday")


@pytest.mark.parametrize("kind", ["holiday", "party"])
def test_the_database_takes_a_day_once_and_of_a_known_kind(kind):
    if kind == "holiday":
        enter(dt.date(2020, 10, 1))
    with pytest.raises(IntegrityError), preparing("test"), transaction.atomic():
        CalendarDay.objects.create(day=dt.date(2020, 10, 1), kind=kind, name="国庆节")
