"""The screens of runs: what stands on them, who may act there, the bulk step row by row, the calendar file."""

import datetime as dt
import io

import pytest
from django.test import Client
from django.urls import reverse

from yunpu.access.models import Role
from yunpu.domains.outreach.processes import PLAN
from yunpu.domains.outreach.tests.factories import make_activity
from yunpu.stages.records import operations
from yunpu.stages.records.attaching import attach
from yunpu.stages.records.models import CalendarAddress, Opinion, Run
from yunpu.stages.records.tests.cases import AT, browse, make_calendar, make_person, make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(settings, tmp_path):
    make_calendar()
    settings.ATTACHMENTS_FOLDER = tmp_path / "attachments"
    settings.CLOCK_DATE = AT.date()


@pytest.fixture
def place():
    return make_unit("甲局", make_unit("区"))


@pytest.fixture
def clerk(place):
    return make_person(place, (Role.STAFF, place))


@pytest.fixture
def reviewer(place):
    return make_person(place, (Role.REVIEWER, place))


def make_run(place, clerk, **values):
    activity = make_activity(place, **{"place": "礼堂", "lecturer": "某机构", **values})
    attach(activity, io.BytesIO(b"plan"), name="plan.txt", paper="plan", by=clerk, at=AT)
    return operations.begin_run(PLAN, activity, by=clerk, at=AT)


def at_review(place, clerk, **values):
    return operations.pass_on(make_run(place, clerk, **values), by=clerk, at=AT)


def act(user, run, name, **given):
    return browse(user).post(reverse("records:act", args=[run.pk, name]), given, follow=True)


def shelf(user, name):
    return browse(user).get(reverse("tasks"), {"shelf": name}).content.decode()


def test_a_record_offers_its_process_to_whoever_may_begin_it(place, clerk, reviewer):
    activity = make_activity(place)
    url = reverse("outreach:activities-record", args=[activity.pk])
    assert "发起办理" in browse(clerk).get(url).content.decode()
    assert "发起办理" not in browse(reviewer).get(url).content.decode()
    browse(clerk).post(reverse("records:begin", args=[PLAN.code, activity.pk]))
    page = browse(clerk).get(url).content.decode()
    assert "方案拟订中" in page
    assert "送部门审核" in page
    assert reverse("records:run", args=[Run.objects.get().pk]) in page


def test_beginning_without_the_role_is_refused_in_words(place, reviewer):
    url = reverse("records:begin", args=[PLAN.code, make_activity(place).pk])
    page = browse(reviewer).post(url)
    assert page.status_code == 409
    assert "REC-101" in page.content.decode()
    assert browse(reviewer).post(reverse("records:begin", args=["outreach.nothing", 1])).status_code == 404


def test_the_page_has_one_primary_button_for_whoever_is_on_and_says_why_not_to_others(place, clerk, reviewer):
    run = at_review(place, clerk)
    url = reverse("records:run", args=[run.pk])
    mine, theirs = (browse(user).get(url).content.decode() for user in (reviewer, clerk))
    assert mine.count("yp-primary") == 1
    assert "审核通过" in mine
    assert "yp-primary" not in theirs
    assert "另一个角色办理" in theirs
    assert "取回" in theirs


def test_every_act_of_the_page_does_what_it_says(place, clerk, reviewer):
    run = at_review(place, clerk)
    assert "已取回" in act(clerk, run, "take-back").content.decode()
    act(clerk, run, "pass")
    act(clerk, run, "urge", words="请尽快")
    act(reviewer, run, "take-up")
    act(reviewer, run, "stop", words="等材料")
    assert "停计" in shelf(reviewer, "mine")
    act(reviewer, run, "start")
    act(reviewer, run, "ask", people=[clerk.pk], words="场地够吗")
    opinion = Opinion.objects.get()
    assert "场地够吗" in shelf(clerk, "mine")
    url = reverse("records:opinion", args=[opinion.pk])
    assert browse(clerk).post(url, {"stance": ""}).status_code == 409
    browse(clerk).post(url, {"stance": "agrees"})
    act(reviewer, run, "send-back", to="draft", words="请补充")
    act(clerk, run, "hand-over", to=make_person(place, (Role.STAFF, place)).pk)
    run.refresh_from_db()
    kinds = list(run.moves.order_by("number").values_list("kind", flat=True))
    assert kinds == [
        *["begun", "passed", "taken-back", "passed", "urged", "taken-up", "clock-stopped", "clock-started"],
        *["opinion-asked", "opinion-given", "sent-back", "handed-over"],
    ]
    page = browse(clerk).get(reverse("records:run", args=[run.pk])).content.decode()
    assert "请补充" in page


