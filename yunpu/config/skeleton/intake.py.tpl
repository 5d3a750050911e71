"""Files of $name: what their columns mean. The machinery does the rest."""

from yunpu.kernel.text import mark as _
from yunpu.stages.intake.formats import Column, Format, Type

RECORDS = Format(
    "$name.records",
    _("${title}台账"),
    model="$name.${Name}Record",
    columns=(
        Column("code", _("编号"), key=True, max_length=40, example="A-001"),
        Column("name", _("名称")),
        Column("recorded_on", _("登记日期"), Type.DATE, aliases=("日期",)),
        Column("amount_fen", _("金额"), Type.MONEY, unit="万元", minimum=0),
    ),
)
