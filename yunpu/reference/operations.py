"""Writes of the shared identities that have rules of their own. Plain registers are written by the trail's operations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext

from yunpu.kernel.findings import Finding, Severity
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.reference import checks
from yunpu.reference.checks import CIRCLE, PlacedUnit, find_fault_of_place
from yunpu.reference.codes import RegionLevel, UnitLevel
from yunpu.reference.models import CalendarDay, Classification, Region, Unit
from yunpu.reference.queries import list_subjects
from yunpu.trail.operations import Actor, Note, change_record, create_record, operation, snapshot_of
from yunpu.ui import search
from yunpu.ui.hooks import hooks


class UnableToPlaceUnit(Refusal):
    """A unit that cannot stand where it was asked to."""

    code = "REF-101"
    headline = _("“%(value)s”不能放在“%(given)s”之下：%(reason)s")
    why = _("单位树从省、市、区县、部门到下属单位逐级向下，下级的存续时间在上级之内；可见范围都依据它。")
    ways_out = ((_("换一个上级单位，或先改层级、启停日期"), "/reference/units/tree/"),)


class UnableToCloseUnit(Refusal):
    """A unit that cannot be closed on that day."""

    code = "REF-102"
    headline = _("不能从 %(day)s 起停用“%(value)s”：%(reason)s")
    why = _("停用的单位不再接收新的记录，它的下级也就没有了上级。没有改动任何单位。%(text)s")
    ways_out = ((_("先停用或移走下级单位，或改停用日期"), "/reference/units/tree/"),)


def create_unit(model: type[Unit], values: Mapping[str, Any], *, by: Actor, at: dt.datetime) -> Unit:
    """Enter one unit below its parent. Raises UnableToPlaceUnit, ValidationError."""
    with operation("reference.unit-created", by=by, at=at) as note:
        unit = model(**values)
        if unit.parent is not None:  # held, so that it is not moved meanwhile: the path hangs on its path
            unit.parent = Unit.objects.select_for_update().get(pk=unit.parent.pk)
        _refuse_closing(unit)
        _refuse_misplaced(unit, unit.parent)
        _refuse_top(unit, by, at)
        unit.full_clean()
        unit.save(force_insert=True)
        unit.path = f"{unit.parent.path if unit.parent else '/'}{unit.pk}/"
        unit.save(update_fields=["path"])
        search.reindex(model, [unit.pk])
        note.created(unit)
    return unit


def change_unit(
    unit: Unit, values: Mapping[str, Any], *, by: Actor, at: dt.datetime, reason: str = ""
) -> Unit:
    """Change a unit; a new code goes with its children, a new parent with the whole subtree.

    Raises UnableToPlaceUnit, UnableToCloseUnit, ValidationError.
    """
    with operation("reference.unit-changed", by=by, at=at, reason=reason) as note:
        return _change(unit, values, note, by=by, at=at)


def move_unit(unit: Unit, parent: Unit | None, *, reason: str, by: Actor, at: dt.datetime) -> Unit:
    """Put a unit with everything below it under another parent, or at the top. Raises UnableToPlaceUnit."""
    with operation("reference.unit-moved", by=by, at=at, reason=reason.strip()) as note:
        return _change(unit, {"parent": parent}, note, by=by, at=at)


def close_unit(unit: Unit, on: dt.date, *, reason: str, by: Actor, at: dt.datetime) -> Unit:
    """Let a unit end on a day, the first on which it is no more (停用). Raises UnableToCloseUnit."""
    with operation("reference.unit-closed", by=by, at=at, reason=reason.strip()) as note:
        return _change(unit, {"valid_to": on}, note, by=by, at=at)


def _change(unit: Unit, values: Mapping[str, Any], note: Note, *, by: Actor, at: dt.datetime) -> Unit:
    # The whole tree is held: two moves at once could otherwise make a circle that neither of them sees.
    units = {one.pk: one for one in Unit.objects.select_for_update().order_by("pk")}
    stored = units[unit.pk]
    before, old_code, old_path = snapshot_of(stored), stored.code, stored.path
    for name, value in values.items():
        setattr(stored, name, value)
    _refuse_closing(stored)
    _refuse_misplaced(stored, stored.parent)
    if before["parent"] is not None:
        _refuse_top(stored, by, at)
    for child in Unit.objects.filter(parent_id=old_code):
        _refuse_misplaced(child, stored)
    stored.full_clean()
    stored.save()
    if stored.code != old_code:
        Unit.every.filter(parent_id=old_code).update(parent_id=stored.code)
    _trace(stored, old_path)
    search.reindex(Unit, [stored.pk])
    note.changed(stored, before)
    return stored


def _trace(unit: Unit, old_path: str) -> None:
    """Let the paths of a unit and of everything below it follow its parent."""
    path = f"{unit.parent.path if unit.parent else '/'}{unit.pk}/"
    if path == old_path:
        return
    below = Unit.every.filter(path__startswith=old_path)
    below.update(path=Concat(Value(path), Substr("path", len(old_path) + 1)))
    unit.path = path


def _refuse_closing(unit: Unit) -> None:
    """Nothing ends before it began, or while something below it goes on."""
    if unit.valid_to is None:
        return
    told = {"day": unit.valid_to.isoformat(), "value": str(unit)}
    if unit.valid_from is not None and unit.valid_to <= unit.valid_from:
        raise UnableToCloseUnit(**told, reason=_("停用日期不晚于启用日期"), text="")
    going_on = Q(valid_to__isnull=True) | Q(valid_to__gt=unit.valid_to)
    children = [str(one) for one in Unit.objects.filter(going_on, parent__pk=unit.pk).order_by("code")]
    if children:
        shown = "、".join(children[:20]) + ("…" if len(children) > 20 else "")
        raise UnableToCloseUnit(**told, reason=_("还有下级单位没有停用"), text=f"（{shown}）")


def _refuse_misplaced(unit: Unit, parent: Unit | None) -> None:
    if parent is None:
        return
    told = {"value": str(unit), "given": str(parent)}
    if unit.pk and f"/{unit.pk}/" in parent.path:
        raise UnableToPlaceUnit(**told, reason=CIRCLE)
    fault = find_fault_of_place(_placed(unit), _placed(parent))
    if fault:
        raise UnableToPlaceUnit(**told, reason=fault)


def _refuse_top(unit: Unit, by: Actor, at: dt.datetime) -> None:
    """A unit at the top lies in nobody's subtree: only who administers all units may put one there."""
    if unit.parent is None and not hooks.reaches_all(by, "create", Unit, at):
        raise UnableToPlaceUnit(
            value=str(unit), given=_("（最上级）"), reason=_("只有管理全部单位的系统管理员可以建最上级单位")
        )


