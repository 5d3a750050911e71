"""Acting for an absent colleague: limited in time, with that person's roles and no others, and said in every act."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from yunpu.access import delegation, scope
from yunpu.access.delegation import UnableToDelegate
from yunpu.access.models import Delegation, Grant, Role, User
from yunpu.access.rights import Action
from yunpu.access.tests.factories import browser_of, give, make_unit, make_user
from yunpu.domains.outreach.models import Activity
from yunpu.domains.outreach.tests.factories import make_activity
from yunpu.trail.models import Event

DAY = dt.date(2020, 12, 20)
END = DAY + dt.timedelta(5)
AT = dt.datetime(2020, 12, 20, 1, tzinfo=dt.UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_day(settings):
    settings.CLOCK_DATE = DAY


@pytest.fixture
def units():
    district = make_unit("区")
    return {"区": district, "局": make_unit("局", district), "邻": make_unit("邻", district)}


@pytest.fixture
def absent(units):
    return make_user(units["局"], Role.STAFF, name="陈经办")


@pytest.fixture
def substitute(units):
    return make_user(units["局"], Role.REVIEWER, name="王代办")


def give_over(absent, substitute, by=None, begin=DAY, end=END):
    return delegation.delegate(
        absent, substitute, valid_from=begin, valid_to=end, reason="出差", by=by or absent, at=AT
    )


def acting(user, given):
    user.acting_for = given
    return user


def test_the_substitute_has_the_absent_person_s_roles_and_not_the_own_ones(units, absent, substitute):
    give(substitute, Role.STAFF, units["邻"])
    here, there = make_activity(units["局"]), make_activity(units["邻"])
    acting(substitute, give_over(absent, substitute))
    seen = scope.visible(Activity.objects.all(), substitute, on=DAY, action=Action.CHANGE)
    assert set(seen) == {here}
    assert there not in scope.visible(Activity.objects.all(), substitute, on=DAY)
    assert not scope.may(substitute, Action.CHECK, on=DAY)


def test_it_begins_and_ends_and_does_not_outlive_the_absent_person_s_roles(units, absent, substitute):
    acting(substitute, give_over(absent, substitute, begin=DAY + dt.timedelta(1)))
    assert not scope.may(substitute, Action.CREATE, on=DAY)
    assert scope.may(substitute, Action.CREATE, on=END - dt.timedelta(1))
    assert not scope.may(substitute, Action.CREATE, on=END)
    Grant.objects.filter(user=absent).update(valid_to=DAY + dt.timedelta(2))
    assert not scope.may(substitute, Action.CREATE, on=DAY + dt.timedelta(2))
    User.objects.filter(pk=absent.pk).update(is_active=False)
    assert delegation.find_in_force(substitute, substitute.acting_for.pk, END - dt.timedelta(1)) is None


def test_a_delegation_to_somebody_else_gives_nothing(absent, substitute, units):
    stranger = acting(make_user(units["局"]), give_over(absent, substitute))
    assert not scope.may(stranger, Action.VIEW, on=DAY)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.SECURITY, Role.AUDIT])
def test_the_separated_administrators_neither_delegate_nor_act_for_others(units, absent, role):
    administrator, clerk = make_user(units["局"], role), make_user(units["局"], Role.STAFF)
    with pytest.raises(UnableToDelegate, match="不能代理"):
        give_over(administrator, clerk)
    with pytest.raises(UnableToDelegate, match="三员不代理"):
        give_over(absent, administrator)
    forged = Delegation.objects.create(absent=absent, substitute=administrator, valid_from=DAY, valid_to=END)
    assert not scope.may(acting(administrator, forged), Action.CREATE, on=DAY)
    forged = Delegation.objects.create(absent=administrator, substitute=clerk, valid_from=DAY, valid_to=END)
    assert scope.list_grants(acting(clerk, forged), DAY) == []


def test_what_is_delegated_is_not_passed_on(units, absent, substitute):
    acting(substitute, give_over(absent, substitute))
    third = make_user(units["局"])
    with pytest.raises(UnableToDelegate, match="不能再设"):
        give_over(absent, third, by=substitute)
    with pytest.raises(UnableToDelegate, match="不能再设"):
        give_over(substitute, third, by=substitute)
    substitute.acting_for = None
    passed = acting(third, give_over(substitute, third))
    assert not scope.may(passed, Action.CREATE, on=DAY), "the substitute's own roles only"


@pytest.mark.parametrize(
    ("begin", "end"),
    [(DAY - dt.timedelta(1), END), (DAY, DAY), (END, DAY), (DAY, DAY + dt.timedelta(93))],
)
def test_it_is_limited_in_time(absent, substitute, begin, end):
    with pytest.raises(UnableToDelegate, match="起止日期"):
        give_over(absent, substitute, begin=begin, end=end)


def test_only_the_absent_person_or_the_security_administrator_arranges_it(units, absent, substitute):
    for role in Role:
        if role != Role.SECURITY:
            with pytest.raises(UnableToDelegate, match="只有本人"):
                give_over(absent, substitute, by=make_user(units["区"], role))
    with pytest.raises(UnableToDelegate, match="只有本人"):
        give_over(absent, substitute, by=make_user(units["邻"], Role.SECURITY))
    assert give_over(absent, substitute, by=make_user(units["区"], Role.SECURITY))
    with pytest.raises(UnableToDelegate, match="已经由这个人"):
        give_over(absent, substitute)


def test_strangers_and_closed_accounts_do_not_act(units, absent):
    for other in (
        make_user(units["邻"], Role.STAFF),
        make_user(units["局"], Role.STAFF, is_active=False),
        absent,
    ):
        with pytest.raises(UnableToDelegate, match="同一单位"):
            give_over(absent, other)
    assert give_over(absent, make_user(units["区"], Role.STAFF)), "above in the own line"


def test_those_involved_end_it(units, absent, substitute):
    given = give_over(absent, substitute)
    with pytest.raises(UnableToDelegate, match="当事人"):
        delegation.end_delegation(given, by=make_user(units["局"], Role.STAFF), at=AT)
    delegation.end_delegation(given, by=substitute, at=AT)
    with pytest.raises(UnableToDelegate, match="已经结束"):
        delegation.end_delegation(given, by=absent, at=AT)
    assert [event.verb for event in Event.objects.order_by("id")] == [
        "access.delegation-given",
        "access.delegation-ended",
    ]


def test_the_database_refuses_what_is_none(absent, substitute):
    for values in ([absent.pk, absent.pk, DAY, END], [absent.pk, substitute.pk, END, DAY]):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO access_delegation (absent_id, substitute_id, valid_from, valid_to)"
                " VALUES (%s, %s, %s, %s)",
                values,
            )


# By pages


def test_every_act_says_for_whom_and_the_page_says_so_too(units, absent, substitute):
    given = give_over(absent, substitute)
    record = make_activity(units["局"])
    client = browser_of(substitute)
    new = reverse("outreach:activities-create")
    assert client.get(new).status_code == 403, "a reviewer enters nothing"
    client.post(reverse("access:start-acting", args=[given.pk]))
    page = client.get(f"/outreach/activities/{record.pk}/").content.decode()
    assert "您正在代陈经办办理" in page
    assert "您在代陈经办办理" in page
    values = {
        "code": "N-1",
        "name": "宣讲",
        "kind": "roadshow",
        "held_on": "2020-06-11",
        "unit": units["局"].pk,
    }
    response = client.post(new, values)
    assert response.status_code == 302, response.context["form"].errors
    event = Event.objects.get(verb="outreach.activity-created")
    assert (event.by_id, event.for_id, event.for_name, event.role) == (
        substitute.pk,
        absent.pk,
        "陈经办",
        "staff",
    )
    client.post(reverse("access:stop-acting"))
    assert client.get(new).status_code == 403
    assert "您正在代" not in client.get("/").content.decode()
    assert Event.objects.latest("id").for_id == absent.pk, "stopping is the last act for the absent person"


def test_a_delegation_that_is_over_ends_in_the_open_session(absent, substitute, settings):
    given = give_over(absent, substitute)
    client = browser_of(substitute)
    client.post(reverse("access:start-acting", args=[given.pk]))
    assert "您正在代" in client.get("/").content.decode()
    settings.CLOCK_DATE = END
    assert "您正在代" not in client.get("/").content.decode()
    assert client.post(reverse("access:start-acting", args=[given.pk])).status_code == 404


def test_the_page_arranges_shows_and_ends_it(units, absent, substitute):
    client = browser_of(absent)
    url = reverse("access:delegations")
    given = {"substitute": substitute.pk, "valid_from": DAY, "valid_to": END, "reason": "休假"}
    assert client.post(url, given | {"reason": ""}).status_code == 422
    assert client.post(url, given | {"substitute": make_user(units["邻"]).pk}).status_code == 422
    assert client.post(url, given)["Location"] == url
    assert "王代办" in client.get(url).content.decode()
    made = Delegation.objects.get()
    assert "开始代办" in browser_of(substitute).get(url).content.decode()
    stranger = browser_of(make_user(units["局"], Role.STAFF))
    assert stranger.post(reverse("access:start-acting", args=[made.pk])).status_code == 404
    assert stranger.post(reverse("access:end-delegation", args=[made.pk])).status_code == 404
    assert client.post(reverse("access:start-acting", args=[made.pk])).status_code == 404, "for oneself"
    client.post(reverse("access:end-delegation", args=[made.pk]))
    made.refresh_from_db()
    assert made.valid_to == DAY


def test_the_security_administrator_arranges_it_for_somebody_who_cannot(units, absent, substitute):
    client = browser_of(make_user(units["区"], Role.SECURITY))
    url = reverse("access:delegate-for", args=[absent.pk])
    given = {"substitute": substitute.pk, "valid_from": DAY, "valid_to": END, "reason": "生病"}
    client.post(url, given)
    assert Event.objects.get(verb="access.delegation-given").reason == "生病"
    assert "王代办" in client.get(reverse("access:delegated-list")).content.decode()
