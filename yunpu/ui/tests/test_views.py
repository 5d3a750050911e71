"""Home, the search over every register, and the pages of what cannot be shown."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from yunpu.access.models import Role
from yunpu.domains.outreach.models import Activity
from yunpu.stages.bulletins.models import Bulletin
from yunpu.trail import clock
from yunpu.trail.models import Batch
from yunpu.ui.home import Task
from yunpu.ui.registers import find_register
from yunpu.ui.tests.district import ACTIVITIES, District, make_activities, text_of
from yunpu.ui.views import group_by_deadline
from yunpu.ui.years import address_in_year

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


def test_tasks_stand_under_their_deadline_the_most_pressing_first():
    now = dt.datetime(2020, 12, 20, 9, tzinfo=dt.UTC)

    def task(since, due=None):
        deadline = None if due is None else now + dt.timedelta(days=due)
        return Task("a", "", "/", "看", now - dt.timedelta(days=since), due=deadline)

    tasks = [task(1, -1), task(1, 0), task(9, 3), task(1, 30), task(30), task(3), task(0)]
    with translation.override("zh-hans"):
        groups = group_by_deadline(tasks, now)
    assert [(title, [one.due for one in found]) for title, found in groups] == [
        ("逾期", ["逾期 1 天"]),
        ("今天到期", ["今天"]),
        ("七天内到期", ["还剩 3 天"]),
        ("以后到期", ["还剩 30 天"]),
        ("没有期限，等了一周以上", [""]),
        ("没有期限，这一周收到", [""]),
        ("没有期限，今天收到", [""]),
    ]
    assert [one.is_pressing(now) for one in tasks] == [True, True, False, False, False, False, False]


def test_the_inbox_has_its_shelves():
    district = District()
    make_bulletin(district.here, Bulletin.State.SUBMITTED)
    reviewer = district.client(Role.REVIEWER)
    assert reviewer.get(TASKS, {"shelf": "nothing"}).context["shelf"] == "mine"
    for shelf, rows in (("mine", 1), ("unit", 0), ("waiting", 0), ("done", 0)):
        assert reviewer.get(TASKS, {"shelf": shelf}).context["task_count"] == rows


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


def test_the_year_is_chosen_once_and_the_list_one_was_on_is_shown_in_it():
    district = District()
    make_activities(district.here, 2)
    make_activities(district.here, 1, held_on=dt.date(2019, 5, 1))
    client = district.client()
    left = f"http://testserver{ACTIVITIES}?kind=roadshow&held_on=2020-01-01&held_on_to=2020-12-31&after=x"
    offered = client.get(HOME).context["fiscal_years"]()
    back = client.post(reverse("year"), {"year": str(offered[1])}, headers={"Referer": left})["Location"]
    assert back == f"{ACTIVITIES}?kind=roadshow&held_on={offered[1]}-01-01&held_on_to={offered[1]}-12-31"
    assert f"held_on={offered[1]}-01-01" in text_of(client.get(HOME))  # the menu leads there from now on
    same = client.post(reverse("year"), {"year": "1066"}, headers={"Referer": f"http://testserver{TASKS}"})
    assert same["Location"] == TASKS
    assert (
        client.post(reverse("year"), {"year": "1066"}, headers={"Referer": "http://evil/"})["Location"]
        == HOME
    )


def test_a_list_under_the_year_of_the_menu_says_so_and_shows_all_when_it_is_taken_away(settings):
    settings.CLOCK_DATE = dt.date(2020, 12, 20)
    district = District()
    make_activities(district.here, 3)
    make_activities(district.here, 2, held_on=dt.date(2019, 5, 1))
    client = district.client()
    url = address_in_year(find_register(Activity), 2020)
    assert f'href="{url.replace("&", "&amp;")}"' in text_of(client.get(ACTIVITIES))
    page = client.get(url)
    assert len(page.context["rows"]) == 3
    assert "2020-01-01 – 2020-12-31" in text_of(page)
    assert len(client.get(ACTIVITIES).context["rows"]) == 5


def test_the_menu_counts_what_waits_and_says_when_it_presses(monkeypatch):
    district = District()
    for _number in range(2):
        make_bulletin(district.here, Bulletin.State.SUBMITTED)
    page = text_of(district.client(Role.REVIEWER).get(SEARCH))
    assert re.findall(r'yp-menu-count([^"]*)">(\d+)<', page) == [("", "2"), ("", "2")]  # tasks, bulletins
    assert "yp-menu-count" not in text_of(district.client().get(SEARCH))
    due = [Task("a", "", "/", "看", timezone.now(), due=clock.now())]
    monkeypatch.setattr("yunpu.ui.menu.read_tasks", lambda request: {"bulletins": due})
    assert "yp-menu-count yp-tone-bad" in text_of(district.client(Role.REVIEWER).get(SEARCH))


def test_data_that_is_old_is_said_on_every_page(settings):
    settings.STALE_AFTER_DAYS = 7
    district = District()
    at = clock.now() - dt.timedelta(days=8)
    batch = Batch.objects.create(
        verb="x", target="y", state=Batch.State.KEPT, hidden=False, started_at=at, kept_at=at
    )
    client = district.client()
    assert "已经很久没有更新" in text_of(client.get(TASKS))
    Batch.objects.filter(pk=batch.pk).update(kept_at=clock.now())
    assert "已经很久没有更新" not in text_of(client.get(TASKS))


def test_the_overview_of_an_empty_district_leads_to_the_first_result():
    district = District()
    page = district.client(Role.FINANCE).get(reverse("overview"))
    steps = page.context["steps"]
    assert [step.is_next for step in steps] == [True, False, False, False]
    assert steps[0].url == reverse("intake:upload")
    assert district.client(Role.LEADER).get(reverse("overview")).context["steps"][0].url == ""


def test_the_help_sheet_lists_every_key_of_the_menu():
    page = District().client(Role.FINANCE).get(HOME)
    keys = {item.key: item.url for item in page.context["menu_keys"]()}
    assert {"h", "t", "o", "i", "s", "l", "b"} == set(keys)
    assert len(re.findall(r"<kbd>G</kbd>", text_of(page))) == len(keys)
