"""Who is asking, in which language, from where: said once a request."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation

from yunpu.access.scope import remembering
from yunpu.trail.requests import origin
from yunpu.ui.middleware import REQUEST_ID

OPEN_BEFORE_FIRST_CHANGE = ("access:change-password", "access:sign-out", "access:language", "messages")
SEEN = "seen"  # in the session: when its person last asked for anything, in seconds
_NOTED_EVERY = 60  # so that not every request writes the session


class PersonMiddleware:
    """Number and origin of the request for the trail, language of the person, the end of an idle session, and the
    first change of a one-time secret."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number = uuid.uuid4().hex[:16]
        request.META[REQUEST_ID] = number
        with origin(number, request.META.get("REMOTE_ADDR") or ""), remembering():
            response = self._answer(request)
        response["X-Request-ID"] = number
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        if not user.is_authenticated:
            return self.get_response(request)
        translation.activate(user.language)
        request.LANGUAGE_CODE = user.language
        if _is_idle(request):
            logout(request)
            back = {"next": request.get_full_path()} if request.method == "GET" else {}
            return redirect(f"{reverse('access:sign-in')}?{urlencode({'idle': '1', **back})}")
        if user.must_change_password and request.path not in map(reverse, OPEN_BEFORE_FIRST_CHANGE):
            return redirect(reverse("access:change-password"))
        return self.get_response(request)


def _is_idle(request: HttpRequest) -> bool:
    """Whether the session's person was away too long; notes that the person is here. Wall-clock time."""
    moment = int(timezone.now().timestamp())
    seen = request.session.get(SEEN, moment)
    if moment - seen > settings.SESSION_IDLE_SECONDS:
        return True
    if SEEN not in request.session or moment - seen > _NOTED_EVERY:
        request.session[SEEN] = moment
    return False
