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

from yunpu.access import second_factor
from yunpu.access.delegation import settle_acting
from yunpu.access.models import User
from yunpu.access.scope import remembering
from yunpu.access.sessions import SEEN
from yunpu.access.signing_in import FACTOR
from yunpu.trail import clock
from yunpu.trail.requests import acting_for, origin
from yunpu.ui.middleware import REQUEST_ID

OPEN_BEFORE_FIRST_CHANGE = ("access:change-password", "access:sign-out", "access:language", "messages")
OPEN_BEFORE_FACTOR = ("access:add-app", "access:add-key", *OPEN_BEFORE_FIRST_CHANGE)
_NOTED_EVERY = 60  # so that not every request writes the session


class PersonMiddleware:
    """Number and origin of the request for the trail, language of the person, the end of an idle session, the first
    change of a one-time secret, and the second factor of whoever must have one."""

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
        user.acting_for = settle_acting(request, user, clock.today())
        absent = user.acting_for.absent if user.acting_for else None
        with acting_for(absent.pk if absent else None, absent.trail_name() if absent else ""):
            return self._let_in(request, user)

    def _let_in(self, request: HttpRequest, user: User) -> HttpResponse:
        """The page, or what has to be done before it."""
        if user.must_change_password and request.path not in map(reverse, OPEN_BEFORE_FIRST_CHANGE):
            return redirect(reverse("access:change-password"))
        if self._lacks_factor(request, user):
            if second_factor.has_one(user):  # added at another place: here it was never proved
                logout(request)
                return redirect("access:sign-in")
            if request.path not in map(reverse, OPEN_BEFORE_FACTOR):
                return redirect("access:add-app")
        return self.get_response(request)

    def _lacks_factor(self, request: HttpRequest, user: User) -> bool:
        """Whether a second factor is asked of this person and this session was not proved by one."""
        if FACTOR in request.session or not settings.SECOND_FACTOR_ROLES:
            return False
        return second_factor.is_required(user, clock.today())


def _is_idle(request: HttpRequest) -> bool:
    """Whether the session's person was away too long; notes that the person is here. Wall-clock time."""
    moment = int(timezone.now().timestamp())
    seen = request.session.get(SEEN, moment)
    if moment - seen > settings.SESSION_IDLE_SECONDS:
        return True
    if SEEN not in request.session or moment - seen > _NOTED_EVERY:
        request.session[SEEN] = moment
    return False
