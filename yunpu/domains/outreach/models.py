"""Outreach (宣讲培训): series of activities, who came, what was handed out, what people said; campaigns by group."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from yunpu.domains.outreach.codes import ActivityKind, Channel
from yunpu.kernel.masking import Mask
from yunpu.reference.models import Enterprise, Unit
from yunpu.trail.models import Sourced
from yunpu.trail.personal import PersonalField


class Series(Sourced):
    """One row is one series of yearly activities (系列活动), such as a roadshow into parks and plants."""

    scope_field = "unit"
    search_fields = ("code", "name")

    code = models.CharField(_("系列编号"), max_length=40, unique=True)
    name = models.CharField(_("系列名称"), max_length=200)
    unit = models.ForeignKey(Unit, models.PROTECT, verbose_name=_("主办单位"))

    class Meta:
        verbose_name = _("系列活动")
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return self.name


class Activity(Sourced):
    """One row is one activity (活动): a training, a roadshow stop, an opening, on one day at one place."""

    scope_field = "unit"
    search_fields = ("code", "name", "place", "lecturer")

    code = models.CharField(_("活动编号"), max_length=40, unique=True)
    name = models.CharField(_("活动名称"), max_length=200)
    kind = models.CharField(_("类型"), max_length=20, choices=[(k.value, _(k.label)) for k in ActivityKind])
    series = models.ForeignKey(Series, models.PROTECT, null=True, blank=True, verbose_name=_("所属系列"))
    held_on = models.DateField(_("举办日期"))
    place = models.CharField(_("地点"), max_length=200, blank=True)
    lecturer = models.CharField(_("主讲机构"), max_length=200, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, verbose_name=_("主办单位"))

    class Meta:
        verbose_name = _("活动")
        ordering: ClassVar = ["-held_on", "code"]
        indexes: ClassVar = [
            models.Index(fields=["unit", "held_on", "id"], name="outreach_activity_unit_held"),
            models.Index(fields=["held_on", "id"], name="outreach_activity_held"),
            models.Index(fields=["unit", "code", "id"], name="outreach_activity_unit_code"),
            models.Index(fields=["unit", "kind", "series"], name="outreach_activity_filters"),
        ]

    def __str__(self) -> str:
        return self.name


class Attendance(Sourced):
    """One row is one representative of one enterprise at one activity (参加记录).

    People count per activity; an enterprise that comes twice counts once. `seat` numbers the representatives of an
    enterprise at an activity, so that no personal data is needed for the key. Name and phone are kept only where the
    district needs them to call people back; they are encrypted.
    """

    scope_field = "activity__unit"
    enterprise_field = "enterprise"  # an enterprise sees where it took part

    activity = models.ForeignKey(Activity, models.PROTECT, verbose_name=_("活动"))
    enterprise = models.ForeignKey(Enterprise, models.PROTECT, verbose_name=_("企业"))
    seat = models.PositiveSmallIntegerField(_("代表序号"), default=1)
    position = models.CharField(_("职务"), max_length=60, blank=True)
    person_name = PersonalField(_("姓名"), mask=Mask.NAME, blank=True, default="")
    phone = PersonalField(_("手机"), mask=Mask.PHONE, blank=True, default="")

    class Meta:
        verbose_name = _("参加记录")
        ordering: ClassVar = ["activity", "enterprise", "seat"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["activity", "enterprise", "seat"], name="outreach_attendance_seat_taken_once"
            ),
            models.CheckConstraint(condition=models.Q(seat__gte=1), name="outreach_attendance_seat_from_one"),
        ]
        indexes: ClassVar = [models.Index(fields=["phone"], name="outreach_attendance_phone")]

    def __str__(self) -> str:
        return f"{self.enterprise} · {self.activity}"


class HandOut(Sourced):
    """One row is one kind of material handed out at one activity (发放资料)."""

    scope_field = "activity__unit"
    search_fields = ("title",)

    activity = models.ForeignKey(Activity, models.PROTECT, verbose_name=_("活动"))
    title = models.CharField(_("资料名称"), max_length=200)
    quantity = models.PositiveIntegerField(_("发放份数"))

    class Meta:
        verbose_name = _("发放资料")
        ordering: ClassVar = ["activity", "title"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["activity", "title"], name="outreach_handout_once_an_activity")
        ]
        indexes: ClassVar = [models.Index(fields=["quantity", "id"], name="outreach_handout_quantity")]

    def __str__(self) -> str:
        return self.title


class Feedback(Sourced):
    """One row is one returned feedback sheet (反馈): a score from 1 to 5 and words."""

    scope_field = "activity__unit"
    search_fields = ("words",)

    activity = models.ForeignKey(Activity, models.PROTECT, verbose_name=_("活动"))
    number = models.PositiveIntegerField(_("反馈序号"))
    score = models.PositiveSmallIntegerField(_("评分"))
    words = models.TextField(_("意见"), blank=True)

    class Meta:
        verbose_name = _("反馈")
        ordering: ClassVar = ["activity", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["activity", "number"], name="outreach_feedback_number_once"),
            models.CheckConstraint(
                condition=models.Q(score__range=(1, 5)), name="outreach_feedback_score_1_to_5"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["score", "id"], name="outreach_feedback_score")]

    def __str__(self) -> str:
        return f"{self.activity} {self.number}"


class Campaign(Sourced):
    """One row is one message sent to one group (群宣传)."""

    scope_field = "unit"
    search_fields = ("code", "title", "group_name")

    code = models.CharField(_("宣传编号"), max_length=40, unique=True)
    title = models.CharField(_("内容"), max_length=200)
    channel = models.CharField(_("渠道"), max_length=20, choices=[(c.value, _(c.label)) for c in Channel])
    group_name = models.CharField(_("群名称"), max_length=100, blank=True)
    sent_on = models.DateField(_("发布日期"))
    reach = models.PositiveIntegerField(_("触达人数"), default=0)
    unit = models.ForeignKey(Unit, models.PROTECT, verbose_name=_("发布单位"))

    class Meta:
        verbose_name = _("群宣传")
        ordering: ClassVar = ["-sent_on", "code"]
        indexes: ClassVar = [
            models.Index(fields=["unit", "sent_on", "id"], name="outreach_campaign_unit_sent"),
            models.Index(fields=["sent_on", "id"], name="outreach_campaign_sent"),
            models.Index(fields=["unit", "reach", "id"], name="outreach_campaign_unit_reach"),
            models.Index(fields=["reach", "id"], name="outreach_campaign_reach"),
            models.Index(fields=["unit", "channel", "sent_on"], name="outreach_campaign_filters"),
        ]

    def __str__(self) -> str:
        return self.title
