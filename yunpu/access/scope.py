"""Who sees what (可见范围): the subtree of each role's unit, and what further ways open. One mechanism for lists,
details, exports, lineage.

A model says by `scope_field` which path leads to its unit; None means a shared identity that everybody with a role may
read. A model that says nothing is seen by nobody.

The unit itself is read by everybody, but acted for by few: asked for with another action than reading, or as the unit
*of* a register's records, it is narrowed to the subtrees too. So a form offers only units one may write for.

A further way (`Way`) opens records for reading that lie elsewhere: a step of a process names the unit or the person,
the record is of one's own enterprise. Its owner registers it with `add_way` when the apps are ready; it opens nothing
to whoever has no role, and never a write.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from yunpu.access.models import Delegation, Grant, Role, User
from yunpu.access.rights import OWN, RIGHTS, SEPARATED, Action
from yunpu.kernel.text import mark as _
from yunpu.reference.models import Enterprise, Unit
from yunpu.trail.operations import System

M = TypeVar("M", bound=Model)
V = TypeVar("V")
_UNDECLARED = object()
_READING = frozenset({Action.VIEW, Action.EXPORT})
_BY_FILE = frozenset({Action.IMPORT, Action.WITHDRAW})
_WRITING = _BY_FILE | {Action.CREATE, Action.CHANGE, Action.REMOVE}
_remembered: ContextVar[dict[Any, Any] | None] = ContextVar("remembered", default=None)


@dataclass(frozen=True)
class Asked:
    """What a further way is told: who asks for records of which model on which day, and the units at which that
    person reads such records (None: all of them)."""

    user: User
    model: type[Model]
    on: dt.date
    units: frozenset[int] | None


@dataclass(frozen=True)
class Way:
    """A further way by which records are read: why, in words for the record's page, and which.

    `rows` gives a condition on the asked model, or None where it opens nothing of that model or to that person. The
    condition must not multiply rows: ask by `pk__in` a subquery, not by a join to many.
    """

    words: str
    rows: Callable[[Asked], Q | None]


@dataclass(frozen=True)
class Reason:
    """Why a record is seen: the grant that reaches it, or the words of a further way."""

    grant: Grant | None = None
    words: str = ""


_ways: list[Way] = []


def add_way(way: Way) -> None:
    """Register a further way, once, when the apps are ready."""
    if way not in _ways:
        _ways.append(way)


@contextmanager
def remembering() -> Iterator[None]:
    """Ask the database once for what does not change during one request: grants and subtrees."""
    token = _remembered.set({})
    try:
        yield
    finally:
        _remembered.reset(token)


def forget() -> None:
    """Ask again: a grant was changed in this request."""
    answers = _remembered.get()
    if answers is not None:
        answers.clear()


def _once(key: Any, ask: Callable[[], V]) -> V:
    answers = _remembered.get()
    if answers is None:
        return ask()
    if key not in answers:
        answers[key] = ask()
    found: V = answers[key]
    return found


def list_grants(user: Any, on: dt.date) -> list[Grant]:
    """The grants by which a person acts on a day: the own ones in force; of whoever acts for an absent colleague,
    that colleague's, without those that are never delegated."""
    if not isinstance(user, User) or not user.is_active:
        return []
    if user.acting_for is None:
        return list_own_grants(user, on)
    return _delegated(user, user.acting_for, on)


def list_own_grants(user: User, on: dt.date) -> list[Grant]:
    """The grants of a person in force on a day."""
    if not user.is_active:
        return []
    return _once(("grants", user.pk, on), lambda: list(_grants_in_force(user, on)))


def _delegated(user: User, delegation: Delegation, on: dt.date) -> list[Grant]:
    """Asked again on each call: the delegation is in force that day, and the substitute is no separated administrator."""
    in_force = delegation.substitute_id == user.pk and delegation.valid_from <= on < delegation.valid_to
    if not in_force or any(grant.role in SEPARATED for grant in list_own_grants(user, on)):
        return []
    kept = SEPARATED | OWN
    return [grant for grant in list_own_grants(delegation.absent, on) if grant.role not in kept]


def _grants_in_force(user: User, on: dt.date) -> QuerySet[Grant]:
    grants = Grant.objects.filter(user=user, valid_from__lte=on).select_related("unit")
    return grants.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on)).order_by("id")


def _giving(user: Any, action: str, on: dt.date, model: type[Model] | None) -> list[Grant]:
    """The grants by which a person may do something to records of a model; without a model, in general."""
    named = getattr(user, "token_actions", None)
    if named is not None and action not in named:
        return []
    return [grant for grant in list_grants(user, on) if _gives(grant, Action(action), model)]


def own_enterprise(asked: Asked) -> Q | None:
    """The records of the person's own enterprise (本企业): a model says by `enterprise_field` which path leads there."""
    path = "pk" if asked.model is Enterprise else getattr(asked.model, "enterprise_field", None)
    mine = asked.user.enterprise_id
    is_one = any(grant.role == Role.ENTERPRISE for grant in list_grants(asked.user, asked.on))
    return Q(**{path: mine}) if path and mine and is_one else None


OWN_ENTERPRISE = Way(_("您看得到它，因为它是您所在企业的"), own_enterprise)


def _gives(grant: Grant, action: Action, model: type[Model] | None) -> bool:
    if not permits(grant.role, action, model):
        return False
    if not grant.register:
        return True
    if model is None or getattr(model, "scope_field", _UNDECLARED) is None:
        return action is Action.VIEW  # whoever reads one register reads the shared identities around it
    return grant.register == model._meta.label_lower


