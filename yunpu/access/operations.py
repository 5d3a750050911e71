"""Users and grants: every change is an event; a secret is shown once; nobody serves himself."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from yunpu.access import scope
from yunpu.access.models import Grant, User
from yunpu.access.rights import OWN, SEPARATED, Action, conflict
from yunpu.access.sessions import end_others
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.reference.models import Enterprise, Unit
from yunpu.trail.operations import Actor, operation, snapshot_of


class UnableToGrant(Refusal):
    """A grant that cannot be given."""

    code = "ACC-101"
    headline = _("不能授权：%(reason)s")
    why = _("没有改动任何权限。")
    ways_out = ((_("请另一位安全管理员办理"), ""),)


class UnableToEndGrant(Refusal):
    """A grant that cannot be ended."""

    code = "ACC-102"
    headline = _("不能结束授权：%(reason)s")
    why = _("没有改动任何权限。")
    ways_out = ((_("先给另一位同事同样的角色，再结束这一条"), ""),)


class UnableToChangeUser(Refusal):
    """An account that this person may not reset or close."""

    code = "ACC-103"
    headline = _("不能改动这个账号：%(reason)s")
    why = _("账号和密码都没有改动。")
    ways_out = ((_("请上级单位的系统管理员办理"), ""),)


def create_user(
    *, username: str, name: str, unit: Unit, by: Actor, at: dt.datetime, enterprise: Enterprise | None = None
) -> tuple[User, str]:
    """Open an account; gives it with its one-time secret, which must be changed at the first sign-in."""
    if not scope.may(by, Action.ADMINISTER, on=timezone.localdate(at), unit=unit):
        raise UnableToGrant(reason=_("这个单位不归您管理"))
    secret = secrets.token_urlsafe(9)
    with operation("access.user-created", by=by, at=at) as note:
        user = User(username=username, name=name, unit=unit, enterprise=enterprise)
        user.set_password(secret)
        user.full_clean()
        user.save()
        note.created(user)
    return user, secret


def give_role(
    *,
    user: User,
    role: str,
    unit: Unit,
    by: Actor,
    at: dt.datetime,
    valid_from: dt.date | None = None,
    valid_to: dt.date | None = None,
    register: str = "",
) -> Grant:
    """Give a role at a unit (for one register only), from today or a later day on, until a day (exclusive) or without
    end. Who gives roles is the security administrator; the system itself, too, gives none once there is one.

    Raises UnableToGrant to oneself, at a unit one does not look after, what is given already, and what may not be
    together with a role the person has.
    """
    today = timezone.localdate(at)
    begin = valid_from or today
    if by.pk is not None and by.pk == user.pk:
        raise UnableToGrant(reason=_("不能给自己授权"))
    if not scope.may(by, Action.GRANT, on=today, unit=unit):
        raise UnableToGrant(reason=_("这个单位不归您授权"))
    if begin < today or (valid_to is not None and valid_to <= begin):
        raise UnableToGrant(reason=_("起止日期不对：不能早于今天，结束要晚于开始"))
    if user.is_machine and role in SEPARATED | OWN:
        raise UnableToGrant(reason=_("机器账号不能是三员、企业用户或居民"))
    with operation("access.role-given", by=by, at=at) as note:
        User.objects.select_for_update().get(pk=user.pk)  # one grant of a person after the other
        held = Grant.objects.filter(user=user).filter(Q(valid_to__isnull=True) | Q(valid_to__gt=begin))
        held = held.filter(valid_from__lt=valid_to) if valid_to else held
        if held.filter(role=role, unit=unit, register=register).exists():
            raise UnableToGrant(reason=_("这段时间已经有这个角色"))
        _refuse_together(role, held)
        grant = Grant(user=user, role=role, unit=unit, register=register, valid_from=begin, valid_to=valid_to)
        grant.full_clean()
        grant.save()
        note.created(grant)
    scope.forget()
    return grant


def _refuse_together(role: str, held: QuerySet[Grant]) -> None:
    """The separated administrators are different people, and who gives roles uses none."""
    clashing = sorted({str(one.get_role_display()) for one in held if conflict(one.role, role)})
    if clashing:
        raise UnableToGrant(
            reason=_("系统、安全、审计三员不能由一人兼任，安全管理员不能有别的角色；这个人已经是%(roles)s"),
            roles="、".join(clashing),
        )


def end_role(grant: Grant, *, by: Actor, at: dt.datetime, reason: str) -> Grant:
    """End a grant today: from now on it gives nothing. Raises UnableToEndGrant for the last administrator's."""
    today = timezone.localdate(at)
    if not scope.may(by, Action.GRANT, on=today, unit=grant.unit):
        raise UnableToEndGrant(reason=_("这个单位不归您授权"))
    with operation("access.role-ended", by=by, at=at, reason=reason) as note:
        stored = Grant.objects.select_for_update().get(pk=grant.pk)
        if stored.valid_to is not None and stored.valid_to <= today:
            raise UnableToEndGrant(reason=_("它已经结束"))
        if _is_last_administrator([stored], today):
            raise UnableToEndGrant(reason=_("这是管这个单位的最后一位这样的管理员"))
        before = snapshot_of(stored)
        stored.valid_to = max(today, stored.valid_from)
        stored.save(update_fields=["valid_to"])
        note.changed(stored, before)
    scope.forget()
    return stored


