"""What an app shows on the first pages (首页, 待办, 区情一览), declared in its `home.py`.

    WAITING = Tasks(read_waiting)      what needs a hand: each row ends in its own verb; or stands on another shelf
    FIGURES = Numbers(read_figures)    key numbers of the home page, each opening to its records
    NEWS = News(read_news)             what changed lately
    SIGNALS = Signals(read_signals)    one sentence each for who leads the district (区情一览)
    YEAR = YearNumbers(read_year)      the numbers of the chosen year (区情一览)
    PARTS = Views(read_parts)          bars, lines or a table (区情一览)
    STEP = Step(…)                     one step of the way to the first result, shown where nothing is there yet

A reader gets the request and gives a list; it sees only what the person may see.
"""

from __future__ import annotations

import datetime as dt
import importlib
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.apps import apps
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from yunpu import flow
from yunpu.kernel.text import mark as _
from yunpu.ui.hooks import hooks

T = TypeVar("T")
MOST_TASKS = 200  # of one app; beyond it a count says “and more”
REMEMBERED = "yunpu_tasks"

# The shelves of the inbox: what waits for me, what my unit has in hand, what I wait for, what I had a hand in.
MINE, UNIT, WAITING, DONE = "mine", "unit", "waiting", "done"
SHELVES = {MINE: _("我的待办"), UNIT: _("本单位在办"), WAITING: _("等别人办"), DONE: _("已办结")}


@dataclass(frozen=True)
class Number:
    """One key number: what it says, as published and in which unit, what it stands on, where it opens."""

    title: str
    shown: str
    note: str
    url: str
    unit: str = ""

    @property
    def amount(self) -> str:
        """The number without its unit, thousands apart: large on a page, the unit small beside it."""
        amount = self.shown.removesuffix(self.unit)
        whole, point, decimals = amount.partition(".")
        return f"{int(whole):,}{point}{decimals}" if whole.isdecimal() else amount


@dataclass(frozen=True)
class Task:
    """One thing that needs a hand: since when, until when where that is known, what, and the verb that does it.

    Tasks of a kind that can be done together name the page for it and what it is called there.
    """

    title: str
    note: str
    url: str
    verb: str
    since: dt.datetime
    tone: str = ""
    due: dt.datetime | None = None
    bulk_url: str = ""
    bulk_title: str = ""

    def days_left(self, now: dt.datetime) -> int | None:
        """Days until the deadline, negative when it is past; None without one."""
        return None if self.due is None else (_day(self.due, now) - now.date()).days

    def is_pressing(self, now: dt.datetime) -> bool:
        """Overdue, or due today."""
        left = self.days_left(now)
        return left is not None and left <= 0


@dataclass(frozen=True)
class Change:
    """One thing that changed."""

    title: str
    note: str
    url: str
    at: dt.datetime


@dataclass(frozen=True)
class Signal:
    """One sentence for who leads: red wants a decision, amber a look, blue tells a change."""

    tone: str
    headline: str
    note: str
    url: str

    @property
    def word(self) -> str:
        return {"bad": gettext("需要决定"), "warn": gettext("留意")}.get(self.tone, gettext("变化"))


@dataclass(frozen=True)
class Bar:
    """One bar: its label, the value as shown, its length (0 to 100), where it opens."""

    label: str
    shown: str
    length: int
    url: str


@dataclass(frozen=True)
class Line:
    """One line from last year to this one: both ends from 0 (below) to 100, the values as shown."""

    label: str
    before: str
    now: str
    from_height: int
    to_height: int
    url: str

    @property
    def from_y(self) -> int:
        """Where the line begins in a drawing 44 high."""
        return _drawn(self.from_height)

    @property
    def to_y(self) -> int:
        return _drawn(self.to_height)


@dataclass(frozen=True)
class View:
    """One view: bars, lines, or a table of rows whose first cell opens something. `note` says unit and measure."""

    title: str
    note: str
    bars: Sequence[Bar] = ()
    lines: Sequence[Line] = ()
    years: tuple[int, int] = (0, 0)
    heads: Sequence[str] = ()
    rows: Sequence[tuple[str, Sequence[str]]] = ()
    more_url: str = ""
    more: str = ""
    fault: str = ""  # why there is nothing to draw


@dataclass(frozen=True)
class Source:
    """Something an app declares: how it is read, and where it stands among the others."""

    read: Callable[[HttpRequest], Sequence[Any]]
    order: int = 100


class Numbers(Source):
    """Key numbers of an app on the home page."""


@dataclass(frozen=True)
class Tasks(Source):
    """What waits for a person in an app, or stands on another shelf of the inbox."""

    shelf: str = MINE


