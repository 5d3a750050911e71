"""From the right password to the open session: the second factor in between, and the event at the end."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth import login
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest
from django.utils import timezone

from yunpu.access.models import User
from yunpu.access.sessions import note_place
from yunpu.trail.operations import operation

PENDING = "pending"  # in the session of nobody yet: who gave the right password, and when
FACTOR = "factor"  # in the session: by which second factor its person was proved
_PATIENCE_SECONDS = 300
_BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass(frozen=True)
class Waiting:
    """Somebody who gave the right password and is to prove the second factor."""

    user: User
    next_url: str


def wait_for_factor(request: HttpRequest, user: User, next_url: str) -> None:
    """Keep who it is until the second factor is proved, in a session with a new key."""
    request.session.cycle_key()
    moment = int(timezone.now().timestamp())
    request.session[PENDING] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),
        "at": moment,
        "next": next_url,
    }


def find_waiting(request: HttpRequest) -> Waiting | None:
    """Who is to prove the second factor here; None where nobody is, or not any more."""
    kept = request.session.get(PENDING)
    if not kept or timezone.now().timestamp() - kept["at"] > _PATIENCE_SECONDS:
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    if user is None or user.get_session_auth_hash() != kept["hash"]:
        return None
    return Waiting(user, kept["next"])


def is_locked(request: HttpRequest, user: User) -> bool:
    """Whether there were too many failures: wrong codes count as wrong passwords do."""
    return not AxesProxyHandler.is_allowed(request, {"username": user.username})


def count_failure(request: HttpRequest, user: User) -> None:
    """Tell the lock and the trail of a wrong code."""
    user_login_failed.send(sender=__name__, credentials={"username": user.username}, request=request)


def complete_sign_in(request: HttpRequest, user: User, *, factor: str, at: dt.datetime) -> None:
    """Open the session of a proved person."""
    request.session.pop(PENDING, None)
    with operation("access.user-signed-in", by=user, at=at) as note:
        note.act(user, **({"factor": factor} if factor else {}))
        login(request, user, backend=_BACKEND)
        if factor:
            request.session[FACTOR] = factor
        note_place(request, user, factor=factor, at=at)
