"""Small pieces of bulletin pages."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext

from yunpu.stages.bulletins.guard import FIGURE
from yunpu.stages.indicators.publishing import title_in

register = template.Library()


@register.filter
def figures_as_dots(text: str) -> str:
    """What stands around a numeral, with a computed figure in it as dots."""
    return text.replace(FIGURE, "…")


@register.filter
def figure_title(title: str) -> str:
    """A figure's title in the reader's language."""
    return title_in(title, gettext)