def close_account(user: User, *, by: Actor, at: dt.datetime, reason: str) -> None:
    """Close an account (停用): its person can sign in no more; what was done stays. Raises UnableToChangeUser."""
    _refuse_out_of_reach(user, by, at)
    if by.pk is not None and by.pk == user.pk:
        raise UnableToChangeUser(reason=_("不能停用自己的账号"))
    with operation("access.user-closed", by=by, at=at, reason=reason) as note:
        if _is_last_administrator(list(user.grants.select_related("unit")), timezone.localdate(at)):
            raise UnableToChangeUser(reason=_("这是最后一位这样的管理员"))
        _set_active(user, False, note)


def open_account(user: User, *, by: Actor, at: dt.datetime, reason: str) -> None:
    """Open a closed account again (启用). Raises UnableToChangeUser."""
    _refuse_out_of_reach(user, by, at)
    with operation("access.user-opened", by=by, at=at, reason=reason) as note:
        _set_active(user, True, note)


def _set_active(user: User, active: bool, note: Any) -> None:
    before = snapshot_of(user)
    user.is_active = active
    user.save(update_fields=["is_active"])
    note.changed(user, before)


def reset_password(user: User, *, by: Actor, at: dt.datetime) -> str:
    """Give a new one-time secret. Raises UnableToChangeUser where the person has a role beyond the asker's reach:
    whoever knew the secret would have that role too."""
    _refuse_out_of_reach(user, by, at)
    if user.is_machine:
        raise UnableToChangeUser(reason=_("机器账号没有密码，只有令牌"))
    secret = secrets.token_urlsafe(9)
    with operation("access.user-password-reset", by=by, at=at) as note:
        end_others(user, None)
        user.set_password(secret)
        user.must_change_password = True
        user.save(update_fields=["password", "must_change_password"])
        note.act(user)
    return secret


def change_password(user: User, password: str, *, here: str | None, at: dt.datetime) -> None:
    """The person's own change; it ends every session but `here`."""
    with operation("access.user-password-changed", by=user, at=at) as note:
        end_others(user, here)
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


def _refuse_out_of_reach(user: User, by: Actor, at: dt.datetime) -> None:
    """Only who administers every unit where a person has a role may touch that person's account."""
    today = timezone.localdate(at)
    units = {user.unit, *(grant.unit for grant in scope.list_grants(user, today))}
    if not all(scope.may(by, Action.ADMINISTER, on=today, unit=unit) for unit in units):
        raise UnableToChangeUser(reason=_("这个人在您管理的单位之外也有角色"))


def _is_last_administrator(ending: list[Grant], today: dt.date) -> bool:
    """Whether a unit would be left without one of its separated administrators in force if these grants ended."""
    leaving = {grant.pk for grant in ending}
    others = [
        (grant.role, grant.unit.path)
        for grant in Grant.objects.select_for_update(of=("self",))
        .filter(role__in=SEPARATED, user__is_active=True, valid_from__lte=today)
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gt=today))
        .exclude(pk__in=leaving)
        .select_related("unit")
    ]
    return any(
        grant.role in SEPARATED
        and (grant.valid_to is None or grant.valid_to > today)
        and not any(role == grant.role and grant.unit.path.startswith(path) for role, path in others)
        for grant in ending
    )
