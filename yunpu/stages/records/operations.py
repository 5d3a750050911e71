"""Every hand that can be laid on a run: one function a verb, one trail event each. A state is never set otherwise.

`seen` is the mark of what the person saw (`mark_of`): who acts on a page that is no longer true is refused.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from yunpu.access import scope
from yunpu.access.models import User
from yunpu.kernel.digests import sm3_hex
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.stages.records.calendars import make_secret
from yunpu.stages.records.deadlines import Deadline, after_standstill, deadline_of
from yunpu.stages.records.declaring import Process, Step
from yunpu.stages.records.models import Attachment, CalendarAddress, Move, Opinion, Run, Turn
from yunpu.stages.records.refusals import (
    ActedMeanwhile,
    UnableToBegin,
    UnableToStopClock,
    UnableToTakeStep,
    UnableToWithdrawStep,
)
from yunpu.stages.records.taking import (
    holds,
    list_takers,
    may_answer,
    may_be_asked,
    may_take,
    place_of,
    sees,
)
from yunpu.stages.records.versions import keep_version
from yunpu.trail.operations import Actor, operation, snapshot_of
from yunpu.ui import search

Kind, Outcome = Move.Kind, Run.Outcome


def begin_run(process: Process, record: Any, *, by: Actor, at: dt.datetime) -> Run:
    """Begin a process for a record (发起); it then stands at the first step, in the hands of who began it.

    Raises UnableToBegin for somebody who may not take the first step, or where it runs already.
    """
    on, model, unit = timezone.localdate(at), type(record), scope.unit_of(record)
    assert process.model == model._meta.label_lower, f"{process.code} is not for {model._meta.label}"
    assert unit is not None, f"{record} belongs to no unit"
    first = process.first
    if not (
        holds(by, first.who.role, place_of(first.who, unit), on=on, model=model) and sees(record, by, on=on)
    ):
        raise UnableToBegin(reason=_("您没有发起它的角色"))
    with operation("records.run-begun", by=by, at=at) as note:
        model._default_manager.select_for_update().get(pk=record.pk)  # two people begin one after the other
        if find_open(process.code, record) is not None:
            raise UnableToBegin(reason=_("它已经在办理中"))
        run = Run.objects.create(
            declaration=keep_version(process, at=at),
            code=process.code,
            object_type=process.model,
            object_id=record.pk,
            object_name=str(record)[:300],
            unit=unit,
            begun_at=at,
            begun_by=by.trail_name(),
        )
        search.reindex(Run, [run.pk])
        hand = _Hand(run, record, by, at)
        hand.lay(Kind.BEGUN, to_step=first.code)
        turn = hand.arrive(first)
        turn.taker_id, turn.is_begun = by.pk, True
        turn.save(update_fields=["taker", "is_begun"])
        note.act(record, process=process.title, step=first.title)
    return run


def pass_on(run: Run, *, by: Actor, at: dt.datetime, words: str = "", seen: str = "") -> Run:
    """Take the step at which a run stands (办理): it goes to the next one that applies, or is done.

    Raises UnableToTakeStep, with all that is missing; ActedMeanwhile.
    """
    with _acting("records.step-passed", run, by, at, words, seen) as (hand, note):
        step = hand.step
        hand.refuse_unless_taker()
        missing = list_missing(hand.run, hand.record)
        if missing:
            raise UnableToTakeStep(
                reason=_("还差：%(missing)s"), missing=gettext("、").join(missing), run=run.pk
            )
        following = next_step(hand.run.process, step, hand.record)
        hand.leave()
        hand.lay(
            Kind.PASSED,
            words=words,
            to_step=following.code if following else "",
            outcome="" if following else Outcome.DONE,
        )
        if following:
            hand.arrive(following)
        hand.tell(note, step, following)
    return hand.run


def send_back(run: Run, to: str, *, by: Actor, at: dt.datetime, words: str, seen: str = "") -> Run:
    """Send a run back to an earlier step (退回), with a reason; whoever took that step last has it again.

    Raises UnableToTakeStep without a reason, or to a step it has not been at; ActedMeanwhile.
    """
    with _acting("records.step-sent-back", run, by, at, words, seen) as (hand, note):
        step = hand.step
        hand.refuse_unless_taker()
        if len(words.strip()) < 2:
            raise UnableToTakeStep(reason=_("退回要写明理由"), run=run.pk)
        target = next((one for one in list_targets(hand.run) if one.code == to), None)
        if target is None:
            raise UnableToTakeStep(reason=_("只能退回到已经办过的环节"), run=run.pk)
        hand.leave()
        hand.lay(Kind.SENT_BACK, words=words, to_step=target.code)
        hand.arrive(target, taker=last_taker(hand.run, target.code))
        hand.tell(note, step, target)
    return hand.run


def take_back(run: Run, *, by: Actor, at: dt.datetime) -> Run:
    """Take one's own last step back (取回), before the next hand has begun. Raises UnableToWithdrawStep."""
    with _acting("records.step-taken-back", run, by, at, "", "") as (hand, note):
        step, last = hand.step, find_last_decision(hand.run)
        if last is None or last.kind != Kind.PASSED or last.by_id is None or last.by_id != by.pk:
            raise UnableToWithdrawStep(reason=_("上一步不是您办的"), run=run.pk)
        if hand.turn.is_begun:
            raise UnableToWithdrawStep(reason=_("下一手已经开始办理"), run=run.pk)
        target = hand.run.process.step(last.from_step)
        hand.leave()
        hand.lay(Kind.TAKEN_BACK, to_step=target.code)
        hand.arrive(target, taker=last.by)
        hand.tell(note, step, target)
    return hand.run


