"""Files on their way into the records (采集): the original, the load, and what a unit's columns meant last time."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yunpu.reference.models import Unit
from yunpu.stages.intake.registry import get_format


class Original(models.Model):
    """One row is one file as it was handed in (原始文件), kept unchanged under its SM3 digest."""

    scope_field = "loads__unit"

    sm3 = models.CharField(_("摘要（SM3）"), max_length=64, unique=True)
    size = models.BigIntegerField(_("字节数"))
    stored_at = models.DateTimeField(_("存入时间"))

    class Meta:
        verbose_name = _("原始文件")
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return self.sm3[:12]

    @property
    def path(self) -> Path:
        """Where the bytes are."""
        return Path(settings.ORIGINALS_FOLDER) / self.sm3[:2] / self.sm3


class Load(models.Model):
    """One row is one file handed in by one unit, from upload to records (接入批次).

    A file that cannot be read is not kept: its load has no original, only the reason. `refused` is the last refusal
    in parts (code, reason, words), to be told in any language.
    """

    scope_field = "unit"
    carries_any = True  # a file for any register: keeping it asks for the right to that one

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("待核对")
        CHECKING = "checking", _("核对中")
        CHECKED = "checked", _("已核对")
        REFUSED = "refused", _("无法读取")
        LOADING = "loading", _("导入中")
        KEPT = "kept", _("已入账")
        UNCHANGED = "unchanged", _("无变化")
        CANCELLED = "cancelled", _("已取消")
        WITHDRAWN = "withdrawn", _("已撤回")

    original = models.ForeignKey(
        Original, models.PROTECT, null=True, related_name="loads", verbose_name=_("原始文件")
    )
    name = models.CharField(_("文件名"), max_length=255)
    unit = models.ForeignKey(Unit, models.PROTECT, verbose_name=_("单位"))
    by_id = models.BigIntegerField(_("人员编号"), null=True)
    by_name = models.CharField(_("上传人"), max_length=100)
    at = models.DateTimeField(_("上传时间"))
    state = models.CharField(_("状态"), max_length=12, choices=State.choices, default=State.UPLOADED)
    format_code = models.CharField(_("格式"), max_length=80, blank=True)
    sheet_name = models.CharField(_("工作表"), max_length=200, blank=True)
    guesses = models.JSONField(_("格式判断"), default=list)
    mapping = models.JSONField(_("列对应"), null=True)
    columns = models.JSONField(_("列对应说明"), default=list)
    answers = models.JSONField(_("答复"), default=dict)
    findings = models.JSONField(_("核对结果"), default=list)
    error_count = models.IntegerField(_("必须改"), default=0)
    warning_count = models.IntegerField(_("提醒"), default=0)
    question_count = models.IntegerField(_("待答复"), default=0)
    facts = models.JSONField(_("核对数据"), default=dict)
    preview = models.JSONField(_("预览"), null=True)
    refused = models.JSONField(_("没有成功的原因"), null=True)
    acknowledgement = models.TextField(_("提醒的说明"), blank=True)
    batch_id = models.BigIntegerField(_("批次"), null=True, db_index=True)
    seconds = models.DecimalField(_("核对用时（秒）"), max_digits=8, decimal_places=1, null=True)

    class Meta:
        verbose_name = _("接入批次")
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["unit", "id"], name="intake_load_unit")]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> Path:
        """Where its file is; a refused load has none."""
        assert self.original is not None, "a refused file is not kept"
        return self.original.path

    @property
    def format_title(self) -> str:
        """The format in words."""
        return gettext(get_format(self.format_code).title) if self.format_code else ""

    @property
    def row_count(self) -> int | None:
        """The rows read; None before the check."""
        rows: int | None = self.facts.get("rows")
        return rows

    @property
    def new_count(self) -> int | None:
        """The records that this file made, or would make."""
        return self.preview["created"] if self.preview else None

    @property
    def changed_count(self) -> int | None:
        """The records that this file changed, or would change."""
        return self.preview["changed"] if self.preview else None


class Memory(models.Model):
    """One row is what the columns of one format meant in the last file of one unit (列对应记忆)."""

    scope_field = "unit"

    unit = models.ForeignKey(Unit, models.CASCADE, verbose_name=_("单位"))
    format_code = models.CharField(_("格式"), max_length=80)
    mapping = models.JSONField(_("列对应"))

    class Meta:
        verbose_name = _("列对应记忆")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["unit", "format_code"], name="intake_memory_one_per_unit_and_format"
            )
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.format_code}"
