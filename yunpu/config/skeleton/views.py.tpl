"""Screens of $name: a screen is attributes."""

from django.utils.translation import gettext_lazy as _

from yunpu.domains.$name.models import ${Name}Record
from yunpu.ui.registers import Column, Register


class Records(Register):
    """The register of $name (${title}台账)."""

    model = ${Name}Record
    slug = "records"
    title = _("${title}记录")  # what one of them is called: 新建${title}记录
    columns = (
        Column("code", link=True),
        "name",
        "recorded_on",
        Column("amount_fen", title=_("金额"), money="万元", total=True),
        "unit",
    )
    filters = ("unit", "recorded_on")
    sorts = ("recorded_on", "code")
    default_sort = "-recorded_on"
    fields = ("code", "name", "recorded_on", "amount_fen", "unit")
    import_format = "$name.records"
    empty_hint = _("上传一份${title}台账，或新建一条。")
