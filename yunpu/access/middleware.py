"""Who is asking, in which language, from where: said once a request."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation

from yunpu.access.scope import remembering
from yunpu.trail.operations import origin
from yunpu.ui.middleware import REQUEST_ID

_OPEN = ("/static/", "/access/")


class PersonMiddleware:
    """Language of the person, origin of the request for the trail, and the first change of a one-time secret."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = uuid.uuid4().hex[:16]
        request.META[REQUEST_ID] = request_id
        address = request.META.get("REMOTE_ADDR") or ""
        user: Any = request.user
        if user.is_authenticated:
            translation.activate(user.language)
            if user.must_change_password and not request.path.startswith(_OPEN):
                return redirect(reverse("access:change-password"))
        with origin(request_id, address), remembering():
            response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response
