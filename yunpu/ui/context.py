"""What every page needs: menu, district, clock, theme."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from yunpu.ui.hooks import hooks
from yunpu.ui.menu import build_menu


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context of the base template."""
    user: Any = getattr(request, "user", None)
    signed_in = bool(user is not None and user.is_authenticated)
    return {
        "district": settings.DISTRICT,
        "menu": build_menu(request) if signed_in else [],
        "clock_now": hooks.now(),
        "clock_is_set": hooks.clock_is_set(),
        "theme": getattr(user, "theme", "auto") if signed_in else "auto",
        "person": user if signed_in else None,
        "roles": hooks.record_roles(request) if signed_in else "",
    }
