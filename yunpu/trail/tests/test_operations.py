"""One write, one operation, one event, one transaction."""

import datetime as dt

import pytest

from yunpu.access.models import User
from yunpu.access.tests.factories import make_unit, make_user
from yunpu.domains.outreach.models import Activity
from yunpu.kernel.codes import credit_code_with_check
from yunpu.reference.models import Enterprise
from yunpu.trail.models import Event
from yunpu.trail.operations import (
    System,
    change_record,
    create_record,
    operation,
    preparing,
    remove_record,
    snapshot_of,
    writing,
)
from yunpu.trail.requests import origin, request_number
from yunpu.ui import search

AT = dt.datetime(2020, 12, 20, 9, tzinfo=dt.UTC)
BY = System("测试")
CODE = credit_code_with_check("91360199MA0000001")

pytestmark = pytest.mark.django_db


def make_firm(**values):
    return create_record(Enterprise, {"credit_code": CODE, "name": "甲公司", **values}, by=BY, at=AT)


def test_an_operation_writes_exactly_one_event():
    make_firm()
    event = Event.objects.get()
    assert event.verb == "reference.enterprise-created"
    assert (event.object_type, event.object_name) == ("reference.enterprise", "甲公司")
    assert event.before is None
    assert event.after["credit_code"] == CODE


def test_an_operation_that_tells_nothing_is_a_defect_and_writes_nothing():
    told = pytest.raises(AssertionError, match="told the trail nothing")
    with told, operation("test.silent", by=BY, at=AT):
        Enterprise.objects.create(credit_code=CODE, name="甲公司")
    assert not Enterprise.objects.exists()


def test_an_operation_that_tells_twice_is_a_defect():
    told = pytest.raises(AssertionError, match="one operation writes one event")
    with told, operation("test.twice", by=BY, at=AT) as note:
        note.act(name="一")
        note.act(name="二")
    assert not Event.objects.exists()


def test_what_fails_leaves_neither_record_nor_event():
    with pytest.raises(RuntimeError), operation("test.broken", by=BY, at=AT) as note:
        Enterprise.objects.create(credit_code=CODE, name="甲公司")
        note.act(name="甲")
        raise RuntimeError
    assert not Enterprise.objects.exists()
    assert not Event.objects.exists()
    assert writing() == ""


def test_writing_names_the_innermost_operation():
    with operation("test.outer", by=BY, at=AT) as outer:
        assert writing() == "test.outer"
        with preparing("test.inner"):
            assert writing() == "test.inner"
        assert writing() == "test.outer"
        outer.act(name="甲")


def test_a_change_keeps_only_what_differs():
    firm = make_firm(industry="制造")
    change_record(firm, {"name": "乙公司", "industry": "制造"}, by=BY, at=AT, reason="更名")
    event = Event.objects.latest("id")
    assert (event.before, event.after, event.reason) == ({"name": "甲公司"}, {"name": "乙公司"}, "更名")


def test_a_removal_keeps_all_that_was_there():
    firm = make_firm(industry="制造")
    number = firm.pk
    remove_record(firm, by=BY, at=AT, reason="重复登记")
    event = Event.objects.latest("id")
    assert (event.verb, event.object_id, event.after) == ("reference.enterprise-removed", number, None)
    assert event.before["industry"] == "制造"


def test_search_follows_every_write():
    firm = make_firm()
    found = lambda word: list(search.search(Enterprise.objects.all(), word))  # noqa: E731
    assert found("甲公") == [firm]
    change_record(firm, {"name": "乙工厂"}, by=BY, at=AT)
    assert (found("甲公"), found("乙工")) == ([], [firm])
    remove_record(firm, by=BY, at=AT)
    assert found("乙工") == []


def test_an_event_knows_who_in_which_role_and_from_where():
    unit = make_unit("区科工局")
    user = make_user(unit, "staff", name="陈经办")
    with origin("0123456789abcdef", "192.0.2.7"):
        assert request_number() == "0123456789abcdef"
        create_record(Enterprise, {"credit_code": CODE, "name": "甲"}, by=user, at=AT)
    event = Event.objects.get()
    assert (event.by_id, event.by_name, event.role) == (user.pk, "陈经办", "staff")
    assert (event.unit_id, event.unit_name) == (unit.pk, "区科工局")
    assert (event.request_id, event.address) == ("0123456789abcdef", "192.0.2.7")
    assert event.at == AT


def test_secrets_do_not_reach_the_trail():
    user = make_user(make_unit("区"), password="a-good-secret")
    kept = snapshot_of(user)
    assert "username" in kept
    assert not {"password", "last_login"} & kept.keys()
    assert {stored.name for stored in User._meta.concrete_fields} - kept.keys() == {"password", "last_login"}


def test_a_refused_value_writes_nothing():
    with pytest.raises(Exception, match="code"):
        create_record(Activity, {"name": "没有编号"}, by=BY, at=AT)
    assert not Event.objects.exists()
