"""The one mechanism of scope: subtree, dates, actions, registers, shared identities, and what a model leaves unsaid."""

import datetime as dt
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from yunpu.access import scope
from yunpu.access.models import Grant, Role, User
from yunpu.access.rights import RIGHTS, Action
from yunpu.access.tests.factories import browser_of, give, make_unit, make_user
from yunpu.domains.outreach.models import Activity, Attendance
from yunpu.domains.outreach.tests.factories import make_activity, make_attendance, make_enterprise
from yunpu.reference.models import Enterprise, Unit
from yunpu.trail.models import Batch
from yunpu.trail.operations import System

DAY = dt.date(2020, 12, 20)

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree():
    district = make_unit("区")
    bureau = make_unit("局", district)
    return {"区": district, "局": bureau, "中心": make_unit("中心", bureau), "邻": make_unit("邻", district)}


def seen(model, user, action=Action.VIEW, **more):
    return set(scope.visible(model._default_manager.all(), user, on=DAY, action=action, **more))


def test_a_role_reaches_the_unit_and_all_below_it(tree):
    records = {name: make_activity(unit) for name, unit in tree.items()}
    user = make_user(tree["局"], Role.STAFF)
    assert seen(Activity, user) == {records["局"], records["中心"]}


def test_two_roles_reach_both(tree):
    records = {name: make_activity(unit) for name, unit in tree.items()}
    user = make_user(tree["中心"], Role.STAFF)
    give(user, Role.AUDITOR, tree["邻"])
    assert seen(Activity, user) == {records["中心"], records["邻"]}
    assert seen(Activity, user, Action.CHANGE) == {records["中心"]}, "an auditor changes nothing"


def test_a_unit_whose_number_begins_alike_is_not_below(tree):
    alike = make_unit("像")
    Unit.objects.filter(pk=alike.pk).update(path=tree["局"].path.rstrip("/") + "7/")
    make_activity(alike)
    assert seen(Activity, make_user(tree["局"], Role.STAFF)) == set()


@pytest.mark.parametrize(
    ("begin", "end", "reaches"),
    [
        (DAY, None, True),
        (DAY + dt.timedelta(1), None, False),
        (dt.date(2020, 1, 1), DAY, False),  # the end is exclusive
        (dt.date(2020, 1, 1), DAY + dt.timedelta(1), True),
    ],
)
def test_a_grant_is_in_force_from_inclusive_to_exclusive(tree, begin, end, reaches):
    activity, user = make_activity(tree["局"]), make_user(tree["局"])
    give(user, Role.STAFF, tree["局"], valid_from=begin, valid_to=end)
    assert seen(Activity, user) == ({activity} if reaches else set())
    assert scope.may(user, Action.VIEW, on=DAY) is reaches


def test_a_closed_account_sees_nothing(tree):
    make_activity(tree["局"])
    assert seen(Activity, make_user(tree["局"], Role.STAFF, is_active=False)) == set()


