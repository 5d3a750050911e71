"""What the budget book publishes: a year's approved total, and its parts by chapter, one currency at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import narwhals as nw

from yunpu.kernel.text import mark as _
from yunpu.stages.indicators.definitions import Disclosure, Indicator, Sum

_SOURCE = _("区财政局 预算书")


def _lines(currency: str, chapter: str = "") -> Callable[[Any], Any]:
    """The lines of the period's year in one currency, of one chapter where it is named."""

    def rows(context: Any) -> Any:
        lines = context["budget.lines"].filter(
            nw.col("year") == context.period.first_on.year, nw.col("currency") == currency
        )
        return lines.filter(nw.col("chapter_code") == chapter) if chapter else lines

    return rows


TOTAL = Indicator(
    code="budget.total",
    title=_("批复预算总额"),
    unit="元",
    table="budget.lines",
    rows=_lines("CNY"),
    known_by=_lines("CNY"),
    by="body_name",
    measure=Sum("amount_fen"),
    words=_("报告年度批复预算明细的金额之和。"),
    source=_SOURCE,
    disclosure=Disclosure(),
    shown_unit="万元",
    places=0,
    growth=True,
)

EURO_TOTAL = Indicator(
    code="budget.total_eur",
    title=_("批复预算总额（欧元账簿）"),
    unit="欧元",
    table="budget.lines",
    rows=_lines("EUR"),
    known_by=_lines("EUR"),
    by="section_name",
    measure=Sum("amount_fen"),
    words=_("报告年度欧元账簿批复预算明细的金额之和，未合并抵销。"),
    source=_SOURCE,
    disclosure=Disclosure(),
    shown_unit="万欧元",
    places=0,
    growth=True,
)

EURO_CHAPTERS = tuple(
    Indicator(
        code=f"budget.chapter_{chapter}_eur",
        title=title,
        unit="欧元",
        table="budget.lines",
        rows=_lines("EUR", chapter),
        known_by=_lines("EUR"),
        by="section_name",
        measure=Sum("amount_fen"),
        words=_("报告年度欧元账簿中这一章的金额之和。"),
        source=_SOURCE,
        disclosure=Disclosure(),
        shown_unit="万欧元",
        places=0,
    )
    for chapter, title in (
        ("1", _("人员经费（欧元账簿第1章）")),
        ("2", _("商品和服务（欧元账簿第2章）")),
        ("3", _("债务利息（欧元账簿第3章）")),
        ("4", _("经常性转移（欧元账簿第4章）")),
        ("6", _("投资（欧元账簿第6章）")),
        ("7", _("资本性转移（欧元账簿第7章）")),
        ("9", _("偿还债务（欧元账簿第9章）")),
    )
)
