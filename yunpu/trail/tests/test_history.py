"""The history of an object: its events and the batches that changed it, readable, also when it is gone."""

import datetime as dt

import pytest
from django.urls import reverse

from yunpu.access.models import Role
from yunpu.access.tests.factories import browser_of, make_unit, make_user
from yunpu.domains.budget.codes import FundKind
from yunpu.domains.budget.models import BudgetLine
from yunpu.domains.budget.tests.factories import make_line
from yunpu.domains.outreach.models import Activity, Series
from yunpu.domains.outreach.tests.factories import make_activity
from yunpu.kernel.codes import credit_code_with_check
from yunpu.reference.models import Enterprise
from yunpu.stages.intake.loading import Row, Target, load_rows
from yunpu.stages.intake.withdrawing import withdraw_batch
from yunpu.trail.bulk import change_many, remove_many
from yunpu.trail.history import history, history_of, name_of_gone
from yunpu.trail.models import Event
from yunpu.trail.operations import System, change_record, create_record, remove_record
from yunpu.trail.requests import acting_for
from yunpu.trail.words import kind_title, shown_value, verb_title

BY = System("测试")
TARGET = Target(Enterprise, ("credit_code", "name", "industry"), ("credit_code",))
CODE = credit_code_with_check("91360199MA0000001")

pytestmark = pytest.mark.django_db


def at(day):
    return dt.datetime(2020, 12, day, 9, tzinfo=dt.UTC)


def load(day, industry):
    rows = [Row((CODE, "甲公司", industry), "名单", 2)]
    return load_rows(TARGET, rows, verb="reference.enterprises-loaded", name="名单.xlsx", by=BY, at=at(day))


def told(entries):
    return [(entry.title, entry.differences) for entry in entries]


def test_events_and_batches_are_one_story():
    load(1, "制造")
    load(2, "服务")
    firm = Enterprise.objects.get()
    change_record(firm, {"industry": "建筑"}, by=BY, at=at(3), reason="核实")
    assert told(history(firm)) == [
        ("修改", [("行业", "服务", "建筑")]),
        ("导入", [("行业", "制造", "服务")]),
        ("导入", []),
    ]
    assert history(firm)[0].reason == "核实"


def test_who_acted_for_somebody_else_is_told_with_both():
    with acting_for(7, "李四"):
        firm = create_record(Enterprise, {"credit_code": CODE, "name": "甲公司"}, by=BY, at=at(1))
    event = Event.objects.get(object_type="reference.enterprise")
    assert (event.by_name, event.for_id, event.for_name) == ("测试", 7, "李四")
    assert history(firm)[0].by == "测试（代李四）"
    assert history(create_again(firm))[0].by == "测试"


def create_again(firm):
    """Changed by the person for himself."""
    return change_record(firm, {"name": "乙公司"}, by=BY, at=at(2))


def test_a_batch_that_was_withdrawn_stays_in_the_story():
    load(1, "制造")
    second = load(2, "服务")
    withdraw_batch(second, by=BY, at=at(3), reason="传错")
    firm = Enterprise.objects.get()
    assert firm.industry == "制造"
    assert [(entry.title, entry.reason) for entry in history(firm)] == [
        ("撤回一批", "传错"),
        ("导入", ""),
        ("导入", ""),
    ]


def test_what_is_gone_can_still_be_read():
    load(1, "制造")
    firm = Enterprise.objects.get()
    number = firm.pk
    change_record(firm, {"name": "乙公司"}, by=BY, at=at(2))
    remove_record(firm, by=BY, at=at(3), reason="注销")
    assert [entry.title for entry in history_of(Enterprise, number)] == ["删除", "修改", "导入"]


def test_values_are_written_as_a_reader_would():
    unit = make_unit("区科工局")
    line = make_line(unit, amount_fen=123_456_00)
    change_record(line, {"amount_fen": 100_000_00, "fund": FundKind.OWN.value}, by=BY, at=at(2))
    differences = {name: (old, new) for name, old, new in history(line)[0].differences}
    assert differences["金额"] == ("123,456.00 元", "100,000.00 元")
    assert differences["资金性质"] == (FundKind.GENERAL.label, FundKind.OWN.label)
    activity = make_activity(unit)
    series = create_record(Series, {"code": "S1", "name": "进园区", "unit": unit}, by=BY, at=at(2))
    change_record(activity, {"series": series}, by=BY, at=at(3))
    assert history(activity)[0].differences == [("所属系列", "—", "进园区")]
    field = Activity._meta.get_field("unit")
    assert shown_value(field, 10**9) == f"#{10**9}", "a unit that is gone keeps its number"


def test_kinds_and_verbs_are_told_in_words():
    assert kind_title("outreach.activity") == "活动"
    assert kind_title("gone.thing") == "gone.thing"
    assert verb_title("outreach.activity-created") == "新建"
    assert verb_title("reference.outreach-batch-withdrawn") == "撤回一批"
    assert verb_title("access.role-given") == "授权"
    assert verb_title("x.unheard-of") == "x.unheard-of"


def test_what_was_changed_and_removed_with_many_others_tells_its_own_part():
    load(1, "制造")
    firm = Enterprise.objects.get()
    change_many(Enterprise, [firm.pk], {"industry": "建筑"}, by=BY, at=at(2), reason="行业改名")
    remove_many(Enterprise, [firm.pk], by=BY, at=at(3), reason="清理")
    told = [(entry.title, entry.reason, entry.differences) for entry in history_of(Enterprise, firm.pk)]
    assert told == [
        ("批量删除", "清理", []),
        ("批量修改", "行业改名", [("行业", "制造", "建筑")]),
        ("导入", "", []),
    ]
    assert name_of_gone(Enterprise, firm.pk, Event.objects.all()) == f"企业 #{firm.pk}"
    assert name_of_gone(Enterprise, firm.pk, Event.objects.none()) == ""


