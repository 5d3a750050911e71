"""Many records at once: one event, one noted change a record, within one's scope, all or nothing, undone as one."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from yunpu.access.models import Role
from yunpu.domains.outreach.models import Activity, Attendance
from yunpu.domains.outreach.tests.factories import make_attendance, make_enterprise
from yunpu.reference.models import CalendarDay
from yunpu.trail.models import Batch, Change, Event
from yunpu.ui import bulk_screens
from yunpu.ui.tests.district import ACTIVITIES, District, make_activities, text_of

pytestmark = pytest.mark.django_db
CHANGE = reverse("outreach:activities-bulk-change")
REMOVE = reverse("outreach:activities-bulk-remove")


def picked(records, **more):
    return {"picked": ",".join(str(one.pk) for one in records), "query": "", **more}


def places():
    return list(Activity.objects.order_by("pk").values_list("place", flat=True))


def test_the_steps_ask_field_then_value_then_show_what_would_change():
    district = District()
    activities = make_activities(district.here, 3)
    Activity.objects.filter(pk=activities[0].pk).update(place="社区中心")
    client = district.client()
    assert "改哪一项" in text_of(client.post(CHANGE, picked(activities)))
    asked = text_of(client.post(CHANGE, picked(activities, field="place", step="field")))
    assert 'name="place"' in asked
    look = client.post(
        CHANGE, picked(activities, field="place", step="look", place="社区中心", reason="统一写法")
    )
    assert "2 条改动，1 条已经是这个值" in text_of(look)
    assert places() == ["社区中心", "", ""]


def test_one_change_is_one_event_with_a_change_a_record_that_histories_show():
    district = District()
    activities = make_activities(district.here, 3)
    client = district.client()
    done = client.post(
        CHANGE, picked(activities, field="place", step="do", place="社区中心", reason="统一写法")
    )
    assert done["Location"] == ACTIVITIES
    assert places() == ["社区中心"] * 3
    assert "撤销" in text_of(client.get(ACTIVITIES))
    event = Event.objects.get(verb="outreach.activity-bulk-changed")
    assert (event.reason, event.after["changed"]) == ("统一写法", 3)
    assert Change.objects.filter(batch_id=event.batch_id).count() == 3
    record = text_of(client.get(reverse("outreach:activities-record", args=[activities[0].pk])))
    assert "社区中心" in record
    assert reverse("outreach:activities-bulk-undo", args=[event.batch_id]) in record


def test_undoing_restores_what_each_was_and_leaves_what_changed_since():
    district = District()
    activities = make_activities(district.here, 3)
    for number, one in enumerate(activities):
        Activity.objects.filter(pk=one.pk).update(place=f"地点{number}")
    client = district.client()
    client.post(CHANGE, picked(activities, field="place", step="do", place="社区中心", reason="统一写法"))
    Activity.objects.filter(pk=activities[2].pk).update(place="后来改的")
    undo = reverse("outreach:activities-bulk-undo", args=[Batch.objects.get().pk])
    assert "恢复为修改前各自的值" in text_of(client.get(undo))
    assert client.post(undo, {"reason": ""}).status_code == 422
    client.post(undo, {"reason": "改错了"})
    assert places() == ["地点0", "地点1", "后来改的"]
    assert Event.objects.filter(verb="outreach.activity-bulk-undone").count() == 1


def test_everything_that_matches_is_taken_and_nothing_outside_the_scope():
    district = District()
    make_activities(district.here, 60)
    make_activities(district.here, 1, kind="online")
    make_activities(district.elsewhere, 2)
    given = {
        "all": "1",
        "query": "kind=roadshow",
        "field": "place",
        "step": "do",
        "place": "集聚区",
        "reason": "统一",
    }
    district.client().post(CHANGE, given)
    assert Activity.objects.filter(place="集聚区").count() == 60
    assert not Activity.objects.filter(place="集聚区", unit=district.elsewhere).exists()


def test_a_field_that_only_one_record_may_hold_is_not_offered():
    district = District()
    mine = make_activities(district.here, 2)
    page = text_of(district.client().post(CHANGE, picked(mine)))
    assert 'value="place"' in page
    assert 'value="code"' not in page
    assert "改哪一项" in text_of(
        district.client().post(CHANGE, picked(mine, field="code", step="do", code="X"))
    )


def test_nothing_picked_and_too_much_are_refused(monkeypatch):
    district = District()
    activities = make_activities(district.here, 3)
    client = district.client()
    assert "还没有选中记录" in text_of(client.post(CHANGE, {"query": ""}))
    monkeypatch.setattr(bulk_screens, "MOST", 2)
    refused = client.post(CHANGE, picked(activities))
    assert refused.status_code == 409
    assert "选中了 3 条，一次最多 2 条" in text_of(refused)


def test_who_may_only_look_cannot_change_many():
    district = District()
    activities = make_activities(district.here, 1)
    assert district.client(Role.LEADER).post(CHANGE, picked(activities)).status_code == 403
    elsewhere = district.client(unit=district.elsewhere)
    assert elsewhere.post(CHANGE, picked(activities)).status_code == 409


def test_removing_many_is_one_event_that_keeps_what_they_were():
    district = District()
    activities = make_activities(district.here, 3)
    client = district.client()
    assert "批量删除 2 条" in text_of(client.post(REMOVE, picked(activities[:2])))
    client.post(REMOVE, picked(activities[:2], step="do", reason="重复登记"))
    assert list(Activity.objects.all()) == [activities[2]]
    event = Event.objects.get(verb="outreach.activity-bulk-removed")
    kept = Change.objects.filter(batch_id=event.batch_id).order_by("object_id").first()
    assert kept.before["code"] == activities[0].code


def test_what_others_depend_on_is_not_removed():
    district = District()
    activities = make_activities(district.here, 2)
    make_attendance(activities[1], make_enterprise())
    refused = district.client().post(REMOVE, picked(activities, step="do", reason="试"))
    assert refused.status_code == 409
    assert Activity.objects.count() == 2


def test_a_register_with_operations_of_its_own_is_written_by_them_and_put_back_as_a_whole():
    district = District()
    (activity,) = make_activities(district.here, 1)
    rows = [make_attendance(activity, make_enterprise()) for _number in range(2)]
    url = reverse("outreach:attendance-bulk-remove")
    client = district.client()
    said = text_of(client.post(url, picked(rows, step="do", reason="签到表没有签名"), follow=True))
    assert not Attendance.objects.exists()
    first = Event.objects.filter(verb__contains="attendance", reason="签到表没有签名").order_by("id")
    assert len(first) == 2
    undo = reverse("outreach:attendance-undo", args=[first[0].pk])
    assert f'href="{undo}"' in said
    assert "恢复删除的 2 条" in text_of(client.get(undo))
    assert client.post(undo, {"reason": ""}).status_code == 422
    assert "已恢复 2 条" in text_of(client.post(undo, {"reason": "删错了"}, follow=True))
    assert set(Attendance.objects.values_list("pk", "seat")) == {(one.pk, one.seat) for one in rows}
    event = Event.objects.get(verb="outreach.attendance-bulk-restored")
    assert (event.reason, event.after["restored"]) == ("删错了", 2)
    assert "已经在台账里" in text_of(client.post(undo, {"reason": "再来一次"}))


def test_a_bulk_change_by_operations_of_its_own_is_undone_by_them():
    district = District()
    client = district.client(Role.ADMINISTRATOR, district.whole)
    days = [
        CalendarDay.objects.create(day=dt.date(2020, 1, n), kind="holiday", name="旧", source="x")
        for n in (1, 2, 3)
    ]
    url = reverse("reference:calendar-bulk-change")
    given = picked(days, field="name", step="do", name="元旦", reason="统一写法")
    said = text_of(client.post(url, given, follow=True))
    assert set(CalendarDay.objects.values_list("name", flat=True)) == {"元旦"}
    events = Event.objects.filter(verb="reference.calendarday-changed").order_by("id")
    assert [event.reason for event in events] == ["统一写法"] * 3
    undo = reverse("reference:calendar-undo", args=[events[0].pk])
    assert f'href="{undo}"' in said
    client.post(
        reverse("reference:calendar-change", args=[days[2].pk]),
        {"day": "2020-01-03", "kind": "holiday", "name": "后来", "source": "x"},
    )
    assert "已恢复 2 条；1 条之后又改过" in text_of(client.post(undo, {"reason": "改错了"}, follow=True))
    assert list(CalendarDay.objects.order_by("day").values_list("name", flat=True)) == ["旧", "旧", "后来"]
    assert "之后都改过" in text_of(client.post(undo, {"reason": "再来"}))


def test_what_was_removed_one_by_one_or_together_comes_back_the_same():
    district = District()
    activities = make_activities(district.here, 3)
    before = list(Activity.objects.order_by("pk").values())
    client = district.client()
    client.post(reverse("outreach:activities-remove", args=[activities[0].pk]), {"reason": "试试"})
    client.post(REMOVE, picked(activities[1:], step="do", reason="重复登记"))
    for verb in ("outreach.activity-removed", "outreach.activity-bulk-removed"):
        undo = reverse("outreach:activities-undo", args=[Event.objects.get(verb=verb).pk])
        assert district.client(unit=district.elsewhere).get(undo).status_code == 404
        assert district.client(Role.LEADER).get(undo).status_code == 403
        client.post(undo, {"reason": "删错了"})
    assert list(Activity.objects.order_by("pk").values()) == before
    assert (
        Event.objects.filter(
            verb__in=["outreach.activity-restored", "outreach.activity-bulk-restored"]
        ).count()
        == 2
    )


def test_what_cannot_stand_again_is_refused_and_nothing_is_written():
    district = District()
    activities = make_activities(district.here, 2)
    client = district.client()
    client.post(REMOVE, picked(activities, step="do", reason="重复登记"))
    make_activities(district.here, 1, code=activities[1].code)
    undo = reverse(
        "outreach:activities-undo", args=[Event.objects.get(verb="outreach.activity-bulk-removed").pk]
    )
    refused = client.post(undo, {"reason": "删错了"})
    assert refused.status_code == 409
    assert "不能恢复" in text_of(refused)
    assert Activity.objects.count() == 1


def test_the_list_after_a_removal_leads_to_putting_it_back():
    district = District()
    (activity,) = make_activities(district.here, 1)
    client = district.client()
    client.post(reverse("outreach:activities-remove", args=[activity.pk]), {"reason": "试试"})
    event = Event.objects.get(verb="outreach.activity-removed")
    assert reverse("outreach:activities-undo", args=[event.pk]) in text_of(client.get(ACTIVITIES))


def test_a_record_with_personal_data_says_that_it_cannot_be_put_back():
    district = District()
    (activity,) = make_activities(district.here, 1)
    named = Attendance.objects.create(
        activity=activity, enterprise=make_enterprise(), seat=1, person_name="某某某"
    )
    client = district.client()
    url = reverse("outreach:attendance-remove", args=[named.pk])
    assert "删除后不能恢复" in text_of(client.get(url))
    assert "/undo/" not in text_of(client.post(url, {"reason": "签到表没有签名"}, follow=True))
    event = Event.objects.get(verb="outreach.attendance-removed")
    assert client.get(reverse("outreach:attendance-undo", args=[event.pk])).status_code == 404
