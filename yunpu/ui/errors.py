"""The page of what a person may not do."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from yunpu.ui.hooks import hooks


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """Who may, and whom to ask."""
    needed = getattr(exception, "needed", "")
    roles = "、".join(hooks.who_may(needed)) if needed else ""
    return render(request, "403.html", {"needed_roles": roles}, status=403)
