"""Work from hand to hand (业务办理): which version of a process, where a record stands in it, and every hand it went through.

A state is never set: it is what the last move says. Moves are written once; the database refuses a state that no move
gives, a move that does not begin where the record stands, and a step taken by somebody whom the four eyes bar.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yunpu.reference.models import Unit
from yunpu.stages.records.declaring import Process, Step, read_process


class Declaration(models.Model):
    """One row is one version of a declared process (流程版本), kept whole under its digest."""

    scope_field = None

    digest = models.CharField(_("摘要"), max_length=64, unique=True)
    code = models.CharField(_("流程编码"), max_length=80)
    title = models.CharField(_("流程"), max_length=100)
    body = models.JSONField(_("定义"))
    first_used_at = models.DateTimeField(_("启用时间"))

    class Meta:
        verbose_name = _("流程版本")
        ordering: ClassVar = ["code", "-id"]

    def __str__(self) -> str:
        return gettext(self.title)

    @cached_property
    def process(self) -> Process:
        return read_process(self.body)


class Run(models.Model):
    """One row is one record on its way through one process (办件). Step and outcome follow from its last move."""

    class Outcome(models.TextChoices):
        OPEN = "", _("在办")
        DONE = "done", _("办结")
        REFUSED = "refused", _("未通过")
        DROPPED = "dropped", _("撤销")

    scope_field = "unit"
    search_fields = ("object_name",)

    declaration = models.ForeignKey(Declaration, models.PROTECT, verbose_name=_("流程"))
    code = models.CharField(_("流程编码"), max_length=80)
    object_type = models.CharField(_("对象类别"), max_length=80)
    object_id = models.BigIntegerField(_("对象编号"))
    object_name = models.CharField(_("事项"), max_length=300)
    unit = models.ForeignKey(Unit, models.PROTECT, verbose_name=_("单位"))
    begun_at = models.DateTimeField(_("开始时间"))
    begun_by = models.CharField(_("发起人"), max_length=100)
    step = models.CharField(_("环节"), max_length=40, blank=True, default="")
    outcome = models.CharField(_("结果"), max_length=10, choices=Outcome.choices, blank=True, default="")
    moves_count = models.PositiveIntegerField(_("已办步数"), default=0)
    ended_at = models.DateTimeField(_("结束时间"), null=True)

    class Meta:
        verbose_name = _("办件")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["code", "object_type", "object_id"],
                condition=models.Q(outcome=""),
                name="records_run_one_open_per_record",
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="", ended_at=None)
                | (~models.Q(outcome="") & models.Q(ended_at__isnull=False)),
                name="records_run_ended_when_it_has_an_outcome",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["object_type", "object_id"], name="records_run_object"),
            models.Index(fields=["unit", "id"], name="records_run_unit"),
        ]

    def __str__(self) -> str:
        return self.object_name

    @property
    def process(self) -> Process:
        """The declaration this run began with."""
        return self.declaration.process

    @property
    def current(self) -> Step | None:
        """The step at which it stands; None when it has ended."""
        return self.process.step(self.step) if self.step else None

    @property
    def is_open(self) -> bool:
        return self.outcome == self.Outcome.OPEN

    def state_title(self) -> str:
        """The state in words."""
        if self.current is not None:
            return gettext(self.current.state)
        if self.outcome == self.Outcome.DONE:
            return gettext(self.process.end)
        return str(self.get_outcome_display())

    def process_title(self) -> str:
        return gettext(self.declaration.title)

    def model(self) -> type[models.Model]:
        """The model of the record."""
        return apps.get_model(self.object_type)

    def record(self) -> Any:
        """The record itself; None where it is gone."""
        return self.model()._default_manager.filter(pk=self.object_id).first()


class Turn(models.Model):
    """One row is one stay of a run at one step (停留): who may take it, who has taken it up, until when.

    While `stopped_on` is set its clock stands still. The last of a run that has no `ended_at` is the one it is at.
    """

    run = models.ForeignKey(Run, models.PROTECT, related_name="turns", verbose_name=_("办件"))
    step = models.CharField(_("环节"), max_length=40)
    role = models.CharField(_("办理角色"), max_length=20)
    place = models.ForeignKey(Unit, models.PROTECT, verbose_name=_("办理单位"))
    taker = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("办理人")
    )
    barred = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", verbose_name=_("须回避的人"))
    arrived_at = models.DateTimeField(_("到达时间"))
    is_begun = models.BooleanField(_("已开始办理"), default=False)
    due_on = models.DateField(_("办理期限"), null=True)
    warns_on = models.DateField(_("提醒日"), null=True)
    escalates_on = models.DateField(_("报领导日"), null=True)
    stopped_on = models.DateField(_("停计日"), null=True)
    stopped_days = models.PositiveIntegerField(_("停计工作日"), default=0)
    urged_count = models.PositiveIntegerField(_("催办次数"), default=0)
    ended_at = models.DateTimeField(_("办完时间"), null=True)

    class Meta:
        verbose_name = _("环节停留")
        ordering: ClassVar = ["run", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["run"], condition=models.Q(ended_at=None), name="records_turn_one_open_per_run"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["role", "due_on"], condition=models.Q(ended_at=None), name="records_turn_open"
            ),
            models.Index(fields=["taker", "ended_at"], name="records_turn_taker"),
        ]

    def __str__(self) -> str:
        return f"{self.run} {self.step}"


class Move(models.Model):
    """One row is one hand laid on a run (办理记录): who did what, from which step to which, with which words. Written once."""

    class Kind(models.TextChoices):
        BEGUN = "begun", _("发起")
        PASSED = "passed", _("办理")
        SENT_BACK = "sent-back", _("退回")
        TAKEN_BACK = "taken-back", _("取回")
        TURNED_DOWN = "turned-down", _("不予通过")
        DROPPED = "dropped", _("撤销")
        TAKEN_UP = "taken-up", _("接办")
        HANDED_OVER = "handed-over", _("移交")
        OPINION_ASKED = "opinion-asked", _("请会签")
        OPINION_GIVEN = "opinion-given", _("会签意见")
        URGED = "urged", _("催办")
        CLOCK_STOPPED = "clock-stopped", _("停计")
        CLOCK_STARTED = "clock-started", _("恢复计时")

    run = models.ForeignKey(Run, models.PROTECT, related_name="moves", verbose_name=_("办件"))
    number = models.PositiveIntegerField(_("序号"))
    kind = models.CharField(_("事项"), max_length=20, choices=Kind.choices)
    from_step = models.CharField(_("原环节"), max_length=40, blank=True)
    to_step = models.CharField(_("到环节"), max_length=40, blank=True)
    outcome = models.CharField(_("结果"), max_length=10, blank=True)
    at = models.DateTimeField(_("时间"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("人员")
    )
    by_name = models.CharField(_("人员"), max_length=100)
    unit_name = models.CharField(_("单位"), max_length=200, blank=True)
    words = models.TextField(_("意见"), blank=True)
    to_name = models.CharField(_("交给"), max_length=100, blank=True)
    record_digest = models.CharField(_("记录摘要"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("办理记录")
        ordering: ClassVar = ["run", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "number"], name="records_move_number_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["by", "id"], name="records_move_by")]

    def __str__(self) -> str:
        return f"{self.run} {self.number}"

    def step_title(self) -> str:
        """The step at which it was done, in words."""
        return gettext(self.run.process.step(self.from_step).title) if self.from_step else ""

    def to_title(self) -> str:
        """The step to which it led, where that is another one."""
        moved = self.to_step and self.to_step != self.from_step
        return gettext(self.run.process.step(self.to_step).title) if moved else ""


class Opinion(models.Model):
    """One row is one opinion asked for at a step (会签): of a person, or of a role at a unit; it decides nothing."""

    class Stance(models.TextChoices):
        AGREES = "agrees", _("同意")
        OBJECTS = "objects", _("不同意")
        NOTES = "notes", _("有补充")

    turn = models.ForeignKey(Turn, models.PROTECT, related_name="opinions", verbose_name=_("环节停留"))
    role = models.CharField(_("会签角色"), max_length=20, blank=True)
    place = models.ForeignKey(Unit, models.PROTECT, null=True, verbose_name=_("会签单位"))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("会签人")
    )
    asked_by = models.CharField(_("请会签人"), max_length=100)
    asked_at = models.DateTimeField(_("请会签时间"))
    question = models.CharField(_("会签事项"), max_length=500, blank=True)
    stance = models.CharField(_("态度"), max_length=10, choices=Stance.choices, blank=True)
    words = models.TextField(_("意见"), blank=True)
    given_by = models.CharField(_("签署人"), max_length=100, blank=True)
    given_at = models.DateTimeField(_("签署时间"), null=True)

    class Meta:
        verbose_name = _("会签意见")
        ordering: ClassVar = ["turn", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(person__isnull=False) | models.Q(place__isnull=False),
                name="records_opinion_is_asked_of_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(given_at=None, stance="")
                | (~models.Q(stance="") & models.Q(given_at__isnull=False)),
                name="records_opinion_given_with_a_stance",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.turn} {self.person or self.place}"


class CalendarAddress(models.Model):
    """One row is the secret address of one person's calendar of deadlines (日历订阅): kept as a digest, shown once."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("用户")
    )
    digest = models.CharField(_("摘要"), max_length=64, unique=True)
    made_at = models.DateTimeField(_("开通时间"))

    class Meta:
        verbose_name = _("日历订阅")
        ordering: ClassVar = ["person"]

    def __str__(self) -> str:
        return f"{self.person}"


