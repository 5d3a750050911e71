"""Outreach's screens: who may see them, what stands on them."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from yunpu.domains.outreach.models import Activity, Attendance
from yunpu.domains.outreach.tests.factories import (
    make_activity,
    make_attendance,
    make_client,
    make_enterprise,
    make_unit,
)
from yunpu.trail.models import Event
from yunpu.ui.registers import registers_of

pytestmark = pytest.mark.django_db
REGISTERS = ["activities", "attendance", "handouts", "feedback", "series", "campaigns"]


def own_urls(activity):
    return [
        reverse("outreach:calendar"),
        reverse("outreach:calendar-month", args=[2020, 6]),
        reverse("outreach:sign-in-sheet", args=[activity.pk]),
        reverse("outreach:import-attendance", args=[activity.pk]),
    ]


def test_every_model_has_its_register():
    assert sorted(register.slug for register in registers_of("outreach")) == sorted(REGISTERS)


def test_nobody_is_sent_to_sign_in():
    activity = make_activity(make_unit())
    for url in own_urls(activity):
        assert Client().get(url).status_code == 302


def test_a_person_without_a_role_is_refused():
    unit = make_unit()
    client, activity = make_client(unit, role=""), make_activity(unit)
    assert {client.get(url).status_code for url in own_urls(activity)} == {403}


def test_a_role_elsewhere_shows_nothing_of_it():
    district = make_unit("YP")
    here, elsewhere = make_unit("KGJ", district), make_unit("RSJ", district)
    activity, client = make_activity(here, name="宣讲第一场"), make_client(elsewhere)
    calendar, month, *pages = own_urls(activity)
    assert client.get(calendar).status_code == 200
    assert "宣讲第一场" not in client.get(month).content.decode()
    assert {client.get(url).status_code for url in pages} == {404}


def test_the_right_role_here_opens_every_screen():
    unit = make_unit()
    activity, client = make_activity(unit, name="宣讲第一场"), make_client(unit)
    make_attendance(activity, make_enterprise())
    urls = [*own_urls(activity), *(reverse(f"outreach:{slug}-list") for slug in REGISTERS)]
    urls.append(reverse("outreach:activities-record", args=[activity.pk]))
    for url in urls:
        response = client.get(url)
        assert response.status_code == 200, url
        assert "UNDEFINED-VARIABLE" not in response.content.decode(), url


def test_an_auditor_may_look_but_not_import():
    unit = make_unit()
    activity, client = make_activity(unit), make_client(unit, "auditor")
    assert client.get(reverse("outreach:sign-in-sheet", args=[activity.pk])).status_code == 200
    assert client.get(reverse("outreach:import-attendance", args=[activity.pk])).status_code == 403


def test_the_calendar_shows_the_month_asked_for_with_its_neighbours():
    unit = make_unit()
    make_activity(unit, name="六月宣讲", held_on=dt.date(2020, 6, 11))
    page = make_client(unit).get(reverse("outreach:calendar-month", args=[2020, 6])).content.decode()
    assert "2020年6月" in page
    assert "六月宣讲" in page
    assert reverse("outreach:calendar-month", args=[2020, 5]) in page
    assert reverse("outreach:calendar-month", args=[2020, 7]) in page


@pytest.mark.parametrize(("year", "month"), [(2020, 13), (2020, 0), (20200, 1)])
def test_a_month_that_is_none_is_not_found(year, month):
    assert (
        make_client(make_unit()).get(reverse("outreach:calendar-month", args=[year, month])).status_code
        == 404
    )


def test_the_sheet_has_the_enterprises_and_blank_rows():
    unit = make_unit()
    activity, enterprise = make_activity(unit), make_enterprise()
    make_attendance(activity, enterprise, 1)
    make_attendance(activity, enterprise, 2)
    page = make_client(unit).get(reverse("outreach:sign-in-sheet", args=[activity.pk])).content.decode()
    assert page.count(enterprise.credit_code) == 1
    assert page.count("<tr>") == 23


def test_an_activity_is_entered_on_its_form():
    unit = make_unit()
    given = {
        "code": "XJ2020-77",
        "name": "宣讲",
        "kind": "roadshow",
        "held_on": "2020-11-24",
        "unit": unit.pk,
    }
    response = make_client(unit).post(reverse("outreach:activities-create"), given)
    assert response.status_code == 302
    assert Activity.objects.get().code == "XJ2020-77"


def test_nobody_is_entered_for_an_activity_that_lies_ahead():
    unit = make_unit()
    ahead, enterprise = make_activity(unit, held_on=dt.date(2999, 1, 1)), make_enterprise()
    given = {"activity": ahead.pk, "enterprise": enterprise.pk, "seat": 1}
    response = make_client(unit).post(reverse("outreach:attendance-create"), given)
    assert "活动还没有举办" in response.content.decode()
    assert not Attendance.objects.exists()


def test_an_attendance_is_entered_and_taken_out_with_its_reason():
    unit = make_unit()
    client, activity, enterprise = make_client(unit), make_activity(unit), make_enterprise()
    given = {"activity": activity.pk, "enterprise": enterprise.pk, "seat": 1}
    assert client.post(reverse("outreach:attendance-create"), given).status_code == 302
    url = reverse("outreach:attendance-remove", args=[Attendance.objects.get().pk])
    assert client.post(url, {"reason": "签到表没有签名"}).status_code == 302
    assert not Attendance.objects.exists()
    assert Event.objects.get(verb="outreach.attendance-removed").reason == "签到表没有签名"


def test_the_calendar_takes_the_same_queries_however_many_activities(django_assert_max_num_queries):
    unit = make_unit()
    for day in range(1, 25):
        make_activity(unit, held_on=dt.date(2020, 6, day))
    client = make_client(unit)
    with django_assert_max_num_queries(30):
        client.get(reverse("outreach:calendar-month", args=[2020, 6]))
