"""Second factors, written: each change one event. Codes and secrets stand in no event."""

from __future__ import annotations

import datetime as dt
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.utils import timezone

from yunpu.access import scope, second_factor
from yunpu.access.models import User
from yunpu.access.rights import Action
from yunpu.access.second_factor import KEY, RECOVERY, TOTP
from yunpu.access.sessions import end_others
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.trail.operations import Actor, operation


class UnableToChangeFactor(Refusal):
    """A second factor that cannot be added, removed or reset."""

    code = "ACC-104"
    headline = _("不能改动第二因素：%(reason)s")
    why = _("没有改动；登录照旧。")
    ways_out = ((_("先添加另一个，再移除这一个；都丢了请安全管理员重置"), ""),)


def add_app(user: User, *, secret: str, counter: int, at: dt.datetime) -> list[str]:
    """Keep the secret of an authenticator app whose first code was right; give the recovery codes, the first time.

    Raises UnableToChangeFactor where there is an app already.
    """
    with operation("access.factor-added", by=user, at=at) as note:
        User.objects.select_for_update().get(pk=user.pk)
        if second_factor.find_totp(user) is not None:
            raise UnableToChangeFactor(reason=_("已经有一个验证器应用"))
        wrapped = second_factor.Adapter().encrypt(secret)
        Authenticator.objects.create(user=user, type=TOTP, data={"secret": wrapped, "last_counter": counter})
        note.act(user, factor="totp")
        return _first_codes(user)


def add_key(user: User, *, name: str, answer: dict[str, Any], at: dt.datetime) -> list[str]:
    """Keep a security key that answered; give the recovery codes, the first time."""
    with operation("access.factor-added", by=user, at=at) as note:
        data = {"name": name, "credential": answer}
        Authenticator.objects.create(user=user, type=KEY, data=data)
        note.act(user, factor="webauthn", name=name)
        return _first_codes(user)


def _first_codes(user: User) -> list[str]:
    if Authenticator.objects.filter(user=user, type=RECOVERY).exists():
        return []
    return list(RecoveryCodes.activate(user).get_unused_codes())


def renew_codes(user: User, *, at: dt.datetime) -> list[str]:
    """New recovery codes; the old ones prove nothing any more. Raises UnableToChangeFactor without a factor."""
    if not second_factor.has_one(user):
        raise UnableToChangeFactor(reason=_("还没有第二因素，恢复码没有用处"))
    with operation("access.recovery-codes-renewed", by=user, at=at) as note:
        Authenticator.objects.filter(user=user, type=RECOVERY).delete()
        note.act(user)
        return _first_codes(user)


def remove_factor(kept: Authenticator, *, by: User, at: dt.datetime) -> None:
    """Remove one's own app or key. Raises UnableToChangeFactor for the last one of whoever must have one."""
    with operation("access.factor-removed", by=by, at=at) as note:
        User.objects.select_for_update().get(pk=by.pk)
        others = Authenticator.objects.filter(user=by, type__in=(TOTP, KEY)).exclude(pk=kept.pk)
        if not others.exists() and second_factor.is_required(by, timezone.localdate(at)):
            raise UnableToChangeFactor(reason=_("您的角色要求有第二因素，这是最后一个"))
        note.act(by, factor=str(kept.type))
        kept.delete()
        if not others.exists():
            Authenticator.objects.filter(user=by, type=RECOVERY).delete()


def reset_factors(user: User, *, by: Actor, at: dt.datetime, reason: str) -> None:
    """Take all second factors from somebody who lost them, and sign the person out everywhere.

    The password stays: whoever resets passwords does not reset factors, so nobody alone becomes somebody else.
    Raises UnableToChangeFactor for oneself, and beyond the units one gives roles at.
    """
    if by.pk is not None and by.pk == user.pk:
        raise UnableToChangeFactor(reason=_("不能重置自己的"))
    today = timezone.localdate(at)
    units = {user.unit, *(grant.unit for grant in scope.list_grants(user, today))}
    if not all(scope.may(by, Action.GRANT, on=today, unit=unit) for unit in units):
        raise UnableToChangeFactor(reason=_("这个人在您授权的单位之外也有角色"))
    with operation("access.factors-reset", by=by, at=at, reason=reason) as note:
        Authenticator.objects.filter(user=user).delete()
        end_others(user, None)
        note.act(user)
