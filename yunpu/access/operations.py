"""Users and grants: every change is an event; a secret is shown once."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from yunpu.access.models import Grant, User
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.reference.models import Unit
from yunpu.trail.operations import Actor, operation, snapshot_of


class UnableToGrant(Refusal):
    """A grant that cannot be given."""

    code = "ACC-101"
    headline = _("不能授权：%(reason)s")
    why = _("没有改动任何权限。")
    ways_out = ((_("请另一位管理员办理"), ""),)


def create_user(*, username: str, name: str, unit: Unit, by: Actor, at: dt.datetime) -> tuple[User, str]:
    """Open an account; gives it with its one-time secret, which must be changed at the first sign-in."""
    secret = secrets.token_urlsafe(9)
    with operation("access.user-created", by=by, at=at) as note:
        user = User(username=username, name=name, unit=unit)
        user.set_password(secret)
        user.full_clean()
        user.save()
        note.act(user, username=username, unit=unit.code)
    return user, secret


def give_role(
    *, user: User, role: str, unit: Unit, by: Actor, at: dt.datetime, valid_to: dt.date | None = None
) -> Grant:
    """Give a role at a unit, from today. Raises UnableToGrant to oneself."""
    if by.pk is not None and by.pk == user.pk:
        raise UnableToGrant(reason=_("不能给自己授权"))
    with operation("access.role-given", by=by, at=at) as note:
        grant = Grant(user=user, role=role, unit=unit, valid_from=at.date(), valid_to=valid_to)
        grant.full_clean()
        grant.save()
        note.created(grant)
    return grant


def withdraw_role(grant: Grant, *, by: Actor, at: dt.datetime, reason: str) -> Grant:
    """End a grant today."""
    with operation("access.role-withdrawn", by=by, at=at, reason=reason) as note:
        before = snapshot_of(grant)
        grant.valid_to = at.date()
        grant.save(update_fields=["valid_to"])
        note.changed(grant, before)
    return grant


def reset_password(user: User, *, by: Actor, at: dt.datetime) -> str:
    """Give a new one-time secret."""
    secret = secrets.token_urlsafe(9)
    with operation("access.user-password-reset", by=by, at=at) as note:
        user.set_password(secret)
        user.must_change_password = True
        user.save(update_fields=["password", "must_change_password"])
        note.act(user)
    return secret


def change_password(user: User, password: str, *, at: dt.datetime) -> None:
    """The person's own change."""
    with operation("access.user-password-changed", by=user, at=at) as note:
        user.set_password(password)
        user.must_change_password = False
        user.save(update_fields=["password", "must_change_password"])
        note.act(user)


def change_settings(user: User, *, at: dt.datetime, **values: Any) -> None:
    """Language and theme of the person's screens."""
    assert set(values) <= {"language", "theme"}
    with operation("access.user-settings-changed", by=user, at=at) as note:
        for name, value in values.items():
            setattr(user, name, value)
        user.save(update_fields=list(values))
        note.act(user, **values)
