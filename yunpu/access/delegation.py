"""Acting for an absent colleague (代理): the substitute signs in as himself, chooses to act for the absent person, and
has that person's roles – not the own ones – until he stops, or the delegation ends. Every act carries for whom.

What is never delegated: the separated administrators' roles, an enterprise's or a resident's own view, and a delegation.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from yunpu.access import scope
from yunpu.access.models import Delegation, User
from yunpu.access.rights import OWN, SEPARATED, Action
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.trail.operations import Actor, operation, snapshot_of

ACTING = "acting"  # in the session: the delegation under which its person acts
LONGEST_DAYS = 92


class UnableToDelegate(Refusal):
    """A delegation that cannot be given."""

    code = "ACC-105"
    headline = _("不能设代理：%(reason)s")
    why = _("没有改动；各人的角色照旧。")
    ways_out = ((_("换一个人或日期；要长期变动请安全管理员授权"), ""),)


def list_colleagues(absent: User) -> QuerySet[User]:
    """Who may act for a person: whoever works at the same unit, above it in its own line, or below it."""
    above = [int(number) for number in absent.unit.path.strip("/").split("/") if number]
    near = Q(unit_id__in=above) | Q(unit__path__startswith=absent.unit.path)
    return User.objects.filter(near, is_active=True).exclude(pk=absent.pk).order_by("name", "pk")


def delegate(
    absent: User,
    substitute: User,
    *,
    valid_from: dt.date,
    valid_to: dt.date,
    reason: str,
    by: Actor,
    at: dt.datetime,
) -> Delegation:
    """Let somebody act for an absent person from a day until a day (exclusive). Given by the absent person, or by who
    gives roles at that unit. Raises UnableToDelegate."""
    today = timezone.localdate(at)
    _refuse_stranger(absent, substitute, by, today)
    if valid_from < today or not valid_from < valid_to <= valid_from + dt.timedelta(LONGEST_DAYS):
        raise UnableToDelegate(reason=_("起止日期不对：不能早于今天，最长 92 天"))
    if not list_colleagues(absent).filter(pk=substitute.pk).exists():
        raise UnableToDelegate(reason=_("代理人要在同一单位，或它的上级、下级单位"))
    if any(grant.role in SEPARATED for grant in scope.list_own_grants(substitute, today)):
        raise UnableToDelegate(reason=_("三员不代理别人"))
    if not _delegable(absent, valid_from):
        raise UnableToDelegate(reason=_("那时没有可以代理的角色；三员的角色不能代理"))
    with operation("access.delegation-given", by=by, at=at, reason=reason) as note:
        User.objects.select_for_update().get(pk=absent.pk)
        if _overlapping(absent, substitute, valid_from, valid_to).exists():
            raise UnableToDelegate(reason=_("这段时间已经由这个人代理"))
        given = Delegation(absent=absent, substitute=substitute, valid_from=valid_from, valid_to=valid_to)
        given.full_clean()
        given.save()
        note.created(given)
    return given


def _refuse_stranger(absent: User, substitute: User, by: Actor, today: dt.date) -> None:
    """Who may arrange it: the absent person himself, or who gives roles there and is not the substitute."""
    if getattr(by, "acting_for", None) is not None:
        raise UnableToDelegate(reason=_("代理别人时不能再设代理"))
    if by.pk is not None and by.pk == absent.pk:
        return
    if by.pk == substitute.pk or not scope.may(by, Action.GRANT, on=today, unit=absent.unit):
        raise UnableToDelegate(reason=_("只有本人或安全管理员可以设代理"))


def _delegable(absent: User, on: dt.date) -> list[Any]:
    kept = SEPARATED | OWN
    return [grant for grant in scope.list_own_grants(absent, on) if grant.role not in kept]


def _overlapping(absent: User, substitute: User, begin: dt.date, end: dt.date) -> QuerySet[Delegation]:
    between = Delegation.objects.filter(absent=absent, substitute=substitute)
    return between.filter(valid_from__lt=end, valid_to__gt=begin)


def end_delegation(given: Delegation, *, by: Actor, at: dt.datetime) -> Delegation:
    """End it today: by the absent person who is back, by the substitute, or by who gives roles there.

    Raises UnableToDelegate.
    """
    today = timezone.localdate(at)
    involved = by.pk is not None and by.pk in (given.absent_id, given.substitute_id)
    if not involved and not scope.may(by, Action.GRANT, on=today, unit=given.absent.unit):
        raise UnableToDelegate(reason=_("只有当事人或安全管理员可以结束代理"))
    with operation("access.delegation-ended", by=by, at=at) as note:
        stored = Delegation.objects.select_for_update().get(pk=given.pk)
        if stored.valid_to <= today:
            raise UnableToDelegate(reason=_("它已经结束"))
        before = snapshot_of(stored)
        stored.valid_to = max(today, stored.valid_from)
        stored.save(update_fields=["valid_to"])
        note.changed(stored, before)
    return stored


def find_in_force(user: User, pk: int, on: dt.date) -> Delegation | None:
    """A delegation under which a person may act on a day."""
    return (
        Delegation.objects.filter(pk=pk, substitute=user, valid_from__lte=on, valid_to__gt=on)
        .filter(absent__is_active=True)
        .select_related("absent__unit", "substitute")
        .first()
    )


def settle_acting(request: HttpRequest, user: User, on: dt.date) -> Delegation | None:
    """For whom this session's person acts; a delegation that is over is forgotten."""
    chosen = request.session.get(ACTING)
    if chosen is None:
        return None
    found = find_in_force(user, chosen, on)
    if found is None:
        del request.session[ACTING]
    return found