def turn_down(run: Run, *, by: Actor, at: dt.datetime, words: str, seen: str = "") -> Run:
    """End a run without approval (不予通过), with a reason. Raises UnableToTakeStep, ActedMeanwhile."""
    with _acting("records.run-turned-down", run, by, at, words, seen) as (hand, note):
        step = hand.step
        hand.refuse_unless_taker()
        if not step.may_turn_down:
            raise UnableToTakeStep(reason=_("这一步不能作不予通过的决定，可以退回"), run=run.pk)
        if len(words.strip()) < 2:
            raise UnableToTakeStep(reason=_("不予通过要写明理由"), run=run.pk)
        hand.leave()
        hand.lay(Kind.TURNED_DOWN, words=words, outcome=Outcome.REFUSED)
        hand.tell(note, step, None)
    return hand.run


def drop_run(run: Run, *, by: Actor, at: dt.datetime, words: str, seen: str = "") -> Run:
    """End a run that nobody wants any more (撤销): at its first step, or at any where the record is gone, by who may
    take that step. Raises UnableToTakeStep, ActedMeanwhile."""
    with _acting("records.run-dropped", run, by, at, words, seen, also_without_record=True) as (hand, note):
        step = hand.step
        hand.refuse_unless_taker()
        if hand.record is not None and step.code != hand.run.process.first.code:
            raise UnableToTakeStep(reason=_("送出以后不能撤销，请先取回或请对方退回"), run=run.pk)
        if len(words.strip()) < 2:
            raise UnableToTakeStep(reason=_("撤销要写明理由"), run=run.pk)
        hand.leave()
        hand.lay(Kind.DROPPED, words=words, outcome=Outcome.DROPPED)
        hand.tell(note, step, None)
    return hand.run


def take_up(run: Run, *, by: Actor, at: dt.datetime) -> Run:
    """Take a step up for oneself (接办): colleagues see who is on it. Raises UnableToTakeStep."""
    with _acting("records.step-taken-up", run, by, at, "", "") as (hand, note):
        hand.refuse_unless_taker()
        if hand.turn.taker_id is not None and hand.turn.is_begun:
            raise UnableToTakeStep(reason=_("已经有人接办"), run=run.pk)
        hand.turn.taker_id, hand.turn.is_begun = by.pk, True
        hand.turn.save(update_fields=["taker", "is_begun"])
        hand.lay(Kind.TAKEN_UP, to_name=by.trail_name())
        hand.tell(note, hand.step, hand.step)
    return hand.run


