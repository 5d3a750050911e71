"""The text of a bulletin as a person writes it.

    名称: 改革工作简报
    编发: 区改革办

    # 创新典型推介
    ## 加强科创力度 交出满意答卷
    （供稿：区科工局）

    二、以强化宣传为基石。组织{{innovation.training_enterprises}}企业参加网上培训。

Head entries come first; `#` is a section, `##` a title, a line in brackets after a title its by-line; paragraphs are
parted by a blank line. `{{code}}` is a figure, `{{code:growth}}` its growth, `{{code@2019}}` another period's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from yunpu.kernel.findings import Finding, FindingKind, Place, Severity, declare
from yunpu.kernel.text import mark as _
from yunpu.stages.bulletins.neutral import Block, BlockKind, Document, FigureSpan, Span, Text

UNKNOWN_FIGURE = declare(
    FindingKind(
        "BUL-001",
        Severity.ERROR,
        _("没有“%(figure)s”这个数字"),
        _("数字必须由快照算出，不能凭空写。"),
        _("核对编码；新指标先计算，再引用"),
        _("把编码写错一个字母"),
    )
)
BROKEN_REFERENCE = declare(
    FindingKind(
        "BUL-002",
        Severity.ERROR,
        _("数字引用没有写完整：%(text)s"),
        _("读不出它指的是哪个数字。"),
        _("写成 {{编码}}，如 {{budget.total}}"),
        _("少写一个右括号"),
    )
)
NO_VALUE = declare(
    FindingKind(
        "BUL-003",
        Severity.ERROR,
        _("“%(figure)s”没有可以公布的值：%(state)s"),
        _("没有值、或按规定不公开的数字不能写进简报。"),
        _("补齐记录后重新冻结计算，或从正文里去掉它"),
        _("引用上年没有基数的增长率"),
    )
)
EMPTY = declare(
    FindingKind(
        "BUL-004",
        Severity.ERROR,
        _("正文是空的"),
        _("没有内容不能签发。"),
        _("写上正文"),
        _("只有报头没有正文"),
    )
)

_HEAD = re.compile(r"([\u4e00-\u9fff]{1,6})[:：]\s*(.*)")
_REFERENCE = re.compile(r"\{\{\s*([a-z0-9_.]+(?::growth)?(?:@[0-9A-Za-z~-]+)?)\s*\}\}")
_BRACES = re.compile(r"\{\{|\}\}")


class Published(Protocol):
    """What a figure must tell to be written down (indicators' PublishedFigure)."""

    @property
    def code(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def value(self) -> Fraction | None: ...
    @property
    def unit(self) -> str: ...
    @property
    def shown(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def figure_id(self) -> int: ...
    @property
    def definition(self) -> str: ...
    @property
    def snapshot(self) -> str: ...
    @property
    def records(self) -> int: ...


@dataclass(frozen=True)
class Rendered:
    """A document, and what is wrong with its template; the document has the wrong references as their own text."""

    document: Document
    findings: tuple[Finding, ...]


def list_references(template: str) -> list[str]:
    """The figures a template asks for, each once, in order."""
    return list(dict.fromkeys(_REFERENCE.findall(template)))


def render(template: str, figures: Mapping[str, Published]) -> Rendered:
    """Make the neutral form of a template; all findings at once."""
    head: list[tuple[str, str]] = []
    blocks: list[Block] = []
    findings: list[Finding] = []
    in_head, previous = True, None
    for number, line in _paragraphs(template):
        if in_head:
            entry = _HEAD.fullmatch(line)
            if entry:
                head.append((entry[1], entry[2].strip()))
                continue
            in_head = False
        kind, text = _kind_of(line, previous)
        blocks.append(Block(kind, _spans(text, number, figures, findings), number))
        previous = kind
    if not blocks:
        findings.append(EMPTY.at())
    return Rendered(Document(tuple(head), tuple(blocks)), tuple(findings))


def _paragraphs(template: str) -> list[tuple[int, str]]:
    """Number and text of each logical line: a paragraph's lines joined, heads and headings on their own."""
    found: list[tuple[int, str]] = []
    open_paragraph = False
    for number, line in enumerate(template.splitlines(), 1):
        text = line.strip()
        if not text:
            open_paragraph = False
            continue
        alone = text.startswith(("#", "（供稿")) or bool(
            _HEAD.fullmatch(text) and len(found) < 20 and not _started(found)
        )
        if open_paragraph and not alone:
            found[-1] = (found[-1][0], found[-1][1] + text)
        else:
            found.append((number, text))
        open_paragraph = not alone
    return found


def _started(found: list[tuple[int, str]]) -> bool:
    """Whether the head is over: something that is no entry was read."""
    return any(not _HEAD.fullmatch(text) for _number, text in found)


def _kind_of(line: str, previous: BlockKind | None) -> tuple[BlockKind, str]:
    if line.startswith("##"):
        return BlockKind.TITLE, line.lstrip("#").strip()
    if line.startswith("#"):
        return BlockKind.SECTION, line.lstrip("#").strip()
    if previous is BlockKind.TITLE and line.startswith("（") and line.endswith("）"):
        return BlockKind.BYLINE, line
    return BlockKind.PARAGRAPH, line


def _spans(
    text: str, line: int, figures: Mapping[str, Published], findings: list[Finding]
) -> tuple[Span, ...]:
    spans: list[Span] = []
    end = 0
    for found in _REFERENCE.finditer(text):
        if found.start() > end:
            spans.append(_typed(text[end : found.start()], line, findings))
        spans.append(_figure(found[1], found[0], line, figures, findings))
        end = found.end()
    if end < len(text):
        spans.append(_typed(text[end:], line, findings))
    return tuple(spans)


def _typed(text: str, line: int, findings: list[Finding]) -> Text:
    broken = _BRACES.search(text)
    if broken:
        findings.append(BROKEN_REFERENCE.at(Place(row=line), text=text[broken.start() : broken.start() + 24]))
    return Text(text)


def _figure(
    code: str, written: str, line: int, figures: Mapping[str, Published], findings: list[Finding]
) -> Span:
    figure = figures.get(code)
    if figure is None:
        findings.append(UNKNOWN_FIGURE.at(Place(row=line), figure=code))
        return Text(written)
    if figure.value is None or figure.state != "defined":
        findings.append(NO_VALUE.at(Place(row=line), figure=code, state=figure.state))
        return Text(written)
    return FigureSpan(
        code=code,
        shown=figure.shown,
        value=str(figure.value),
        unit=figure.unit,
        title=figure.title,
        figure_id=figure.figure_id,
        definition=figure.definition,
        snapshot=figure.snapshot,
        records=figure.records,
    )
