"""How a domain declares a process (流程) in its `processes.py`: plain data, no function, so that it can be kept.

    PLAN = Process(
        "outreach.activity-plan", _("活动方案审批"), "outreach.activity",
        steps=(
            Step("draft", _("拟订"), _("拟订中"), _("送部门审核"), Who(STAFF), fields=("name", "held_on"), days=3),
            Step("review", _("部门审核"), _("待部门审核"), _("审核通过"), Who(REVIEWER), not_by=("draft",), days=2),
        ),
    )

The steps are taken in the order in which they are written; a step with `only` is left out where it does not apply. A
running process keeps the declaration it began with: the whole of it is stored by its digest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from yunpu.kernel.digests import sm3_hex


class At(StrEnum):
    """Where a role must be held: for the record's unit, or for the unit above it."""

    UNIT = "unit"
    PARENT = "parent"


@dataclass(frozen=True)
class Who:
    """Who may take a step: a role, held at a unit. Finance is the role `finance` at the record's unit."""

    role: str
    at: str = At.UNIT.value


@dataclass(frozen=True)
class Above:
    """A step that is taken only where an amount of the record, in fen, is above a limit."""

    field: str
    fen: int


@dataclass(frozen=True)
class Paper:
    """An attachment that must be there before a step can be taken."""

    code: str
    title: str


@dataclass(frozen=True)
class Step:
    """One step (环节): its title, the state while it waits, the verb of its one button, and who takes it.

    `fields` must be filled and `papers` attached; `opinions` are asked at the same time of each of those named, and all
    must be given; whoever took one of `not_by` may not take this one. `days` are working days from its arrival, or from
    the date in the field `days_from` where that is later; 0 means no deadline. `asks` says in a sentence what to do.
    """

    code: str
    title: str
    state: str
    verb: str
    who: Who
    asks: str = ""
    fields: tuple[str, ...] = ()
    papers: tuple[Paper, ...] = ()
    opinions: tuple[Who, ...] = ()
    not_by: tuple[str, ...] = ()
    only: Above | None = None
    days: int = 0
    days_from: str = ""
    clock_may_stop: bool = False
    may_turn_down: bool = False


@dataclass(frozen=True)
class Late:
    """What happens around a deadline, in working days: shown in amber before it, and given to the head after it."""

    remind: int = 1
    escalate: int = 2
    head: Who = Who("leader")


@dataclass(frozen=True)
class Process:
    """One declared process of one kind of record (`model`: its label). `end` is the state of what is done."""

    code: str
    title: str
    model: str
    steps: tuple[Step, ...]
    end: str
    late: Late = Late()

    def __post_init__(self) -> None:
        codes = [step.code for step in self.steps]
        assert codes, f"{self.code}: a process has at least one step"
        assert len(codes) == len(set(codes)), f"{self.code}: a step stands twice"
        assert self.steps[0].only is None, f"{self.code}: the first step is always taken"
        for place, step in enumerate(self.steps):
            before = codes[:place]
            assert set(step.not_by) <= set(before), (
                f"{self.code}.{step.code}: not_by names earlier steps only"
            )

    @property
    def first(self) -> Step:
        return self.steps[0]

    def step(self, code: str) -> Step:
        """The step of a code; what is asked for stands in the declaration."""
        return next(step for step in self.steps if step.code == code)

    def before(self, code: str) -> tuple[Step, ...]:
        """The steps before one, as written."""
        return self.steps[: [step.code for step in self.steps].index(code)]

    def after(self, code: str) -> tuple[Step, ...]:
        """The steps after one, as written."""
        return self.steps[[step.code for step in self.steps].index(code) + 1 :]

    def as_stored(self) -> dict[str, Any]:
        """The whole declaration as JSON keeps it."""
        stored: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return stored

    @property
    def digest(self) -> str:
        """The digest by which this version is known."""
        text = json.dumps(self.as_stored(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return sm3_hex(text.encode())


def read_process(stored: Mapping[str, Any]) -> Process:
    """A declaration out of its stored form."""
    late = stored["late"]
    return Process(
        **{
            **stored,
            "steps": tuple(_read_step(step) for step in stored["steps"]),
            "late": Late(late["remind"], late["escalate"], Who(**late["head"])),
        }
    )


def _read_step(stored: Mapping[str, Any]) -> Step:
    return Step(
        **{
            **stored,
            "who": Who(**stored["who"]),
            "fields": tuple(stored["fields"]),
            "papers": tuple(Paper(**paper) for paper in stored["papers"]),
            "opinions": tuple(Who(**who) for who in stored["opinions"]),
            "not_by": tuple(stored["not_by"]),
            "only": Above(**stored["only"]) if stored["only"] else None,
        }
    )
