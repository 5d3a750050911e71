"""A bulletin as HTML: every figure a link to its records."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from yunpu.stages.bulletins.neutral import Block, BlockKind, Document, FigureSpan, Span

_TAGS = {BlockKind.SECTION: "h2", BlockKind.TITLE: "h3", BlockKind.BYLINE: "p", BlockKind.PARAGRAPH: "p"}


def render_html(document: Document, link: Callable[[FigureSpan], str]) -> SafeString:
    """The blocks as HTML; `link` gives the address of a figure's lineage. Everything is escaped."""
    return format_html_join("\n", "{}", ((_block(block, link),) for block in document.blocks))


def _block(block: Block, link: Callable[[FigureSpan], str]) -> SafeString:
    tag = _TAGS[block.kind]
    spans = format_html_join("", "{}", ((_span(span, link),) for span in block.spans))
    return format_html('<{} class="yp-bulletin-{}">{}</{}>', tag, block.kind.value, spans, tag)


def _span(span: Span, link: Callable[[FigureSpan], str]) -> SafeString | str:
    if not isinstance(span, FigureSpan):
        return span.text
    return format_html(
        '<a class="yp-figure" href="{}" data-figure="{}" title="{}">{}</a>',
        link(span),
        span.code,
        span.title,
        span.shown,
    )
