"""What $name freezes. Every field is a column here, or is left out with its reason."""

from yunpu.kernel.text import mark as _
from yunpu.stages.snapshots.tables import FrozenColumn, FrozenTable, Kind

RECORDS = FrozenTable(
    name="$name.records",
    title=_("${title}台账"),
    model="$name.${Name}Record",
    columns=(
        FrozenColumn("code", Kind.TEXT, title=_("编号")),
        FrozenColumn("name", Kind.TEXT, title=_("名称")),
        FrozenColumn("recorded_on", Kind.DATE, title=_("登记日期")),
        FrozenColumn("amount_fen", Kind.FEN, title=_("金额"), unit="元"),
        FrozenColumn("unit_code", Kind.TEXT, source="unit__code", title=_("单位编码")),
    ),
    key=("code",),
    as_of="recorded_on",
)
