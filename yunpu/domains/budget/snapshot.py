"""What the budget freezes."""

from yunpu.domains.budget.codes import Currency, FundKind
from yunpu.kernel.text import mark as _
from yunpu.stages.snapshots.tables import FrozenColumn, FrozenTable, Kind

LINES = FrozenTable(
    name="budget.lines",
    title=_("预算明细"),
    model="budget.BudgetLine",
    columns=(
        FrozenColumn("year", Kind.INTEGER, title=_("年度")),
        FrozenColumn("body_code", Kind.TEXT, title=_("单位编码")),
        FrozenColumn("body_name", Kind.TEXT, title=_("单位名称")),
        FrozenColumn("section_code", Kind.TEXT, title=_("部门编码")),
        FrozenColumn("section_name", Kind.TEXT, title=_("部门名称")),
        FrozenColumn("function_code", Kind.TEXT, title=_("功能科目编码")),
        FrozenColumn("function_name", Kind.TEXT, title=_("功能科目")),
        FrozenColumn("chapter_code", Kind.TEXT, title=_("经济分类类编码")),
        FrozenColumn("chapter_name", Kind.TEXT, title=_("经济分类类")),
        FrozenColumn("economic_code", Kind.TEXT, title=_("经济分类款编码")),
        FrozenColumn("economic_name", Kind.TEXT, title=_("经济分类款")),
        FrozenColumn("fund", Kind.TEXT, title=_("资金性质"), codes=FundKind),
        FrozenColumn("project_code", Kind.TEXT, title=_("项目编码")),
        FrozenColumn("currency", Kind.TEXT, title=_("币种"), codes=Currency),
        FrozenColumn("amount_fen", Kind.FEN, title=_("金额"), unit="元"),
        FrozenColumn("unit_code", Kind.TEXT, source="unit__code", title=_("填报单位")),
    ),
    key=(
        "year",
        "body_code",
        "section_code",
        "function_code",
        "economic_code",
        "fund",
        "project_code",
        "currency",
        "unit_code",
    ),
    as_of="year",
)
