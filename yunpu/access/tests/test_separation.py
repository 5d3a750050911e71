"""The three separated administrators are three people: the operation refuses it, and so does the database, by plain SQL."""

import datetime as dt
from itertools import combinations, permutations

import pytest
from django.db import IntegrityError, connection, transaction

from yunpu.access.models import Grant, Role
from yunpu.access.operations import UnableToGrant, give_role
from yunpu.access.rights import RIGHTS, SEPARATED, SHEETS, Action, conflict
from yunpu.access.tests.factories import give, make_unit, make_user

AT = dt.datetime(2020, 12, 20, 1, tzinfo=dt.UTC)
DAY = dt.date(2020, 12, 20)
CLASHING = [*combinations(sorted(SEPARATED), 2), (Role.SECURITY, Role.STAFF), (Role.STAFF, Role.SECURITY)]

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return make_unit("区")


def insert(user, role, unit, begin="2020-01-01", end=None):
    """A grant by plain SQL, past every operation and model."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO access_grant (user_id, role, unit_id, register, valid_from, valid_to)"
            " VALUES (%s, %s, %s, '', %s, %s)",
            [user.pk, role, unit.pk, begin, end],
        )


def refused():
    return pytest.raises(IntegrityError, match="separated administrators")


@pytest.mark.parametrize(("held", "asked"), [*permutations(sorted(SEPARATED), 2), *CLASHING[-2:]])
def test_the_operation_refuses_two_in_one_person(unit, held, asked):
    security, user = make_user(unit, Role.SECURITY), make_user(unit, held)
    with pytest.raises(UnableToGrant, match="三员"):
        give_role(user=user, role=asked, unit=unit, by=security, at=AT)
    assert [grant.role for grant in user.grants.all()] == [held]


@pytest.mark.parametrize(("held", "asked"), CLASHING)
def test_the_database_refuses_an_insert(unit, held, asked):
    user = make_user(unit, held)
    with refused(), transaction.atomic():
        insert(user, asked, unit)
    with refused(), transaction.atomic():
        insert(user, asked, make_unit("局", unit))
    assert user.grants.count() == 1


def test_the_database_refuses_an_update_that_makes_it_so(unit):
    user = make_user(unit, Role.ADMINISTRATOR)
    insert(user, Role.STAFF, unit)
    with refused(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE access_grant SET role = 'audit' WHERE role = 'staff'")
    other = make_user(unit, Role.AUDIT)
    with refused(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE access_grant SET user_id = %s WHERE user_id = %s", [user.pk, other.pk])
    give(user, Role.AUDIT, unit, valid_from=dt.date(1990, 1, 1), valid_to=dt.date(2000, 1, 1))
    with refused(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE access_grant SET valid_to = NULL WHERE role = 'audit' AND user_id = %s", [user.pk]
        )


def test_one_after_the_other_is_allowed(unit):
    user = make_user(unit)
    insert(user, Role.ADMINISTRATOR, unit, "2020-01-01", "2020-06-01")
    insert(user, Role.AUDIT, unit, "2020-06-01", "2020-09-01")
    insert(user, Role.SECURITY, unit, "2020-09-01")
    with refused(), transaction.atomic():
        insert(user, Role.STAFF, unit, "2020-12-01")
    assert user.grants.count() == 3


def test_other_roles_go_together_and_other_people_do_not_matter(unit):
    user = make_user(unit, Role.STAFF)
    insert(user, Role.REVIEWER, unit)
    insert(user, Role.ADMINISTRATOR, unit)
    make_user(unit, Role.SECURITY)
    make_user(unit, Role.AUDIT)
    assert user.grants.count() == 3


def test_the_rule_of_the_program_is_the_rule_of_the_database(unit):
    for held, asked in permutations(RIGHTS, 2):
        user = make_user(unit, held)
        try:
            with transaction.atomic():
                insert(user, asked, unit)
            said = False
        except IntegrityError:
            said = True
        assert said is conflict(held, asked), (held, asked)


def test_who_gives_rights_has_none_to_use_and_who_watches_changes_nothing():
    using = set(Action) - {Action.VIEW, Action.READ_USERS, Action.READ_TRAIL}
    assert RIGHTS[Role.SECURITY] & using == {Action.GRANT}
    assert RIGHTS[Role.ADMINISTRATOR] & using == {Action.ADMINISTER}
    assert RIGHTS[Role.AUDIT] & using == set()
    for action in (Action.GRANT, Action.ADMINISTER):
        assert len([role for role, rights in RIGHTS.items() if action in rights]) == 1
    assert [sheet.role for sheet in SHEETS] == list(Role), "each role is told in a sentence"
    assert list(RIGHTS) == list(Role)


def test_an_ended_grant_that_never_was_in_force_holds_nothing(unit):
    user = make_user(unit)
    Grant.objects.create(user=user, role=Role.AUDIT, unit=unit, valid_from=DAY, valid_to=DAY)
    insert(user, Role.ADMINISTRATOR, unit)
    assert user.grants.count() == 2
