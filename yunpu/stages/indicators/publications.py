"""Where a figure was published. The stages above say so: they register a finder, because nothing below imports them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from yunpu.stages.indicators.models import Figure


@dataclass(frozen=True)
class Publication:
    """One publication that printed the figure: its name, the words around the figure, its page."""

    title: str
    sentence: str
    issued_at: dt.datetime
    url: str


class Finder(Protocol):
    """Finds the publications of a figure that a person may see."""

    def __call__(self, figure: Figure, *, user: Any, on: dt.date) -> Iterable[Publication]: ...


_finders: list[Finder] = []


def register(finder: Finder) -> None:
    """Have a finder asked. Called once, when its application is ready."""
    if finder not in _finders:
        _finders.append(finder)


def list_publications(figure: Figure, *, user: Any, on: dt.date) -> list[Publication]:
    """The publications of a figure, the newest first."""
    found = [one for find in _finders for one in find(figure, user=user, on=on)]
    return sorted(found, key=lambda one: one.issued_at, reverse=True)