# The screens


@pytest.fixture
def district():
    return make_unit("区")


@pytest.fixture
def unit(district):
    return make_unit("区科工局", district)


def url_of(record):
    return reverse("trail:object", args=[record._meta.label_lower, record.pk])


def test_whoever_sees_a_record_reads_its_history(unit, district):
    activity = make_activity(unit, name="宣讲一")
    change_record(activity, {"name": "宣讲二"}, by=BY, at=at(2))
    page = browser_of(make_user(unit, Role.STAFF)).get(url_of(activity)).content.decode()
    assert "<del>宣讲一</del>" in page
    assert "<ins>宣讲二</ins>" in page
    neighbour = make_user(make_unit("邻", district), Role.AUDITOR)
    assert browser_of(neighbour).get(url_of(activity)).status_code == 404


def test_what_is_gone_is_read_by_whoever_may_read_the_trail(unit, district):
    clerk, auditor = make_user(unit, Role.STAFF), make_user(unit, Role.AUDITOR)
    activity = make_activity(unit, name="取消的宣讲")
    url = url_of(activity)
    remove_record(activity, by=clerk, at=at(2), reason="取消")
    page = browser_of(auditor).get(url).content.decode()
    assert "取消的宣讲" in page
    assert "已经不在了" in page
    assert browser_of(clerk).get(url).status_code == 404
    neighbour = make_user(make_unit("邻", district), Role.AUDITOR)
    assert browser_of(neighbour).get(url).status_code == 404


@pytest.mark.parametrize("label", ["no.thing", "nothing", "outreach.activity"])
def test_what_never_was_is_not_found(unit, label):
    auditor = browser_of(make_user(unit, Role.AUDITOR))
    assert auditor.get(reverse("trail:object", args=[label, 9])).status_code == 404


def test_the_accounts_of_others_are_read_by_administrators_only(unit):
    user = make_user(unit, Role.STAFF)
    assert browser_of(make_user(unit, Role.STAFF)).get(url_of(user)).status_code == 404
    assert browser_of(make_user(unit, Role.ADMINISTRATOR)).get(url_of(user)).status_code == 200


def test_what_a_person_did_is_one_page(unit):
    clerk = make_user(unit, Role.STAFF, name="陈经办")
    create_record(
        BudgetLine,
        {
            "year": 2020,
            "body_code": "1",
            "body_name": "办公室",
            "function_code": "2",
            "chapter_code": "3",
            "economic_code": "4",
            "amount_fen": 5,
            "unit": unit,
        },
        by=clerk,
        at=at(2),
    )
    page = browser_of(make_user(unit, Role.AUDITOR)).get(reverse("trail:person", args=[clerk.pk]))
    text = page.content.decode()
    assert "新建" in text
    assert "预算明细" in text
    assert f"{reverse('trail:events-list')}?by_name=" in text
    for name, count in (("陈经办", 1), ("别人", 0)):
        listed = browser_of(make_user(unit, Role.AUDITOR)).get(
            reverse("trail:events-list"), {"by_name": name}
        )
        assert ("预算明细" in listed.content.decode()) == bool(count)
    assert browser_of(clerk).get(reverse("trail:person", args=[clerk.pk])).status_code == 403


# Reading exports is an event; a view saved is an operation


def test_taking_a_list_away_is_an_event(unit):
    make_activity(unit)
    clerk = make_user(unit, Role.STAFF)
    response = browser_of(clerk).get("/outreach/activities/export.csv?kind=roadshow")
    b"".join(response.streaming_content)
    event = Event.objects.get()
    assert (event.verb, event.by_id) == ("outreach.activities-exported", clerk.pk)
    assert (event.after["rows"], event.after["query"]) == (1, "kind=roadshow")


def test_looking_at_a_list_is_none(unit):
    browser_of(make_user(unit, Role.STAFF)).get("/outreach/activities/")
    assert not Event.objects.exists()


def test_a_view_is_saved_and_forgotten_by_its_owner_alone(unit):
    from yunpu.ui.models import SavedView

    owner, other = browser_of(make_user(unit, Role.STAFF)), browser_of(make_user(unit, Role.STAFF))
    owner.post("/outreach/activities/views/", {"name": "本年", "query": "kind=roadshow"})
    view = SavedView.objects.get()
    assert "本年" not in other.get("/outreach/activities/").content.decode(), "it is not shared"
    other.post("/outreach/activities/views/", {"forget": view.pk})
    assert SavedView.objects.count() == 1
    owner.post("/outreach/activities/views/", {"forget": view.pk})
    assert not SavedView.objects.exists()
    assert [event.verb for event in Event.objects.order_by("id")] == ["ui.view-saved", "ui.view-forgotten"]


def test_from_an_event_one_comes_to_what_it_was_about(unit):
    clerk, auditor = make_user(unit, Role.STAFF), browser_of(make_user(unit, Role.AUDITOR))
    activity = make_activity(unit, name="取消的宣讲")
    remove_record(activity, by=clerk, at=at(2), reason="取消")
    event = Event.objects.get()
    page = auditor.get(reverse("trail:events-record", args=[event.pk])).content.decode()
    assert "活动名称：取消的宣讲" in page
    link = reverse("trail:event-object", args=[event.pk])
    assert link in page
    assert auditor.get(link)["Location"] == reverse(
        "trail:object", args=["outreach.activity", event.object_id]
    )
