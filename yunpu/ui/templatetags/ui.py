"""Small pieces of every page: icons, badges, links to records."""

from __future__ import annotations

from typing import Any

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from yunpu.kernel.findings import Finding
from yunpu.kernel.refusals import Refusal
from yunpu.ui.registers import Register

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of the sprite; beside words it is hidden from screen readers."""
    address = f"{static('vendor/icons.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="yp-icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, address
        )
    return format_html('<svg class="yp-icon" aria-hidden="true"><use href="{}"/></svg>', address)


@register.simple_tag
def record_url(kind: type[Register], record: Any) -> str:
    """The address of a record's page."""
    return reverse(kind.url_name("record"), args=[record.pk])


@register.simple_tag
def screen_url(kind: type[Register], screen: str, pk: int = 0) -> str:
    """The address of one of a register's screens."""
    return reverse(kind.url_name(screen), args=[pk] if pk else [])


@register.simple_tag
def export_url(kind: type[Register], file_kind: str) -> str:
    """The address of a register's export as a workbook or as CSV."""
    return reverse(kind.url_name("export"), args=[file_kind])


@register.simple_tag
def choices_url(kind: type[Register], field: str) -> str:
    """Where the choices of a field with many of them are looked up."""
    return reverse(kind.url_name("choices"), args=[field])


@register.filter
def finding_what(finding: Finding) -> str:
    return finding.what(gettext)


@register.filter
def finding_why(finding: Finding) -> str:
    return finding.why(gettext)


@register.filter
def finding_remedy(finding: Finding) -> str:
    return finding.remedy(gettext)


@register.filter
def finding_tone(finding: Finding) -> str:
    """The colour of a finding: red stops, amber wants a look, blue asks, grey is said."""
    return {"error": "bad", "warning": "warn", "question": "info", "note": "idle"}[finding.severity.value]


@register.filter
def headline(refusal: Refusal) -> str:
    return refusal.headline_in(gettext)


@register.filter
def why(refusal: Refusal) -> str:
    return refusal.why_in(gettext)


@register.filter
def translated(text: Any) -> str:
    """A marked text in the reader's language."""
    return gettext(str(text)) if text else ""


@register.filter
def counted(number: int) -> str:
    """A count with its thousands apart, in every language: Chinese formats of Django leave them together."""
    return f"{number:,}"