@pytest.mark.parametrize(
    ("name", "given"), [("explode", {}), ("hand-over", {"to": "x"}), ("ask", {"people": "9"})]
)
def test_an_act_that_is_none_and_a_person_who_is_none_are_not_found(place, clerk, name, given):
    assert act(clerk, make_run(place, clerk), name, **given).status_code == 404


def test_acting_on_a_page_that_is_no_longer_true_is_refused(place, clerk, reviewer):
    run = at_review(place, clerk)
    page = act(reviewer, run, "pass", seen="1-0")
    assert page.status_code == 409
    assert "REC-103" in page.content.decode()


def test_the_shelves_hold_what_waits_for_me_my_unit_others_and_what_is_done(place, clerk, reviewer):
    run = at_review(place, clerk, name="第一讲")
    leader = make_person(place.parent, (Role.LEADER, place.parent))
    assert "第一讲" in shelf(reviewer, "mine")
    assert "第一讲" not in shelf(clerk, "mine")
    assert "第一讲" in shelf(clerk, "waiting")
    assert "第一讲" in shelf(leader, "unit")
    run = operations.pass_on(run, by=reviewer, at=AT)
    operations.turn_down(run, by=leader, at=AT, words="不合时宜")
    for user, name in ((clerk, "done"), (leader, "done"), (reviewer, "done")):
        assert "第一讲" in shelf(user, name)
    assert "第一讲" not in shelf(leader, "unit")


def test_the_inbox_is_sorted_by_deadline(place, clerk, reviewer):
    for days, name in ((0, "后到"), (-3, "先到")):
        activity = make_activity(place, name=name, place="礼堂", lecturer="某机构")
        attach(activity, io.BytesIO(b"plan"), name="plan.txt", paper="plan", by=clerk, at=AT)
        run = operations.begin_run(PLAN, activity, by=clerk, at=AT + dt.timedelta(days=days))
        operations.pass_on(run, by=clerk, at=AT + dt.timedelta(days=days))
    page = shelf(reviewer, "mine")
    assert 0 < page.index("先到") < page.index("后到")


def test_what_is_late_turns_red_and_comes_to_the_head_after_the_declared_days(
    place, clerk, reviewer, settings
):
    run = at_review(place, clerk, name="第一讲")  # due on Wednesday 2020-12-23
    leader = make_person(place, (Role.LEADER, place))
    seen = {}
    for day in (22, 23, 24, 25):
        settings.CLOCK_DATE = dt.date(2020, 12, day)
        seen[day] = ("逾期 " in shelf(reviewer, "mine"), "督办" in shelf(leader, "mine"))
    assert seen == {22: (False, False), 23: (False, False), 24: (True, False), 25: (True, True)}
    operations.stop_clock(run, by=reviewer, at=AT, words="等材料")
    assert "督办" not in shelf(leader, "mine")


def test_many_are_taken_at_once_with_the_result_of_each_row(place, clerk, reviewer):
    runs = [at_review(place, clerk, name=name) for name in ("第一讲", "第二讲")]
    assert "部门审核 2 件" in shelf(reviewer, "mine")
    url = reverse("records:bulk")
    page = browse(reviewer).get(url, {"code": PLAN.code, "step": "review"})
    marks = [value for _turn, value, _missing, _tone in page.context["rows"]]
    assert len(marks) == 2
    operations.take_up(runs[1], by=make_person(place, (Role.REVIEWER, place)), at=AT)
    page = browse(reviewer).post(url, {"runs": marks, "words": "一并通过"}).content.decode()
    assert page.count("yp-badge yp-good") == 1
    assert page.count("yp-badge yp-bad") == 1
    assert "REC-103" in page
    assert sorted(Run.objects.values_list("step", flat=True)) == ["approve", "review"]
    assert "什么都没有办" in browse(reviewer).post(url).content.decode()