def hand_over(run: Run, to: User, *, by: Actor, at: dt.datetime, words: str = "") -> Run:
    """Hand a step over to a colleague who may take it too (移交). Raises UnableToTakeStep."""
    with _acting("records.step-handed-over", run, by, at, words, "") as (hand, note):
        hand.refuse_unless_taker()
        if to.pk == by.pk or not list_takers(hand.turn, on=hand.on).filter(pk=to.pk).exists():
            raise UnableToTakeStep(reason=_("这位同事不能办这一步"), run=run.pk)
        hand.turn.taker, hand.turn.is_begun = to, True
        hand.turn.save(update_fields=["taker", "is_begun"])
        hand.lay(Kind.HANDED_OVER, words=words, to_name=to.trail_name())
        hand.tell(note, hand.step, hand.step, to=to.trail_name())
    return hand.run


def ask_opinions(
    run: Run, people: Iterable[User], *, question: str, by: Actor, at: dt.datetime
) -> list[Opinion]:
    """Ask people for their opinion (请会签), all at the same time; it decides nothing, but the step waits for it.

    Raises UnableToTakeStep for somebody who does not see the record, or was asked already.
    """
    asked = list(people)
    with _acting("records.opinion-asked", run, by, at, question, "") as (hand, note):
        hand.refuse_unless_taker()
        if not asked:
            raise UnableToTakeStep(reason=_("没有选会签人"), run=run.pk)
        waiting = set(hand.turn.opinions.filter(given_at=None).values_list("person", flat=True))
        for person in asked:
            if person.pk == by.pk or person.pk in waiting or not may_be_asked(run, person, on=hand.on):
                raise UnableToTakeStep(
                    reason=_("不能请%(name)s会签：看不了这类记录、已经请过，或是您自己"),
                    name=person.name,
                    run=run.pk,
                )
        hand.begin()
        opinions = [
            Opinion.objects.create(
                turn=hand.turn, person=person, asked_by=by.trail_name(), asked_at=at, question=question
            )
            for person in asked
        ]
        names = "、".join(person.name for person in asked)
        hand.lay(Kind.OPINION_ASKED, words=question, to_name=names[:100])
        hand.tell(note, hand.step, hand.step, to=names)
    return opinions


def give_opinion(opinion: Opinion, *, stance: str, words: str, by: Actor, at: dt.datetime) -> Opinion:
    """Give the opinion one was asked for (签署会签意见). Raises UnableToTakeStep."""
    if stance not in Opinion.Stance.values:
        raise UnableToTakeStep(reason=_("没有选同意、不同意或有补充"), run=opinion.turn.run_id)
    with _acting("records.opinion-given", opinion.turn.run, by, at, words, "") as (hand, note):
        stored = Opinion.objects.select_for_update().get(pk=opinion.pk)
        if not may_answer(stored, by, on=hand.on):
            raise UnableToTakeStep(reason=_("没有请您会签，或已经签过"), run=hand.run.pk)
        if stance != Opinion.Stance.AGREES and len(words.strip()) < 2:
            raise UnableToTakeStep(reason=_("不同意或有补充要写明意见"), run=hand.run.pk)
        stored.stance, stored.words = stance, words
        stored.given_by, stored.given_at = by.trail_name(), at
        stored.save(update_fields=["stance", "words", "given_by", "given_at"])
        hand.begin()
        hand.lay(Kind.OPINION_GIVEN, words=words)
        hand.tell(note, hand.step, hand.step, stance=str(Opinion.Stance(stance).label))
    return stored


def urge(run: Run, *, by: Actor, at: dt.datetime, words: str = "") -> Run:
    """Urge whoever is on (催办): once a day, by whoever had a hand in it or heads the unit. Raises UnableToTakeStep."""
    with _acting("records.run-urged", run, by, at, words, "") as (hand, note):
        if not may_urge(hand.run, hand.turn, by, on=hand.on):
            raise UnableToTakeStep(reason=_("催办由经手人或领导发出，自己手里的件不用催"), run=run.pk)
        last = hand.run.moves.filter(kind=Kind.URGED).order_by("-number").first()
        if last is not None and timezone.localdate(last.at) == hand.on:
            raise UnableToTakeStep(reason=_("今天已经催办过"), run=run.pk)
        hand.turn.urged_count += 1
        hand.turn.save(update_fields=["urged_count"])
        hand.lay(Kind.URGED, words=words)
        hand.tell(note, hand.step, hand.step)
    return hand.run


