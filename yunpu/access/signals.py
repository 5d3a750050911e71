"""Signing in and out, and failing to, are events."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from yunpu.trail.clock import now
from yunpu.trail.operations import System, operation, origin


@receiver(user_logged_in)
def note_sign_in(request: HttpRequest, user: Any, **_more: Any) -> None:
    with operation("access.user-signed-in", by=user, at=now()) as note:
        note.act(user)


@receiver(user_logged_out)
def note_sign_out(request: HttpRequest, user: Any, **_more: Any) -> None:
    if user is not None:
        with operation("access.user-signed-out", by=user, at=now()) as note:
            note.act(user)


@receiver(user_login_failed)
def note_failed_sign_in(
    credentials: dict[str, Any], request: HttpRequest | None = None, **_more: Any
) -> None:
    address = (request.META.get("REMOTE_ADDR") or "") if request else ""
    with origin("", address), operation("access.user-sign-in-failed", by=System("登录页"), at=now()) as note:
        note.act(name=str(credentials.get("username", ""))[:60])
