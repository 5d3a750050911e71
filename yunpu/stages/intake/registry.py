"""All declared formats: the domains' and those of the shared identities."""

from __future__ import annotations

from functools import cache

from yunpu import flow
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.stages.intake import shared
from yunpu.stages.intake.formats import Format


class UnableToFindFormat(Refusal):
    """A format code that nobody declared."""

    code = "INT-103"
    headline = _("没有“%(asked)s”这种格式")
    why = _("不知道格式就不知道每一列是什么。")
    ways_out = ((_("用 yunpu intake formats 查看全部格式"), ""),)


@cache
def list_formats() -> tuple[Format, ...]:
    """Every format: domains in the order of the menu, then the shared identities."""
    found = (*flow.declared("intake", Format), *flow.declared_in(shared, Format))
    codes = [format.code for format in found]
    assert len(codes) == len(set(codes)), f"a format code stands twice: {codes}"
    return found


def get_format(code: str) -> Format:
    """The format of a code. Raises UnableToFindFormat."""
    for format in list_formats():
        if format.code == code:
            return format
    raise UnableToFindFormat(asked=code)