def stop_clock(run: Run, *, by: Actor, at: dt.datetime, words: str) -> Run:
    """Let the clock of a step stand still (停计), as while documents are awaited. Raises UnableToStopClock."""
    with _acting("records.clock-stopped", run, by, at, words, "") as (hand, note):
        hand.refuse_unless_taker()
        turn = hand.turn
        if not hand.step.clock_may_stop or turn.due_on is None:
            raise UnableToStopClock(reason=_("这一步的期限不能停计"), run=run.pk)
        if turn.stopped_on is not None:
            raise UnableToStopClock(reason=_("它已经停计"), run=run.pk)
        if turn.due_on < hand.on:
            raise UnableToStopClock(reason=_("已经逾期的不能停计"), run=run.pk)
        if len(words.strip()) < 2:
            raise UnableToStopClock(reason=_("停计要写明在等什么"), run=run.pk)
        turn.stopped_on = hand.on
        turn.save(update_fields=["stopped_on"])
        hand.begin()
        hand.lay(Kind.CLOCK_STOPPED, words=words)
        hand.tell(note, hand.step, hand.step)
    return hand.run


def start_clock(run: Run, *, by: Actor, at: dt.datetime, words: str = "") -> Run:
    """Let the clock go on (恢复计时): the days that were left are left again. Raises UnableToStopClock."""
    with _acting("records.clock-started", run, by, at, words, "") as (hand, note):
        hand.refuse_unless_taker()
        if hand.turn.stopped_on is None:
            raise UnableToStopClock(reason=_("它没有停计"), run=run.pk)
        hand.start_clock()
        hand.lay(Kind.CLOCK_STARTED, words=words)
        hand.tell(note, hand.step, hand.step)
    return hand.run


@dataclass(frozen=True)
class RowResult:
    """What became of one run of a bulk step: the run, or why it was left as it is."""

    run: Run
    refusal: Refusal | None = None


def pass_many(
    runs: Iterable[tuple[Run, str]], *, by: Actor, at: dt.datetime, words: str = ""
) -> list[RowResult]:
    """Take the step of many runs (批量办理), each an operation of its own with its own result: run and what was seen."""
    results = []
    for run, seen in runs:
        try:
            results.append(RowResult(pass_on(run, by=by, at=at, words=words, seen=seen)))
        except Refusal as refusal:  # told row by row
            results.append(RowResult(run, refusal))
    return results


def find_open(code: str, record: Any) -> Run | None:
    """The open run of a record in a process, whichever version."""
    return Run.objects.filter(
        code=code,
        object_type=record._meta.label_lower,
        object_id=record.pk,
        outcome=Outcome.OPEN,
    ).first()


def mark_of(run: Run, record: Any) -> str:
    """What a person saw: the number of hands, and the record as it was."""
    return f"{run.moves_count}-{digest_of(record)[:16]}"


def digest_of(record: Any) -> str:
    """The digest of a record's stored fields."""
    if record is None:
        return ""
    return sm3_hex(json.dumps(snapshot_of(record), ensure_ascii=False, sort_keys=True).encode())


def next_step(process: Process, step: Step, record: Any) -> Step | None:
    """The next step that applies to a record as it is now; None where the run is then done."""
    return next((one for one in process.after(step.code) if applies(one, record)), None)


def applies(step: Step, record: Any) -> bool:
    """Whether a step is taken for a record: one with a limit only above it."""
    return step.only is None or (getattr(record, step.only.field) or 0) > step.only.fen


def list_targets(run: Run) -> list[Step]:
    """The earlier steps that a run has been at: to these it can be sent back."""
    if run.current is None:
        return []
    been = set(run.turns.values_list("step", flat=True))
    return [step for step in run.process.before(run.step) if step.code in been]


def last_taker(run: Run, step: str) -> User | None:
    """Who last took a step of a run."""
    move = run.moves.filter(kind=Kind.PASSED, from_step=step).order_by("-number").first()
    return move.by if move is not None else None


