"""What every page needs: menu, place, district, clock, theme, density."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from yunpu.ui.hooks import hooks
from yunpu.ui.menu import build_menu, find_place

STYLE_SHEETS = tuple(
    f"yunpu/{name}.css" for name in ("tokens", "base", "forms", "shell", "lists", "records", "stages")
)
DENSITIES = ("compact", "relaxed")


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context of the base template."""
    user: Any = getattr(request, "user", None)
    signed_in = bool(user is not None and user.is_authenticated)
    menu = build_menu(request) if signed_in else []
    density = request.COOKIES.get("density", "")
    return {
        "style_sheets": STYLE_SHEETS,
        "district": settings.DISTRICT,
        "menu": menu,
        "place": find_place(menu),
        "clock_now": hooks.now(),
        "clock_is_set": hooks.clock_is_set(),
        "data_as_of": hooks.data_as_of() if signed_in else None,
        "theme": getattr(user, "theme", "auto") if signed_in else "auto",
        "density": density if density in DENSITIES else DENSITIES[0],
        "person": user if signed_in else None,
        "roles": hooks.record_roles(request) if signed_in else "",
    }
