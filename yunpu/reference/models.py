"""Shared identities (基础信息): units, enterprises, regions, classifications, projects, the calendar of holidays.

Reference holds identities; domains hold facts about them and never import each other. `administered` identities are
changed by who administers the district only, since everybody's scope or figures hang on them (access/scope.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yunpu.kernel import codes
from yunpu.reference import trees
from yunpu.reference.codes import DayKind, ProjectKind, RegionLevel, UnitLevel, region_parent
from yunpu.trail.models import Sourced


def _say(fault: codes.CodeFault | None) -> None:
    if fault is not None:
        raise ValidationError(f"{gettext(fault.reason)}。{gettext(fault.remedy)}")


def validate_credit_code(value: str) -> None:
    """Raise ValidationError for a code that GB 32100 does not allow."""
    _say(codes.check_credit_code(value))


def validate_region_code(value: str) -> None:
    """Raise ValidationError for a code that GB/T 2260 does not allow."""
    _say(codes.check_region_code(value))


def validate_project_code(value: str) -> None:
    """Raise ValidationError for a code that is no project code."""
    _say(codes.check_project_code(value))


class Unit(Sourced):
    """One row is one unit (单位) of the tree province → city → district → bureau → subordinate.

    The parent is kept by its code, so that a file brings parents and children in any order. `path` is the chain of
    numbers from the root ("/1/4/17/"), derived: a subtree is a prefix. Valid from inclusive, to exclusive; null
    means no limit.
    """

    scope_field = None
    administered = True
    search_fields = ("code", "name", "short_name")

    Level = UnitLevel

    code = models.CharField(_("单位编码"), max_length=40, unique=True)
    name = models.CharField(_("单位名称"), max_length=200)
    short_name = models.CharField(_("简称"), max_length=40, blank=True)
    level = models.CharField(
        _("层级"), max_length=12, choices=[(one.value, _(one.label)) for one in UnitLevel]
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        to_field="code",
        db_column="parent_code",
        null=True,
        blank=True,
        verbose_name=_("上级单位"),
    )
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
            models.CheckConstraint(
                condition=models.Q(parent__isnull=True) | ~models.Q(parent=models.F("code")),
                name="reference_unit_not_its_own_parent",
            ),
        ]

    def __str__(self) -> str:
        return self.short_name or self.name

    @classmethod
    def settle(cls) -> None:
        """Derive every path from the parents; only those that differ are written."""
        rows = list(cls.objects.select_for_update().values_list("pk", "code", "parent_id", "path"))
        numbers = {code: pk for pk, code, _parent, _path in rows}
        chains = trees.paths({code: parent for _pk, code, parent, _path in rows})
        for pk, code, _parent, path in rows:
            assert code in chains, f"{code} stands above itself"
            made = "".join(f"/{numbers[one]}" for one in chains[code]) + "/"
            if made != path:
                cls.objects.filter(pk=pk).update(path=made)


class Enterprise(Sourced):
    """One row is one enterprise (企业), known by its 统一社会信用代码 (GB 32100-2015).

    A duplicate that was merged keeps its row and its code; `merged_into` names the survivor.
    """

    scope_field = None
    search_fields = ("credit_code", "name", "industry")
    choosable = models.Q(merged_into__isnull=True)  # nothing new is pointed at a merged one

    credit_code = models.CharField(
        _("统一社会信用代码"), max_length=18, unique=True, validators=[validate_credit_code]
    )
    name = models.CharField(_("企业名称"), max_length=200)
    region_code = models.CharField(_("所在地"), max_length=6, blank=True, validators=[validate_region_code])
    industry = models.CharField(_("行业"), max_length=60, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, verbose_name=_("已并入")
    )

    class Meta:
        verbose_name = _("企业")
        ordering: ClassVar = ["credit_code"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True) | ~models.Q(merged_into=models.F("id")),
                name="reference_enterprise_not_merged_into_itself",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["name", "id"], name="reference_enterprise_name")]

    def __str__(self) -> str:
        return f"{self.name}（{_('已合并')}）" if self.merged_into_id else self.name


class Merge(models.Model):
    """One row is one merging (合并) of a duplicate enterprise into the one that is kept. Written once."""

    scope_field = None

    kept = models.ForeignKey(Enterprise, models.PROTECT, related_name="+", verbose_name=_("保留的企业"))
    duplicate = models.ForeignKey(Enterprise, models.PROTECT, related_name="+", verbose_name=_("并入的企业"))
    reason = models.TextField(_("理由"))
    at = models.DateTimeField(_("时间"))
    by_id = models.BigIntegerField(_("人员编号"), null=True)
    by_name = models.CharField(_("人员"), max_length=100)

    class Meta:
        verbose_name = _("企业合并")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(kept=models.F("duplicate")), name="reference_merge_of_two"
            )
        ]

    def __str__(self) -> str:
        return f"{self.duplicate} → {self.kept}"

    @property
    def is_undone(self) -> bool:
        return getattr(self, "undo", None) is not None

    @property
    def state(self) -> Any:
        return _("已撤销") if self.is_undone else _("有效")


class Move(models.Model):
    """One row is one record that a merge moved to the kept enterprise. Written once.

    `digest` is that of the record's values after the move: a later change shows in it, and then nothing is undone.
    """

    scope_field = None

    merge = models.ForeignKey(Merge, models.PROTECT, related_name="moves", verbose_name=_("合并"))
    object_type = models.CharField(_("对象类别"), max_length=80)
    object_id = models.BigIntegerField(_("对象编号"))
    object_name = models.CharField(_("对象"), max_length=300)
    field = models.CharField(_("字段"), max_length=80)
    digest = models.CharField(_("摘要"), max_length=64)

    class Meta:
        verbose_name = _("合并时移动的记录")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["merge", "object_type", "object_id", "field"], name="reference_move_once_a_merge"
            )
        ]

    def __str__(self) -> str:
        return self.object_name


class MergeUndo(models.Model):
    """One row is one merging taken back (撤销合并). Written once."""

    scope_field = None

    merge = models.OneToOneField(Merge, models.PROTECT, related_name="undo", verbose_name=_("合并"))
    reason = models.TextField(_("理由"))
    at = models.DateTimeField(_("时间"))
    by_id = models.BigIntegerField(_("人员编号"), null=True)
    by_name = models.CharField(_("人员"), max_length=100)

    class Meta:
        verbose_name = _("撤销合并")
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return str(self.merge)


class Region(Sourced):
    """One row is one region (行政区划) by its six-digit code of GB/T 2260, with the dates between which it is in force."""

    scope_field = None
    administered = True
    search_fields = ("code", "name", "note")

    code = models.CharField(_("区划代码"), max_length=6, unique=True, validators=[validate_region_code])
    name = models.CharField(_("区划名称"), max_length=60)
    level = models.CharField(
        _("级别"), max_length=12, choices=[(one.value, _(one.label)) for one in RegionLevel]
    )
    valid_from = models.DateField(_("设立日期"), null=True, blank=True)
    valid_to = models.DateField(_("撤销日期"), null=True, blank=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("行政区划")
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True)
                | models.Q(valid_from__isnull=True)
                | models.Q(valid_to__gt=models.F("valid_from")),
                name="reference_region_valid_to_after_from",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def parent_code(self) -> str:
        return region_parent(self.code)


class Scheme(Sourced):
    """One row is one scheme of classification (分类体系), such as the functional one, with its source."""

    scope_field = None
    administered = True
    search_fields = ("code", "name")

    code = models.CharField(_("体系编码"), max_length=40, unique=True)
    name = models.CharField(_("体系名称"), max_length=100)
    source = models.CharField(_("依据"), max_length=200)

    class Meta:
        verbose_name = _("分类体系")
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return self.name


class Classification(Sourced):
    """One row is one code (科目) of one scheme, under one name, for the years in which it is valid.

    Years are inclusive; no last year means until further notice. `level` is derived: 1 for a code without parent.
    """

    scope_field = None
    administered = True
    search_fields = ("code", "name", "name_en")

    scheme = models.ForeignKey(Scheme, models.PROTECT, verbose_name=_("分类体系"))
    code = models.CharField(_("科目编码"), max_length=20)
    name = models.CharField(_("科目名称"), max_length=200)
    name_en = models.CharField(_("英文名称"), max_length=200, blank=True)
    parent_code = models.CharField(_("上级科目编码"), max_length=20, blank=True)
    level = models.PositiveSmallIntegerField(_("科目级次"), default=0, editable=False)
    first_year = models.PositiveSmallIntegerField(_("起始年度"))
    last_year = models.PositiveSmallIntegerField(_("终止年度"), null=True, blank=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("分类科目")
        ordering: ClassVar = ["scheme", "code", "first_year"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["scheme", "code", "first_year"], name="reference_classification_once_a_year"
            ),
            models.CheckConstraint(
                condition=models.Q(last_year__isnull=True) | models.Q(last_year__gte=models.F("first_year")),
                name="reference_classification_years_in_order",
            ),
            models.CheckConstraint(
                condition=~models.Q(parent_code=models.F("code")),
                name="reference_classification_not_its_own_parent",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["code", "id"], name="reference_classification_code")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    def is_valid_in(self, year: int) -> bool:
        return self.first_year <= year and (self.last_year is None or year <= self.last_year)

    @classmethod
    def settle(cls) -> None:
        """Derive every level from the parents within the scheme; only those that differ are written."""
        rows = list(cls.objects.order_by("pk"))
        chains = trees.paths(parent_numbers(rows))
        wrong: dict[int, list[int]] = {}
        for row in rows:
            assert row.pk in chains, f"{row.code} stands above itself"
            if len(chains[row.pk]) != row.level:
                wrong.setdefault(len(chains[row.pk]), []).append(row.pk)
        for depth, numbers in wrong.items():
            for start in range(0, len(numbers), 500):
                cls.objects.filter(pk__in=numbers[start : start + 500]).update(level=depth)


def parent_numbers(rows: Iterable[Classification]) -> dict[int, int | None]:
    """Of each code its parent, by record number: the one of that code in the same scheme and the same first year."""
    rows = list(rows)
    periods: dict[tuple[int, str], list[Classification]] = {}
    for row in rows:
        periods.setdefault((row.scheme_id, row.code), []).append(row)
    found: dict[int, int | None] = {}
    for row in rows:
        above = periods.get((row.scheme_id, row.parent_code), []) if row.parent_code else []
        found[row.pk] = next((one.pk for one in above if one.is_valid_in(row.first_year)), None)
    return found


class Project(Sourced):
    """One row is one project (项目), known for its whole life by the 21-character project code (项目编码)."""

    scope_field = "unit"
    search_fields = ("code", "name")

    code = models.CharField(_("项目编码"), max_length=21, unique=True, validators=[validate_project_code])
    name = models.CharField(_("项目名称"), max_length=200)
    unit = models.ForeignKey(Unit, models.PROTECT, verbose_name=_("项目单位"))
    start_year = models.PositiveSmallIntegerField(_("开始年度"))
    kind = models.CharField(
        _("项目类别"), max_length=20, choices=[(one.value, _(one.label)) for one in ProjectKind]
    )

    class Meta:
        verbose_name = _("项目")
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(start_year__range=(1949, 2200)), name="reference_project_start_year_sane"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["unit", "code", "id"], name="reference_project_unit_code"),
            models.Index(fields=["unit", "kind", "id"], name="reference_project_unit_kind"),
            models.Index(fields=["unit", "start_year", "id"], name="reference_project_unit_year"),
        ]

    def __str__(self) -> str:
        return self.name


class CalendarDay(Sourced):
    """One row is one day that is not as its weekday says (节假日安排): a public holiday, or a weekend that is worked.

    A year of which no day is entered is unknown; it is never taken for a year without holidays.
    """

    scope_field = None
    administered = True
    search_fields = ("name", "source")

    day = models.DateField(_("日期"), unique=True)
    kind = models.CharField(
        _("放假或上班"), max_length=8, choices=[(one.value, _(one.label)) for one in DayKind]
    )
    name = models.CharField(_("名称"), max_length=60)
    source = models.CharField(_("依据"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("节假日")
        ordering: ClassVar = ["day"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(kind__in=[one.value for one in DayKind]),
                name="reference_calendarday_kind_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"

    @property
    def weekday(self) -> Any:
        return _WEEKDAYS[self.day.weekday()]


_WEEKDAYS = (_("星期一"), _("星期二"), _("星期三"), _("星期四"), _("星期五"), _("星期六"), _("星期日"))
