"""What a person arranges on the screens: saved views of a register."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class SavedView(models.Model):
    """One row is one saved view (存为视图): filters, order and columns of a register, own or shared.

    A shared view is seen at the unit where it was saved and at every unit below.
    """

    register = models.CharField(max_length=80)
    name = models.CharField(_("视图名称"), max_length=40)
    query = models.TextField(blank=True)
    owner_id = models.BigIntegerField()
    unit_id = models.BigIntegerField(null=True, blank=True)
    shared = models.BooleanField(_("给本单位和下属单位看"), default=False)

    class Meta:
        verbose_name = _("视图")
        ordering: ClassVar = ["register", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["register", "owner_id", "name"], name="ui_savedview_name_once")
        ]

    def __str__(self) -> str:
        return self.name
