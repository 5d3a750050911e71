"""What outreach publishes: five figures of the innovation section, and four of its own."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from yunpu.domains.outreach.codes import ActivityKind
from yunpu.kernel.text import mark as _
from yunpu.stages.indicators.definitions import (
    AS_OF,
    ConsecutiveYears,
    Count,
    CountDistinct,
    Disclosure,
    Indicator,
    Sum,
    Wording,
)

_SOURCE = _("区科工局 宣讲活动台账")


def _attendance(context: Any, kind: ActivityKind) -> Any:
    """Attendance at the period's activities of one kind."""
    return context["outreach.attendance"].filter(
        nw.col("activity_kind") == kind.value, context.in_period("held_on")
    )


TRAINING_ENTERPRISES = Indicator(
    code="innovation.training_enterprises",
    title=_("参加网上培训企业"),
    unit="家",
    table="outreach.attendance",
    rows=lambda context: _attendance(context, ActivityKind.ONLINE),
    period="days",
    measure=CountDistinct("credit_code"),
    words=_("报告期内网上培训的参加记录，按统一社会信用代码计数；同一企业参加多次只计一家。"),
    source=_SOURCE,
    disclosure=Disclosure(minimum=3),
    wording=Wording.NEARLY,
)

MATERIALS_HANDED_OUT = Indicator(
    code="innovation.materials_handed_out",
    title=_("科技活动周发放宣传资料"),
    unit="份",
    table="outreach.handouts",
    rows=lambda context: context["outreach.handouts"].filter(
        nw.col("activity_kind") == ActivityKind.SCIENCE_WEEK.value, context.in_period("held_on")
    ),
    period="days",
    by="title",
    measure=Sum("quantity"),
    words=_("报告期内科技活动周各场发放资料份数之和。"),
    source=_SOURCE,
    disclosure=Disclosure(),
    wording=Wording.OVER,
)

ROADSHOW_YEARS = Indicator(
    code="innovation.roadshow_years",
    title=_("连续举办宣讲年数"),
    unit="年",
    table="outreach.activities",
    rows=lambda context: context["outreach.activities"].filter(
        nw.col("kind") == ActivityKind.ROADSHOW.value, context.up_to_period("held_on")
    ),
    measure=ConsecutiveYears("held_on"),
    words=_("到报告期为止，每年都举办过宣讲的连续年数；中断一年就重新计算。"),
    source=_SOURCE,
    disclosure=Disclosure(),
)

ROADSHOW_ENTERPRISES = Indicator(
    code="innovation.roadshow_enterprises",
    title=_("宣讲覆盖企业"),
    unit="家",
    table="outreach.attendance",
    rows=lambda context: _attendance(context, ActivityKind.ROADSHOW),
    period="days",
    measure=CountDistinct("credit_code"),
    words=_("报告期内各场宣讲的参加记录，按统一社会信用代码计数；同一企业参加多次只计一家。"),
    source=_SOURCE,
    disclosure=Disclosure(minimum=3),
    wording=Wording.OVER,
    growth=True,
)

ROADSHOW_PEOPLE = Indicator(
    code="innovation.roadshow_people",
    title=_("宣讲企业代表"),
    unit="人",
    table="outreach.attendance",
    rows=lambda context: _attendance(context, ActivityKind.ROADSHOW),
    period="days",
    by="activity_name",
    measure=Count(),
    words=_("报告期内各场宣讲的参加记录数；一名代表参加两场计两人。"),
    source=_SOURCE,
    disclosure=Disclosure(minimum=3),
    wording=Wording.NEARLY,
    growth=True,
)

ACTIVITIES_HELD = Indicator(
    code="outreach.activities_held",
    title=_("举办活动"),
    unit="场",
    table="outreach.activities",
    rows=lambda context: context["outreach.activities"].filter(context.in_period("held_on")),
    period="days",
    by="kind",
    measure=Count(),
    words=_("报告期内举办的全部活动场数。"),
    source=_SOURCE,
    disclosure=Disclosure(),
    growth=True,
)

ENTERPRISES_LISTED = Indicator(
    code="outreach.enterprises_listed",
    title=_("名录企业"),
    unit="家",
    table="reference.enterprises",
    rows=lambda context: context["reference.enterprises"].filter(nw.col("merged_into_code").is_null()),
    at=AS_OF,
    by="industry",
    measure=Count(),
    words=_("快照当日企业名录里的企业，也就是宣讲的对象；已并入其他企业的不计。"),
    source=_("区科工局 企业名录"),
    disclosure=Disclosure(),
)

CAMPAIGNS_SENT = Indicator(
    code="outreach.campaigns_sent",
    title=_("群宣传"),
    unit="条",
    table="outreach.campaigns",
    rows=lambda context: context["outreach.campaigns"].filter(context.in_period("sent_on")),
    period="days",
    by="channel",
    measure=Count(),
    words=_("报告期内经微信群、QQ群等渠道发布的条数。"),
    source=_SOURCE,
    disclosure=Disclosure(),
)

SATISFIED = Indicator(
    code="outreach.satisfied",
    title=_("评价满意的反馈"),
    unit="份",
    table="outreach.feedback",
    rows=lambda context: context["outreach.feedback"].filter(
        context.in_period("held_on"), nw.col("score") >= 4
    ),
    period="days",
    by="activity_name",
    measure=Count(),
    words=_("报告期内评分为 4 分和 5 分的反馈份数。"),
    source=_SOURCE,
    disclosure=Disclosure(minimum=3),
)
