from yunpu import flow
from yunpu.kernel.text import mark as _


class ${Name}Config(flow.DomainConfig):
    """$title."""

    name = "yunpu.domains.$name"
    label = "$name"
    title = _("$title")
    group = "$group"
    order = $order
