"""All snapshot tables: those the domains declare in their `snapshot.py`, and those of shared identities."""

from __future__ import annotations

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from yunpu import flow
from yunpu.stages.snapshots import shared
from yunpu.stages.snapshots.tables import FrozenColumn, FrozenTable, Kind
from yunpu.trail.models import Sourced

FIELDS: dict[Kind, tuple[type[models.Field], ...]] = {
    Kind.INTEGER: (models.IntegerField,),
    Kind.FEN: (models.IntegerField,),
    Kind.TEXT: (models.CharField, models.TextField),
    Kind.DATE: (models.DateField,),
    Kind.YES_NO: (models.BooleanField,),
}


def list_tables() -> list[FrozenTable]:
    """Every declared table by name."""
    found = [*flow.declared_in(shared, FrozenTable), *flow.declared("snapshot", FrozenTable)]
    assert len({table.name for table in found}) == len(found), "two snapshot tables share a name"
    return sorted(found, key=lambda table: table.name)


def find_table(name: str) -> FrozenTable | None:
    """The declared table of that name; None where it is declared no longer."""
    return next((table for table in list_tables() if table.name == name), None)


def model_of(table: FrozenTable) -> type[models.Model]:
    """The model whose rows the table freezes."""
    return apps.get_model(table.model)


def field_chain(table: FrozenTable, column: FrozenColumn) -> list[models.Field]:
    """The model fields along a column's path, the last one holding the value. Raises FieldDoesNotExist."""
    model: type[models.Model] | None = model_of(table)
    chain: list[models.Field] = []
    for name in column.path.split("__"):
        if model is None:
            raise FieldDoesNotExist(f"{column.path}: {chain[-1].name} leads to no other record")
        found = model._meta.get_field(name)
        if not isinstance(found, models.Field):
            raise FieldDoesNotExist(f"{column.path}: {name} is no field of {model.__name__}")
        chain.append(found)
        model = found.related_model if found.is_relation else None
    return chain


def is_nullable(table: FrozenTable, column: FrozenColumn) -> bool:
    """Whether the column may hold null: a field on its path may."""
    return any(found.null for found in field_chain(table, column))


def faults(table: FrozenTable) -> list[str]:
    """What is wrong with a declaration, as sentences for the developer: a test shows them."""
    found = [*_column_faults(table), *_forgotten(table)]
    return [f"{table.name}: {fault}" for fault in found]


def _column_faults(table: FrozenTable) -> list[str]:
    found = []
    for column in table.columns:
        try:
            last = field_chain(table, column)[-1]
        except FieldDoesNotExist as error:
            found.append(str(error))
            continue
        if not isinstance(last, FIELDS[column.kind]) or isinstance(last, models.DateTimeField):
            found.append(f"{column.name} is {column.kind.value}, its source a {type(last).__name__}")
        if getattr(last, "is_personal", False):
            found.append(f"{column.name} is personal: it stays out of snapshots")
        if column.name in table.key and is_nullable(table, column):
            found.append(f"key column {column.name} may be null")
        if column.kind is Kind.FEN and not column.name.endswith("_fen"):
            found.append(f"{column.name} holds money: its name must end in _fen")
    return found


def _forgotten(table: FrozenTable) -> list[str]:
    """Fields that are neither frozen nor left out with a reason. Numbers and provenance are known by themselves."""
    own = {stored.name for stored in Sourced._meta.get_fields()}
    frozen = {column.path.split("__")[0] for column in table.columns}
    names = {stored.name for stored in model_of(table)._meta.concrete_fields if not stored.primary_key} - own
    return [
        *(
            f"field {name} is neither frozen nor left out with a reason"
            for name in sorted(names - frozen - set(table.left_out))
        ),
        *(
            f"left out {name} is no field, or frozen"
            for name in sorted(set(table.left_out) - (names - frozen))
        ),
    ]
