"""Formats of the shared identities (基础信息), which stand below the stages and so cannot declare them."""

from yunpu.kernel.text import mark as _
from yunpu.stages.intake.formats import Column, Format, Type

ENTERPRISES = Format(
    "reference.enterprises",
    _("企业名录"),
    model="reference.Enterprise",
    columns=(
        Column("credit_code", _("统一社会信用代码"), Type.CREDIT_CODE, key=True, aliases=("信用代码",)),
        Column("name", _("企业名称"), aliases=("单位名称", "名称")),
        Column("region_code", _("所在地"), Type.REGION_CODE, required=False, aliases=("行政区划代码",)),
        Column("industry", _("行业"), required=False, max_length=60, aliases=("所属行业",)),
    ),
)
