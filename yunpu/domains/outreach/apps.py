from yunpu import flow
from yunpu.kernel.text import mark as _


class OutreachConfig(flow.DomainConfig):
    """Training, roadshows and campaigns for enterprises (宣讲活动)."""

    name = "yunpu.domains.outreach"
    label = "outreach"
    title = _("宣讲活动")
    group = "enterprise"
    order = 30
