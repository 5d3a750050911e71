"""Users and grants: each change one event, nobody serves himself, somebody always remains who can."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from yunpu.access import operations
from yunpu.access.models import Grant, Role
from yunpu.access.operations import UnableToChangeUser, UnableToEndGrant, UnableToGrant
from yunpu.access.tests.factories import give, make_unit, make_user
from yunpu.trail.models import Event
from yunpu.trail.operations import System

AT = dt.datetime(2020, 12, 20, 1, tzinfo=dt.UTC)
DAY = dt.date(2020, 12, 20)

pytestmark = pytest.mark.django_db


@pytest.fixture
def district():
    return make_unit("区")


@pytest.fixture
def bureau(district):
    return make_unit("局", district)


@pytest.fixture
def admin(district):
    return make_user(district, Role.ADMINISTRATOR)


@pytest.fixture
def bureau_admin(bureau):
    return make_user(bureau, Role.ADMINISTRATOR)


@pytest.fixture
def security(district):
    return make_user(district, Role.SECURITY)


@pytest.fixture
def bureau_security(bureau):
    return make_user(bureau, Role.SECURITY)


def by_at(by):
    return {"by": by, "at": AT}


def only_event():
    return Event.objects.get()


def test_an_account_opens_with_a_secret_that_no_event_holds(bureau, admin):
    user, secret = operations.create_user(username="chen", name="陈", unit=bureau, **by_at(admin))
    assert user.check_password(secret)
    assert user.must_change_password
    event = only_event()
    assert (event.verb, event.by_id, event.object_id) == ("access.user-created", admin.pk, user.pk)
    assert event.after["username"] == "chen"
    assert "password" not in event.after
    assert secret not in str(event.after)


def test_a_role_is_given_with_one_event(bureau, security):
    user = make_user(bureau)
    grant = operations.give_role(user=user, role=Role.STAFF, unit=bureau, **by_at(security))
    assert (grant.valid_from, grant.valid_to) == (DAY, None)
    event = only_event()
    assert (event.verb, event.object_id) == ("access.role-given", grant.pk)
    assert event.after["role"] == "staff"


def test_the_day_is_the_district_s_not_the_server_s(bureau, security):
    late = dt.datetime(2020, 12, 19, 17, tzinfo=dt.UTC)  # one o'clock at night on the 20th
    grant = operations.give_role(user=make_user(bureau), role=Role.STAFF, unit=bureau, by=security, at=late)
    assert grant.valid_from == DAY


@pytest.mark.parametrize("role", Role)
def test_nobody_gives_himself_a_role(district, security, role):
    with pytest.raises(UnableToGrant, match="给自己"):
        operations.give_role(user=security, role=role, unit=district, **by_at(security))
    assert not Event.objects.exists()


def test_roles_are_given_and_accounts_opened_at_own_units_only(
    district, bureau, bureau_admin, bureau_security
):
    user = make_user(bureau)
    with pytest.raises(UnableToGrant, match="不归您授权"):
        operations.give_role(user=user, role=Role.STAFF, unit=district, **by_at(bureau_security))
    with pytest.raises(UnableToGrant, match="不归您管理"):
        operations.create_user(username="x", name="x", unit=district, **by_at(bureau_admin))


@pytest.mark.parametrize("role", [role for role in Role if role != Role.SECURITY])
def test_whoever_is_no_security_administrator_gives_nothing(district, bureau, role):
    other, user = make_user(district, role), make_user(bureau)
    with pytest.raises(UnableToGrant, match="不归您授权"):
        operations.give_role(user=user, role=Role.STAFF, unit=bureau, **by_at(other))


def test_a_role_can_be_given_for_one_register(bureau, security):
    user, register = make_user(bureau), "outreach.activity"
    limited = operations.give_role(
        user=user, role=Role.STAFF, unit=bureau, register=register, **by_at(security)
    )
    assert (limited.register, limited.register_title()) == (register, "活动")
    with pytest.raises(UnableToGrant, match="已经有"):
        operations.give_role(user=user, role=Role.STAFF, unit=bureau, register=register, **by_at(security))
    operations.give_role(user=user, role=Role.STAFF, unit=bureau, **by_at(security))


@pytest.mark.parametrize(
    ("begin", "end"),
    [(DAY - dt.timedelta(1), None), (DAY, DAY), (dt.date(2021, 1, 1), dt.date(2020, 12, 31))],
)
def test_a_grant_neither_begins_before_today_nor_ends_before_it_begins(bureau, security, begin, end):
    user = make_user(bureau)
    with pytest.raises(UnableToGrant, match="起止日期"):
        operations.give_role(
            user=user, role=Role.STAFF, unit=bureau, valid_from=begin, valid_to=end, **by_at(security)
        )


def test_the_same_role_is_not_given_twice_for_the_same_time(bureau, security):
    user, day = make_user(bureau), dt.date
    give(user, Role.STAFF, bureau, valid_to=day(2021, 1, 1))
    with pytest.raises(UnableToGrant, match="已经有"):
        operations.give_role(user=user, role=Role.STAFF, unit=bureau, **by_at(security))
    later = operations.give_role(
        user=user, role=Role.STAFF, unit=bureau, valid_from=day(2021, 1, 1), **by_at(security)
    )
    assert later.valid_from == day(2021, 1, 1)


def test_a_grant_ends_today_with_its_reason(bureau, security):
    grant = give(make_user(bureau), Role.STAFF, bureau)
    operations.end_role(grant, reason="调离", **by_at(security))
    assert Grant.objects.get(pk=grant.pk).valid_to == DAY
    event = only_event()
    assert (event.verb, event.reason) == ("access.role-ended", "调离")
    assert (event.before, event.after) == ({"valid_to": None}, {"valid_to": "2020-12-20"})
    with pytest.raises(UnableToEndGrant, match="已经结束"):
        operations.end_role(grant, reason="再来", **by_at(security))


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.SECURITY, Role.AUDIT])
def test_the_last_of_the_separated_administrators_keeps_the_role(district, role):
    system, grant = System("命令行"), make_user(district, role).grants.get()
    with pytest.raises(UnableToEndGrant, match="最后一位"):
        operations.end_role(grant, reason="不想干", **by_at(system))
    second = make_user(district, role)
    operations.end_role(grant, reason="交接", **by_at(system))
    with pytest.raises(UnableToEndGrant, match="最后一位"):
        operations.end_role(second.grants.get(), reason="也不干", **by_at(system))


def test_the_administrator_of_a_part_may_go_while_one_above_remains(admin, bureau_admin, security):
    operations.end_role(bureau_admin.grants.get(), reason="交接", **by_at(security))
    assert only_event().verb == "access.role-ended"


def test_an_administrator_below_is_none_for_those_above(admin, bureau_admin, security):
    with pytest.raises(UnableToEndGrant, match="最后一位"):
        operations.end_role(admin.grants.get(), reason="交接", **by_at(security))


def test_a_closed_administrator_does_not_count(admin, district, security):
    make_user(district, Role.ADMINISTRATOR, is_active=False)
    with pytest.raises(UnableToEndGrant, match="最后一位"):
        operations.end_role(admin.grants.get(), reason="交接", **by_at(security))


def test_another_kind_of_administrator_is_none_instead(admin, security, district):
    make_user(district, Role.AUDIT)
    with pytest.raises(UnableToEndGrant, match="最后一位"):
        operations.end_role(admin.grants.get(), reason="交接", **by_at(security))


def test_an_account_closes_and_opens_again(admin, bureau):
    user = make_user(bureau, Role.STAFF)
    operations.close_account(user, reason="离职", **by_at(admin))
    operations.open_account(user, reason="返聘", **by_at(admin))
    events = Event.objects.order_by("id")
    assert [(event.verb, event.reason) for event in events] == [
        ("access.user-closed", "离职"),
        ("access.user-opened", "返聘"),
    ]
    assert events[0].after == {"is_active": False}


def test_nobody_closes_himself_nor_the_last_administrator(admin, district):
    with pytest.raises(UnableToChangeUser, match="自己"):
        operations.close_account(admin, reason="累", **by_at(admin))
    with pytest.raises(UnableToChangeUser, match="最后一位"):
        operations.close_account(admin, reason="清理", **by_at(System("命令行")))


def test_whose_roles_reach_further_is_out_of_reach(district, bureau, bureau_admin):
    """Else the administrator of a bureau would reset the password of somebody with a role at the district, and be it."""
    user = make_user(bureau, Role.STAFF)
    give(user, Role.LEADER, district)
    for act in (operations.reset_password,):
        with pytest.raises(UnableToChangeUser, match="之外也有角色"):
            act(user, **by_at(bureau_admin))
    with pytest.raises(UnableToChangeUser, match="之外也有角色"):
        operations.close_account(user, reason="x", **by_at(bureau_admin))


def test_a_reset_gives_a_new_secret_once(admin, bureau):
    user = make_user(bureau, password="longenough-9")
    secret = operations.reset_password(user, **by_at(admin))
    assert user.check_password(secret)
    assert user.must_change_password
    assert secret not in str(only_event().__dict__)


def test_the_database_refuses_a_grant_that_ends_before_it_begins(bureau):
    with pytest.raises(IntegrityError), transaction.atomic():
        give(make_user(bureau), Role.STAFF, bureau, valid_from=DAY, valid_to=dt.date(2020, 1, 1))
