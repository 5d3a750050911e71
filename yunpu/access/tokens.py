"""Service accounts (机器账号) and their tokens: how a machine is let in, and by how much less than its roles.

A service account is an account nobody signs in to: its roles are given as a person's are, by the security
administrator. A token is a secret with a name, an end, and a choice of actions: it opens what the account's roles give,
and of that only what it names. The database keeps its digest; the secret itself is shown once.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable

from django.utils import timezone

from yunpu.access import scope
from yunpu.access.models import Token, User
from yunpu.access.rights import Action
from yunpu.kernel.digests import sm3_hex
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.reference.models import Unit
from yunpu.trail.operations import Actor, operation, snapshot_of

PREFIX = "yp_"
LONGEST_DAYS = 366
SHOWN = 8  # characters by which a token is recognised in lists
# What a machine may be let do. Nobody's rights and no trail are its business.
ACTIONS = (Action.VIEW, Action.EXPORT, Action.CREATE, Action.CHANGE, Action.REMOVE, Action.IMPORT)


class UnableToIssueToken(Refusal):
    """A token that cannot be issued or ended."""

    code = "ACC-106"
    headline = _("不能办理令牌：%(reason)s")
    why = _("没有发放，也没有作废任何令牌。")
    ways_out = ((_("先建机器账号并请安全管理员授权，再发令牌"), ""),)


def create_machine(*, username: str, name: str, unit: Unit, by: Actor, at: dt.datetime) -> User:
    """Open a service account: no password opens it. Raises UnableToIssueToken beyond one's units."""
    _refuse_elsewhere(unit, by, at)
    with operation("access.machine-created", by=by, at=at) as note:
        machine = User(username=username, name=name, unit=unit, is_machine=True, must_change_password=False)
        machine.set_unusable_password()
        machine.full_clean(exclude=["password"])
        machine.save()
        note.created(machine)
    return machine


def issue_token(
    machine: User, *, name: str, actions: Iterable[str], expires_on: dt.date, by: Actor, at: dt.datetime
) -> tuple[Token, str]:
    """Issue a token until a day (exclusive); give it with its secret, which is kept nowhere. Raises UnableToIssueToken."""
    today = timezone.localdate(at)
    _refuse_elsewhere(machine.unit, by, at)
    if not machine.is_machine:
        raise UnableToIssueToken(reason=_("令牌只发给机器账号，人用密码登录"))
    if not today < expires_on <= today + dt.timedelta(LONGEST_DAYS):
        raise UnableToIssueToken(reason=_("有效期要晚于今天，最长 366 天"))
    chosen = sorted({Action(action) for action in actions})
    if not chosen or not set(chosen) <= set(ACTIONS):
        raise UnableToIssueToken(reason=_("令牌要写明能做什么，且只能是登记册的读写"))
    secret = PREFIX + secrets.token_urlsafe(32)
    with operation("access.token-issued", by=by, at=at) as note:
        token = Token.objects.create(
            machine=machine,
            name=name,
            digest=sm3_hex(secret.encode()),
            beginning=secret[:SHOWN],
            actions=[str(action) for action in chosen],
            issued_at=at,
            expires_on=expires_on,
        )
        note.created(token)
    return token, secret


def end_token(token: Token, *, by: Actor, at: dt.datetime, reason: str) -> Token:
    """A token opens nothing from now on. Raises UnableToIssueToken."""
    _refuse_elsewhere(token.machine.unit, by, at)
    with operation("access.token-ended", by=by, at=at, reason=reason) as note:
        stored = Token.objects.select_for_update().get(pk=token.pk)
        if stored.ended_at is not None:
            raise UnableToIssueToken(reason=_("它已经作废"))
        before = snapshot_of(stored)
        stored.ended_at = at
        stored.save(update_fields=["ended_at"])
        note.changed(stored, before)
    return stored


def find_bearer(secret: str, *, on: dt.date) -> User | None:
    """The service account that a token opens on a day, narrowed to what the token names; None for a wrong, ended or
    expired one. The digest is looked up, so the time it takes tells nothing about the secret."""
    if not secret.startswith(PREFIX):
        return None
    token = (
        Token.objects.filter(digest=sm3_hex(secret.encode()), ended_at=None, expires_on__gt=on)
        .filter(machine__is_active=True, machine__is_machine=True)
        .select_related("machine__unit")
        .first()
    )
    if token is None:
        return None
    machine = token.machine
    machine.token_actions = frozenset(token.actions)
    return machine


def _refuse_elsewhere(unit: Unit, by: Actor, at: dt.datetime) -> None:
    if not scope.may(by, Action.ADMINISTER, on=timezone.localdate(at), unit=unit):
        raise UnableToIssueToken(reason=_("这个单位不归您管理"))
