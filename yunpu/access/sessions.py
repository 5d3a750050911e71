"""Where somebody is signed in (我的设备): the list, and ending what is not wanted.

A session itself is Django's; a row beside it says whose it is. Rows whose session is gone go at the next sign-in.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from django.conf import settings
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from yunpu.access import scope
from yunpu.access.models import SignedIn, User
from yunpu.access.rights import SEPARATED
from yunpu.trail.operations import operation

SEEN = "seen"  # in the session: when its person last asked for anything, in seconds
_BROWSERS = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = ("Windows", "Android", "iPhone", "iPad", "Mac OS X", "Linux")


@dataclass(frozen=True)
class Place:
    """One place where the person is signed in now."""

    row: SignedIn
    idle_minutes: int
    is_here: bool


def list_places(user: User, here: str | None) -> list[Place]:
    """The sessions of a person that still live, this one first."""
    rows = list(SignedIn.objects.filter(user=user))
    alive = Session.objects.filter(
        session_key__in=[row.session_key for row in rows], expire_date__gt=timezone.now()
    ).order_by("session_key")
    seen = {one.session_key: one.get_decoded().get(SEEN) for one in alive}
    present = timezone.now().timestamp()
    idle = present - settings.SESSION_IDLE_SECONDS
    places = [
        Place(row, int(present - (seen[row.session_key] or present)) // 60, row.session_key == here)
        for row in rows
        if row.session_key in seen and (seen[row.session_key] or present) > idle
    ]
    return sorted(places, key=lambda place: not place.is_here)


def note_place(request: HttpRequest, user: User, *, factor: str, at: dt.datetime) -> None:
    """Say whose the new session is. Called within the operation of signing in, after the session got its key."""
    if not request.session.session_key:
        request.session.save()
    key = request.session.session_key
    assert key
    own = SignedIn.objects.filter(user=user)
    alive = Session.objects.filter(session_key__in=own.values("session_key"))
    own.exclude(session_key__in=alive.values("session_key")).delete()
    if _has_one_place(user, timezone.localdate(at)):
        alive.delete()
        own.delete()
    SignedIn.objects.create(
        user=user,
        session_key=key,
        at=at,
        address=request.META.get("REMOTE_ADDR") or "",
        browser=name_browser(request.headers.get("User-Agent", "")),
        factor=factor,
    )


def _has_one_place(user: User, on: dt.date) -> bool:
    """Whether a person may be signed in at one place only."""
    if settings.ONE_SESSION == "administrators":
        return any(grant.role in SEPARATED for grant in scope.list_grants(user, on))
    return bool(settings.ONE_SESSION == "all")


def end_place(row: SignedIn, *, by: User, at: dt.datetime) -> None:
    """Sign a person out at another place."""
    with operation("access.session-ended", by=by, at=at) as note:
        note.act(row.user, browser=row.browser, address=row.address)
        Session.objects.filter(session_key=row.session_key).delete()
        row.delete()


def follow_key(former: str | None, request: HttpRequest) -> None:
    """The session got a new key and is the same place."""
    SignedIn.objects.filter(session_key=former or "").update(session_key=request.session.session_key)


def end_others(user: User, here: str | None) -> None:
    """Within an operation: sign a person out everywhere but here."""
    rows = SignedIn.objects.filter(user=user).exclude(session_key=here or "")
    Session.objects.filter(session_key__in=list(rows.values_list("session_key", flat=True))).delete()
    rows.delete()


def name_browser(agent: str) -> str:
    """A browser as people call it, with its system: Chrome 109 · Windows. Empty where nothing is said."""
    found = next((name for mark, name in _BROWSERS if mark in agent), "")
    version = re.search(r"(?:Edg|Firefox|Chrome|Version)/(\d+)", agent)
    system = next((one for one in _SYSTEMS if one in agent), "")
    first = f"{found} {version.group(1)}" if found and version else found
    return " · ".join(part for part in (first, system.replace(" OS X", "")) if part)[:80]
