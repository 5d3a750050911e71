import datetime as dt

import pytest

from yunpu.domains.outreach.models import Activity
from yunpu.domains.outreach.queries import get_turnout, list_invited, list_weeks
from yunpu.domains.outreach.tests.factories import make_activity, make_attendance, make_enterprise, make_unit

pytestmark = pytest.mark.django_db


def test_a_month_is_shown_in_whole_weeks():
    unit = make_unit()
    inside = make_activity(unit, held_on=dt.date(2020, 6, 30))
    beside = make_activity(unit, held_on=dt.date(2020, 7, 1))
    make_activity(unit, held_on=dt.date(2020, 8, 1))
    weeks = list_weeks(Activity.objects.all(), 2020, 6)
    assert [len(week) for week in weeks] == [7] * 5
    shown = {day.on: day for week in weeks for day in week if day.activities}
    assert shown[dt.date(2020, 6, 30)].activities == (inside,)
    assert shown[dt.date(2020, 7, 1)].activities == (beside,)
    assert not shown[dt.date(2020, 7, 1)].is_inside
    assert len(shown) == 2


def test_enterprises_count_once_and_people_each():
    activity, one, other = make_activity(make_unit()), make_enterprise(), make_enterprise()
    make_attendance(activity, one, 1)
    make_attendance(activity, one, 2)
    make_attendance(activity, other, 1)
    turnout = get_turnout(activity)
    assert (turnout.enterprises, turnout.people) == (2, 3)
    assert list_invited(activity) == sorted([one, other], key=lambda enterprise: enterprise.name)
