"""Registers of the shared identities."""

from django.utils.translation import gettext_lazy as _

from yunpu.reference.models import Enterprise, Unit
from yunpu.ui.registers import Column, Register


class Units(Register):
    model = Unit
    slug = "units"
    title = _("单位")
    columns = (
        Column("code", link=True),
        Column("name"),
        Column("short_name"),
        Column("level"),
        Column("parent"),
        Column("valid_from", shown=False),
        Column("valid_to", shown=False),
    )
    filters = ("level", "parent")
    sorts = ("code",)
    default_sort = "code"
    related = ("parent",)


class Enterprises(Register):
    model = Enterprise
    slug = "enterprises"
    title = _("企业")
    columns = (
        Column("name", link=True),
        Column("credit_code"),
        Column("region_code"),
        Column("industry"),
    )
    filters = ("industry",)
    sorts = ("credit_code", "name")
    default_sort = "credit_code"
    fields = ("credit_code", "name", "region_code", "industry")
    import_format = "reference.enterprises"
    empty_hint = _("还没有企业。先导入企业名录，别的台账才能按信用代码对上企业。")
