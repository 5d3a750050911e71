"""Who may take a step (办理权限): whoever holds the role at the place, is not barred by the four eyes, and sees the record."""

from __future__ import annotations

import datetime as dt
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Model, Q, QuerySet

from yunpu.access import scope
from yunpu.access.models import Grant, User
from yunpu.access.rights import Action
from yunpu.reference.models import Unit
from yunpu.stages.records.declaring import At, Who
from yunpu.stages.records.models import Opinion, Run, Turn
from yunpu.stages.records.registry import list_processes
from yunpu.trail.operations import System


def place_of(who: Who, unit: Unit) -> Unit:
    """The unit at which the role must be held; a unit without one above is its own parent."""
    return unit.parent if who.at == At.PARENT and unit.parent is not None else unit


def holds(user: Any, role: str, place: Unit, *, on: dt.date, model: type[Model]) -> bool:
    """Whether a person has a role that reaches a unit, for records of a model. The system itself has every role."""
    if isinstance(user, System):
        return True
    label = model._meta.label_lower
    return any(
        grant.role == role and grant.register in ("", label) and str(place.path).startswith(grant.unit.path)
        for grant in scope.list_grants(user, on)
    )


def may_take(turn: Turn, user: Any, *, on: dt.date) -> bool:
    """Whether a person may take the step at which a run stands, whoever has taken it up."""
    if turn.ended_at is not None:
        return False
    if isinstance(user, System):
        return True
    if not holds(user, turn.role, turn.place, on=on, model=turn.run.model()):
        return False
    return not turn.barred.filter(pk=user.pk).exists()


def may_answer(opinion: Opinion, user: Any, *, on: dt.date) -> bool:
    """Whether an opinion is asked of this person."""
    if opinion.given_at is not None or opinion.turn.ended_at is not None:
        return False
    if opinion.person_id is not None:
        return bool(user.pk == opinion.person_id)
    assert opinion.place is not None
    return holds(user, opinion.role, opinion.place, on=on, model=opinion.turn.run.model())


def takeable(user: Any, *, on: dt.date) -> Q:
    """The turns whose role and place a person has, as a condition on turns."""
    return _reached(user, on, "role", "place__path__startswith", "run__object_type")


def answerable(user: Any, *, on: dt.date) -> Q:
    """The opinions asked of a person, or of a role the person has, as a condition on opinions."""
    reached = _reached(user, on, "role", "place__path__startswith", "turn__run__object_type")
    return Q(person_id=user.pk) | (Q(person__isnull=True) & reached)


def _reached(user: Any, on: dt.date, role: str, place: str, register: str) -> Q:
    conditions = []
    for grant in scope.list_grants(user, on):
        condition = Q(**{role: grant.role, place: grant.unit.path})
        conditions.append(condition & Q(**{register: grant.register}) if grant.register else condition)
    return reduce(or_, conditions, Q(pk__in=[]))


def list_holders(role: str, place: Unit, *, on: dt.date) -> QuerySet[User]:
    """The people who have a role that reaches a unit, by name."""
    parts = place.path.strip("/").split("/")
    above = ["/" + "/".join(parts[: count + 1]) + "/" for count in range(len(parts))]
    grants = Grant.objects.filter(role=role, unit__path__in=above, valid_from__lte=on).filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=on)
    )
    return User.objects.filter(is_active=True, pk__in=grants.values("user")).order_by("name", "pk")


def list_takers(turn: Turn, *, on: dt.date) -> QuerySet[User]:
    """The people who may take a turn, by name."""
    return list_holders(turn.role, turn.place, on=on).exclude(pk__in=turn.barred.values("pk"))


def may_be_asked(run: Run, user: User, *, on: dt.date) -> bool:
    """Whether a person's opinion can be asked: whoever reads records of this kind anywhere; being asked opens this one."""
    return user.is_active and scope.may(user, Action.VIEW, on=on, model=run.model())


def list_askable(run: Run, *, on: dt.date) -> list[User]:
    """The people whose opinion can be asked, those of the run's own unit first, by name."""
    granted = Grant.objects.filter(valid_from__lte=on).filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on))
    people = User.objects.filter(is_active=True, pk__in=granted.values("user")).select_related("unit")
    found = [one for one in people.order_by("name", "pk") if may_be_asked(run, one, on=on)]
    return sorted(found, key=lambda one: one.unit_id != run.unit_id)


def named_in_runs(asked: scope.Asked) -> Q | None:
    """A further way by which records are read: a step names the person, as taker or for an opinion. For runs as well.

    None where it names the person for no record of the model.
    """
    turns = Q(taker=asked.user) | Q(opinions__person=asked.user)
    named: QuerySet[Turn, Any]
    if asked.model is Run:
        named = Turn.objects.filter(turns).values("run")
    elif asked.model._meta.label_lower in {process.model for process in list_processes()}:
        turns &= Q(run__object_type=asked.model._meta.label_lower)
        named = Turn.objects.filter(turns).values("run__object_id")
    else:
        return None
    beyond = named if asked.units is None else named.exclude(run__unit__in=asked.units)
    return Q(pk__in=beyond) if beyond.exists() else None


def sees(record: Model | None, user: Any, *, on: dt.date) -> bool:
    """Whether a person sees a record."""
    if record is None:
        return False
    found = type(record)._default_manager.filter(pk=record.pk)
    return scope.visible(found, user, on=on).exists()
