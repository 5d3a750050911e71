"""What waits for a person, for the own unit, for others, and what is done: the shelves of the one inbox."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from yunpu.stages.records import queries
from yunpu.stages.records.declaring import Step
from yunpu.stages.records.models import Turn
from yunpu.trail.clock import today
from yunpu.ui.home import DONE, UNIT, WAITING, Task, Tasks

LATE, SOON = "bad", "warn"


def read_mine(request: HttpRequest) -> list[Task]:
    """The steps this person may take, the opinions asked for, and what is late and has come to this person as the head."""
    on = today()
    turns = list(queries.list_mine(request.user, on=on)[: queries.MOST])
    alike = Counter((turn.run.code, turn.step) for turn in turns)
    tasks = [_task(turn, on, gettext(_step(turn).verb), alike[turn.run.code, turn.step]) for turn in turns]
    for opinion in queries.list_asked(request.user, on=on)[: queries.MOST]:
        asked = _task(opinion.turn, on, gettext("签署会签意见"))
        tasks.append(_with_note(asked, opinion.question or gettext("请您会签")))
    for turn in queries.list_escalated(request.user, on=on):
        tasks.append(
            _with_note(
                _task(turn, on, gettext("督办")), gettext("逾期，报您督办：%(who)s") % {"who": on_whom(turn)}
            )
        )
    return tasks


def read_unit(request: HttpRequest) -> list[Task]:
    """Every open run that this person sees, whoever is on."""
    on = today()
    turns = queries.list_of_units(request.user, on=on)[: queries.MOST]
    return [_with_note(_task(turn, on, gettext("查看")), on_whom(turn)) for turn in turns]


def read_waiting(request: HttpRequest) -> list[Task]:
    """What this person passed on and others have in hand."""
    on = today()
    turns = queries.list_waiting(request.user, on=on)[: queries.MOST]
    return [_with_note(_task(turn, on, gettext("查看")), on_whom(turn)) for turn in turns]


def read_done(request: HttpRequest) -> list[Task]:
    """What this person had a hand in and is done."""
    return [
        Task(
            title=run.object_name,
            note=f"{run.process_title()} · {run.state_title()}",
            url=reverse("records:run", args=[run.pk]),
            verb=gettext("查看"),
            since=run.ended_at or run.begun_at,
        )
        for run in queries.list_done(request.user)[: queries.MOST]
    ]


def on_whom(turn: Turn) -> str:
    """Who is on, in words: the person who has taken it up, else the role and the unit."""
    if turn.taker is not None:
        return f"{turn.taker.name} · {gettext(_step(turn).state)}"
    return f"{turn.place} · {gettext(_step(turn).state)}"


def tone_of(turn: Turn, on: dt.date) -> str:
    """Red where the deadline is over, amber where it is near; a clock that stands still has no colour."""
    if turn.due_on is None or turn.stopped_on is not None:
        return ""
    if turn.due_on < on:
        return LATE
    return SOON if turn.warns_on is not None and turn.warns_on <= on else ""


def _end_of(day: dt.date) -> dt.datetime:
    """The last minute of a day, until which what is due on it is in time."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time(23, 59)))


def _step(turn: Turn) -> Step:
    return turn.run.process.step(turn.step)


def _task(turn: Turn, on: dt.date, verb: str, alike: int = 1) -> Task:
    step, run = _step(turn), turn.run
    urged = gettext("已催办 %(count)s 次") % {"count": turn.urged_count} if turn.urged_count else ""
    stopped = gettext("停计中") if turn.stopped_on else ""
    words = [run.process_title(), gettext(step.asks) or gettext(step.state), urged, stopped]
    bulk = f"{reverse('records:bulk')}?code={run.code}&step={turn.step}" if alike > 1 else ""
    return Task(
        title=run.object_name,
        note=" · ".join(filter(None, words)),
        url=reverse("records:run", args=[run.pk]),
        verb=verb,
        since=turn.arrived_at,
        due=_end_of(turn.due_on) if turn.due_on and not turn.stopped_on else None,
        tone=tone_of(turn, on),
        bulk_url=bulk,
        bulk_title=gettext("%(step)s %(count)s 件") % {"step": gettext(step.title), "count": alike}
        if bulk
        else "",
    )


def _with_note(task: Task, note: str) -> Task:
    return Task(
        **{**task.__dict__, "note": f"{task.note.split(' · ')[0]} · {note}", "bulk_url": "", "bulk_title": ""}
    )


MINE_TASKS = Tasks(read_mine, order=10)
UNIT_TASKS = Tasks(read_unit, order=10, shelf=UNIT)
WAITING_TASKS = Tasks(read_waiting, order=10, shelf=WAITING)
DONE_TASKS = Tasks(read_done, order=10, shelf=DONE)