def find_last_decision(run: Run) -> Move | None:
    """The last move that brought the run to where it stands."""
    moving = (Kind.BEGUN, Kind.PASSED, Kind.SENT_BACK, Kind.TAKEN_BACK)
    return run.moves.filter(kind__in=moving).order_by("-number").first()


def open_turn(run: Run) -> Turn | None:
    """The turn at which a run stands; None when it has ended."""
    return run.turns.filter(ended_at=None).select_related("run", "place", "taker").first()


def list_missing(run: Run, record: Any) -> list[str]:
    """What must be there before the step can be taken: fields, papers, opinions – all at once."""
    step, turn = run.current, open_turn(run)
    assert step is not None
    assert turn is not None
    missing = [
        gettext(str(record._meta.get_field(name).verbose_name))
        for name in step.fields
        if getattr(record, record._meta.get_field(name).attname) in (None, "")
    ]
    there = set(
        Attachment.objects.filter(
            object_type=run.object_type, object_id=run.object_id, removed_at=None
        ).values_list("paper", flat=True)
    )
    missing += [gettext(paper.title) for paper in step.papers if paper.code not in there]
    waiting = turn.opinions.filter(given_at=None).select_related("person", "place")
    return missing + [gettext("%(who)s的会签") % {"who": one.person or one.place} for one in waiting]


def may_urge(run: Run, turn: Turn, user: Any, *, on: dt.date) -> bool:
    """Whether a person may urge: has had a hand in the run, or is the head; and it is not in that person's own hands."""
    if turn.taker_id == user.pk or (turn.taker_id is None and may_take(turn, user, on=on)):
        return False
    head = run.process.late.head
    is_head = holds(user, head.role, place_of(head, run.unit), on=on, model=run.model())
    return is_head or run.moves.filter(by_id=user.pk).exists()


@dataclass
class _Hand:
    """One hand on one locked run: what every operation does with it."""

    run: Run
    record: Any
    by: Actor
    at: dt.datetime
    turn: Turn = field(init=False)

    @property
    def on(self) -> dt.date:
        return timezone.localdate(self.at)

    @property
    def step(self) -> Step:
        step = self.run.current
        assert step is not None
        return step

    def refuse_unless_taker(self) -> None:
        """Raise UnableToTakeStep for somebody without the role, barred by the four eyes, or not the one who is on."""
        reason = why_not(self.turn, self.record, self.by, on=self.on)
        if reason:
            raise UnableToTakeStep(reason=reason, run=self.run.pk)

    def lay(
        self, kind: str, *, words: str = "", to_step: str | None = None, outcome: str = "", to_name: str = ""
    ) -> None:
        """Write the move and let the run follow it."""
        run, ends = self.run, bool(outcome)
        target = ("" if ends else run.step) if to_step is None else to_step
        Move.objects.create(
            run=run,
            number=run.moves_count + 1,
            kind=kind,
            from_step=run.step,
            to_step=target,
            outcome=outcome,
            at=self.at,
            by_id=self.by.pk,
            by_name=self.by.trail_name(),
            unit_name=self.by.trail_unit()[1],
            words=words.strip(),
            to_name=to_name,
            record_digest=digest_of(self.record),
        )
        run.step, run.outcome, run.moves_count = target, outcome, run.moves_count + 1
        run.ended_at = self.at if ends else None
        run.object_name = str(self.record)[:300] if self.record is not None else run.object_name
        run.save(update_fields=["step", "outcome", "moves_count", "ended_at", "object_name"])

    def leave(self) -> None:
        """End the present turn; a clock that stands still goes on first."""
        if self.turn.stopped_on is not None:
            self.start_clock()
        self.turn.taker_id = self.turn.taker_id or self.by.pk
        self.turn.is_begun, self.turn.ended_at = True, self.at
        self.turn.save(update_fields=["taker", "is_begun", "ended_at"])

    def begin(self) -> None:
        """Note that the hand at this step has begun: the step before cannot be taken back any more."""
        if not self.turn.is_begun:
            self.turn.is_begun = True
            self.turn.save(update_fields=["is_begun"])

    def start_clock(self) -> None:
        turn = self.turn
        assert turn.due_on is not None
        assert turn.stopped_on is not None
        deadline, stood = after_standstill(turn.due_on, turn.stopped_on, self.on, self.run.process.late)
        self._set(turn, deadline)
        turn.stopped_on, turn.stopped_days = None, turn.stopped_days + stood
        turn.save(update_fields=["due_on", "warns_on", "escalates_on", "stopped_on", "stopped_days"])

    def arrive(self, step: Step, taker: User | None = None) -> Turn:
        """Open the turn of a step: whose it is, who is barred, until when, whose opinions are asked."""
        run, unit = self.run, self.run.unit
        turn = Turn(
            run=run,
            step=step.code,
            role=step.who.role,
            place=place_of(step.who, unit),
            taker=taker,
            arrived_at=self.at,
        )
        self._set(turn, deadline_of(step, self.record, self.on, run.process.late))
        turn.save()
        taken = run.moves.filter(kind=Kind.PASSED, from_step__in=step.not_by, by__isnull=False)
        turn.barred.set(sorted(set(taken.values_list("by", flat=True))))
        for who in step.opinions:
            Opinion.objects.create(
                turn=turn,
                role=who.role,
                place=place_of(who, unit),
                asked_by=self.by.trail_name(),
                asked_at=self.at,
            )
        self.turn = turn
        return turn

    @staticmethod
    def _set(turn: Turn, deadline: Deadline) -> None:
        turn.due_on, turn.warns_on, turn.escalates_on = (
            deadline.due_on,
            deadline.warns_on,
            deadline.escalates_on,
        )

    def tell(self, note: Any, before: Step, after: Step | None, **more: str) -> None:
        """One event of the record: from which step to which."""
        note.act(
            self.run if self.record is None else self.record,
            process=self.run.declaration.title,
            from_step=before.title,
            to_step=after.title if after else self.run.process.end,
            **more,
        )


