"""Shared identities (基础信息): units, enterprises, regions, classifications, projects, holidays.

Reference holds identities; domains hold facts about them and never import each other.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from yunpu.trail.models import Sourced


class Unit(Sourced):
    """One row is one unit (单位) of the tree province → city → district → bureau → subordinate.

    `path` is the chain of numbers from the root ("/1/4/17/"): a subtree is a prefix. Valid from inclusive, to
    exclusive; null means no limit.
    """

    scope_field = None
    search_fields = ("code", "name", "short_name")

    class Level(models.TextChoices):
        PROVINCE = "province", _("省")
        CITY = "city", _("市")
        DISTRICT = "district", _("区县")
        BUREAU = "bureau", _("部门")
        SUBORDINATE = "subordinate", _("下属单位")

    code = models.CharField(_("单位编码"), max_length=40, unique=True)
    name = models.CharField(_("单位名称"), max_length=200)
    short_name = models.CharField(_("简称"), max_length=40, blank=True)
    level = models.CharField(_("层级"), max_length=12, choices=Level.choices)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, verbose_name=_("上级单位"))
    path = models.CharField(max_length=200, editable=False, db_index=True)
    valid_from = models.DateField(_("启用日期"), null=True, blank=True)
    valid_to = models.DateField(_("停用日期"), null=True, blank=True)

    class Meta:
        verbose_name = _("单位")
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True)
                | models.Q(valid_from__isnull=True)
                | models.Q(valid_to__gt=models.F("valid_from")),
                name="reference_unit_valid_to_after_from",
            ),
        ]

    def __str__(self) -> str:
        return self.short_name or self.name


class Enterprise(Sourced):
    """One row is one enterprise (企业), known by its 统一社会信用代码 (GB 32100-2015)."""

    scope_field = None
    search_fields = ("credit_code", "name", "industry")

    credit_code = models.CharField(_("统一社会信用代码"), max_length=18, unique=True)
    name = models.CharField(_("企业名称"), max_length=200)
    region_code = models.CharField(_("所在地"), max_length=6, blank=True)
    industry = models.CharField(_("行业"), max_length=60, blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("企业")
        ordering: ClassVar = ["credit_code"]
        indexes: ClassVar = [models.Index(fields=["name", "id"], name="reference_enterprise_name")]

    def __str__(self) -> str:
        return self.name
