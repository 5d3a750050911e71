"""The screens of outreach: registers, the calendar of a month, the sign-in sheet to print."""

from __future__ import annotations

import datetime as dt
from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yunpu.domains.outreach import operations, queries, tables
from yunpu.domains.outreach.models import Activity, Attendance, Campaign, Feedback, HandOut, Series
from yunpu.ui.base import ScopedView
from yunpu.ui.hooks import hooks
from yunpu.ui.registers import Action, Column, Panel, Register

BLANK_ROWS = 22  # as many as one page holds
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Activities(Register):
    model = Activity
    slug = "activities"
    title = _("活动")
    icon = "calendar-event"
    columns = (
        Column("code", link=True),
        Column("name"),
        Column("kind"),
        Column("held_on"),
        Column("place"),
        Column("series"),
        Column("lecturer", shown=False),
        Column("unit"),
    )
    filters = ("kind", "series", "held_on", "unit")
    year_field = "held_on"
    sorts = ("held_on", "code")
    default_sort = "-held_on"
    fields = ("code", "name", "kind", "series", "held_on", "place", "lecturer", "unit")
    related = ("series", "unit")
    panels = (
        Panel("outreach.attendance", "activity"),
        Panel("outreach.handouts", "activity"),
        Panel("outreach.feedback", "activity"),
    )
    actions = (
        Action(_("打印签到表"), "outreach:sign-in-sheet", icon="printer"),
        Action(_("导入参加名单"), "outreach:import-attendance", right="import", icon="table-import"),
    )
    page_actions = (Action(_("活动日历"), "outreach:calendar", icon="calendar"),)
    import_format = "outreach.activities"
    empty_hint = _("还没有活动。先下载模板填好活动台账再导入，或直接新建一场。")


class Attendances(Register):
    model = Attendance
    slug = "attendance"
    title = _("参加记录")
    icon = "users"
    columns = (
        Column("enterprise", link=True),
        Column("enterprise__credit_code", code=True, title=_("统一社会信用代码")),
        Column("activity"),
        Column("activity__held_on", title=_("举办日期")),
        Column("seat"),
        Column("position"),
        Column("person_name", shown=False),
        Column("phone", shown=False),
    )
    filters = ("activity", "activity__kind", "activity__held_on")
    year_field = "activity__held_on"
    sorts = ("pk",)
    fields = ("activity", "enterprise", "seat", "position", "person_name", "phone")
    create = operations.enter_attendance
    remove = operations.remove_attendance
    related = ("enterprise", "activity")
    import_format = "outreach.attendance"
    empty_hint = _("还没有参加记录。活动结束后按签到表填好参加名单再导入，每名代表一行。")


class HandOuts(Register):
    model = HandOut
    slug = "handouts"
    title = _("发放资料")
    icon = "file-text"
    columns = (
        Column("title", link=True),
        Column("activity"),
        Column("activity__held_on", title=_("举办日期")),
        Column("quantity", title=_("发放（份）"), total=True),
    )
    filters = ("activity", "activity__kind", "activity__held_on")
    year_field = "activity__held_on"
    sorts = ("pk", "quantity")
    fields = ("activity", "title", "quantity")
    related = ("activity",)
    import_format = "outreach.handouts"
    empty_hint = _("还没有发放记录。导入发放资料登记表，或在活动页逐条登记。")


class FeedbackSheets(Register):
    model = Feedback
    slug = "feedback"
    title = _("反馈")
    icon = "message"
    columns = (Column("number", link=True), Column("activity"), Column("score"), Column("words"))
    filters = ("activity", "score")
    sorts = ("pk", "score")
    fields = ("activity", "number", "score", "words")
    related = ("activity",)
    import_format = "outreach.feedback"
    empty_hint = _("还没有反馈。导入反馈表汇总；意见里不要写人名。")


class AllSeries(Register):
    model = Series
    slug = "series"
    title = _("系列活动")
    icon = "stack"
    columns = (Column("code", link=True), Column("name"), Column("unit"))
    filters = ("unit",)
    sorts = ("code",)
    default_sort = "code"
    fields = ("code", "name", "unit")
    related = ("unit",)
    panels = (Panel("outreach.activities", "series"),)
    import_format = "outreach.series"
    empty_hint = _("还没有系列活动。每年都办的活动先登记成系列，连续年数才算得出来。")


class Campaigns(Register):
    model = Campaign
    slug = "campaigns"
    title = _("群宣传")
    icon = "speakerphone"
    columns = (
        Column("code", link=True),
        Column("title"),
        Column("channel"),
        Column("group_name"),
        Column("sent_on"),
        Column("reach", title=_("触达（人）"), total=True),
        Column("unit"),
    )
    filters = ("channel", "sent_on", "unit")
    year_field = "sent_on"
    sorts = ("sent_on", "reach")
    default_sort = "-sent_on"
    fields = ("code", "title", "channel", "group_name", "sent_on", "reach", "unit")
    related = ("unit",)
    import_format = "outreach.campaigns"
    empty_hint = _("还没有群宣传。导入群宣传台账，一条消息发到一个群是一行。")


class CalendarView(ScopedView):
    """The activities of one month, as a table of weeks."""

    right = "view"
    right_model = Activity
    template = "outreach/calendar.html"

    def get(self, request: HttpRequest, year: int = 0, month: int = 0) -> HttpResponse:
        today = hooks.now().date()
        first = _first_day(year, month) if year else today.replace(day=1)
        weeks = queries.list_weeks(self.scoped(Activity), first.year, first.month)
        return self.show(
            {
                "weeks": weeks,
                "found": any(day.activities for week in weeks for day in week if day.is_inside),
                "first": first,
                "previous": (first - dt.timedelta(days=1)).replace(day=1),
                "next": (first + dt.timedelta(days=31)).replace(day=1),
                "today": today,
            }
        )


class SignInSheetView(ScopedView):
    """A sheet of paper for the door: enterprises entered already, then blank rows."""

    right = "view"
    right_model = Activity
    template = "outreach/sign_in_sheet.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        activity = self.get_record(Activity, pk)
        invited = queries.list_invited(activity)
        blanks = range(len(invited) + 1, max(BLANK_ROWS, len(invited) + 5) + 1)
        return self.show({"activity": activity, "invited": invited, "blanks": blanks})


class ImportAttendanceView(ScopedView):
    """What to do to bring an attendance list in, with the activity's own code at hand."""

    right = "import"
    right_model = Attendance
    template = "outreach/import_attendance.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        activity = self.get_record(Activity, pk)
        return self.show({"activity": activity, "turnout": queries.get_turnout(activity)})


class AttendanceListView(ScopedView):
    """The activity's own attendance list to fill in."""

    right = "import"
    right_model = Attendance

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        activity = self.get_record(Activity, pk)
        hooks.record_export(request, "outreach.attendance-list", 1)
        response = HttpResponse(tables.write_attendance_list(activity), content_type=_XLSX)
        name = quote(f"{gettext('参加名单')}-{activity.code}.xlsx")
        response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
        return response


def _first_day(year: int, month: int) -> dt.date:
    """The first day of a month asked for in a URL. Raises Http404."""
    if not (1900 <= year <= 2200 and 1 <= month <= 12):
        raise Http404
    return dt.date(year, month, 1)