def test_a_model_that_says_nothing_is_seen_by_nobody(tree):
    Batch.objects.create(verb="v", target="t", started_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    assert not hasattr(Batch, "scope_field")
    assert seen(Batch, make_user(tree["区"], Role.FINANCE)) == set()


def test_shared_identities_are_read_by_everybody_with_a_role(tree):
    firm = make_enterprise()
    assert seen(Enterprise, make_user(tree["中心"], Role.LEADER)) == {firm}
    assert seen(Enterprise, make_user(tree["中心"])) == set()


def test_units_are_read_by_all_but_written_for_by_few(tree):
    user = make_user(tree["局"], Role.STAFF)
    assert seen(Unit, user) == set(tree.values())
    for action in (Action.CREATE, Action.CHANGE, Action.IMPORT, Action.DRAFT):
        assert seen(Unit, user, action, of=Activity) == {tree["局"], tree["中心"]}
    assert seen(Unit, user, Action.CHANGE) == set(), "units themselves are changed by administrators"
    assert seen(Unit, make_user(tree["局"], Role.ADMINISTRATOR), Action.CHANGE) == {tree["局"], tree["中心"]}
    assert seen(Unit, user, of=Activity) == {tree["局"], tree["中心"]}, "units with rows to see"
    assert seen(Unit, make_user(tree["区"], Role.STAFF), Action.CREATE, of=Activity) == set(tree.values())


def test_a_grant_for_one_register_reaches_that_register_and_the_identities_around_it(tree):
    activity, firm, user = make_activity(tree["局"]), make_enterprise(), make_user(tree["局"])
    give(user, Role.STAFF, tree["局"], register="outreach.activity")
    assert seen(Activity, user) == {activity}
    assert seen(Enterprise, user) == {firm}
    assert seen(Unit, user, Action.CREATE, of=Activity) == {tree["局"], tree["中心"]}
    assert seen(Unit, user, Action.CREATE) == set(), "for no other register"
    assert scope.may(user, Action.VIEW, on=DAY)
    assert not scope.may(user, Action.IMPORT, on=DAY)


def test_the_system_may_everything(tree):
    activity = make_activity(tree["局"])
    assert seen(Activity, System("命令行")) == {activity}
    assert scope.visible_unit_ids(System("命令行"), on=DAY) is None


def test_why_a_record_is_seen_names_the_narrowest_role_that_reaches_it(tree):
    user = make_user(tree["区"], Role.AUDITOR)
    narrow = give(user, Role.STAFF, tree["局"])
    assert scope.why_visible(make_activity(tree["中心"]), user, on=DAY).grant == narrow
    assert scope.why_visible(make_activity(tree["邻"]), user, on=DAY).grant.role == Role.AUDITOR
    assert scope.why_visible(make_enterprise(), user, on=DAY) is None


@pytest.fixture
def named():
    """A further way: the activities somebody is named on. Taken out again afterwards."""
    persons: dict[int, list[int]] = {}

    def rows(asked):
        numbers = persons.get(asked.user.pk) if asked.model is Activity else None
        return None if numbers is None else Q(pk__in=Activity.objects.filter(pk__in=numbers).values("pk"))

    way = scope.Way("流程的一步点到您", rows)
    scope.add_way(way)
    yield persons
    scope._ways.remove(way)


def test_a_further_way_opens_records_elsewhere_for_reading_and_says_why(tree, named):
    own, other, third = (make_activity(tree[name]) for name in ("局", "邻", "区"))
    user = make_user(tree["局"], Role.STAFF)
    named[user.pk] = [other.pk]
    assert seen(Activity, user) == {own, other}
    assert seen(Activity, user, Action.EXPORT) == {own, other}
    assert seen(Activity, user, Action.CHANGE) == {own}
    assert scope.why_visible(other, user, on=DAY).words == "流程的一步点到您"
    assert scope.why_visible(own, user, on=DAY).grant is not None
    assert scope.why_visible(third, user, on=DAY) is None


def test_a_further_way_opens_nothing_to_whoever_has_no_role(tree, named):
    user = make_user(tree["局"])
    named[user.pk] = [make_activity(tree["邻"]).pk]
    assert seen(Activity, user) == set()
    elsewhere = make_user(tree["局"], Role.STAFF)
    assert seen(Activity, elsewhere) == set(), "nor to somebody who is not named"


def test_pages_show_what_a_further_way_opens(tree, named):
    for _number in range(3):
        make_activity(tree["局"])
    other = make_activity(tree["邻"])
    user = make_user(tree["局"], Role.STAFF)
    named[user.pk] = [other.pk]
    client = browser_of(user)
    assert other.pk in [row[0].pk for row in client.get("/outreach/activities/").context["rows"]]
    page = client.get(f"/outreach/activities/{other.pk}/")
    assert "流程的一步点到您" in page.content.decode()
    assert client.get(f"/outreach/activities/{other.pk}/change/").status_code == 404


def test_one_request_asks_once(tree, django_assert_num_queries):
    user = make_user(tree["局"], Role.STAFF)
    with scope.remembering():
        with django_assert_num_queries(4):  # grants, roots, units below, steps that name the person
            list(map(str, scope.visible(Activity.objects.all(), user, on=DAY).query.where.children))
        with django_assert_num_queries(0):
            scope.may(user, Action.CREATE, on=DAY, model=Activity)
            scope.visible(Activity.objects.all(), user, on=DAY)


def test_what_one_request_learnt_another_does_not_believe(tree):
    user = make_user(tree["局"], Role.STAFF)
    with scope.remembering():
        assert scope.may(user, Action.VIEW, on=DAY)
    Grant.objects.filter(user=user).update(valid_to=DAY)
    with scope.remembering():
        assert not scope.may(user, Action.VIEW, on=DAY)


def test_outside_a_request_nothing_is_remembered(tree):
    user = make_user(tree["局"])
    assert not scope.may(user, Action.VIEW, on=DAY)
    give(user, Role.STAFF, tree["局"])
    assert scope.may(user, Action.VIEW, on=DAY)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.SECURITY, Role.AUDIT])