def permits(role: str, action: Action, model: type[Model] | None) -> bool:
    """Whether a role may do something. The separated administrators read no unit's records, only what they
    administer: shared identities, and files that bring these in. `administered` records, on which everybody's scope or figures hang, are written
    by administrators only; these bring in files for that, and the loading asks for the right to the register itself.
    """
    rights = RIGHTS[role]
    administers = Action.ADMINISTER in rights
    carries_any = model is None or getattr(model, "carries_any", False)
    is_identity = model is not None and model._meta.app_label == Unit._meta.app_label
    if role in SEPARATED and action is Action.VIEW and not (carries_any or is_identity):
        return False
    if getattr(model, "administered", False):
        return administers if action in _WRITING else action in rights or (administers and action in _READING)
    return action in rights or (administers and carries_any and action in _BY_FILE)


def may(
    user: Any, action: str, *, on: dt.date, model: type[Model] | None = None, unit: Unit | None = None
) -> bool:
    """Whether a person may do something (to records of a model, at a unit). The system itself may everything."""
    if isinstance(user, System):
        return True
    return any(unit is None or _is_below(unit, grant.unit) for grant in _giving(user, action, on, model))


def visible_unit_ids(
    user: Any, *, on: dt.date, action: str = Action.VIEW, model: type[Model] | None = None
) -> frozenset[int] | None:
    """The units at which a person may do something (to records of a model); None means all of them."""
    if isinstance(user, System):
        return None
    return _units_below(_paths(_giving(user, action, on, model)))


def _paths(grants: Iterable[Grant]) -> list[str]:
    """Whose subtrees grants reach: roles that see only their own reach none."""
    return [grant.unit.path for grant in grants if grant.role not in OWN]


def reads_identities(user: Any, *, on: dt.date) -> bool:
    """Whether a person reads the shared identities: whoever has a role that reaches a unit."""
    return isinstance(user, System) or any(grant.role not in OWN for grant in list_grants(user, on))


def visible(
    queryset: QuerySet[M],
    user: Any,
    *,
    on: dt.date,
    action: str = Action.VIEW,
    of: type[Model] | None = None,
) -> QuerySet[M]:
    """The part of a queryset that a person may see (or act on); `of` names the model they are chosen for."""
    if isinstance(user, System):
        return queryset
    model = queryset.model
    field = getattr(model, "scope_field", _UNDECLARED)
    grants = _giving(user, action, on, of or model)
    if not grants or field is _UNDECLARED:
        return queryset.none()
    if model is Unit and (of is not None or Action(action) not in _READING):
        field = "pk"
    if field is None and _paths(grants):
        return queryset
    units = _units_below(_paths(grants))
    if units is None:
        return queryset
    reached = Q(**{f"{field}__in": units}) if field and units else Q(pk__in=())
    for _way, rows in further_ways(user, model, on=on) if Action(action) in _READING else ():
        reached |= rows
    scoped = queryset.filter(reached)
    return scoped.distinct() if field and _is_many(model, str(field)) else scoped


def further_ways(user: Any, model: type[Model], *, on: dt.date) -> list[tuple[Way, Q]]:
    """The ways besides the units that open records of a model to a person with a role, each with its rows."""
    if not isinstance(user, User) or not _giving(user, Action.VIEW, on, model):
        return []
    return _once(("ways", user.pk, model, on), lambda: _ask_further_ways(user, model, on))


def _ask_further_ways(user: User, model: type[Model], on: dt.date) -> list[tuple[Way, Q]]:
    units = visible_unit_ids(user, on=on, model=model)
    told = [(way, way.rows(Asked(user, model, on, units))) for way in _ways]
    return [(way, rows) for way, rows in told if rows is not None]


def why_visible(record: Model, user: Any, *, on: dt.date) -> Reason | None:
    """Why a person sees a record: the narrowest grant that reaches its unit, else the first further way that opens it.

    None for shared identities, for the system, and for what is not seen.
    """
    unit = unit_of(record)
    if unit is None and reads_identities(user, on=on):
        return None
    grants = _giving(user, Action.VIEW, on, type(record)) if unit is not None else []
    reaching = [grant for grant in grants if grant.role not in OWN and _is_below(unit, grant.unit)]
    if reaching:
        return Reason(grant=max(reaching, key=lambda grant: len(grant.unit.path)))
    for way, rows in further_ways(user, type(record), on=on):
        if type(record)._default_manager.filter(rows, pk=record.pk).exists():
            return Reason(words=way.words)
    return None


def _is_below(unit: Unit | None, above: Unit) -> bool:
    return unit is not None and unit.path.startswith(above.path)


def unit_of(record: Model) -> Unit | None:
    """The unit a record belongs to; None for a shared identity."""
    field = getattr(type(record), "scope_field", None)
    found: Any = record
    for name in str(field).split("__") if field else ():
        found = getattr(found, name, None)
    return found if isinstance(found, Unit) else None


def _units_below(paths: Iterable[str]) -> frozenset[int] | None:
    """The units of several subtrees; None where every root is among them."""
    asked = frozenset(paths)
    if not asked:
        return frozenset()
    return _once(("below", asked), lambda: _ask_units_below(asked))


def _ask_units_below(paths: frozenset[str]) -> frozenset[int] | None:
    roots = set(Unit.objects.filter(parent__isnull=True).values_list("path", flat=True))
    if roots and roots <= paths:
        return None
    below = reduce(or_, (Q(path__startswith=path) for path in sorted(paths)))
    return frozenset(Unit.objects.filter(below).values_list("pk", flat=True))


def _is_many(model: type[Model], field: str) -> bool:
    first = model._meta.get_field(model._meta.pk.name if field == "pk" else field.split("__")[0])
    return bool(first.one_to_many or first.many_to_many)
