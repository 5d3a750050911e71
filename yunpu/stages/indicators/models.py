"""Definitions as they were used, and figures: written once (triggers in the migrations refuse anything else)."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yunpu.stages.indicators.publishing import title_in
from yunpu.stages.snapshots.models import Snapshot


class Definition(models.Model):
    """One row is one wording of an indicator's definition (口径), as it stood when a figure was first computed by it.

    `digest` is over the definition's source text: the same version with another digest was edited without a new
    version number.
    """

    scope_field = None

    code = models.CharField(_("指标编码"), max_length=80)
    version = models.IntegerField(_("口径版本"))
    digest = models.CharField(_("口径摘要"), max_length=64, unique=True)
    title = models.CharField(_("指标"), max_length=200)
    unit = models.CharField(_("单位"), max_length=20)
    table_name = models.CharField(_("快照表"), max_length=80)
    measure = models.CharField(_("计量方法"), max_length=80)
    words = models.TextField(_("口径说明"))
    text = models.TextField(_("定义原文"))
    source = models.CharField(_("来源"), max_length=300)
    showing = models.JSONField(_("发布规则"))
    at = models.DateTimeField(_("首次使用"))

    class Meta:
        verbose_name = _("口径")
        ordering: ClassVar = ["code", "-version", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["code", "version", "id"], name="indicators_definition_code")
        ]

    def __str__(self) -> str:
        return self.title


class Figure(models.Model):
    """One row is one value (数字): one definition on one snapshot for one period, exact, computed once.

    `code` is the indicator's, with `:growth` for what is derived from `of` against `base`. `value` is a whole
    number or a fraction ("40", "325/8") in `unit`; `shown` is how it is published. `sql` gives the very rows.
    """

    scope_field = None  # the rows behind it are scoped one by one (lineage)

    class State(models.TextChoices):
        DEFINED = "defined", _("有值")
        UNDEFINED = "undefined", _("无法定义")
        HIDDEN = "hidden", _("不公开")

    class Reason(models.TextChoices):
        NONE = "", ""
        MISSING_PERIOD = "missing_period", _("快照里没有该期的数据")
        BASE_MISSING = "base_missing", _("快照里没有上年同期的数据")
        BASE_ZERO = "base_zero", _("上年同期为零")
        BASE_NEGATIVE = "base_negative", _("上年同期为负")
        OTHER_DAY = "other_day", _("这个数只在快照当日有值，当日不在这一期里")
        FEW = "few", _("数量太小，公开会泄露个体情况")

    snapshot = models.ForeignKey(Snapshot, models.PROTECT, related_name="figures", verbose_name=_("快照"))
    definition = models.ForeignKey(Definition, models.PROTECT, related_name="figures", verbose_name=_("口径"))
    code = models.CharField(_("数字编码"), max_length=90)
    title = models.CharField(_("数字"), max_length=200)
    period_code = models.CharField(_("期间"), max_length=24)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices)
    reason = models.CharField(_("原因"), max_length=20, choices=Reason.choices, blank=True)
    value = models.CharField(_("精确值"), max_length=100, blank=True)
    unit = models.CharField(_("单位"), max_length=20)
    shown = models.CharField(_("发布写法"), max_length=100)
    records = models.BigIntegerField(_("记录数"))
    sql = models.TextField(_("取数语句"), blank=True)
    of = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", verbose_name=_("本期数"))
    base = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="+", verbose_name=_("上年同期数")
    )
    by_id = models.BigIntegerField(_("人员编号"), null=True)
    at = models.DateTimeField(_("计算时间"))

    class Meta:
        verbose_name = _("数字")
        ordering: ClassVar = ["code", "period_code", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["snapshot", "code", "period_code", "definition"],
                name="indicators_figure_computed_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state="undefined", value="")
                | ~models.Q(state="undefined") & ~models.Q(value=""),
                name="indicators_figure_value_unless_undefined",
            ),
            models.CheckConstraint(
                condition=models.Q(state="defined", reason="")
                | ~models.Q(state="defined") & ~models.Q(reason=""),
                name="indicators_figure_reason_unless_defined",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["period_code", "code"], name="indicators_figure_period")]

    def __str__(self) -> str:
        return f"{self.shown_title} {self.shown}"

    @property
    def shown_title(self) -> str:
        """What it is called, in the reader's language."""
        return title_in(self.title, gettext)

    @property
    def exact(self) -> Fraction | None:
        """The exact value in the base unit."""
        return Fraction(self.value) if self.value else None
