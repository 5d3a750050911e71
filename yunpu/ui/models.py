"""What a person arranges on the screens: saved views of a register; and what a person has typed but not saved."""

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


class Draft(models.Model):
    """One row is what one person typed into one form and has not saved yet (草稿); 0 stands for a record to be."""

    register = models.CharField(max_length=80)
    object_id = models.BigIntegerField()
    owner_id = models.BigIntegerField()
    typed = models.JSONField()
    saved_at = models.DateTimeField()

    class Meta:
        verbose_name = _("草稿")
        ordering: ClassVar = ["register", "object_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner_id", "register", "object_id"], name="ui_draft_one_a_form")
        ]

    def __str__(self) -> str:
        return f"{self.register} {self.object_id}"
