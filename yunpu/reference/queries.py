"""Reads of the shared identities: what is in force on a day, trees in order, an enterprise by any of its codes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from yunpu.reference import trees
from yunpu.reference.checks import PlacedUnit, Subject
from yunpu.reference.codes import UnitLevel, region_parent
from yunpu.reference.models import (
    CalendarDay,
    Classification,
    Enterprise,
    Region,
    Unit,
    parent_numbers,
)

M = TypeVar("M", bound=Model)


def in_force(queryset: QuerySet[M], on: dt.date) -> QuerySet[M]:
    """What is valid on a day, of a table with `valid_from` (inclusive) and `valid_to` (exclusive)."""
    begun = Q(valid_from__isnull=True) | Q(valid_from__lte=on)
    return queryset.filter(begun, Q(valid_to__isnull=True) | Q(valid_to__gt=on))


def list_unit_tree(units: QuerySet[Unit]) -> list[tuple[Unit, int]]:
    """Units as a table of contents: each with its depth; a unit whose parent is not among them stands at the top."""
    found = {unit.code: unit for unit in units.order_by("code")}
    lines = trees.in_order({code: unit.parent_id for code, unit in found.items()}, found)
    return [(found[code], depth) for code, depth in lines]


def list_placed_units(units: QuerySet[Unit] | None = None) -> dict[str, PlacedUnit]:
    """The registered units by code, as far as their place in the tree goes."""
    rows = (Unit.objects.all() if units is None else units).values_list(
        "code", "level", "parent_id", "valid_from", "valid_to"
    )
    return {code: PlacedUnit(code, UnitLevel(level), *rest) for code, level, *rest in rows}


def list_region_tree(regions: QuerySet[Region]) -> list[tuple[Region, int]]:
    """Regions under their province and prefecture, by code."""
    found = {region.code: region for region in regions.order_by("code")}
    lines = trees.in_order({code: region_parent(code) for code in found}, found)
    return [(found[code], depth) for code, depth in lines]


def list_classification_tree(subjects: Iterable[Classification]) -> list[tuple[Classification, int]]:
    """The codes of one scheme and year, each under its parent, by code."""
    found = {one.pk: one for one in sorted(subjects, key=lambda one: (one.code, one.first_year))}
    lines = trees.in_order(parent_numbers(found.values()), found)
    return [(found[pk], depth) for pk, depth in lines]


def list_subjects(scheme_code: str) -> list[Subject]:
    """The registered codes of a scheme, as far as their place goes."""
    rows = Classification.objects.filter(scheme__code=scheme_code).values_list(
        "code", "parent_code", "first_year", "last_year"
    )
    return [Subject(scheme_code, *row) for row in rows]


def classification_in(subjects: QuerySet[Classification], year: int) -> QuerySet[Classification]:
    """The codes that are valid in a year."""
    return subjects.filter(Q(last_year__isnull=True) | Q(last_year__gte=year), first_year__lte=year)


def find_enterprise(credit_code: str) -> Enterprise | None:
    """The enterprise of a credit code; of a merged one, the survivor."""
    found = Enterprise.objects.select_related("merged_into").filter(credit_code=credit_code).first()
    return (found.merged_into or found) if found else None


def list_known_years() -> list[int]:
    """The years whose holidays are entered."""
    return [day.year for day in CalendarDay.objects.dates("day", "year")]


def describe_days(on: dt.date) -> dict[str, Any]:
    """For the screens: the known years, and whether this day's year is among them."""
    years = list_known_years()
    return {"years": years, "is_known": on.year in years}


def list_candidates(
    enterprise: Enterprise, found: QuerySet[Enterprise], at_most: int = 20
) -> list[Enterprise]:
    """Those of a search result that can be merged with an enterprise."""
    return list(
        found.filter(merged_into__isnull=True).exclude(pk=enterprise.pk).order_by("credit_code")[:at_most]
    )
