"""Signing out, failing to sign in, and being locked out are events. Signing in is an operation of its view.

Of a failed attempt the trail keeps the account, where there is one: what was typed may be a password in the wrong box.
"""

from __future__ import annotations

from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from yunpu.access.models import User
from yunpu.trail.clock import now
from yunpu.trail.operations import System, operation
from yunpu.trail.requests import origin
from yunpu.ui.middleware import REQUEST_ID

DOOR = System("登录页")


@receiver(user_logged_out)
def note_sign_out(request: HttpRequest, user: Any, **_more: Any) -> None:
    if user is not None:
        with operation("access.user-signed-out", by=user, at=now()) as note:
            note.act(user)


@receiver(user_login_failed)
def note_failed_sign_in(
    credentials: dict[str, Any], request: HttpRequest | None = None, **_more: Any
) -> None:
    _note("access.user-sign-in-failed", str(credentials.get("username", "")), request)


@receiver(user_locked_out)
def note_lock_out(request: HttpRequest, username: str, **_more: Any) -> None:
    _note("access.user-locked-out", username or "", request)


def _note(verb: str, username: str, request: HttpRequest | None) -> None:
    address = (request.META.get("REMOTE_ADDR") or "") if request else ""
    number = request.META.get(REQUEST_ID, "") if request else ""
    user = User.objects.filter(username=username).first()
    with origin(number, address), operation(verb, by=DOOR, at=now()) as note:
        note.act(user, name="" if user else "—")
