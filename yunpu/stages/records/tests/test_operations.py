"""The hands that can be laid on a run: what each does, whom it refuses, what the database itself guards."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction

from yunpu.access import scope
from yunpu.access.models import Grant, Role
from yunpu.domains.budget.tests.factories import make_line
from yunpu.domains.outreach.models import Activity
from yunpu.domains.outreach.tests.factories import make_activity
from yunpu.reference.workdays import UnableToCountWorkingDays
from yunpu.stages.records import operations
from yunpu.stages.records.declaring import Above, At, Late, Process, Step, Who
from yunpu.stages.records.models import Declaration, Move, Opinion, Run
from yunpu.stages.records.operations import open_turn
from yunpu.stages.records.refusals import (
    ActedMeanwhile,
    UnableToBegin,
    UnableToRemoveWhileRunning,
    UnableToStopClock,
    UnableToTakeStep,
    UnableToWithdrawStep,
)
from yunpu.stages.records.taking import sees
from yunpu.stages.records.tests.cases import AT, FIRST_DAY, make_calendar, make_person, make_unit
from yunpu.trail.models import Event
from yunpu.trail.operations import remove_record

pytestmark = pytest.mark.django_db

STAFF, REVIEWER, LEADER, FINANCE = Who("staff"), Who("reviewer"), Who("leader", At.PARENT), Who("finance")
THREE = Process(
    "test.three",
    "三步",
    "outreach.activity",
    end="办结",
    steps=(
        Step("draft", "拟订", "拟订中", "送审", STAFF, fields=("place",), days=3),
        Step("review", "审核", "待审核", "通过", REVIEWER, not_by=("draft",), days=2, clock_may_stop=True),
        Step("approve", "批准", "待批准", "批准", LEADER, not_by=("review",), may_turn_down=True),
    ),
)
MONEY = Process(
    "test.money",
    "两个批准人",
    "budget.budgetline",
    end="办结",
    steps=(
        Step("ask", "申请", "申请中", "送批", STAFF),
        Step("approve", "批准", "待批准", "批准", FINANCE, not_by=("ask",)),
        Step(
            "again", "再批", "待再批", "再批准", FINANCE, not_by=("ask", "approve"),
            only=Above("amount_fen", 100_000_000),
        ),
    ),
)  # fmt: skip


@pytest.fixture(autouse=True)
def calendar():
    make_calendar()


@pytest.fixture
def place():
    district = make_unit("区")
    return make_unit("甲局", district)


@pytest.fixture
def people(place):
    return {
        "clerk": make_person(place, (Role.STAFF, place)),
        "colleague": make_person(place, (Role.STAFF, place)),
        "reviewer": make_person(place, (Role.REVIEWER, place)),
        "leader": make_person(place.parent, (Role.LEADER, place.parent)),
    }


@pytest.fixture
def run(place, people):
    activity = make_activity(place, place="礼堂")
    return operations.begin_run(THREE, activity, by=people["clerk"], at=AT)


def at_review(run, people):
    return operations.pass_on(run, by=people["clerk"], at=AT)


def test_a_run_begins_at_its_first_step_with_one_event_of_the_record(run, people):
    assert (run.step, run.outcome, open_turn(run).taker) == ("draft", "", people["clerk"])
    event = Event.objects.get(verb="records.run-begun")
    assert (event.object_type, event.object_id, event.by_id) == (
        "outreach.activity", run.object_id, people["clerk"].pk,
    )  # fmt: skip


def test_every_hand_is_one_move_and_one_event(run, people):
    before = Event.objects.count()
    run = at_review(run, people)
    run = operations.pass_on(run, by=people["reviewer"], at=AT, words="同意")
    assert Event.objects.count() == before + 2
    assert list(run.moves.values_list("number", "kind", "from_step", "to_step", "words")) == [
        (1, "begun", "", "draft", ""),
        (2, "passed", "draft", "review", ""),
        (3, "passed", "review", "approve", "同意"),
    ]


def test_it_is_not_begun_twice_nor_by_somebody_without_the_role(run, people, place):
    with pytest.raises(UnableToBegin, match="已经在办理中"):
        operations.begin_run(THREE, run.record(), by=people["clerk"], at=AT)
    with pytest.raises(UnableToBegin, match="没有发起"):
        operations.begin_run(THREE, make_activity(place), by=people["reviewer"], at=AT)
    assert Run.objects.count() == 1


def test_all_that_is_missing_is_told_at_once(run, people):
    Activity.objects.filter(pk=run.object_id).update(place="")
    operations.ask_opinions(run, [people["reviewer"]], question="看看", by=people["clerk"], at=AT)
    with pytest.raises(UnableToTakeStep) as refusal:
        operations.pass_on(run, by=people["clerk"], at=AT)
    assert "地点" in str(refusal.value)
    assert people["reviewer"].name in str(refusal.value)


def test_a_step_at_the_parent_is_not_taken_by_the_same_role_at_the_unit(run, people, place):
    run = at_review(run, people)
    run = operations.pass_on(run, by=people["reviewer"], at=AT)
    with pytest.raises(UnableToTakeStep, match="另一个角色"):
        operations.pass_on(run, by=make_person(place, (Role.LEADER, place)), at=AT)
    assert operations.pass_on(run, by=people["leader"], at=AT).outcome == Run.Outcome.DONE


def test_the_maker_never_checks_whatever_roles_he_has(run, people, place):
    run = at_review(run, people)
    Grant.objects.create(user=people["clerk"], role=Role.REVIEWER, unit=place, valid_from=FIRST_DAY)
    with pytest.raises(UnableToTakeStep, match="另一人"):
        operations.pass_on(run, by=people["clerk"], at=AT)
    with pytest.raises(UnableToTakeStep, match="另一人"):
        operations.send_back(run, "draft", by=people["clerk"], at=AT, words="退回")


def test_above_an_amount_two_different_people_approve(place):
    clerk, one, other = (make_person(place, (role, place)) for role in ("staff", "finance", "finance"))
    small, large = (make_line(unit=place, amount_fen=fen) for fen in (100_000_000, 100_000_001))
    run = operations.begin_run(MONEY, small, by=clerk, at=AT)
    run = operations.pass_on(operations.pass_on(run, by=clerk, at=AT), by=one, at=AT)
    assert run.outcome == Run.Outcome.DONE
    run = operations.begin_run(MONEY, large, by=clerk, at=AT)
    run = operations.pass_on(operations.pass_on(run, by=clerk, at=AT), by=one, at=AT)
    assert run.step == "again"
    with pytest.raises(UnableToTakeStep, match="另一人"):
        operations.pass_on(run, by=one, at=AT)
    assert operations.pass_on(run, by=other, at=AT).outcome == Run.Outcome.DONE


def test_it_is_sent_back_to_whoever_took_the_step_and_goes_the_whole_way_again(run, people):
    run = operations.pass_on(at_review(run, people), by=people["reviewer"], at=AT)
    run = operations.send_back(run, "draft", by=people["leader"], at=AT, words="地点太远")
    assert (run.step, open_turn(run).taker) == ("draft", people["clerk"])
    assert run.moves.last().words == "地点太远"
    run = operations.pass_on(run, by=people["clerk"], at=AT)
    assert run.step == "review"


@pytest.mark.parametrize("to", ["review", "approve", "nowhere"])
def test_it_is_not_sent_back_to_where_it_has_not_been(run, people, to):
    run = at_review(run, people)
    with pytest.raises(UnableToTakeStep, match="办过的环节"):
        operations.send_back(run, to, by=people["reviewer"], at=AT, words="退回")


def test_a_step_is_taken_back_before_the_next_hand_begins_and_not_after(run, people):
    run = operations.take_back(at_review(run, people), by=people["clerk"], at=AT)
    assert (run.step, open_turn(run).taker) == ("draft", people["clerk"])
    run = at_review(run, people)
    operations.take_up(run, by=people["reviewer"], at=AT)
    with pytest.raises(UnableToWithdrawStep, match="已经开始"):
        operations.take_back(run, by=people["clerk"], at=AT)


def test_a_step_of_somebody_else_is_not_taken_back(run, people):
    with pytest.raises(UnableToWithdrawStep, match="不是您办的"):
        operations.take_back(at_review(run, people), by=people["colleague"], at=AT)


def test_what_is_taken_up_is_left_to_whoever_took_it_up_and_can_be_handed_over(run, people):
    with pytest.raises(UnableToTakeStep, match="别的同事"):
        operations.pass_on(run, by=people["colleague"], at=AT)
    run = operations.hand_over(run, people["colleague"], by=people["clerk"], at=AT, words="出差")
    assert open_turn(run).taker == people["colleague"]
    assert operations.pass_on(run, by=people["colleague"], at=AT).step == "review"


def test_it_is_not_handed_over_to_somebody_who_could_not_take_it(run, people):
    for person in (people["reviewer"], people["clerk"]):
        with pytest.raises(UnableToTakeStep, match="不能办这一步"):
            operations.hand_over(run, person, by=people["clerk"], at=AT)


def test_opinions_are_asked_in_parallel_decide_nothing_and_are_waited_for(run, people):
    run = at_review(run, people)
    asked = [people["clerk"], people["leader"]]
    one, other = operations.ask_opinions(run, asked, question="场地够吗", by=people["reviewer"], at=AT)
    operations.give_opinion(other, stance=Opinion.Stance.OBJECTS, words="太远", by=people["leader"], at=AT)
    run.refresh_from_db()
    assert run.step == "review"
    with pytest.raises(UnableToTakeStep, match=people["clerk"].name):
        operations.pass_on(run, by=people["reviewer"], at=AT)
    operations.give_opinion(one, stance=Opinion.Stance.AGREES, words="", by=people["clerk"], at=AT)
    run.refresh_from_db()
    assert operations.pass_on(run, by=people["reviewer"], at=AT).step == "approve"


def test_an_opinion_is_given_by_whom_it_was_asked_of_once_and_with_words_unless_it_agrees(run, people):
    (opinion,) = operations.ask_opinions(run, [people["leader"]], question="", by=people["clerk"], at=AT)
    with pytest.raises(UnableToTakeStep, match="没有请您"):
        operations.give_opinion(opinion, stance="agrees", words="", by=people["colleague"], at=AT)
    with pytest.raises(UnableToTakeStep, match="写明意见"):
        operations.give_opinion(opinion, stance="objects", words="", by=people["leader"], at=AT)
    operations.give_opinion(opinion, stance="objects", words="太远", by=people["leader"], at=AT)
    with pytest.raises(UnableToTakeStep, match="已经签过"):
        operations.give_opinion(opinion, stance="agrees", words="", by=people["leader"], at=AT)


def test_being_asked_opens_the_record_and_says_so(run, people, place):
    elsewhere = make_unit("乙局", place.parent)
    other, bystander = (make_person(elsewhere, (Role.REVIEWER, elsewhere)) for _ in range(2))
    assert not sees(run.record(), other, on=AT.date())
    operations.ask_opinions(run, [other], question="", by=people["clerk"], at=AT)
    assert sees(run.record(), other, on=AT.date())
    assert sees(run, other, on=AT.date())
    assert "会签" in scope.why_visible(run.record(), other, on=AT.date()).words
    assert not sees(run.record(), bystander, on=AT.date())
    assert not scope.visible(Activity.objects.all(), other, on=AT.date(), action="change").exists()


def test_an_opinion_is_not_asked_of_somebody_who_reads_no_such_record(run, people, place):
    with pytest.raises(UnableToTakeStep, match="看不了"):
        operations.ask_opinions(run, [make_person(place)], question="", by=people["clerk"], at=AT)
    assert not Opinion.objects.exists()


def test_a_declared_opinion_is_asked_of_a_role_and_given_by_any_who_has_it(place, people):
    process = Process(
        "test.opinions", "会签", "outreach.activity", end="办结",
        steps=(Step("draft", "拟订", "拟订中", "送", STAFF, opinions=(REVIEWER, LEADER)),),
    )  # fmt: skip
    run = operations.begin_run(process, make_activity(place), by=people["clerk"], at=AT)
    first, second = open_turn(run).opinions.order_by("id")
    with pytest.raises(UnableToTakeStep, match="没有请您"):
        operations.give_opinion(first, stance="agrees", words="", by=people["leader"], at=AT)
    operations.give_opinion(first, stance="agrees", words="", by=people["reviewer"], at=AT)
    with pytest.raises(UnableToTakeStep, match="还差"):
        operations.pass_on(run, by=people["clerk"], at=AT)
    operations.give_opinion(second, stance="agrees", words="", by=people["leader"], at=AT)
    assert operations.pass_on(run, by=people["clerk"], at=AT).outcome == Run.Outcome.DONE


def test_urging_is_for_those_who_wait_once_a_day(run, people):
    run = at_review(run, people)
    with pytest.raises(UnableToTakeStep, match="自己手里"):
        operations.urge(run, by=people["reviewer"], at=AT)
    with pytest.raises(UnableToTakeStep, match="经手人"):
        operations.urge(run, by=people["colleague"], at=AT)
    operations.urge(run, by=people["clerk"], at=AT, words="请尽快")
    with pytest.raises(UnableToTakeStep, match="今天已经"):
        operations.urge(run, by=people["clerk"], at=AT)
    operations.urge(run, by=people["clerk"], at=AT + dt.timedelta(days=1))
    assert open_turn(run).urged_count == 2


def test_deadlines_are_working_days_with_an_amber_day_before_and_the_head_after(run):
    turn = open_turn(
        run
    )  # Monday 2020-12-21, three working days; the year turns on a Friday that is a holiday
    assert (turn.due_on, turn.warns_on, turn.escalates_on) == (
        dt.date(2020, 12, 24), dt.date(2020, 12, 23), dt.date(2020, 12, 28),
    )  # fmt: skip


def test_a_clock_that_stood_still_leaves_the_days_that_were_left(run, people):
    run = at_review(run, people)  # due on Wednesday 23
    assert open_turn(run).due_on == dt.date(2020, 12, 23)
    run = operations.stop_clock(run, by=people["reviewer"], at=AT, words="等场地证明")
    with pytest.raises(UnableToStopClock, match="已经停计"):
        operations.stop_clock(run, by=people["reviewer"], at=AT, words="等场地证明")
    later = dt.datetime(2020, 12, 31, 1, tzinfo=dt.UTC)
    run = operations.start_clock(run, by=people["reviewer"], at=later)
    turn = open_turn(run)
    assert (turn.due_on, turn.stopped_on, turn.stopped_days) == (dt.date(2021, 1, 5), None, 8)


def test_a_clock_stops_only_where_it_was_declared_in_time_and_with_a_reason(run, people):
    with pytest.raises(UnableToStopClock, match="不能停计"):
        operations.stop_clock(run, by=people["clerk"], at=AT, words="等材料")
    run = at_review(run, people)
    with pytest.raises(UnableToStopClock, match="在等什么"):
        operations.stop_clock(run, by=people["reviewer"], at=AT, words="")
    with pytest.raises(UnableToStopClock, match="逾期"):
        operations.stop_clock(run, by=people["reviewer"], at=AT + dt.timedelta(days=5), words="等材料")
    with pytest.raises(UnableToStopClock, match="没有停计"):
        operations.start_clock(run, by=people["reviewer"], at=AT)


def test_a_deadline_in_a_year_nobody_entered_is_refused_and_nothing_is_begun(place, people):
    late = dt.datetime(2022, 12, 30, 1, tzinfo=dt.UTC)
    with pytest.raises(UnableToCountWorkingDays):
        operations.begin_run(THREE, make_activity(place), by=people["clerk"], at=late)
    assert not Run.objects.exists()


def test_a_run_is_turned_down_where_that_is_declared_with_a_reason(run, people):
    run = at_review(run, people)
    with pytest.raises(UnableToTakeStep, match="可以退回"):
        operations.turn_down(run, by=people["reviewer"], at=AT, words="不办")
    run = operations.pass_on(run, by=people["reviewer"], at=AT)
    with pytest.raises(UnableToTakeStep, match="写明理由"):
        operations.turn_down(run, by=people["leader"], at=AT, words=" ")
    run = operations.turn_down(run, by=people["leader"], at=AT, words="不合时宜")
    assert (run.step, run.outcome, run.ended_at) == ("", Run.Outcome.REFUSED, AT)
    with pytest.raises(UnableToTakeStep, match="已经结束"):
        operations.pass_on(run, by=people["leader"], at=AT)


def test_a_run_is_dropped_at_its_first_step_only_and_can_be_begun_again(run, people):
    moved = at_review(run, people)
    with pytest.raises(UnableToTakeStep, match="不能撤销"):
        operations.drop_run(moved, by=people["reviewer"], at=AT, words="不办了")
    run = operations.take_back(moved, by=people["clerk"], at=AT)
    run = operations.drop_run(run, by=people["clerk"], at=AT, words="不办了")
    assert run.outcome == Run.Outcome.DROPPED
    assert operations.begin_run(THREE, run.record(), by=people["clerk"], at=AT).step == "draft"


def test_who_acts_on_a_page_that_is_no_longer_true_is_refused(run, people):
    run = at_review(run, people)
    seen = operations.mark_of(run, run.record())
    Activity.objects.filter(pk=run.object_id).update(place="别处")
    with pytest.raises(ActedMeanwhile, match="有人改过"):
        operations.pass_on(run, by=people["reviewer"], at=AT, seen=seen)
    seen = operations.mark_of(run, run.record())
    operations.urge(run, by=people["clerk"], at=AT)
    with pytest.raises(ActedMeanwhile, match="有人办过"):
        operations.pass_on(run, by=people["reviewer"], at=AT, seen=seen)
    run.refresh_from_db()
    seen = operations.mark_of(run, run.record())
    assert operations.pass_on(run, by=people["reviewer"], at=AT, seen=seen).step == "approve"


def test_many_steps_are_taken_at_once_each_with_its_own_result(place, people):
    runs = [
        operations.begin_run(THREE, make_activity(place, place=spot), by=people["clerk"], at=AT)
        for spot in ("礼堂", "", "广场")
    ]
    results = operations.pass_many([(run, "") for run in runs], by=people["clerk"], at=AT, words="一并送审")
    assert [result.run.step for result in results] == ["review", "draft", "review"]
    assert [bool(result.refusal) for result in results] == [False, True, False]
    assert "地点" in str(results[1].refusal)
    assert [run.moves.count() for run in runs] == [2, 1, 2]


def test_a_running_process_keeps_the_declaration_it_began_with(run, people):
    changed = Process(
        THREE.code, "新三步", THREE.model, end="办结", steps=THREE.steps[:1], late=Late(remind=2)
    )
    assert changed.digest != THREE.digest
    fresh = operations.begin_run(changed, make_activity(run.unit, place="礼堂"), by=people["clerk"], at=AT)
    assert Declaration.objects.filter(code=THREE.code).count() == 2
    assert operations.pass_on(fresh, by=people["clerk"], at=AT).outcome == Run.Outcome.DONE
    assert at_review(Run.objects.get(pk=run.pk), people).step == "review"


def test_a_record_on_its_way_is_not_removed(run, people):
    with pytest.raises(UnableToRemoveWhileRunning), transaction.atomic():
        remove_record(run.record(), by=people["clerk"], at=AT)
    assert run.record() is not None


def test_a_run_whose_record_is_gone_can_be_dropped_and_nothing_else(run, people):
    run = at_review(run, people)
    Activity.objects.filter(pk=run.object_id)._raw_delete("default")
    with pytest.raises(UnableToTakeStep, match="记录已不在"):
        operations.pass_on(run, by=people["reviewer"], at=AT)
    run = operations.drop_run(run, by=people["reviewer"], at=AT, words="整批撤回了")
    assert run.outcome == Run.Outcome.DROPPED


FORGERIES = [
    "UPDATE records_run SET step = 'approve'",
    "UPDATE records_run SET outcome = 'done', ended_at = begun_at, step = ''",
    "UPDATE records_run SET moves_count = 9",
    "UPDATE records_move SET words = 'x'",
    "DELETE FROM records_move",
    "UPDATE records_declaration SET title = 'x'",
    "DELETE FROM records_declaration",
]


@pytest.mark.parametrize("sql", FORGERIES)
def test_the_database_refuses_a_state_that_no_move_gives(run, sql):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    run.refresh_from_db()
    assert (run.step, run.moves.count()) == ("draft", 1)


def test_the_database_refuses_a_move_from_elsewhere_and_one_against_the_four_eyes(run, people):
    run = at_review(run, people)

    def forge(**values):
        given = {
            "run": run,
            "number": 3,
            "kind": "passed",
            "from_step": "review",
            "to_step": "approve",
            "at": AT,
        }
        with pytest.raises(DatabaseError), transaction.atomic():
            Move.objects.create(**{**given, "by_name": "某人", **values})

    forge(from_step="draft", by=people["reviewer"])
    forge(number=4, by=people["reviewer"])
    forge(by=people["clerk"])
    assert run.moves.count() == 2


def test_a_run_comes_back_with_its_moves_and_with_no_others(run, people):
    """As from a backup: the run as it stands, then the moves it has had."""
    at_review(run, people)
    kept = {"object_id": 0, "step": "review", "moves_count": 2}
    back = Run.objects.create(**_values(run, "object_id", "step", "moves_count"), **kept)
    for move in run.moves.order_by("number"):
        Move.objects.create(**_values(move, "run_id"), run=back)
    for number, start in ((2, "review"), (3, "draft"), (4, "review")):
        with pytest.raises(DatabaseError), transaction.atomic():
            Move.objects.create(
                **_values(move, "run_id", "number", "from_step"), run=back, number=number, from_step=start
            )
    assert back.moves.count() == 2


def _values(record, *left_out):
    names = [
        stored.attname for stored in record._meta.concrete_fields if stored.attname not in ("id", *left_out)
    ]
    return {name: getattr(record, name) for name in names}
