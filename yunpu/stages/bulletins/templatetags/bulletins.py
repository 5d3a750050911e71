"""Small pieces of bulletin pages."""

from __future__ import annotations

from django import template

from yunpu.stages.bulletins.guard import FIGURE

register = template.Library()


@register.filter
def figures_as_dots(text: str) -> str:
    """What stands around a numeral, with a computed figure in it as dots."""
    return text.replace(FIGURE, "…")
