"""What access and trail give to the screens below them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from yunpu.access import scope
from yunpu.access.models import Role
from yunpu.access.rights import RIGHTS, Action
from yunpu.trail import bulk, clock, operations, undoing
from yunpu.trail.freshness import data_as_of
from yunpu.trail.history import history
from yunpu.ui.hooks import hooks


def fill_hooks() -> None:
    """Called once, when the apps are ready."""
    scope.add_way(scope.OWN_ENTERPRISE)
    hooks.scope = _scope
    hooks.units = _units
    hooks.may = _may
    hooks.reaches_all = _reaches_all
    hooks.who_may = _who_may
    hooks.why_visible = _why_visible
    hooks.history = history
    hooks.history_url = _history_url
    hooks.reveal_url = _reveal_url
    hooks.create = operations.create_record
    hooks.change = operations.change_record
    hooks.remove = operations.remove_record
    hooks.change_many = bulk.change_many
    hooks.remove_many = bulk.remove_many
    hooks.find_bulk_change = bulk.find_bulk_change
    hooks.undo_many = bulk.undo_many
    hooks.can_restore = undoing.can_restore
    hooks.first_event = undoing.find_first_event
    hooks.find_act = undoing.find_act
    hooks.restore = undoing.restore
    hooks.former_values = undoing.former_values
    hooks.units_above = _units_above
    hooks.role_words = _role_words
    hooks.record_export = _record_export
    hooks.now = clock.now
    hooks.clock_is_set = clock.is_set
    hooks.data_as_of = data_as_of
    hooks.record_roles = _roles
    hooks.operation = operations.operation


def _scope(
    request: HttpRequest, queryset: QuerySet[Any], action: str = "view", of: type[Model] | None = None
) -> QuerySet[Any]:
    return scope.visible(queryset, request.user, on=clock.today(), action=action, of=of)


def _units(request: HttpRequest, model: type[Model]) -> frozenset[int] | None:
    """None also where a further way opens rows of other units: nothing may be looked for by unit then."""
    if scope.further_ways(request.user, model, on=clock.today()):
        return None
    return scope.visible_unit_ids(request.user, on=clock.today(), model=model)


def _may(request: HttpRequest, action: str, model: type[Model] | None = None) -> bool:
    """Asked once a request for each action and model: a page asks for every line of its menu."""
    known: dict[Any, bool] = request.__dict__.setdefault("yunpu_may", {})
    if (action, model) not in known:
        known[action, model] = scope.may(request.user, action, on=clock.today(), model=model)
    return known[action, model]


def _reaches_all(by: Any, action: str, model: type[Model], at: dt.datetime) -> bool:
    """Whether somebody does something to records of a model at all units there are."""
    on = timezone.localdate(at)
    return scope.visible_unit_ids(by, on=on, action=action, model=model) is None


def _who_may(action: str) -> list[str]:
    """The roles that have a right, as people call them."""
    return [str(Role(role).label) for role, rights in RIGHTS.items() if Action(action) in rights]


def _why_visible(request: HttpRequest, record: Model) -> str:
    reason = scope.why_visible(record, request.user, on=clock.today())
    if reason is None:
        return ""
    if reason.grant is None:
        return gettext(reason.words)
    grant = reason.grant
    user: Any = request.user
    if user.acting_for is not None:
        return gettext("您看得到它，因为您在代%(person)s办理：%(unit)s的%(role)s") % {
            "person": user.acting_for.absent,
            "unit": grant.unit,
            "role": grant.get_role_display(),
        }
    return gettext("您看得到它，因为您是%(unit)s的%(role)s") % {
        "unit": grant.unit,
        "role": grant.get_role_display(),
    }


def _reveal_url(request: HttpRequest, record: Model, name: str) -> str:
    """Where a personal value is shown in full; empty for who may not, and for a value of another record."""
    if "__" in name or not _may(request, Action.REVEAL, type(record)):
        return ""
    return reverse("trail:reveal", args=[record._meta.label_lower, record.pk, name])


def _history_url(record: Model) -> str:
    return reverse("trail:object", args=[record._meta.label_lower, record.pk])


def _record_export(request: HttpRequest, register: str, count: int) -> None:
    user: Any = request.user
    with operations.operation(f"{register}-exported", by=user, at=clock.now()) as note:
        note.act(name=register, rows=count, query=request.META.get("QUERY_STRING", "")[:300])


def _roles(request: HttpRequest) -> str:
    roles = dict.fromkeys(
        str(grant.get_role_display()) for grant in scope.list_grants(request.user, clock.today())
    )
    return "、".join(roles)


def _units_above(request: HttpRequest) -> list[int]:
    """The numbers of a person's own unit and of every unit above it, the own one first."""
    user: Any = request.user
    return [int(number) for number in reversed(user.unit.path.strip("/").split("/")) if number]


def _role_words(codes: str) -> str:
    """The roles that an event names by their codes, as people call them; a code that is no more stays as it is."""
    known: dict[str, Any] = {**dict(Role.choices), "system": gettext("系统")}
    return gettext("、").join(str(known.get(code, code)) for code in codes.split(",") if code)
