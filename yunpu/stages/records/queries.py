"""What stands where: the inbox of a person, the deadlines of a month, and how long each step of a process takes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from statistics import median
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from yunpu.access import scope
from yunpu.stages.records.declaring import Process
from yunpu.stages.records.models import Move, Opinion, Run, Turn
from yunpu.stages.records.taking import answerable, place_of, takeable

MOST = 100  # of one shelf of the inbox
SAMPLE = 400  # of the newest stays from which the time of a step is told


def list_mine(user: Any, *, on: dt.date) -> QuerySet[Turn]:
    """The open turns that a person may take: one's own, and those that nobody has taken up; by deadline."""
    free = Q(taker=None) | Q(taker=user) | Q(is_begun=False)
    return _by_deadline(_open().filter(takeable(user, on=on)).filter(free).exclude(barred=user))


def list_asked(user: Any, *, on: dt.date) -> QuerySet[Opinion]:
    """The opinions that a person is asked for and has not given."""
    asked = Opinion.objects.filter(given_at=None, turn__ended_at=None).filter(answerable(user, on=on))
    return asked.select_related("turn__run__declaration", "turn__run__unit", "turn__place").order_by(
        F("turn__due_on").asc(nulls_last=True), "id"
    )


def list_escalated(user: Any, *, on: dt.date) -> list[Turn]:
    """The late turns that have come to a person as the head: which role that is, the run's declaration says."""
    late = _by_deadline(_open().filter(escalates_on__lte=on, stopped_on=None))
    grants = scope.list_grants(user, on)
    if not grants:
        return []
    reached = reduce(or_, (Q(run__unit__path__startswith=grant.unit.path) for grant in grants))
    found = late.filter(reached)[: MOST * 2]
    return [turn for turn in found if _is_head(turn, grants) and turn.taker_id != user.pk][:MOST]


def _is_head(turn: Turn, grants: Sequence[Any]) -> bool:
    head = turn.run.process.late.head
    place = place_of(head, turn.run.unit)
    return any(
        grant.role == head.role
        and grant.register in ("", turn.run.object_type)
        and place.path.startswith(grant.unit.path)
        for grant in grants
    )


def list_of_units(user: Any, *, on: dt.date) -> QuerySet[Turn]:
    """The open turns of the runs that a person sees, whoever is on."""
    return _by_deadline(_open().filter(run__in=scope.visible(Run.objects.all(), user, on=on)))


def list_waiting(user: Any, *, on: dt.date) -> QuerySet[Turn]:
    """The open turns of runs in which a person had a hand, now in the hands of others."""
    handled = Move.objects.filter(by=user).values("run")
    mine = list_mine(user, on=on).order_by().values("pk")
    return _by_deadline(_open().filter(run__in=handled).exclude(pk__in=mine))


def list_done(user: Any) -> QuerySet[Run]:
    """The ended runs in which a person had a hand, the newest first."""
    handled = Move.objects.filter(by=user).values("run")
    runs = Run.objects.exclude(outcome="").filter(pk__in=handled)
    return runs.select_related("declaration", "unit").order_by("-ended_at", "-id")


def _open() -> QuerySet[Turn]:
    return Turn.objects.filter(ended_at=None).select_related(
        "run__declaration", "run__unit__parent", "place", "taker"
    )


def _by_deadline(turns: QuerySet[Turn]) -> QuerySet[Turn]:
    return turns.order_by(F("due_on").asc(nulls_last=True), "arrived_at", "id")


def list_due(user: Any, first: dt.date, last: dt.date, *, on: dt.date) -> list[tuple[Turn, bool]]:
    """The turns of one's own and of one's units that are due in some days, each with whether it is one's own."""
    mine = set(list_mine(user, on=on).order_by().values_list("pk", flat=True))
    seen = Q(run__in=scope.visible(Run.objects.all(), user, on=on)) | Q(pk__in=mine)
    due = _open().filter(seen, due_on__range=(first, last), stopped_on=None)
    return [(turn, turn.pk in mine) for turn in due.order_by("due_on", "id")]


@dataclass(frozen=True)
class Standing:
    """How it stands at one step: runs waiting, of these late, and how long a stay takes (median, in days)."""

    waiting: int = 0
    late: int = 0
    taken: int = 0
    median_days: float | None = None

    @property
    def shown_days(self) -> str:
        """The median as it is shown: half days, and nothing where nothing was taken yet."""
        return "" if self.median_days is None else f"{self.median_days:g}"


def standings(process: Process, user: Any, *, on: dt.date) -> dict[str, Standing]:
    """By step, how the runs of a process stand that a person sees; every version of it counts."""
    runs = scope.visible(Run.objects.filter(code=process.code), user, on=on)
    turns = Turn.objects.filter(run__in=runs)
    is_late = Q(due_on__lt=on, stopped_on=None)
    counted = (
        turns.filter(ended_at=None)
        .order_by()
        .values("step")
        .annotate(waiting=Count("pk"), late=Count("pk", filter=is_late))
    )
    waiting = {row["step"]: (row["waiting"], row["late"]) for row in counted}
    return {
        step.code: Standing(*waiting.get(step.code, (0, 0)), *_duration(turns, step.code))
        for step in process.steps
    }


def _duration(turns: QuerySet[Turn], step: str) -> tuple[int, float | None]:
    ended = turns.filter(step=step, ended_at__isnull=False).order_by("-id")
    stays = [
        (timezone.localdate(end) - timezone.localdate(begin)).days
        for begin, end in ended.values_list("arrived_at", "ended_at")[:SAMPLE]
        if end is not None
    ]
    return len(stays), median(stays) if stays else None


def counts_of(process: Process, user: Any, *, on: dt.date) -> tuple[int, int, int]:
    """Open, late and ended runs of a process that a person sees."""
    runs = scope.visible(Run.objects.filter(code=process.code), user, on=on)
    open_runs = runs.filter(outcome="")
    late = Turn.objects.filter(run__in=open_runs, ended_at=None, due_on__lt=on, stopped_on=None)
    return open_runs.count(), late.count(), runs.exclude(outcome="").count()