class Content(models.Model):
    """One row is the bytes of one or more attachments (附件内容), kept once under their digest."""

    scope_field = None

    sm3 = models.CharField(_("摘要（SM3）"), max_length=64, unique=True)
    size = models.BigIntegerField(_("大小"))
    kind = models.CharField(_("种类"), max_length=10)
    is_scanned = models.BooleanField(_("已查毒"), default=False)
    kept_at = models.DateTimeField(_("保存时间"))

    class Meta:
        verbose_name = _("附件内容")
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.sm3[:12]

    @property
    def path(self) -> Path:
        """Where the bytes are."""
        return Path(settings.ATTACHMENTS_FOLDER) / self.sm3[:2] / self.sm3


class Attachment(models.Model):
    """One row is one file attached to one record (附件). Who sees the record sees it; nobody else."""

    object_type = models.CharField(_("对象类别"), max_length=80)
    object_id = models.BigIntegerField(_("对象编号"))
    content = models.ForeignKey(Content, models.PROTECT, verbose_name=_("附件内容"))
    name = models.CharField(_("文件名"), max_length=200)
    paper = models.CharField(_("材料"), max_length=40, blank=True)
    by_id = models.BigIntegerField(_("人员编号"), null=True)
    by_name = models.CharField(_("人员"), max_length=100)
    at = models.DateTimeField(_("时间"))
    removed_at = models.DateTimeField(_("移除时间"), null=True)
    removed_by = models.CharField(_("移除人"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("附件")
        ordering: ClassVar = ["object_type", "object_id", "id"]
        indexes: ClassVar = [
            models.Index(fields=["object_type", "object_id"], name="records_attachment_object")
        ]

    def __str__(self) -> str:
        return self.name

    def model(self) -> type[models.Model]:
        """The model of the record."""
        return apps.get_model(self.object_type)
