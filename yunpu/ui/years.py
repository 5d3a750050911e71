"""The fiscal year (年度) that lists and figures open with: chosen in the top bar, kept for the session.

The year is part of the address. The menu leads to a register in that year where it has years, and the list says it as
a condition that can be taken away; nothing is narrowed in silence.
"""

from __future__ import annotations

import datetime as dt
from urllib.parse import parse_qsl, urlencode

from django.db import models
from django.http import HttpRequest
from django.urls import reverse

from yunpu.ui.hooks import hooks
from yunpu.ui.lists import PAGING
from yunpu.ui.registers import Register
from yunpu.ui.values import field_of

KEPT = "year"
AHEAD, BACK = 1, 4  # next year's budget is written this year


def chosen_year(request: HttpRequest) -> int:
    """The year this person looks at; the district's present one until another was chosen."""
    session = getattr(request, "session", {})
    kept = session.get(KEPT)
    return kept if isinstance(kept, int) else hooks.now().year


def offered_years(request: HttpRequest) -> list[int]:
    """The years to choose from, the latest first."""
    present = hooks.now().year
    years = set(range(present - BACK, present + AHEAD + 1)) | {chosen_year(request)}
    return sorted(years, reverse=True)


def keep_year(request: HttpRequest, year: int) -> None:
    request.session[KEPT] = year


def address_in_year(register: type[Register], year: int, query: str = "") -> str:
    """The address of a register's list in a year; the other conditions of `query` stay, its place in the pages goes."""
    given = parse_qsl(query)
    asked = _conditions(register, year)
    if asked:
        given = [(name, value) for name, value in given if name not in asked and name not in PAGING]
    found = [*given, *asked.items()]
    return reverse(register.url_name("list")) + (f"?{urlencode(found)}" if found else "")


def _conditions(register: type[Register], year: int) -> dict[str, str]:
    """The conditions under which a register shows one year; none where it has no years."""
    name = register.year_field
    if not name:
        return {}
    assert name in register.filters, f"{register.code()}: {name} is no condition of the list"
    if isinstance(field_of(register.model, name), models.DateField):
        return {name: dt.date(year, 1, 1).isoformat(), f"{name}_to": dt.date(year, 12, 31).isoformat()}
    return {name: str(year)}