def test_the_separated_administrators_read_no_unit_s_records(tree, role):
    make_activity(tree["局"])
    firm, user = make_enterprise(), make_user(tree["区"], role)
    assert seen(Activity, user) == set()
    assert not scope.may(user, Action.VIEW, on=DAY, model=Activity)
    assert seen(Enterprise, user) == {firm}
    assert user in seen(User, user, Action.READ_USERS)


def test_an_enterprise_sees_its_own_and_nothing_else(tree):
    activity = make_activity(tree["局"])
    own, other = make_enterprise(), make_enterprise()
    here, _there = make_attendance(activity, own), make_attendance(activity, other)
    user = make_user(tree["区"], Role.ENTERPRISE, enterprise=own)
    assert seen(Attendance, user) == {here}
    assert seen(Enterprise, user) == {own}
    assert seen(Activity, user) == seen(Unit, user) == set()
    assert seen(Attendance, user, Action.CHANGE) == set()
    assert "所在企业" in scope.why_visible(here, user, on=DAY).words
    assert not scope.reads_identities(user, on=DAY)
    assert scope.visible_unit_ids(user, on=DAY, model=Attendance) == frozenset()


def test_who_belongs_to_an_enterprise_without_the_role_sees_nothing_by_it(tree):
    firm = make_enterprise()
    make_attendance(make_activity(tree["局"]), firm)
    assert seen(Attendance, make_user(tree["邻"], Role.STAFF, enterprise=firm)) == set()
    assert seen(Attendance, make_user(tree["邻"], enterprise=firm)) == set()


def test_an_enterprise_user_without_an_enterprise_and_a_resident_see_nothing(tree):
    make_attendance(make_activity(tree["区"]), make_enterprise())
    for role in (Role.ENTERPRISE, Role.RESIDENT):
        user = make_user(tree["区"], role)
        for model in (Attendance, Activity, Enterprise, Unit):
            assert seen(model, user) == set(), (role, model)


def test_what_names_a_resident_is_seen_by_the_resident(tree, named):
    activity, user = make_activity(tree["局"]), make_user(tree["区"], Role.RESIDENT)
    make_activity(tree["局"])
    named[user.pk] = [activity.pk]
    assert seen(Activity, user) == {activity}


def test_no_role_both_writes_and_watches():
    """Whoever gives roles writes no records, and whoever audits changes nothing."""
    writing = {Action.CREATE, Action.CHANGE, Action.REMOVE, Action.IMPORT, Action.ISSUE, Action.FREEZE}
    for role, rights in RIGHTS.items():
        if rights & {Action.ADMINISTER, Action.GRANT, Action.READ_TRAIL}:
            assert not rights & writing, role


def test_a_page_asks_for_the_rights_once(tree):
    """However many registers, actions and filters a page weighs against them."""
    make_activity(tree["局"])
    client = browser_of(make_user(tree["局"], Role.STAFF))
    client.get("/")
    for url in ("/", "/outreach/activities/", "/outreach/activities/totals/", "/outreach/activities/new/"):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(url).status_code == 200
        told = [query["sql"] for query in asked.captured_queries]
        assert sum('FROM "access_grant"' in sql for sql in told) == 1, url
        assert sum('AS "path" FROM "reference_unit"' in sql for sql in told) <= 1, url
        below = [sql for sql in told if sql.startswith('SELECT "reference_unit"."id" AS "pk"')]
        assert sum('"path" LIKE' in sql or '"path"::text LIKE' in sql for sql in below) == 1, url


def test_the_page_about_rights_says_what_holds():
    """docs/rights.md shows the table of rights; it is the same table."""
    page = Path(__file__).resolve().parents[3] / "docs" / "rights.md"
    lines = page.read_text("utf-8").splitlines()
    head = next(line for line in lines if line.startswith("| right |"))
    rows = [line for line in lines if line.startswith("| `")]
    assert head == f"| right | {' | '.join(RIGHTS)} |"
    marks = [["✓" if action in rights else "" for rights in RIGHTS.values()] for action in Action]
    told = [f"| `{action}` | {' | '.join(row)} |" for action, row in zip(Action, marks, strict=True)]
    assert rows == told