def test_the_picture_says_where_things_stand_and_how_long_each_step_takes(place, clerk, reviewer):
    for days in (1, 3, 5):
        run = at_review(place, clerk)
        operations.pass_on(run, by=reviewer, at=AT + dt.timedelta(days=days))
    at_review(place, clerk)
    page = browse(reviewer).get(reverse("records:process", args=[PLAN.code]))
    standings = {step.code: standing for step, _who, standing in page.context["steps"]}
    assert (standings["review"].waiting, standings["review"].taken) == (1, 3)
    assert (standings["review"].median_days, standings["approve"].waiting) == (3, 3)
    text = page.content.decode()
    assert "style=" not in text
    assert "1 件在办" in text
    assert "通常 3 天" in text
    assert browse(reviewer).get(reverse("records:process", args=["none"])).status_code == 404
    assert "活动方案办理" in browse(reviewer).get(reverse("records:processes")).content.decode()


def test_the_calendar_shows_what_is_due_on_its_day(place, clerk, reviewer):
    at_review(place, clerk, name="第一讲")
    page = browse(reviewer).get(reverse("records:calendar-month", args=[2020, 12])).content.decode()
    assert "第一讲" in page
    assert "等我办" in page
    assert browse(reviewer).get(reverse("records:calendar-month", args=[2020, 13])).status_code == 404


def test_the_calendar_file_is_opened_by_its_secret_alone_and_closed_with_it(place, clerk, reviewer):
    at_review(place, clerk, name="第一讲，含逗号,和很长很长很长很长很长很长很长很长很长很长的名字")
    client = browse(reviewer)
    page = client.post(reverse("records:address")).content.decode()
    url = page.split('value="http://testserver')[1].split('"')[0]
    secret = url.rsplit("/", 1)[1].removesuffix(".ics")
    assert not CalendarAddress.objects.filter(digest__contains=secret).exists()
    response = Client().get(url)
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    lines = response.content.decode().split("\r\n")
    assert max(len(line.encode()) for line in lines) <= 75
    text = response.content.decode().replace("\r\n ", "")
    assert "DTSTART;VALUE=DATE:20201223" in text
    assert "含逗号\\,和很长" in text
    client.post(reverse("records:address"), {"close": "1"})
    assert Client().get(url).status_code == 404


def test_the_calendar_file_of_an_account_that_was_closed_opens_nothing(place, clerk):
    secret = operations.open_calendar(clerk, at=AT)
    clerk.is_active = False
    clerk.save()
    assert Client().get(reverse("records:feed", args=[secret])).status_code == 404


def test_a_run_elsewhere_is_not_found_and_cannot_be_acted_on(place, clerk):
    run = make_run(place, clerk)
    elsewhere = make_unit("乙局", place.parent)
    stranger = make_person(elsewhere, (Role.STAFF, elsewhere))
    assert browse(stranger).get(reverse("records:run", args=[run.pk])).status_code == 404
    assert act(stranger, run, "pass").status_code == 404
    assert act(stranger, run, "drop", words="不办").status_code == 404


def test_pages_hold_no_chinese_in_english(place, clerk, reviewer):
    run = at_review(place, clerk, name="Lecture", code="L1")
    for user in (clerk, reviewer):
        user.language, user.name = "en", "Somebody"
        user.save()
    page = browse(reviewer).get(reverse("records:process", args=[PLAN.code])).content.decode()
    body = page.split("<main")[1].split("</main>")[0]
    assert not [character for character in body if "一" <= character <= "鿿"]
    assert run.step == "review"
