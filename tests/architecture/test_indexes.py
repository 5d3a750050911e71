"""Registers of tables that grow by the million are sorted and filtered by indexes that begin with the scope.

Tables that files fill (Sourced) grow. A sort needs two indexes that end in the number: one that begins with the unit, for
people of one or some units, one without, for those who see all. A filter needs to stand in an index that begins with
the unit. Rows scoped through another record (attendance through its activity) have no unit of their own: there one
index an order is enough. What has none says why.
"""

from __future__ import annotations

import pytest
from django.db import models

from yunpu.trail.models import Sourced
from yunpu.ui.registers import Register, list_registers
from yunpu.ui.search import searched_names

GROWING = [register for register in list_registers() if issubclass(register.model, Sourced)]

SMALL = {
    "reference.units": "some hundred units",
    "reference.regions": "some hundred regions, abolished ones included",
    "reference.classifications": "some hundred codes a scheme and year",
    "reference.calendar": "some forty days a year",
    "outreach.series": "some tens of series",
}
NO_INDEX = {
    ("reference.enterprises", "industry"): "the enterprises of a district are some ten thousand",
    ("reference.enterprises", "region_code"): "the enterprises of a district are some ten thousand",
    ("outreach.attendance", "activity__kind"): "of the activity, a small table, joined by its number",
    ("outreach.attendance", "activity__held_on"): "of the activity, a small table, joined by its number",
    ("outreach.handouts", "activity__kind"): "of the activity, a small table, joined by its number",
    ("outreach.handouts", "activity__held_on"): "of the activity, a small table, joined by its number",
}


def indexes_of(model: type[models.Model]) -> list[tuple[str, ...]]:
    """The columns of every index, in order: declared ones, unique keys, single columns."""
    meta = model._meta
    found = [tuple(index.fields) for index in meta.indexes if not index.condition]
    found += [
        tuple(constraint.fields)
        for constraint in meta.constraints
        if isinstance(constraint, models.UniqueConstraint) and constraint.fields and not constraint.condition
    ]
    found += [(one.name,) for one in meta.concrete_fields if one.unique or one.db_index]
    return found


def scope_of(model: type[models.Model]) -> str:
    """The column that scopes a table; empty where it is open to all, or scoped through another record."""
    path = getattr(model, "scope_field", None) or ""
    return "" if "__" in path else path


def cases(names: str) -> list[tuple[type[Register], str]]:
    return [
        (register, name.lstrip("-"))
        for register in GROWING
        if register.code() not in SMALL
        for name in getattr(register, names)
        if (register.code(), name) not in NO_INDEX
    ]


@pytest.mark.parametrize(("register", "name"), cases("sorts"), ids=lambda case: getattr(case, "slug", case))
def test_every_offered_order_is_that_of_an_index(register, name):
    if name == "pk":
        return
    scope, indexes = scope_of(register.model), indexes_of(register.model)
    unique = (name,) in indexes and register.model._meta.get_field(name).unique
    assert unique or (name, "id") in [one[:2] for one in indexes], "no index for those who see everything"
    if scope:
        assert (scope, name, "id") in [one[:3] for one in indexes], "no index that begins with the scope"


@pytest.mark.parametrize(("register", "name"), cases("filters"), ids=lambda case: getattr(case, "slug", case))
def test_every_offered_filter_stands_in_an_index_of_the_scope(register, name):
    scope = scope_of(register.model)
    assert any(name in one and scope in ("", one[0]) for one in indexes_of(register.model))


@pytest.mark.parametrize("register", GROWING, ids=lambda register: register.code())
def test_every_register_that_grows_is_sorted_by_a_column_of_its_own(register):
    for name in (*register.sorts, register.default_sort):
        name = name.lstrip("-")
        assert name == "pk" or not register.model._meta.get_field(name).is_relation


def test_every_exemption_is_still_needed():
    offered = {(one.code(), name) for one in GROWING for name in (*one.sorts, *one.filters)}
    assert set(NO_INDEX) <= offered
    assert set(SMALL) <= {one.code() for one in GROWING}


def test_searched_fields_are_texts_of_the_table_itself():
    for register in GROWING:
        for name in searched_names(register.model):
            assert isinstance(register.model._meta.get_field(name), models.CharField | models.TextField)
