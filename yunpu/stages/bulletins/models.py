"""Bulletins (简报): drafts that may change, and issues that never do."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from yunpu.reference.models import Unit


class Bulletin(models.Model):
    """One row is one bulletin being written: its text, the snapshot it counts from, its way to the signature."""

    scope_field = "unit"

    class State(models.TextChoices):
        DRAFT = "draft", _("编辑中")
        SUBMITTED = "submitted", _("待核稿")
        CHECKED = "checked", _("待签发")
        ISSUED = "issued", _("已签发")
        WITHDRAWN = "withdrawn", _("已作废")

    name = models.CharField(_("简报名称"), max_length=60)
    unit = models.ForeignKey(Unit, models.PROTECT, verbose_name=_("编发单位"))
    period_code = models.CharField(_("报告期"), max_length=24)
    snapshot_number = models.CharField(_("快照"), max_length=40)
    text = models.TextField(_("正文"))
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.DRAFT)
    marks = models.JSONField(_("不是数字的标记"), default=list, blank=True)
    drafted_at = models.DateTimeField(_("起草时间"))
    drafted_by_id = models.BigIntegerField(_("起草人编号"), null=True)
    drafted_by = models.CharField(_("起草人"), max_length=100)
    writer_ids = models.JSONField(_("写过正文的人"), default=list, blank=True)
    checked_at = models.DateTimeField(_("核稿时间"), null=True)
    checked_by_id = models.BigIntegerField(_("核稿人编号"), null=True)
    checked_by = models.CharField(_("核稿人"), max_length=100, blank=True)
    checked_digest = models.CharField(_("核稿时的摘要"), max_length=64, blank=True)
    corrects = models.ForeignKey(
        "Issue", models.PROTECT, null=True, blank=True, related_name="corrections", verbose_name=_("更正")
    )

    class Meta:
        verbose_name = _("简报")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(checked_at__isnull=True, checked_by="")
                | models.Q(checked_at__isnull=False) & ~models.Q(checked_by=""),
                name="bulletins_bulletin_checked_at_with_by",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.period_code}）"


class Issue(models.Model):
    """One row is one issue as it went out (期): number, text and figures, digest. The database refuses any change.

    `document` is the neutral form as canonical JSON; `digest` its SM3; `verification_code` the digest's head; `numerals`
    every numeral that no record stands behind, with the rule or the person that let it pass.
    """

    scope_field = "bulletin__unit"

    bulletin = models.OneToOneField(Bulletin, models.PROTECT, related_name="issue", verbose_name=_("简报"))
    name = models.CharField(_("简报名称"), max_length=60)
    year = models.IntegerField(_("年度"))
    number = models.IntegerField(_("期号"))
    document = models.TextField(_("内容"))
    digest = models.CharField(_("摘要（SM3）"), max_length=64)
    verification_code = models.CharField(_("核验码"), max_length=20, unique=True)
    numerals = models.JSONField(_("不由记录算出的数字和理由"), default=list)
    snapshot_number = models.CharField(_("快照"), max_length=40)
    snapshot_digest = models.CharField(_("快照摘要"), max_length=64)
    pdf = models.BinaryField(_("版式文件"))
    pdf_sm3 = models.CharField(_("版式文件摘要"), max_length=64)
    issued_at = models.DateTimeField(_("签发时间"))
    issued_by_id = models.BigIntegerField(_("签发人编号"), null=True)
    issued_by = models.CharField(_("签发人"), max_length=100)

    class Meta:
        verbose_name = _("期")
        ordering: ClassVar = ["-year", "-number", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["name", "year", "number"], name="bulletins_issue_number_once_a_year"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.year} 年第 {self.number} 期"


class FixedWord(models.Model):
    """One row is one word of the district's own that holds a numeral and counts nothing (固定词), such as a plan's name."""

    scope_field = None  # the language of the whole district

    word = models.CharField(_("固定词"), max_length=40, unique=True)
    reason = models.CharField(_("理由"), max_length=100)
    added_at = models.DateTimeField(_("添加时间"))
    added_by = models.CharField(_("添加人"), max_length=100)

    class Meta:
        verbose_name = _("固定词")
        ordering: ClassVar = ["word"]

    def __str__(self) -> str:
        return self.word