def _placed(unit: Unit) -> PlacedUnit:
    return PlacedUnit(unit.code, UnitLevel(unit.level), unit.parent_id, unit.valid_from, unit.valid_to)


def create_region(model: type[Region], values: Mapping[str, Any], *, by: Actor, at: dt.datetime) -> Region:
    """Enter one region; its level is told by its code. Raises ValidationError."""
    _refuse_findings(checks.check_dates(dict(values)))
    return create_record(model, _with_level(values), by=by, at=at)


def change_region(
    region: Region, values: Mapping[str, Any], *, by: Actor, at: dt.datetime, reason: str = ""
) -> Region:
    """Change one region. Raises ValidationError."""
    _refuse_findings(checks.check_dates(_as_changed(region, values)))
    return change_record(region, _with_level(_as_changed(region, values)), by=by, at=at, reason=reason)


def create_day(
    model: type[CalendarDay], values: Mapping[str, Any], *, by: Actor, at: dt.datetime
) -> CalendarDay:
    """Enter one day that is not as its weekday says. Raises ValidationError."""
    _refuse_findings(checks.check_day(dict(values)))
    return create_record(model, values, by=by, at=at)


def change_day(
    day: CalendarDay, values: Mapping[str, Any], *, by: Actor, at: dt.datetime, reason: str = ""
) -> CalendarDay:
    """Change one day. Raises ValidationError."""
    _refuse_findings(checks.check_day(_as_changed(day, values)))
    return change_record(day, values, by=by, at=at, reason=reason)


def create_subject(
    model: type[Classification], values: Mapping[str, Any], *, by: Actor, at: dt.datetime
) -> Classification:
    """Enter one code of a scheme. Raises ValidationError where its parent or its years do not fit."""
    with operation("reference.classification-created", by=by, at=at) as note:
        subject = model(**values)
        _refuse_misplaced_subject(subject)
        subject.full_clean()
        subject.save(force_insert=True)
        return _settled(subject, note, None)


def change_subject(
    subject: Classification, values: Mapping[str, Any], *, by: Actor, at: dt.datetime, reason: str = ""
) -> Classification:
    """Change one code of a scheme. Raises ValidationError where its parent or its years do not fit."""
    with operation("reference.classification-changed", by=by, at=at, reason=reason) as note:
        stored = Classification.objects.select_for_update().get(pk=subject.pk)
        before, old_code = snapshot_of(stored), stored.code
        for name, value in values.items():
            setattr(stored, name, value)
        below = Classification.objects.filter(scheme=stored.scheme_id, parent_code=old_code)
        if stored.code != old_code and below.exists():
            raise ValidationError(
                {"code": gettext("它还有下级科目，编码不能改；请登记新的编码，给旧的填上终止年度")}
            )
        _refuse_misplaced_subject(stored)
        stored.full_clean()
        stored.save()
        return _settled(stored, note, before)


def _settled(subject: Classification, note: Note, before: Mapping[str, Any] | None) -> Classification:
    Classification.settle()
    subject.refresh_from_db()
    search.reindex(Classification, [subject.pk])
    if before is None:
        note.created(subject)
    else:
        note.changed(subject, before)
    return subject


def _refuse_misplaced_subject(subject: Classification) -> None:
    old = Classification.objects.filter(pk=subject.pk).values_list("code", "first_year").first()
    registered = [one for one in list_subjects(subject.scheme.code) if (one.code, one.first_year) != old]
    row = {
        "scheme": subject.scheme.code,
        "code": subject.code,
        "parent_code": subject.parent_code,
        "first_year": subject.first_year,
        "last_year": subject.last_year,
    }
    _refuse_findings(checks.check_years(row))
    _refuse_findings(checks.check_subjects([(1, row)], lambda _scheme: registered))


def _as_changed(record: Model, values: Mapping[str, Any]) -> dict[str, Any]:
    """What a record would be with some values changed."""
    names = [one.name for one in record._meta.concrete_fields if one.editable and not one.primary_key]
    return {**{name: getattr(record, name) for name in names}, **values}


def _with_level(values: Mapping[str, Any]) -> dict[str, Any]:
    return {**values, "level": RegionLevel.of(values["code"]).value}


def _refuse_findings(findings: Iterable[Finding]) -> None:
    """A form is told at its fields what a file is told at its cells."""
    faults = {one.place.title: one.what(gettext) for one in findings if one.severity is Severity.ERROR}
    if faults:
        raise ValidationError(faults)
