"""The trail (留痕): events, bulk writes and their changes, and where a record came from.

Append-only, no foreign keys: readable when the object is gone. The database refuses UPDATE and DELETE of
events and changes (triggers in the migrations).
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yunpu.trail.words import differences, find_kind, kind_title, verb_title
from yunpu.ui.hooks import hooks
from yunpu.ui.values import NO_VALUE


class WrittenOnce(models.JSONField):
    """Values as the text that was written, the same on every database: what is sealed is this text, byte by byte.

    PostgreSQL's own type would write it anew, with other blanks and another order.
    """

    def db_type(self, connection: Any) -> str:
        return "text"

    def db_check(self, connection: Any) -> str | None:
        return None  # whoever writes past `get_db_prep_value` is found by the seals, not by a check at each write

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None or hasattr(value, "as_sql"):
            return value
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else json.loads(value)


class Event(models.Model):
    """One row is one operation: who did what to which object, when, for whom, with what before and after."""

    scope_field = "unit_id"

    at = models.DateTimeField(_("时间"))
    verb = models.CharField(_("事项"), max_length=80)
    by_id = models.BigIntegerField(_("人员编号"), null=True)
    by_name = models.CharField(_("人员"), max_length=100)
    for_id = models.BigIntegerField(_("代谁办理（编号）"), null=True)
    for_name = models.CharField(_("代谁办理"), max_length=100, blank=True, default="")
    role = models.CharField(_("角色"), max_length=40, blank=True)
    unit_id = models.BigIntegerField(_("单位编号"), null=True)
    unit_name = models.CharField(_("单位"), max_length=200, blank=True)
    object_type = models.CharField(_("对象类别"), max_length=80, blank=True)
    object_id = models.BigIntegerField(_("对象编号"), null=True)
    object_name = models.CharField(_("对象"), max_length=300, blank=True)
    before = WrittenOnce(_("原值"), null=True)
    after = WrittenOnce(_("现值"), null=True)
    reason = models.TextField(_("理由"), blank=True)
    batch_id = models.BigIntegerField(_("批次"), null=True)
    request_id = models.CharField(_("请求号"), max_length=40, blank=True)
    address = models.CharField(_("来源地址"), max_length=45, blank=True)

    class Meta:
        verbose_name = _("留痕记录")
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["object_type", "object_id", "id"], name="trail_event_object"),
            models.Index(fields=["by_id", "id"], name="trail_event_by"),
            models.Index(fields=["at", "id"], name="trail_event_at"),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.at):%Y-%m-%d %H:%M} {self.by_name} {self.what()} {self.object_name}"

    def what(self) -> str:
        """The verb in words."""
        return verb_title(self.verb)

    def roles(self) -> str:
        """In which roles the person acted, in words."""
        return hooks.role_words(self.role)

    def who(self) -> str:
        """Who acted, and for whom where it was for somebody else."""
        if not self.for_name:
            return self.by_name
        return gettext("%(by)s（代%(other)s）") % {"by": self.by_name, "other": self.for_name}

    def kind(self) -> str:
        """The kind of object in words."""
        return kind_title(self.object_type)

    def changes(self) -> str:
        """What changed, field by field; of something new or gone, what it held."""
        model = find_kind(self.object_type)
        if self.before and self.after:
            told = differences(model, self.before, self.after)
            return "；".join(f"{name}：{before} → {after}" for name, before, after in told)
        held = differences(model, {}, self.after or self.before or {})
        return "；".join(f"{name}：{value}" for name, _nothing, value in held if value != NO_VALUE)


class Batch(models.Model):
    """One row is one bulk write (批次): many records, one event, one moment of becoming visible.

    While `hidden` is true nobody sees the rows that carry its number (`Sourced`): they are written in short
    transactions and shown by one small commit. A hidden batch whose lease has run out was killed.
    """

    class State(models.TextChoices):
        LOADING = "loading", _("写入中")
        KEPT = "kept", _("已入账")
        WITHDRAWN = "withdrawn", _("已撤回")
        ABANDONED = "abandoned", _("已清理")

    verb = models.CharField(_("事项"), max_length=80)
    target = models.CharField(_("目标"), max_length=80)
    state = models.CharField(_("状态"), max_length=12, choices=State.choices, default=State.LOADING)
    hidden = models.BooleanField(_("未生效"), default=True)
    by_id = models.BigIntegerField(_("人员编号"), null=True)
    by_name = models.CharField(_("人员"), max_length=100)
    started_at = models.DateTimeField(_("开始时间"))
    kept_at = models.DateTimeField(_("入账时间"), null=True)
    lease_until = models.DateTimeField(_("占用至"), null=True)
    created_count = models.IntegerField(_("新增"), default=0)
    changed_count = models.IntegerField(_("更新"), default=0)
    unchanged_count = models.IntegerField(_("未变"), default=0)
    digest = models.CharField(_("摘要"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("批次")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["target"],
                condition=models.Q(state="loading"),
                name="trail_batch_one_loading_per_target",
            ),
            models.CheckConstraint(
                condition=models.Q(state="kept", hidden=False) | ~models.Q(state="kept"),
                name="trail_batch_kept_is_visible",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=models.Q(hidden=True), name="trail_batch_hidden"),
        ]

    def __str__(self) -> str:
        return f"{self.target} #{self.pk}"


class Change(models.Model):
    """One row is one record changed by a batch: its values before and after."""

    batch_id = models.BigIntegerField(_("批次"))
    object_type = models.CharField(_("对象类别"), max_length=80)
    object_id = models.BigIntegerField(_("对象编号"))
    before = WrittenOnce(_("原值"))
    after = WrittenOnce(_("现值"))

    class Meta:
        verbose_name = _("批次变更")
        indexes: ClassVar = [
            models.Index(fields=["batch_id", "id"], name="trail_change_batch"),
            models.Index(fields=["object_type", "object_id", "id"], name="trail_change_object"),
        ]

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id} #{self.batch_id}"


class Seal(models.Model):
    """One row seals some thousand events and changes (签封): a tree over them, chained to the seal before, signed.

    `events` and `changes` say by ranges which rows it covers, in this order; `leaves` holds the digest of each, so that
    a check can say which one is not what it was. Written once, and never removed: when its events went into an
    archive, it goes on proving them. Time is the machine's, not the district's clock: it is evidence.
    """

    scope_field = None

    number = models.BigIntegerField(_("签封号"), primary_key=True)
    previous = models.CharField(_("上一封的摘要"), max_length=64, blank=True)
    sealed_at = models.DateTimeField(_("签封时间"))
    form = models.PositiveSmallIntegerField(_("写法"), default=1)
    events = models.TextField(_("留痕号段"), blank=True)
    event_count = models.IntegerField(_("留痕条数"))
    changes = models.TextField(_("变更号段"), blank=True)
    change_count = models.IntegerField(_("变更条数"))
    event_top = models.BigIntegerField(_("至此最大的留痕号"))
    change_top = models.BigIntegerField(_("至此最大的变更号"))
    root = models.CharField(_("树根"), max_length=64)
    digest = models.CharField(_("摘要"), max_length=64, unique=True)
    key = models.CharField(_("签名密钥"), max_length=40)
    algorithm = models.CharField(_("签名算法"), max_length=20)
    signature = models.CharField(_("签名"), max_length=256)
    leaves = models.BinaryField(_("逐条摘要"))

    class Meta:
        verbose_name = _("签封")
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(number__gte=1), name="trail_seal_numbered_from_one"),
            models.CheckConstraint(
                condition=models.Q(event_count__gt=0) | models.Q(change_count__gt=0),
                name="trail_seal_covers_something",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"


class DataKey(models.Model):
    """One row is one data key of one personal field (数据密钥), wrapped by a master key."""

    class Kind(models.TextChoices):
        VALUE = "value", _("加密")
        INDEX = "index", _("检索")

    field = models.CharField(_("字段"), max_length=120)
    kind = models.CharField(_("用途"), max_length=10, choices=Kind.choices)
    master = models.CharField(_("主密钥"), max_length=40)
    wrapped = models.BinaryField(_("密钥密文"))
    made_at = models.DateTimeField(_("生成时间"))
    in_use = models.BooleanField(_("正在使用"), default=True)

    class Meta:
        verbose_name = _("数据密钥")
        ordering: ClassVar = ["field", "kind", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["field", "kind"],
                condition=models.Q(in_use=True),
                name="trail_datakey_one_in_use",
            )
        ]

    def __str__(self) -> str:
        return f"{self.field} {self.kind} {self.pk}"


class SourcedQuerySet(models.QuerySet[Any]):
    """Rows of batches that are being written, or were withdrawn, do not exist for anybody."""

    def visible(self) -> SourcedQuerySet:
        return self.exclude(batch_id__in=Batch.objects.filter(hidden=True).values("id"))


class SourcedManager(models.Manager.from_queryset(SourcedQuerySet)):  # type: ignore[misc]
    """The manager of kept records: hidden batches stay out, always."""

    def get_queryset(self) -> SourcedQuerySet:
        return super().get_queryset().visible()


class Sourced(models.Model):
    """A record that knows where it came from: batch, sheet and row of its present values.

    `batch_id` 0 means entered by hand. `objects` hides what is not in force; `every` shows all (loader only).
    """

    batch_id = models.BigIntegerField(_("批次"), default=0, db_index=True, editable=False)
    sheet_name = models.CharField(_("工作表"), max_length=64, blank=True, default="", editable=False)
    row_number = models.IntegerField(_("行号"), default=0, editable=False)

    objects = SourcedManager()
    every = models.Manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    @classmethod
    def settle(cls) -> None:
        """Derive what follows from the records as a whole (a path, a level), in the transaction of a bulk write."""


class Job(models.Model):
    """One row is one piece of long work (后台任务): its progress, who asked for it, and whether it is still alive.

    The lease is renewed with every progress; a running job whose lease has run out was killed.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("等待")
        RUNNING = "running", _("进行中")
        DONE = "done", _("完成")
        FAILED = "failed", _("未完成")
        CANCELLED = "cancelled", _("已取消")

    title = models.CharField(_("工作"), max_length=200)
    object_type = models.CharField(_("对象类别"), max_length=80, blank=True)
    object_id = models.BigIntegerField(_("对象编号"), null=True)
    by_id = models.BigIntegerField(_("人员编号"), null=True)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.WAITING)
    label = models.CharField(_("步骤"), max_length=200, blank=True)
    done = models.BigIntegerField(_("已完成"), default=0)
    total = models.BigIntegerField(_("总量"), default=0)
    message = models.TextField(_("结果"), blank=True)
    asked_at = models.DateTimeField(_("提交时间"))
    ended_at = models.DateTimeField(_("结束时间"), null=True)
    lease_until = models.DateTimeField(_("占用至"), null=True)
    cancel_asked = models.BooleanField(_("请求取消"), default=False)

    class Meta:
        verbose_name = _("后台任务")
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["object_type", "object_id", "id"], name="trail_job_object")]

    def __str__(self) -> str:
        return self.title

    @property
    def percent(self) -> int:
        return min(100, self.done * 100 // self.total) if self.total else 0
