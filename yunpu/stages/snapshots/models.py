"""Snapshots and their tables. The database itself refuses to change or delete them (triggers in the migrations)."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Snapshot(models.Model):
    """One row is one freeze (快照): all declared tables with the facts up to a date, as files with digests.

    `digest` is over the content: the same records give the same one on any database. `manifest_digest` is over
    the bytes of the manifest, which names the digest of every file.
    """

    scope_field = None  # digests and counts, no records: whoever has a role may see them

    number = models.CharField(_("快照编号"), max_length=20, unique=True)
    as_of = models.DateField(_("数据截至"))
    digest = models.CharField(_("内容摘要"), max_length=64)
    manifest_digest = models.CharField(_("清单摘要"), max_length=64)
    rows = models.BigIntegerField(_("行数"))
    code_version = models.CharField(_("程序版本"), max_length=40)
    by_id = models.BigIntegerField(_("人员编号"), null=True)
    by_name = models.CharField(_("冻结人"), max_length=100)
    at = models.DateTimeField(_("冻结时间"))

    class Meta:
        verbose_name = _("快照")
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [models.Index(fields=["digest"], name="snapshots_snapshot_digest")]

    def __str__(self) -> str:
        return self.number

    @property
    def folder(self) -> Path:
        return Path(settings.SNAPSHOTS_FOLDER) / self.number


class SnapshotTable(models.Model):
    """One row is one table of a snapshot: one Parquet file."""

    scope_field = None

    snapshot = models.ForeignKey(Snapshot, models.PROTECT, related_name="tables", verbose_name=_("快照"))
    name = models.CharField(_("表名"), max_length=80)
    title = models.CharField(_("名称"), max_length=200)
    rows = models.BigIntegerField(_("行数"))
    digest = models.CharField(_("内容摘要"), max_length=64)
    file_name = models.CharField(_("文件"), max_length=100)
    file_digest = models.CharField(_("文件摘要"), max_length=64)
    file_bytes = models.BigIntegerField(_("字节"))

    class Meta:
        verbose_name = _("快照表")
        ordering: ClassVar = ["snapshot_id", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["snapshot", "name"], name="snapshots_table_name_once"),
        ]

    def __str__(self) -> str:
        return f"{self.snapshot_id} {self.name}"

    @property
    def path(self) -> Path:
        return self.snapshot.folder / self.file_name
