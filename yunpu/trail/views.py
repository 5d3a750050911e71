"""The trail's one register: every event, read-only."""

from django.utils.translation import gettext_lazy as _

from yunpu.trail.models import Event
from yunpu.ui.registers import Column, Register


class Events(Register):
    model = Event
    slug = "events"
    title = _("留痕")
    columns = (
        Column("at", link=True),
        Column("by_name"),
        Column("role", shown=False),
        Column("unit_name"),
        Column("verb"),
        Column("object_name"),
        Column("reason"),
        Column("address", shown=False),
        Column("request_id", shown=False),
    )
    filters = ("verb", "by_name", "at")
    sorts = ("at",)
    default_sort = "-at"
    view_right = "read-trail"
    menu = False
