"""The snapshot tables of shared identities: reference is below the stages, so they are declared here."""

from __future__ import annotations

from yunpu.kernel.text import mark as _
from yunpu.reference.codes import DayKind, ProjectKind, RegionLevel, UnitLevel
from yunpu.stages.snapshots.tables import FrozenColumn, FrozenTable, Kind

UNITS = FrozenTable(
    name="reference.units",
    title=_("单位"),
    model="reference.Unit",
    columns=(
        FrozenColumn("unit_code", Kind.TEXT, source="code", title=_("单位编码")),
        FrozenColumn("name", Kind.TEXT, title=_("单位名称")),
        FrozenColumn("short_name", Kind.TEXT, title=_("简称")),
        FrozenColumn("level", Kind.TEXT, title=_("层级"), codes=UnitLevel),
        FrozenColumn("parent_code", Kind.TEXT, source="parent__code", title=_("上级单位编码")),
        FrozenColumn("valid_from", Kind.DATE, title=_("启用日期")),
        FrozenColumn("valid_to", Kind.DATE, title=_("停用日期")),
    ),
    key=("unit_code",),
    left_out={"path": _("由上级单位推出，含内部编号")},
)

ENTERPRISES = FrozenTable(
    name="reference.enterprises",
    title=_("企业"),
    model="reference.Enterprise",
    columns=(
        FrozenColumn("credit_code", Kind.TEXT, title=_("统一社会信用代码")),
        FrozenColumn("name", Kind.TEXT, title=_("企业名称")),
        FrozenColumn("region_code", Kind.TEXT, title=_("所在地")),
        FrozenColumn("industry", Kind.TEXT, title=_("行业")),
        FrozenColumn("merged_into_code", Kind.TEXT, source="merged_into__credit_code", title=_("并入企业")),
    ),
    key=("credit_code",),
)

REGIONS = FrozenTable(
    name="reference.regions",
    title=_("行政区划"),
    model="reference.Region",
    columns=(
        FrozenColumn("region_code", Kind.TEXT, source="code", title=_("区划代码")),
        FrozenColumn("name", Kind.TEXT, title=_("区划名称")),
        FrozenColumn("level", Kind.TEXT, title=_("级别"), codes=RegionLevel),
        FrozenColumn("valid_from", Kind.DATE, title=_("设立日期")),
        FrozenColumn("valid_to", Kind.DATE, title=_("撤销日期")),
    ),
    key=("region_code",),
    left_out={"note": _("给人看的说明，不参与计算")},
)

SCHEMES = FrozenTable(
    name="reference.schemes",
    title=_("分类体系"),
    model="reference.Scheme",
    columns=(
        FrozenColumn("scheme_code", Kind.TEXT, source="code", title=_("体系编码")),
        FrozenColumn("name", Kind.TEXT, title=_("体系名称")),
        FrozenColumn("source", Kind.TEXT, title=_("依据")),
    ),
    key=("scheme_code",),
)

CLASSIFICATIONS = FrozenTable(
    name="reference.classifications",
    title=_("分类科目"),
    model="reference.Classification",
    columns=(
        FrozenColumn("scheme_code", Kind.TEXT, source="scheme__code", title=_("体系编码")),
        FrozenColumn("code", Kind.TEXT, title=_("科目编码")),
        FrozenColumn("name", Kind.TEXT, title=_("科目名称")),
        FrozenColumn("name_en", Kind.TEXT, title=_("英文名称")),
        FrozenColumn("parent_code", Kind.TEXT, title=_("上级科目编码")),
        FrozenColumn("level", Kind.INTEGER, title=_("科目级次")),
        FrozenColumn("first_year", Kind.INTEGER, title=_("起始年度")),
        FrozenColumn("last_year", Kind.INTEGER, title=_("终止年度")),
    ),
    key=("scheme_code", "code", "first_year"),
    left_out={"note": _("给人看的说明，不参与计算")},
)

PROJECTS = FrozenTable(
    name="reference.projects",
    title=_("项目"),
    model="reference.Project",
    columns=(
        FrozenColumn("project_code", Kind.TEXT, source="code", title=_("项目编码")),
        FrozenColumn("name", Kind.TEXT, title=_("项目名称")),
        FrozenColumn("unit_code", Kind.TEXT, source="unit__code", title=_("项目单位")),
        FrozenColumn("start_year", Kind.INTEGER, title=_("开始年度")),
        FrozenColumn("kind", Kind.TEXT, title=_("项目类别"), codes=ProjectKind),
    ),
    key=("project_code",),
)

CALENDAR = FrozenTable(
    name="reference.calendar",
    title=_("节假日安排"),
    model="reference.CalendarDay",
    columns=(
        FrozenColumn("day", Kind.DATE, title=_("日期")),
        FrozenColumn("kind", Kind.TEXT, title=_("放假或上班"), codes=DayKind),
        FrozenColumn("name", Kind.TEXT, title=_("名称")),
        FrozenColumn("source", Kind.TEXT, title=_("依据")),
    ),
    key=("day",),
)