def why_not(turn: Turn, record: Any, user: Any, *, on: dt.date) -> str:
    """Why a person cannot take a turn; empty where that person can."""
    if turn.taker_id is not None and turn.taker_id != user.pk and turn.is_begun and user.pk is not None:
        return _("它在别的同事手里")
    if not holds(user, turn.role, turn.place, on=on, model=turn.run.model()):
        return _("这一步由另一个角色办理")
    if user.pk is not None and turn.barred.filter(pk=user.pk).exists():
        return _("经手过前面环节的人不能办这一步，须由另一人办理")
    return "" if record is None or sees(record, user, on=on) else _("您看不到这条记录")


@contextmanager
def _acting(
    verb: str,
    run: Run,
    by: Actor,
    at: dt.datetime,
    words: str,
    seen: str,
    *,
    also_without_record: bool = False,
) -> Iterator[tuple[_Hand, Any]]:
    """One operation on a run that is locked, open, and as it was seen."""
    with operation(verb, by=by, at=at, reason=words.strip()) as note:
        stored = (
            Run.objects.select_for_update(of=("self",)).select_related("declaration", "unit").get(pk=run.pk)
        )
        record = stored.record()
        if not stored.is_open or (record is None and not also_without_record):
            raise UnableToTakeStep(reason=_("这个办件已经结束，或记录已不在"), run=run.pk)
        if seen and seen != mark_of(stored, record):
            acted = seen.split("-")[0] != str(stored.moves_count)
            raise ActedMeanwhile(what=_("有人办过它") if acted else _("有人改过这条记录"), run=run.pk)
        hand = _Hand(stored, record, by, at)
        turn = open_turn(stored)
        assert turn is not None, f"{stored}: an open run stands somewhere"
        hand.turn = turn
        yield hand, note


def open_calendar(person: User, *, at: dt.datetime) -> str:
    """Give a person a new secret address of the own calendar of deadlines; an earlier one opens nothing any more."""
    secret, digest = make_secret()
    with operation("records.calendar-opened", by=person, at=at) as note:
        CalendarAddress.objects.update_or_create(person=person, defaults={"digest": digest, "made_at": at})
        note.act(person)
    return secret


def close_calendar(person: User, *, at: dt.datetime) -> None:
    """Let the address of a person's calendar open nothing any more."""
    with operation("records.calendar-closed", by=person, at=at) as note:
        CalendarAddress.objects.filter(person=person).delete()
        note.act(person)
