"""A file does not do what a form refuses: it neither names nor changes another unit's records."""

import datetime as dt
import io

import pytest

from yunpu.access.models import Grant, Role, User
from yunpu.domains.outreach.models import Activity, Attendance
from yunpu.domains.outreach.tests.factories import make_activity, make_enterprise, make_unit
from yunpu.kernel.refusals import Refusal
from yunpu.stages.intake.operations import check_load, keep_load, receive_file
from yunpu.trail.operations import System, create_record

AT = dt.datetime(2020, 12, 20, 9, tzinfo=dt.UTC)
ACTIVITIES = "活动编号,活动名称,类型,举办日期\n{code},新名称,roadshow,2020-06-11\n"

pytestmark = pytest.mark.django_db


@pytest.fixture
def district():
    return make_unit("QU")


@pytest.fixture
def here(district):
    return make_unit("JIA", district)


@pytest.fixture
def elsewhere(district):
    return make_unit("YI", district)


@pytest.fixture
def clerk(here):
    user = User.objects.create(username="clerk", name="经办", unit=here, must_change_password=False)
    Grant.objects.create(user=user, role=Role.STAFF, unit=here, valid_from=dt.date(2020, 1, 1))
    return user


def hand_in(text, unit, by, format_code):
    stream = io.BytesIO(text.encode())
    load = receive_file(stream, name="表.csv", unit=unit, by=by, at=AT, format_code=format_code)
    check_load(load, by=by, at=AT)
    return load


def codes(load):
    return [finding["kind"] for finding in load.findings]


def test_a_key_of_another_unit_is_an_error_and_changes_nothing(here, elsewhere, clerk):
    theirs = make_activity(elsewhere, name="他们的")
    load = hand_in(ACTIVITIES.format(code=theirs.code), here, clerk, "outreach.activities")
    assert codes(load) == ["INT-052"]
    assert load.error_count == 1
    assert Activity.objects.get(pk=theirs.pk).name == "他们的"


def test_the_own_record_is_updated(here, clerk):
    mine = make_activity(here, name="我们的")
    load = hand_in(ACTIVITIES.format(code=mine.code), here, clerk, "outreach.activities")
    keep_load(load, by=clerk, at=AT, acknowledgement="测试")
    assert Activity.objects.get(pk=mine.pk).name == "新名称"


def test_whoever_reaches_both_units_may(district, here, elsewhere):
    finance = User.objects.create(username="f", name="财政", unit=district, must_change_password=False)
    Grant.objects.create(user=finance, role=Role.FINANCE, unit=district, valid_from=dt.date(2020, 1, 1))
    theirs = make_activity(elsewhere)
    load = hand_in(ACTIVITIES.format(code=theirs.code), elsewhere, finance, "outreach.activities")
    assert codes(load) == []


def test_a_list_of_people_at_another_unit_s_activity_is_an_error(here, elsewhere, clerk):
    theirs, firm = make_activity(elsewhere), make_enterprise()
    text = f"活动编号,统一社会信用代码,代表序号\n{theirs.code},{firm.credit_code},1\n"
    load = hand_in(text, here, clerk, "outreach.attendance")
    assert codes(load) == ["INT-052"]
    assert not Attendance.every.exists()


def test_a_record_entered_by_another_unit_after_the_check_is_not_changed(here, elsewhere, clerk):
    load = hand_in(ACTIVITIES.format(code="XJ2020-77"), here, clerk, "outreach.activities")
    assert codes(load) == []
    theirs = create_record(Activity, values_of(elsewhere), by=System("邻"), at=AT)
    with pytest.raises(Refusal):
        keep_load(load, by=clerk, at=AT, acknowledgement="测试")
    assert Activity.objects.get(pk=theirs.pk).name == "他们的"


def values_of(unit):
    return {
        "code": "XJ2020-77",
        "name": "他们的",
        "kind": "roadshow",
        "held_on": dt.date(2020, 6, 11),
        "unit": unit,
    }
