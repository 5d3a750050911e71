"""Home, the search over every register, and the pages of what cannot be shown."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from yunpu.access.models import Role
from yunpu.stages.bulletins.models import Bulletin
from yunpu.ui.home import Task
from yunpu.ui.tests.district import District, make_activities, text_of
from yunpu.ui.views import group_by_age

pytestmark = pytest.mark.django_db
HOME, SEARCH, TASKS = reverse("home"), reverse("search"), reverse("tasks")


def make_bulletin(unit, state, **values):
    return Bulletin.objects.create(
        name="简报",
        unit=unit,
        period_code="2020",
        snapshot_number="S",
        state=state,
        drafted_at=timezone.now(),
        **values,
    )


def test_home_shows_what_waits_for_this_person_and_with_which_verb():
    district = District()
    make_bulletin(district.here, Bulletin.State.SUBMITTED)
    assert "核稿" in text_of(district.client(Role.REVIEWER).get(HOME))
    staff = text_of(district.client().get(HOME))
    assert "没有等您办的事" in staff
    elsewhere = district.client(Role.REVIEWER, district.elsewhere).get(TASKS)
    assert elsewhere.context["task_count"] == 0


def test_an_empty_district_says_what_will_stand_here():
    text = text_of(District().client().get(HOME))
    assert "还没有导入、快照或签发" in text
    assert "还没有数据" in text


def test_tasks_stand_under_their_age_the_oldest_first():
    now = dt.datetime(2020, 12, 20, 9, tzinfo=dt.UTC)
    tasks = [Task("a", "", "/", "看", now - dt.timedelta(days=days)) for days in (30, 8, 3, 0)]
    with translation.override("zh-hans"):
        groups = group_by_age(tasks, now)
    assert [(title, len(found)) for title, found in groups] == [
        ("超过一周", 2),
        ("这一周", 1),
        ("今天", 1),
    ]


def test_a_search_finds_two_characters_in_every_register_of_the_scope():
    district = District()
    make_activities(district.here, 7, name="高企申报课堂")
    make_activities(district.elsewhere, 1, name="高企别处课堂")
    page = district.client().get(SEARCH, {"q": "高企"})
    (found,) = page.context["found"]
    assert found.title == "活动"
    assert len(found.rows) == 5
    assert found.more
    assert "别处" not in text_of(page)
    assert "没有找到“没有的词”" in text_of(district.client().get(SEARCH, {"q": "没有的词"}))
    assert district.client().get(SEARCH).context["found"] == []


def test_what_cannot_be_opened_says_why_and_what_to_do():
    district = District()
    forbidden = district.client().get(reverse("access:users-list"))
    assert forbidden.status_code == 403
    assert "谁可以" in text_of(forbidden)
    missing = district.client().get("/nowhere/")
    assert missing.status_code == 404
    assert "搜索记录" in text_of(missing)
    strict = Client(enforce_csrf_checks=True)
    assert "请重新提交" in text_of(strict.post(reverse("access:sign-in"), {}))


def test_a_defect_shows_the_number_under_which_it_is_found(monkeypatch, caplog):
    district = District()
    client = district.client()
    client.raise_request_exception = False
    monkeypatch.setattr("yunpu.ui.views.list_tasks", lambda request: 1 // 0)
    page = client.get(HOME)
    assert page.status_code == 500
    assert page["X-Request-ID"] in text_of(page)
    assert page["X-Request-ID"] in caplog.text


def test_a_refusal_has_its_parts_and_its_number():
    district = District()
    page = district.client().post(reverse("outreach:activities-bulk-change"), {"query": ""})
    text = text_of(page)
    assert page.status_code == 409
    for part in ("不能批量处理", "为什么", "可以怎么做", "UIX-104", page["X-Request-ID"]):
        assert part in text


def test_light_or_dark_is_kept_and_the_page_stays():
    district = District()
    client = district.client()
    back = client.post(
        reverse("access:language"), {"theme": "dark"}, headers={"Referer": "http://testserver/tasks/"}
    )
    assert back["Location"] == "http://testserver/tasks/"
    assert 'data-theme="dark"' in text_of(client.get(HOME))
    client.post(reverse("access:language"), {"language": "en"})
    assert "Nothing waits for you" in text_of(client.get(HOME))


def test_the_menu_opens_where_one_is():
    district = District()
    text = text_of(district.client().get(reverse("outreach:series-list")))
    assert text.count('aria-current="page"') >= 1
    assert "data-menu-group" in text
    assert "宣讲活动" in text.split("yp-crumbs")[1].split("</nav>")[0]
