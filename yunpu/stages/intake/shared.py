"""Formats of the shared identities (基础信息), which stand below the stages and so cannot declare them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from yunpu.kernel.findings import Finding
from yunpu.kernel.text import mark as _
from yunpu.reference import checks, queries
from yunpu.reference.codes import DayKind, ProjectKind, RegionLevel, UnitLevel
from yunpu.stages.intake.formats import Column, Format, Reference, Type


def _check_units(rows: Iterator[tuple[int, dict[str, Any]]]) -> Iterator[Finding]:
    yield from checks.check_units(rows, queries.list_placed_units())


def _check_subjects(rows: Iterator[tuple[int, dict[str, Any]]]) -> Iterator[Finding]:
    yield from checks.check_subjects(rows, queries.list_subjects)


def _draft_region(row: dict[str, Any]) -> dict[str, Any]:
    """The code tells the level by its zeros."""
    return {**row, "level": RegionLevel.of(row["code"]).value}


def _draft_project(row: dict[str, Any]) -> dict[str, Any]:
    """Without a start year the project begins in the year of its code (characters 7 and 8)."""
    return {**row, "start_year": row["start_year"] or 2000 + int(row["code"][6:8])}


UNITS = Format(
    "reference.units",
    _("单位树"),
    model="reference.Unit",
    columns=(
        Column("code", _("单位编码"), key=True, max_length=40, example="YP-KGJ"),
        Column("name", _("单位名称"), example="云谱区科技和工业信息化局"),
        Column("short_name", _("简称"), required=False, max_length=40, aliases=("单位简称",)),
        Column("level", _("层级"), Type.CODE, codes=UnitLevel, aliases=("单位层级",)),
        Column(
            "parent",
            _("上级单位编码"),
            required=False,
            max_length=40,
            aliases=("主管单位编码",),
            note=_("最上级的单位不填；上级可以在同一份文件里，先后不限"),
        ),
        Column("valid_from", _("启用日期"), Type.DATE, required=False),
        Column("valid_to", _("停用日期"), Type.DATE, required=False, note=_("不再有效的第一天")),
    ),
    checks=(checks.check_dates,),
    table_checks=(_check_units,),
    about=_("每行一个单位；整棵树一起核对，改了上级的单位连同下级一起移动。"),
)

ENTERPRISES = Format(
    "reference.enterprises",
    _("企业名录"),
    model="reference.Enterprise",
    columns=(
        Column("credit_code", _("统一社会信用代码"), Type.CREDIT_CODE, key=True, aliases=("信用代码",)),
        Column("name", _("企业名称"), aliases=("单位名称", "名称")),
        Column(
            "region_code",
            _("所在地"),
            Type.REGION_CODE,
            required=False,
            aliases=("行政区划代码",),
            refers=Reference("reference.Region", "code", soft=True),
        ),
        Column("industry", _("行业"), required=False, max_length=60, aliases=("所属行业",)),
    ),
)

REGIONS = Format(
    "reference.regions",
    _("行政区划"),
    model="reference.Region",
    columns=(
        Column("code", _("区划代码"), Type.REGION_CODE, key=True, aliases=("代码",), example="360100"),
        Column("name", _("区划名称"), max_length=60, example="南昌市"),
        Column("valid_from", _("设立日期"), Type.DATE, required=False),
        Column("valid_to", _("撤销日期"), Type.DATE, required=False, note=_("不再有效的第一天")),
        Column("note", _("说明"), required=False),
    ),
    checks=(checks.check_dates,),
    draft=_draft_region,
    about=_("县级及以上行政区划代码（GB/T 2260）；级别由代码推出。"),
)

SCHEMES = Format(
    "reference.schemes",
    _("分类体系"),
    model="reference.Scheme",
    columns=(
        Column("code", _("体系编码"), key=True, max_length=40, example="CN-FUNCTION"),
        Column("name", _("体系名称"), max_length=100, example="支出功能分类"),
        Column("source", _("依据"), example="财政部《政府收支分类科目》"),
    ),
    about=_("先登记体系，再导入它的科目。"),
)

CLASSIFICATIONS = Format(
    "reference.classifications",
    _("分类科目"),
    model="reference.Classification",
    columns=(
        Column(
            "scheme",
            _("体系编码"),
            key=True,
            max_length=40,
            refers=Reference("reference.Scheme", "code"),
            example="CN-FUNCTION",
        ),
        Column("code", _("科目编码"), key=True, max_length=20, example="20606"),
        Column("name", _("科目名称"), example="社会科学"),
        Column("name_en", _("英文名称"), required=False),
        Column("parent_code", _("上级科目编码"), required=False, max_length=20, example="206"),
        Column("first_year", _("起始年度"), Type.YEAR, key=True, example="2024"),
        Column(
            "last_year",
            _("终止年度"),
            Type.YEAR,
            required=False,
            note=_("最后一个有效的年度；不填就一直有效"),
        ),
        Column("note", _("说明"), required=False),
    ),
    checks=(checks.check_years,),
    table_checks=(_check_subjects,),
    about=_(
        "每行一个科目的一段有效年度；上级科目可以在同一份文件里。外国的、上级的分类体系也按这个格式导入。"
    ),
)

PROJECTS = Format(
    "reference.projects",
    _("项目名册"),
    model="reference.Project",
    columns=(
        Column("code", _("项目编码"), Type.PROJECT_CODE, key=True),
        Column("name", _("项目名称")),
        Column(
            "unit",
            _("项目单位编码"),
            max_length=40,
            refers=Reference("reference.Unit", "code"),
            aliases=("单位编码",),
        ),
        Column(
            "start_year",
            _("开始年度"),
            Type.YEAR,
            required=False,
            note=_("不填就是项目编码里的年度"),
        ),
        Column("kind", _("项目类别"), Type.CODE, codes=ProjectKind),
    ),
    draft=_draft_project,
    about=_("21 位项目编码贯穿项目的一生：需求、预算、支付、资产、绩效都用它对上。"),
)

CALENDAR = Format(
    "reference.calendar",
    _("节假日安排"),
    model="reference.CalendarDay",
    columns=(
        Column("day", _("日期"), Type.DATE, key=True, example="2020-10-01"),
        Column("kind", _("放假或上班"), Type.CODE, codes=DayKind),
        Column("name", _("名称"), max_length=60, example="国庆节"),
        Column("source", _("依据"), required=False),
    ),
    checks=(checks.check_day,),
    about=_("只登记与星期不符的日子：法定假日和调休上班的周末。一年一天也没有登记，就算不了那一年的工作日。"),
)
