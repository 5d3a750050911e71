"""Who sees what (可见范围): the subtree of each role's unit. One mechanism for lists, details, exports, lineage.

A model says by `scope_field` which path leads to its unit; None means a shared identity that everybody with a role may
read. A model that says nothing is seen by nobody.
"""

from __future__ import annotations

import datetime as dt
from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from yunpu.access.models import Grant, User
from yunpu.access.rights import RIGHTS, Action
from yunpu.reference.models import Unit
from yunpu.trail.operations import System

M = TypeVar("M", bound=Model)
_UNDECLARED = object()


def list_grants(user: Any, on: dt.date) -> list[Grant]:
    """The grants of a person in force on a day."""
    if not isinstance(user, User) or not user.is_active:
        return []
    grants = Grant.objects.filter(user=user, valid_from__lte=on).select_related("unit")
    return list(grants.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on)))


def may(
    user: Any, action: str, *, on: dt.date, model: type[Model] | None = None, unit: Unit | None = None
) -> bool:
    """Whether a person may do something (to records of a model, at a unit). The system itself may everything."""
    if isinstance(user, System):
        return True
    register = model._meta.label_lower if model is not None else ""
    return any(
        Action(action) in RIGHTS[grant.role]
        and grant.register in ("", register)
        and (unit is None or unit.path.startswith(grant.unit.path))
        for grant in list_grants(user, on)
    )


def visible_unit_ids(
    user: Any, *, on: dt.date, action: str = Action.VIEW, model: type[Model] | None = None
) -> frozenset[int] | None:
    """The units at which a person may do something (to records of a model); None means all of them."""
    if isinstance(user, System):
        return None
    registers = ("", model._meta.label_lower) if model is not None else None
    paths = [
        grant.unit.path
        for grant in list_grants(user, on)
        if Action(action) in RIGHTS[grant.role] and (registers is None or grant.register in registers)
    ]
    return _units_below(paths)


def visible(queryset: QuerySet[M], user: Any, *, on: dt.date, action: str = Action.VIEW) -> QuerySet[M]:
    """The part of a queryset that a person may see (or act on)."""
    if isinstance(user, System):
        return queryset
    model = queryset.model
    register = model._meta.label_lower
    grants = [
        grant
        for grant in list_grants(user, on)
        if Action(action) in RIGHTS[grant.role] and grant.register in ("", register)
    ]
    field = getattr(model, "scope_field", _UNDECLARED)
    if not grants or field is _UNDECLARED:
        return queryset.none()
    if field is None:
        return queryset
    units = _units_below([grant.unit.path for grant in grants])
    if units is None:
        return queryset
    scoped = queryset.filter(**{f"{field}__in": units})
    return scoped.distinct() if _is_many(model, str(field)) else scoped


def why_visible(record: Model, user: Any, *, on: dt.date) -> Grant | None:
    """The grant by which a person sees a record; None for shared identities and the system."""
    field = getattr(type(record), "scope_field", None)
    if not field:
        return None
    unit: Any = record
    for name in str(field).split("__"):
        unit = getattr(unit, name, None)
    if not isinstance(unit, Unit):
        return None
    grants = [grant for grant in list_grants(user, on) if unit.path.startswith(grant.unit.path)]
    return max(grants, key=lambda grant: len(grant.unit.path), default=None)


def _units_below(paths: list[str]) -> frozenset[int] | None:
    """The units of several subtrees; None where every root is among them."""
    if not paths:
        return frozenset()
    roots = set(Unit.objects.filter(parent__isnull=True).values_list("path", flat=True))
    if roots and roots <= set(paths):
        return None
    below = reduce(or_, (Q(path__startswith=path) for path in paths))
    return frozenset(Unit.objects.filter(below).values_list("pk", flat=True))


def _is_many(model: type[Model], field: str) -> bool:
    first = model._meta.get_field(field.split("__")[0])
    return bool(first.one_to_many or first.many_to_many)
