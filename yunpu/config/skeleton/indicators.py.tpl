"""What $name publishes: which rows of a snapshot table, and which measure of them."""

from yunpu.kernel.text import mark as _
from yunpu.stages.indicators.definitions import Count, Disclosure, Indicator, Sum

RECORDS_KEPT = Indicator(
    code="$name.records_kept",
    title=_("${title}登记数"),
    unit="项",
    table="$name.records",
    rows=lambda context: context["$name.records"].filter(context.in_period("recorded_on")),
    measure=Count(),
    words=_("报告期内登记的${title}记录数。"),
    source=_("${title}台账"),
    disclosure=Disclosure(),
)

AMOUNT = Indicator(
    code="$name.amount",
    title=_("${title}金额"),
    unit="元",
    table="$name.records",
    rows=lambda context: context["$name.records"].filter(context.in_period("recorded_on")),
    measure=Sum("amount_fen"),
    words=_("报告期内登记的${title}金额之和。"),
    source=_("${title}台账"),
    disclosure=Disclosure(),
    shown_unit="万元",
)
