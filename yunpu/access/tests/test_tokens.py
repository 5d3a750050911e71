"""Service accounts: let in by a token alone, for less than their roles, until a day; the secret is kept nowhere."""

import datetime as dt

import pytest
from django.db import connection
from django.urls import reverse

from yunpu.access import operations, scope, tokens
from yunpu.access.models import Role, Token, User
from yunpu.access.operations import UnableToChangeUser, UnableToGrant
from yunpu.access.rights import Action
from yunpu.access.tests.factories import browser_of, give, make_unit, make_user
from yunpu.access.tokens import UnableToIssueToken, find_bearer
from yunpu.domains.outreach.models import Activity
from yunpu.domains.outreach.tests.factories import make_activity
from yunpu.trail.models import Event

DAY = dt.date(2020, 12, 20)
END = dt.date(2021, 6, 1)
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
def admin(units):
    return make_user(units["区"], Role.ADMINISTRATOR)


@pytest.fixture
def machine(units, admin):
    made = tokens.create_machine(username="sync", name="对接", unit=units["局"], by=admin, at=AT)
    give(made, Role.STAFF, units["局"])
    return made


def issue(machine, by, **more):
    given = {"name": "夜间同步", "actions": ["view", "create"], "expires_on": END, **more}
    return tokens.issue_token(machine, by=by, at=AT, **given)


def test_a_token_opens_what_the_roles_give_and_of_that_what_it_names(units, admin, machine):
    here, _there = make_activity(units["局"]), make_activity(units["邻"])
    _token, secret = issue(machine, admin, actions=["view", "export"])
    bearer = find_bearer(secret, on=DAY)
    assert bearer == machine
    assert set(scope.visible(Activity.objects.all(), bearer, on=DAY)) == {here}
    assert not scope.may(bearer, Action.CREATE, on=DAY), "the role would"
    assert scope.may(machine, Action.CREATE, on=DAY)
    for action in (Action.IMPORT, Action.REVEAL, Action.GRANT, Action.READ_TRAIL):
        assert not scope.may(bearer, action, on=DAY)


def test_a_token_gives_nothing_that_the_roles_do_not(units, admin):
    bare = tokens.create_machine(username="bare", name="空", unit=units["局"], by=admin, at=AT)
    _token, secret = issue(bare, admin)
    assert not scope.may(find_bearer(secret, on=DAY), Action.VIEW, on=DAY)


def test_it_ends_on_its_day_when_ended_and_with_the_account(admin, machine):
    token, secret = issue(machine, admin)
    assert find_bearer(secret, on=END - dt.timedelta(1)) is not None
    assert find_bearer(secret, on=END) is None
    _other, second = issue(machine, admin)
    tokens.end_token(token, by=admin, at=AT, reason="泄露")
    assert find_bearer(secret, on=DAY) is None
    assert find_bearer(second, on=DAY) is not None
    with pytest.raises(UnableToIssueToken, match="已经作废"):
        tokens.end_token(token, by=admin, at=AT, reason="再来")
    operations.close_account(machine, reason="停用", by=admin, at=AT)
    assert find_bearer(second, on=DAY) is None


@pytest.mark.parametrize("secret", ["", "yp_", "yp_wrong", "Bearer x", "令牌"])
def test_a_wrong_secret_opens_nothing(admin, machine, secret):
    issue(machine, admin)
    assert find_bearer(secret, on=DAY) is None


def test_the_secret_is_kept_nowhere(admin, machine):
    token, secret = issue(machine, admin)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM access_token")
        assert secret not in str(cursor.fetchall())
    event = Event.objects.get(verb="access.token-issued")
    assert secret not in str(event.__dict__)
    assert token.digest not in str(event.__dict__)
    assert event.after["name"] == "夜间同步"


@pytest.mark.parametrize(
    "more",
    [
        {"expires_on": DAY},
        {"expires_on": DAY + dt.timedelta(367)},
        {"actions": []},
        {"actions": ["view", "grant"]},
        {"actions": ["read-trail"]},
    ],
)
def test_it_has_an_end_and_names_what_a_machine_may(admin, machine, more):
    with pytest.raises(UnableToIssueToken):
        issue(machine, admin, **more)
    assert not Token.objects.exists()


def test_people_get_no_tokens_and_machines_no_password(units, admin, machine, client):
    with pytest.raises(UnableToIssueToken, match="机器账号"):
        issue(make_user(units["局"], Role.STAFF), admin)
    with pytest.raises(UnableToChangeUser, match="没有密码"):
        operations.reset_password(machine, by=admin, at=AT)
    assert client.post("/access/sign-in/", {"username": "sync", "password": ""}).status_code == 422
    assert not machine.has_usable_password()


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.SECURITY, Role.AUDIT, Role.ENTERPRISE])
def test_a_machine_is_no_administrator(units, machine, role):
    security = make_user(units["区"], Role.SECURITY)
    with pytest.raises(UnableToGrant, match="机器账号"):
        operations.give_role(user=machine, role=role, unit=units["局"], by=security, at=AT)


def test_only_the_administrator_of_the_unit_issues_and_ends(units, admin, machine):
    token, _secret = issue(machine, admin)
    for other in (
        make_user(units["区"], Role.SECURITY),
        make_user(units["局"], Role.STAFF),
        make_user(units["邻"], Role.ADMINISTRATOR),
    ):
        with pytest.raises(UnableToIssueToken, match="不归您管理"):
            issue(machine, other)
        with pytest.raises(UnableToIssueToken, match="不归您管理"):
            tokens.end_token(token, by=other, at=AT, reason="x")
        with pytest.raises(UnableToIssueToken, match="不归您管理"):
            tokens.create_machine(username="m", name="m", unit=units["局"], by=other, at=AT)


def test_the_pages_open_an_account_show_the_secret_once_and_end_it(units, admin):
    client = browser_of(admin)
    given = {"username": "province", "name": "省一体化", "unit": units["局"].pk}
    client.post(reverse("access:new-machine"), given)
    machine = User.objects.get(username="province")
    assert machine.is_machine
    assert client.post(reverse("access:new-machine"), given).status_code == 422
    url = reverse("access:issue-token", args=[machine.pk])
    assert client.post(url, {"name": "同步", "actions": ["grant"], "expires_on": END}).status_code == 422
    page = client.post(url, {"name": "同步", "actions": ["view"], "expires_on": END})
    secret = page.context["secret"]
    assert page["Cache-Control"] == "no-store"
    assert secret in page.content.decode()
    listed = client.get(reverse("access:tokens-list")).content.decode()
    assert secret[:8] in listed
    assert secret not in listed
    token = Token.objects.get()
    client.post(reverse("access:end-token", args=[token.pk]), {"reason": "停用"})
    assert find_bearer(secret, on=DAY) is None
