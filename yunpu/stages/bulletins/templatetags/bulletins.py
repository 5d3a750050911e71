"""Small pieces of bulletin pages."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext

from yunpu.stages.bulletins.guard import FIGURE

register = template.Library()
GROWTH = "同比增长"


@register.filter
def figures_as_dots(text: str) -> str:
    """What stands around a numeral, with a computed figure in it as dots."""
    return text.replace(FIGURE, "…")


@register.filter
def figure_title(title: str) -> str:
    """A figure's title in the reader's language; that of a growth is made of another one's."""
    if title.endswith(GROWTH):
        return gettext("%(title)s同比增长") % {"title": gettext(title.removesuffix(GROWTH))}
    return gettext(title)
