"""A bulletin as HTML: head, blocks with every figure a link to its records, and the lines that prove it."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from yunpu.stages.bulletins.neutral import Block, BlockKind, Document, FigureSpan, Span
from yunpu.stages.bulletins.render_pdf import Imprint

_TAGS = {BlockKind.SECTION: "h2", BlockKind.TITLE: "h3", BlockKind.BYLINE: "p", BlockKind.PARAGRAPH: "p"}
_HEAD = (
    '<header class="yp-bulletin-head"><p class="yp-bulletin-name">{}</p><p>{}</p>'
    '<p class="yp-bulletin-office"><span>{}</span><span>{}</span></p></header>'
)
_FOOT = (
    '<footer class="yp-bulletin-foot">{}<p><span>{}</span><span>{}印发</span></p>'
    "<p><span>核验码 <code>{}</code></span><span>SM3 <code>{}</code></span></p></footer>"
)


def render_html(document: Document, imprint: Imprint, link: Callable[[FigureSpan], str]) -> SafeString:
    """The whole bulletin as HTML; `link` gives the address of a figure's lineage. Everything is escaped."""
    office, notice = document.entry("编发"), document.entry("更正")
    parts = [
        format_html(
            _HEAD,
            document.entry("名称"),
            imprint.number_line,
            f"{office}编" if office else "",
            imprint.date_line,
        ),
        format_html('<p class="yp-bulletin-notice">{}</p>', notice) if notice else "",
        *(_block(block, link) for block in document.blocks),
        format_html(
            _FOOT, _receivers(document), office, imprint.date_line, imprint.verification_code, imprint.digest
        ),
    ]
    return format_html_join("\n", "{}", ((part,) for part in parts))


def _receivers(document: Document) -> SafeString:
    told = [(label, document.entry(label)) for label in ("报", "送", "发") if document.entry(label)]
    return format_html_join("", "<p>{}：{}。</p>", told)


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
