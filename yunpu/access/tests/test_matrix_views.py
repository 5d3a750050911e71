"""Who can do what here, and what a person can do: what the pages say is what holds."""

import datetime as dt

import pytest
from django.urls import reverse

from yunpu.access import scope
from yunpu.access.models import Delegation, Role
from yunpu.access.rights import ACTION_TITLES, Action
from yunpu.access.tests.factories import browser_of, give, make_unit, make_user

DAY = dt.date(2020, 12, 20)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_day(settings):
    settings.CLOCK_DATE = DAY


@pytest.fixture
def units():
    district = make_unit("区")
    return {"区": district, "局": make_unit("局", district), "邻": make_unit("邻", district)}


@pytest.fixture
def people(units):
    return {
        "区长": make_user(units["区"], Role.LEADER, name="区长"),
        "经办": make_user(units["局"], Role.STAFF, name="经办"),
        "邻居": make_user(units["邻"], Role.STAFF, name="邻居"),
        "已停": make_user(units["局"], Role.STAFF, name="已停", is_active=False),
    }


def rows_of(response):
    return {str(grant.user): grant for grant, _marks in response.context["rows"]}


def test_here_stand_those_given_here_and_above_and_nobody_else(units, people):
    over = make_user(units["局"], name="过期")
    give(over, Role.REVIEWER, units["局"], valid_to=DAY)
    make_user(units["局"], Role.ENTERPRISE, name="企业")
    watcher = make_user(units["区"], Role.SECURITY, name="安全")
    url = reverse("access:matrix")
    page = browser_of(watcher).get(url, {"unit": units["局"].pk})
    assert set(rows_of(page)) == {"区长", "经办", "安全"}
    assert page.context["unit"] == units["局"]


def test_the_ticks_are_what_the_scope_says(units, people):
    watcher = make_user(units["区"], Role.SECURITY, name="安全")
    page = browser_of(watcher).get(reverse("access:matrix"), {"unit": units["局"].pk})
    titles = {str(title): action for action, title in ACTION_TITLES.items()}
    head = [titles[str(name)] for name in page.context["head"]]
    for grant, marks in page.context["rows"]:
        for action, mark in zip(head, marks, strict=True):
            assert mark is scope.may(grant.user, action, on=DAY, unit=units["局"]), (grant, action)
    assert Action.FREEZE not in head, "what nobody here may do has no column"


def test_a_unit_out_of_scope_cannot_be_asked_for(units, people):
    watcher = make_user(units["邻"], Role.SECURITY, name="安全")
    page = browser_of(watcher).get(reverse("access:matrix"), {"unit": units["局"].pk})
    assert page.context["unit"] == units["邻"]
    assert "经办" not in rows_of(page)


def test_what_a_person_can_do_names_roles_limits_and_delegations(units, people):
    clerk = people["经办"]
    give(clerk, Role.REVIEWER, units["邻"], register="outreach.activity", valid_to=dt.date(2021, 1, 1))
    Delegation.objects.create(
        absent=people["邻居"], substitute=clerk, valid_from=DAY, valid_to=DAY + dt.timedelta(3)
    )
    watcher = browser_of(make_user(units["区"], Role.AUDITOR))
    page = watcher.get(reverse("access:person-rights", args=[clerk.pk])).content.decode()
    for words in ("经办人", "审核人", "只限活动", "2021-01-01", "正在代理", "邻居"):
        assert words in page
    stranger = browser_of(make_user(units["邻"], Role.SECURITY))
    assert stranger.get(reverse("access:person-rights", args=[clerk.pk])).status_code == 404
