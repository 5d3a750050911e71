"""What every page needs: menu, place, district, clock, theme, density."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from yunpu.ui.hooks import hooks
from yunpu.ui.menu import Section, build_menu, find_place, list_keys, list_open_pages
from yunpu.ui.years import chosen_year, offered_years

STYLE_SHEETS = tuple(
    f"yunpu/{name}.css" for name in ("tokens", "base", "forms", "shell", "lists", "records", "stages", "home")
)
DENSITIES = ("compact", "relaxed")


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context of the base template."""
    user: Any = getattr(request, "user", None)
    signed_in = bool(user is not None and user.is_authenticated)
    density = request.COOKIES.get("density", "")

    # What only a whole page shows is asked for when it is: a part of a page needs no menu.
    @cache
    def menu() -> list[Section]:
        return build_menu(request) if signed_in else []

    @cache
    def data_as_of() -> dt.datetime | None:
        return hooks.data_as_of() if signed_in else None

    return {
        "style_sheets": STYLE_SHEETS,
        "district": settings.DISTRICT,
        "menu": menu,
        "place": lambda: find_place(menu()),
        "menu_keys": lambda: list_keys(menu()),
        "fiscal_year": lambda: chosen_year(request),
        "fiscal_years": lambda: offered_years(request),
        "open_pages": lambda: [] if signed_in else list_open_pages(request),
        "clock_now": hooks.now(),
        "clock_is_set": hooks.clock_is_set(),
        "data_as_of": data_as_of,
        "data_is_stale": lambda: is_stale(data_as_of()),
        "theme": getattr(user, "theme", "auto") if signed_in else "auto",
        "density": density if density in DENSITIES else DENSITIES[0],
        "person": user if signed_in else None,
        "roles": hooks.record_roles(request) if signed_in else "",
    }


def is_stale(data_as_of: dt.datetime | None) -> bool:
    """Whether the records are older than the district allows before every page says so."""
    days: int = settings.STALE_AFTER_DAYS
    return data_as_of is not None and hooks.now() - data_as_of > dt.timedelta(days=days)
