"""A refusal raised anywhere becomes a page (or a panel) with its four parts; never a toast, never a trace."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from yunpu.kernel.refusals import Refusal
from yunpu.ui.hooks import hooks

REQUEST_ID = "yunpu.request_id"


class RefusalMiddleware:
    """Shows refusals: 409, nothing was written."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refusal):
            return None
        context = {
            "headline": exception.headline_in(gettext),
            "why": exception.why_in(gettext),
            "ways_out": exception.ways_out_in(gettext),
            "code": exception.code,
            "request_id": request.META.get(REQUEST_ID, ""),
            "refused_at": hooks.now(),
            "back": request.headers.get("Referer", "/"),
        }
        part = request.headers.get("HX-Request") == "true"
        return render(request, "ui/refusal_part.html" if part else "ui/refusal.html", context, status=409)


class PlainAddressMiddleware:
    """No text of a record holds NUL, and PostgreSQL refuses to be asked for one: an address is read without it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "%00" in request.META.get("QUERY_STRING", ""):
            plain = request.GET.copy()
            for name, values in request.GET.lists():
                plain.setlist(name, [value.replace("\0", "") for value in values])
            request.GET = plain  # type: ignore[assignment] # Django itself leaves it open to be replaced
        return self.get_response(request)
