"""The budget book (预算书): approved lines, each under its year's names.

A code lives on while its name changes, so a line keeps the name its year gave it; a name is never a key.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from yunpu.domains.budget.codes import FundKind
from yunpu.reference.models import Unit
from yunpu.trail.models import Sourced


class BudgetLine(Sourced):
    """One row is one approved line of a year's budget (预算明细), coded by body, function and economic nature.

    `amount_fen` is in hundredths of the book's currency (decision 10: a book has a currency). 预算法 32, 46: function
    to 项, economic nature to 款.
    """

    scope_field = "unit"
    search_fields = (
        "body_code",
        "body_name",
        "section_name",
        "function_code",
        "function_name",
        "economic_code",
        "economic_name",
        "project_code",
    )

    year = models.PositiveSmallIntegerField(_("年度"))
    body_code = models.CharField(_("单位编码"), max_length=40)
    body_name = models.CharField(_("单位名称"), max_length=200)
    section_code = models.CharField(_("部门编码"), max_length=20, blank=True)
    section_name = models.CharField(_("部门名称"), max_length=200, blank=True)
    function_code = models.CharField(_("功能科目编码"), max_length=20)
    function_name = models.CharField(_("功能科目"), max_length=200, blank=True)
    chapter_code = models.CharField(_("经济分类类编码"), max_length=10)
    chapter_name = models.CharField(_("经济分类类"), max_length=200, blank=True)
    economic_code = models.CharField(_("经济分类款编码"), max_length=20)
    economic_name = models.CharField(_("经济分类款"), max_length=200, blank=True)
    fund = models.CharField(
        _("资金性质"),
        max_length=4,
        choices=[(k.value, _(k.label)) for k in FundKind],
        default=FundKind.GENERAL.value,
    )
    project_code = models.CharField(_("项目编码"), max_length=21, blank=True)
    currency = models.CharField(_("币种"), max_length=3, default="CNY")
    amount_fen = models.BigIntegerField(_("金额"))
    unit = models.ForeignKey(
        Unit, models.PROTECT, verbose_name=_("填报单位"), db_index=False
    )  # every index begins with it

    class Meta:
        verbose_name = _("预算明细")
        ordering: ClassVar = ["-year", "body_code", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=[
                    "year",
                    "body_code",
                    "section_code",
                    "function_code",
                    "economic_code",
                    "fund",
                    "project_code",
                    "currency",
                    "unit",
                ],
                name="budget_line_once_a_year",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["unit", "year", "id"], name="budget_line_unit_year"),
            models.Index(fields=["year", "id"], name="budget_line_year"),
            models.Index(fields=["unit", "amount_fen", "id"], name="budget_line_unit_amount"),
            models.Index(fields=["amount_fen", "id"], name="budget_line_amount"),
            # All that is filtered by or summed: rare values and totals are found without touching the rows.
            models.Index(
                fields=[
                    "unit",
                    "fund",
                    "currency",
                    "chapter_code",
                    "function_code",
                    "body_code",
                    "year",
                    "amount_fen",
                    "batch_id",
                ],
                name="budget_line_filters",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.body_name} {self.economic_name or self.economic_code}"
