"""Indicators over the shared tables, for the tests of this stage."""

import narwhals as nw

from yunpu.stages.indicators.definitions import CountDistinct, Disclosure, Indicator, Wording

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
