"""The declared processes, found in the domains' `processes.py`; and what is wrong with a declaration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from yunpu import flow
from yunpu.access.models import Role
from yunpu.stages.records.declaring import At, Process, Step, Who


def list_processes() -> list[Process]:
    """Every declared process, in the order of the domains."""
    return list(flow.declared("processes", Process))


def find_process(code: str) -> Process | None:
    """The process of a code as it is declared now; None where it is declared no more."""
    return next((process for process in list_processes() if process.code == code), None)


def processes_of(model: type[models.Model]) -> list[Process]:
    """The processes that records of a model can go through."""
    return [process for process in list_processes() if process.model == model._meta.label_lower]


def faults(process: Process) -> list[str]:
    """What the declaration says of its model that is not so; a test asks this of every declared process."""
    try:
        model = apps.get_model(process.model)
    except LookupError:
        return [f"{process.code}: there is no model {process.model}"]
    found = []
    if not getattr(model, "scope_field", None):
        found.append(f"{process.code}: {process.model} belongs to no unit, so nobody has a role there")
    for step in process.steps:
        found += [f"{process.code}.{step.code}: {fault}" for fault in _faults_of(step, model)]
    return found + [f"{process.code}: {fault}" for fault in _faults_of_who(process.late.head)]


def _faults_of(step: Step, model: type[models.Model]) -> Iterator[str]:
    for name in step.fields:
        if _field(model, name) is None:
            yield f"no field {name}"
    if step.only and not isinstance(_field(model, step.only.field), models.BigIntegerField):
        yield f"{step.only.field} holds no amount in fen"
    if step.days_from and not isinstance(_field(model, step.days_from), models.DateField):
        yield f"{step.days_from} holds no date"
    if step.clock_may_stop and not step.days:
        yield "a clock that stops needs a deadline"
    for who in (step.who, *step.opinions):
        yield from _faults_of_who(who)


def _faults_of_who(who: Who) -> Iterator[str]:
    if who.role not in Role.values:
        yield f"no role {who.role}"
    if who.at not in list(At):
        yield f"no place {who.at}"


def _field(model: type[models.Model], name: str) -> Any:
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