class News(Source):
    """What changed in an app."""


class Signals(Source):
    """Sentences for who leads."""


class YearNumbers(Source):
    """The numbers of the chosen year."""


class Views(Source):
    """Bars, lines and tables of the chosen year."""


@dataclass(frozen=True)
class Step:
    """One step to the first result: what is done in it, where, with which right, and whether it was taken already.

    `done` gives what is there in words, or nothing.
    """

    title: Any
    note: Any
    url_name: str
    verb: Any
    right: str
    done: Callable[[HttpRequest], str]
    order: int = 100


@dataclass(frozen=True)
class StepShown:
    """A step as it stands: taken (and what is there), the next one, or still to come."""

    title: str
    note: str
    url: str
    verb: str
    is_done: bool
    is_next: bool


def list_numbers(request: HttpRequest) -> list[Number]:
    return _read(Numbers, request)


def list_tasks(request: HttpRequest) -> list[Task]:
    """Every task of this person: by deadline where there is one, then what has waited longest."""
    tasks = [task for found in read_tasks(request).values() for task in found]
    return sorted(tasks, key=lambda task: (task.due is None, task.due or task.since, task.since))


def list_shelf(request: HttpRequest, shelf: str) -> list[Task]:
    """What stands on a shelf of the inbox; what is done has no deadline any more: the newest first."""
    if shelf == MINE:
        return list_tasks(request)
    sources = (source for _area, source in _declared(Tasks) if source.shelf == shelf)
    tasks = [task for source in sources for task in source.read(request)]
    if shelf == DONE:
        return sorted(tasks, key=lambda task: task.since, reverse=True)
    return sorted(tasks, key=lambda task: (task.due is None, task.due or task.since, task.since))


def read_tasks(request: HttpRequest) -> dict[str, list[Task]]:
    """The tasks of this person by app; read once a request, for the menu counts them too."""
    if REMEMBERED not in request.__dict__:
        found: dict[str, list[Task]] = {}
        for area, source in _declared(Tasks):
            if source.shelf != MINE:
                continue
            found.setdefault(area, []).extend(source.read(request))
        request.__dict__[REMEMBERED] = found
    known: dict[str, list[Task]] = request.__dict__[REMEMBERED]
    return known


def list_changes(request: HttpRequest) -> list[Change]:
    """What changed, the newest first."""
    return sorted(_read(News, request), key=lambda change: change.at, reverse=True)


def list_signals(request: HttpRequest) -> list[Signal]:
    """What wants a decision, then what wants a look, then what changed."""
    return sorted(_read(Signals, request), key=lambda signal: ("bad", "warn", "info").index(signal.tone))


def list_year_numbers(request: HttpRequest) -> list[Number]:
    return _read(YearNumbers, request)


def list_views(request: HttpRequest) -> list[View]:
    return _read(Views, request)


def list_steps(request: HttpRequest) -> list[StepShown]:
    """The way from the first file to the first bulletin, and how far it was gone. The first open step is next."""
    shown: list[StepShown] = []
    for _area, step in _declared(Step):
        done = step.done(request)
        is_next = not done and all(one.is_done for one in shown)
        url = reverse(step.url_name) if is_next and hooks.may(request, step.right) else ""
        note = done or gettext(str(step.note))
        shown.append(
            StepShown(gettext(str(step.title)), note, url, gettext(str(step.verb)), bool(done), is_next)
        )
    return shown


def steps_left(request: HttpRequest) -> list[StepShown]:
    """The way to the first result where it was not gone to its end; nothing once it was."""
    steps = list_steps(request)
    return [] if all(step.is_done for step in steps) else steps


def _read(kind: type[Source], request: HttpRequest) -> list[Any]:
    return [one for _area, source in _declared(kind) for one in source.read(request)]


def _declared(kind: type[T]) -> list[tuple[str, T]]:
    def order(one: tuple[str, Any]) -> int:
        return int(one[1].order)

    return sorted(_all_declared(kind), key=order)


def _all_declared(kind: type[T]) -> Iterator[tuple[str, T]]:
    for config in apps.get_app_configs():
        if config.name.startswith("yunpu.") and importlib.util.find_spec(f"{config.name}.home"):
            module = importlib.import_module(f"{config.name}.home")
            yield from ((config.label, one) for one in flow.declared_in(module, kind))


def _drawn(height: int) -> int:
    return 40 - height * 36 // 100


def _day(moment: dt.datetime, now: dt.datetime) -> dt.date:
    return moment.astimezone(now.tzinfo).date()
