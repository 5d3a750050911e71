"""Writes of outreach that have rules of their own. Plain registers are written by the trail's own operations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Max
from django.utils import timezone

from yunpu.domains.outreach.models import Activity, Attendance, Series
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.reference.models import Enterprise, Unit
from yunpu.trail.operations import Actor, create_record, operation, snapshot_of


class UnableToRecordAttendance(Refusal):
    """Attendance that cannot be true yet, or that nobody gave a reason for."""

    code = "OUT-101"
    headline = _("不能登记参加记录：%(reason)s")
    why = _("参加记录是企业数和人数的依据，没有写入任何一行。")
    ways_out = ((_("活动举办以后，按签到表登记"), ""),)


class UnableToCorrectAttendance(Refusal):
    """A correction without its reason."""

    code = "OUT-102"
    headline = _("不能更正参加记录：没有写明理由")
    why = _("更正会改变已经统计的数字，必须说得清为什么。没有改动任何记录。")
    ways_out = ((_("写明理由，如“签到表第三行抄错”"), ""),)


def create_activity(
    *,
    code: str,
    name: str,
    kind: str,
    held_on: dt.date,
    unit: Unit,
    by: Actor,
    at: dt.datetime,
    series: Series | None = None,
    place: str = "",
    lecturer: str = "",
) -> Activity:
    """Enter one activity, also a planned one. Raises ValidationError where a field does not fit."""
    with operation("outreach.activity-created", by=by, at=at) as note:
        activity = Activity(
            code=code,
            name=name,
            kind=kind,
            held_on=held_on,
            unit=unit,
            series=series,
            place=place,
            lecturer=lecturer,
        )
        activity.full_clean()
        activity.save(force_insert=True)
        note.created(activity)
    return activity


def record_attendance(
    *, activity: Activity, enterprise: Enterprise, positions: Sequence[str], by: Actor, at: dt.datetime
) -> list[Attendance]:
    """Enter the representatives of one enterprise at one activity, one row each, in the next free seats.

    Raises UnableToRecordAttendance for an activity that lies ahead, or without any representative.
    """
    _refuse_ahead(activity, at)
    if not positions:
        raise UnableToRecordAttendance(reason=_("没有一名代表"))
    with operation("outreach.attendance-recorded", by=by, at=at) as note:
        first = _next_seat(activity, enterprise)
        recorded = [
            Attendance.objects.create(activity=activity, enterprise=enterprise, seat=seat, position=position)
            for seat, position in enumerate(positions, first)
        ]
        note.act(activity, enterprise=enterprise.credit_code, seats=[row.seat for row in recorded])
    return recorded


def enter_attendance(
    model: type[Attendance], values: Mapping[str, Any], *, by: Actor, at: dt.datetime
) -> Attendance:
    """Enter one representative in the seat that was given, as the form of the register does.

    Raises UnableToRecordAttendance for an activity that lies ahead, ValidationError for a seat that is taken.
    """
    _refuse_ahead(values["activity"], at)
    return create_record(model, values, by=by, at=at)


def correct_attendance(
    attendance: Attendance, *, enterprise: Enterprise, position: str, reason: str, by: Actor, at: dt.datetime
) -> Attendance:
    """Correct whose representative it was. Another enterprise means its next free seat.

    Raises UnableToCorrectAttendance without a reason.
    """
    _refuse_without(reason)
    with operation("outreach.attendance-corrected", by=by, at=at, reason=reason.strip()) as note:
        stored = Attendance.objects.select_for_update().get(pk=attendance.pk)
        before = snapshot_of(stored)
        if stored.enterprise_id != enterprise.pk:
            stored.seat = _next_seat(stored.activity, enterprise)
        stored.enterprise, stored.position = enterprise, position
        stored.save()
        note.changed(stored, before)
    return stored


def remove_attendance(attendance: Attendance, *, reason: str, by: Actor, at: dt.datetime) -> None:
    """Take out a representative who did not come. Raises UnableToCorrectAttendance without a reason."""
    _refuse_without(reason)
    with operation("outreach.attendance-removed", by=by, at=at, reason=reason.strip()) as note:
        note.removed(attendance)
        attendance.delete()


def _next_seat(activity: Activity, enterprise: Enterprise) -> int:
    # Rows of a hidden batch keep their seats: the unique constraint counts them too.
    taken = Attendance.every.filter(activity=activity, enterprise=enterprise)
    return (taken.aggregate(highest=Max("seat"))["highest"] or 0) + 1


def _refuse_ahead(activity: Activity, at: dt.datetime) -> None:
    if activity.held_on > timezone.localdate(at):
        raise UnableToRecordAttendance(reason=_("活动还没有举办"))


def _refuse_without(reason: str) -> None:
    if len(reason.strip()) < 2:
        raise UnableToCorrectAttendance()
