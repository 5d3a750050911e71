"""The snapshot tables of shared identities: reference is below the stages, so they are declared here."""

from __future__ import annotations

from yunpu.kernel.text import mark as _
from yunpu.stages.snapshots.tables import FrozenColumn, FrozenTable, Kind

UNITS = FrozenTable(
    name="reference.units",
    title=_("单位"),
    model="reference.Unit",
    columns=(
        FrozenColumn("unit_code", Kind.TEXT, source="code", title=_("单位编码")),
        FrozenColumn("name", Kind.TEXT, title=_("单位名称")),
        FrozenColumn("short_name", Kind.TEXT, title=_("简称")),
        FrozenColumn("level", Kind.TEXT, title=_("层级")),
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
