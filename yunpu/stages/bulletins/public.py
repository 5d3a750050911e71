"""The one page for readers outside (核验): is this sheet of paper an issue of this district, and does it still stand?

Nobody signs in, so nothing is told but what the paper itself carries. Wrong tries are counted by address in the trail,
across all processes of the platform; no right or wrong part of what was typed is told apart.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views import View

from yunpu.stages.bulletins.forms import ConfirmForm
from yunpu.stages.bulletins.operations import note_not_confirmed
from yunpu.stages.bulletins.queries import WITHIN, WRONG_AT_MOST, blocked_until, confirm
from yunpu.trail.clock import now
from yunpu.trail.operations import System

READER = System("核验页")


class Confirm(View):
    """Number and verification code in; issued or not, name, date, digest, corrected by which issue out."""

    def get(self, request: HttpRequest) -> HttpResponse:
        asked = request.GET.get("language", "")
        if asked in dict(settings.LANGUAGES):
            response = redirect(request.path)
            response.set_cookie(settings.LANGUAGE_COOKIE_NAME, asked, httponly=True, samesite="Lax")
            return response
        return _show(request, ConfirmForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form, at = ConfirmForm(request.POST), now()
        until = blocked_until(at)
        if until is not None:
            return _show(request, form, 429, until=f"{timezone.localtime(until):%H:%M}")
        if not form.is_valid():
            return _show(request, form, 422)
        found = confirm(form.cleaned_data["number"], form.cleaned_data["code"])
        if found is None:
            note_not_confirmed(by=READER, at=at)
        return _show(request, form, found=found, answered=True)


def _show(request: HttpRequest, form: ConfirmForm, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        "form": form,
        "found": None,
        "answered": False,
        "until": "",
        "wrong_at_most": WRONG_AT_MOST,
        "minutes": int(WITHIN.total_seconds() // 60),
        "other_language": "zh-hans" if translation.get_language() == "en" else "en",
    }
    response = render(request, "bulletins/confirm.html", context | more, status=status)
    response["Cache-Control"] = "no-store"
    return response
