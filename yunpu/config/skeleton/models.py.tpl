"""$title: tables and constraints. No workflow, no `save()` of their own."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from yunpu.reference.models import Unit
from yunpu.trail.models import Sourced


class ${Name}Record(Sourced):
    """One row is one record of $name (${title}记录)."""

    scope_field = "unit"

    code = models.CharField(_("编号"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=200)
    recorded_on = models.DateField(_("登记日期"))
    amount_fen = models.BigIntegerField(_("金额（分）"), default=0)
    unit = models.ForeignKey(Unit, models.PROTECT, verbose_name=_("单位"))

    class Meta:
        verbose_name = _("${title}记录")
        ordering: ClassVar = ["-recorded_on", "code"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(amount_fen__gte=0), name="${name}_record_amount_not_negative"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["recorded_on", "id"], name="${name}_record_date"),
            models.Index(fields=["unit", "recorded_on", "id"], name="${name}_record_unit_date"),
            models.Index(fields=["unit", "code", "id"], name="${name}_record_unit_code"),
        ]

    def __str__(self) -> str:
        return self.name
