"""Indicators for the tests of this stage: over the shared tables, and over the activities of the first domain."""

import narwhals as nw

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

_INDUSTRY = "制造"

FIRMS = Indicator(
    code="test.firms",
    title="制造企业",
    unit="家",
    table="reference.enterprises",
    rows=lambda t: t["reference.enterprises"].filter(nw.col("industry") == _INDUSTRY),
    measure=CountDistinct("credit_code"),
    words="行业为制造的企业。",
    source="测试",
    disclosure=Disclosure(),
    wording=Wording.NEARLY,
)


def activities(**values):
    """An indicator over activities, with what a test changes."""
    return Indicator(
        **{
            "code": "test.activities",
            "title": "活动",
            "unit": "场",
            "table": "outreach.activities",
            "rows": lambda t: t["outreach.activities"].filter(t.in_period("held_on")),
            "measure": Count(),
            "words": "本期活动。",
            "source": "测试",
            "disclosure": Disclosure(),
            **values,
        }
    )


GROWING = activities(code="test.growing", growth=True)
RARE = activities(code="test.rare", growth=True, disclosure=Disclosure(minimum=3))
HALVES = activities(code="test.halves", period="half")
YEARS = activities(
    code="test.years",
    unit="年",
    rows=lambda t: t["outreach.activities"].filter(t.up_to_period("held_on")),
    measure=ConsecutiveYears("held_on"),
)
SERIES = activities(code="test.series", measure=CountDistinct("series_code"), unit="个")
HANDED = activities(
    code="test.handed",
    table="outreach.handouts",
    rows=lambda t: t["outreach.handouts"].filter(t.in_period("held_on")),
    measure=Sum("quantity"),
    unit="份",
)
ANY = activities(code="test.any", period="days", growth=True)
COMING = activities(
    code="test.coming",
    title="还要举办的活动",
    at=AS_OF,
    rows=lambda t: t["outreach.activities"].filter(nw.col("held_on") >= t.as_of),
)
KNOWN = activities(
    code="test.known",
    period="days",
    rows=lambda t: t["outreach.activities"].filter(t.in_period("held_on"), nw.col("kind") == "none"),
    known_by=lambda t: t["outreach.activities"].filter(t.in_period("held_on")),
)
ALL = [GROWING, RARE, HALVES, YEARS, SERIES, HANDED]
