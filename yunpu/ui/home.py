"""What an app shows on the home page, declared in its `home.py`: numbers, tasks, news.

    WAITING = Tasks(read_waiting)      what needs a hand: each row ends in its own verb
    FIGURES = Numbers(read_figures)    key numbers, each opening to its records
    NEWS = News(read_news)             what changed lately

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

from yunpu import flow

T = TypeVar("T")


@dataclass(frozen=True)
class Number:
    """One key number: what it says, as published, what it stands on, where it opens."""

    title: str
    shown: str
    note: str
    url: str


@dataclass(frozen=True)
class Task:
    """One thing that needs a hand: since when, what, about what, and the verb that does it."""

    title: str
    note: str
    url: str
    verb: str
    since: dt.datetime
    tone: str = ""


@dataclass(frozen=True)
class Change:
    """One thing that changed."""

    title: str
    note: str
    url: str
    at: dt.datetime


@dataclass(frozen=True)
class Numbers:
    """Key numbers of an app."""

    read: Callable[[HttpRequest], Sequence[Number]]
    order: int = 100


@dataclass(frozen=True)
class Tasks:
    """What waits for a person in an app."""

    read: Callable[[HttpRequest], Sequence[Task]]
    order: int = 100


@dataclass(frozen=True)
class News:
    """What changed in an app."""

    read: Callable[[HttpRequest], Sequence[Change]]
    order: int = 100


def list_numbers(request: HttpRequest) -> list[Number]:
    return [number for source in _declared(Numbers) for number in source.read(request)]


def list_tasks(request: HttpRequest) -> list[Task]:
    """Every task of this person, the one that has waited longest first."""
    tasks = [task for source in _declared(Tasks) for task in source.read(request)]
    return sorted(tasks, key=lambda task: task.since)


def list_changes(request: HttpRequest) -> list[Change]:
    """What changed, the newest first."""
    changes = [change for source in _declared(News) for change in source.read(request)]
    return sorted(changes, key=lambda change: change.at, reverse=True)


def _declared(kind: type[T]) -> list[T]:
    def order(one: Any) -> int:
        return int(one.order)

    return sorted(_all_declared(kind), key=order)


def _all_declared(kind: type[T]) -> Iterator[T]:
    for config in apps.get_app_configs():
        if config.name.startswith("yunpu.") and importlib.util.find_spec(f"{config.name}.home"):
            yield from flow.declared_in(importlib.import_module(f"{config.name}.home"), kind)
