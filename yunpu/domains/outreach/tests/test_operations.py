"""Attendance: one row a representative, seats counted on, corrections with their reason."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from yunpu.domains.outreach.models import Attendance
from yunpu.domains.outreach.operations import (
    UnableToCorrectAttendance,
    UnableToRecordAttendance,
    correct_attendance,
    create_activity,
    record_attendance,
    remove_attendance,
)
from yunpu.domains.outreach.tests.factories import make_activity, make_attendance, make_enterprise, make_unit
from yunpu.trail.models import Event
from yunpu.trail.operations import System

AT = dt.datetime(2020, 12, 20, 9, tzinfo=dt.UTC)
BY = System("测试")

pytestmark = pytest.mark.django_db


def test_an_activity_is_entered_with_one_event():
    unit = make_unit()
    activity = create_activity(
        code="XJ2020-09", name="宣讲", kind="roadshow", held_on=dt.date(2020, 9, 1), unit=unit, by=BY, at=AT
    )
    event = Event.objects.get()
    assert (event.verb, event.object_id) == ("outreach.activity-created", activity.pk)


def test_an_activity_of_an_unknown_kind_is_not_entered():
    with pytest.raises(ValidationError):
        create_activity(
            code="X", name="宣讲", kind="party", held_on=dt.date(2020, 9, 1), unit=make_unit(), by=BY, at=AT
        )
    assert not Event.objects.exists()


def test_representatives_take_the_next_free_seats():
    activity, enterprise = make_activity(make_unit()), make_enterprise()
    make_attendance(activity, enterprise, seat=4)
    rows = record_attendance(activity=activity, enterprise=enterprise, positions=["负责人", ""], by=BY, at=AT)
    assert [row.seat for row in rows] == [5, 6]
    assert Event.objects.get().after == {"enterprise": enterprise.credit_code, "seats": [5, 6]}


def test_nobody_attends_an_activity_that_lies_ahead():
    activity = make_activity(make_unit(), held_on=dt.date(2020, 12, 21))
    with pytest.raises(UnableToRecordAttendance):
        record_attendance(activity=activity, enterprise=make_enterprise(), positions=["负责人"], by=BY, at=AT)


def test_an_enterprise_without_representatives_did_not_attend():
    activity = make_activity(make_unit())
    with pytest.raises(UnableToRecordAttendance):
        record_attendance(activity=activity, enterprise=make_enterprise(), positions=[], by=BY, at=AT)


def test_a_correction_moves_the_row_to_the_other_enterprise_and_keeps_both_in_the_trail():
    activity, one, other = make_activity(make_unit()), make_enterprise(), make_enterprise()
    row = make_attendance(activity, one)
    make_attendance(activity, other, seat=1)
    corrected = correct_attendance(row, enterprise=other, position="", reason="签到表抄错", by=BY, at=AT)
    assert (corrected.enterprise, corrected.seat) == (other, 2)
    event = Event.objects.get()
    assert (event.before["enterprise"], event.after["enterprise"]) == (one.pk, other.pk)
    assert event.reason == "签到表抄错"


def test_a_correction_needs_its_reason():
    row = make_attendance(make_activity(make_unit()), make_enterprise())
    with pytest.raises(UnableToCorrectAttendance):
        correct_attendance(row, enterprise=row.enterprise, position="", reason=" ", by=BY, at=AT)
    with pytest.raises(UnableToCorrectAttendance):
        remove_attendance(row, reason="", by=BY, at=AT)
    assert Attendance.objects.count() == 1


def test_a_representative_who_did_not_come_is_taken_out():
    row = make_attendance(make_activity(make_unit()), make_enterprise())
    remove_attendance(row, reason="签到表没有签名", by=BY, at=AT)
    assert not Attendance.objects.exists()
    assert Event.objects.get().before["seat"] == 1


def test_the_database_gives_a_seat_once():
    row = make_attendance(make_activity(make_unit()), make_enterprise())
    with pytest.raises(IntegrityError), transaction.atomic():
        make_attendance(row.activity, row.enterprise, seat=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_attendance(row.activity, row.enterprise, seat=0)
