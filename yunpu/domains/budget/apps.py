from yunpu import flow
from yunpu.kernel.text import mark as _


class BudgetConfig(flow.DomainConfig):
    """The budget book (预算编制)."""

    name = "yunpu.domains.budget"
    label = "budget"
    title = _("预算编制")
    group = "finance"
    order = 10
