"""The text of a bulletin as a person writes it.

    名称: 改革工作简报
    编发: 区改革办

    # 创新典型推介
    ## 加强科创力度 交出满意答卷
    （供稿：区科工局）

    二、以强化宣传为基石。组织{{innovation.training_enterprises}}企业参加网上培训。

Every line is one part, blank lines are nothing. Head entries come first (名称, 编发, 报, 送, 发); `#` is a section, `##` a
title, a line in brackets after a title its by-line, every other line a paragraph. `{{code}}` is a figure,
`{{code:growth}}` its growth, `{{code@2019}}` another period's.
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
        _("引用不存在的 {{budget.totel}}"),
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

UNKNOWN_ENTRY = declare(
    FindingKind(
        "BUL-005",
        Severity.ERROR,
        _("报头没有“%(entry)s”这一项"),
        _("报头只印%(known)s，别的写了也不会印出来。"),
        _("改成其中一项；如果是正文，先写一行标题（## 标题），正文写在它后面"),
        _("在报头写“抄送: 各单位”"),
    )
)
OTHER_NAME = declare(
    FindingKind(
        "BUL-006",
        Severity.ERROR,
        _("报头的名称“%(written)s”与这份简报的名称“%(name)s”不同"),
        _("期号按名称连续编，印出来的名称必须就是它。"),
        _("把报头的名称改成“%(name)s”，或删掉这一行"),
        _("把报头的名称改成另一份简报的"),
    )
)

HEAD_ENTRIES = ("名称", "编发", "报", "送", "发")
_HEAD = re.compile(r"([\u4e00-\u9fff]{1,6})[:：]\s*(.*)")
_REFERENCE = re.compile(r"\{\{\s*([a-z0-9_.]+(?::growth)?(?:@[0-9A-Za-z~-]+)?)\s*\}\}")
_BRACES = re.compile(r"\{\{[^}]{0,24}\}{0,2}|\}\}")
_PREFIX = re.compile(r"\s*(?:#+\s*)?")


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
    def reason(self) -> str: ...
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
    """A document, what is wrong with its template, and in which line each of its parts was written.

    `lines` has the blocks as 0, 1 … and the head's entries as -1, -2 … A wrong reference stays in the text as written.
    """

    document: Document
    findings: tuple[Finding, ...]
    lines: Mapping[int, int]


def list_references(template: str) -> list[str]:
    """The figures a template asks for, each once, in order."""
    return list(dict.fromkeys(_REFERENCE.findall(template)))


def render(template: str, figures: Mapping[str, Published], name: str = "") -> Rendered:
    """Make the neutral form of a template; all findings at once. `name` is the bulletin's, where it has one."""
    head: list[tuple[str, str]] = []
    blocks: list[Block] = []
    findings: list[Finding] = []
    lines: dict[int, int] = {}
    for number, written in enumerate(template.splitlines(), 1):
        line = written.strip()
        if not line:
            continue
        entry = _HEAD.fullmatch(line) if not blocks else None
        if entry:
            head.append((entry[1], entry[2].strip()))
            lines[-len(head)] = number
            findings += _wrong_entry(entry[1], entry[2].strip(), number, name)
            continue
        kind, text = _kind_of(line, blocks[-1].kind if blocks else None)
        lines[len(blocks)] = number
        places = _Places(number, written.index(text) if text else 0)
        blocks.append(Block(kind, _spans(text, places, figures, findings)))
    if not any(block.kind is BlockKind.PARAGRAPH for block in blocks):
        findings.append(EMPTY.at())
    if name and not dict(head).get("名称"):
        head.append(("名称", name))
    return Rendered(Document(tuple(head), tuple(blocks)), tuple(findings), lines)


def column_of(written: str, offset: int) -> int:
    """The column, counted from 0, of a place in a block: in its line as written, where a figure is a whole reference."""
    entry = _HEAD.fullmatch(written.strip())
    prefix = _PREFIX.match(written)
    start = prefix.end() if prefix else 0
    if entry and not written.lstrip().startswith("#") and entry[1] in HEAD_ENTRIES:
        start = len(written) - len(written.lstrip()) + entry.start(2)
    column = start
    while offset > 0 and column < len(written):
        found = _REFERENCE.match(written, column)
        column = found.end() if found else column + 1
        offset -= 1
    return column


@dataclass(frozen=True)
class _Places:
    """Where a block's text stands in the template."""

    line: int
    start: int

    def at(self, offset: int) -> Place:
        return Place(row=self.line, column=self.start + offset + 1)


def _wrong_entry(entry: str, value: str, line: int, name: str) -> list[Finding]:
    place = Place(row=line, column=1)
    if entry not in HEAD_ENTRIES:
        return [UNKNOWN_ENTRY.at(place, entry=entry, known="、".join(HEAD_ENTRIES))]
    if entry == "名称" and name and value != name:
        return [OTHER_NAME.at(place, written=value, name=name)]
    return []


def _kind_of(line: str, previous: BlockKind | None) -> tuple[BlockKind, str]:
    if line.startswith("##"):
        return BlockKind.TITLE, line.lstrip("#").strip()
    if line.startswith("#"):
        return BlockKind.SECTION, line.lstrip("#").strip()
    if previous is BlockKind.TITLE and line.startswith("（") and line.endswith("）"):
        return BlockKind.BYLINE, line
    return BlockKind.PARAGRAPH, line


def _spans(
    text: str, places: _Places, figures: Mapping[str, Published], findings: list[Finding]
) -> tuple[Span, ...]:
    spans: list[Span] = []
    end = 0
    for found in _REFERENCE.finditer(text):
        if found.start() > end:
            spans.append(_typed(text[end : found.start()], places, end, findings))
        spans.append(_figure(found[1], found[0], places.at(found.start()), figures, findings))
        end = found.end()
    if end < len(text):
        spans.append(_typed(text[end:], places, end, findings))
    return tuple(spans)


def _typed(text: str, places: _Places, offset: int, findings: list[Finding]) -> Text:
    for broken in _BRACES.finditer(text):
        findings.append(BROKEN_REFERENCE.at(places.at(offset + broken.start()), text=broken[0]))
    return Text(text)


def _figure(
    code: str, written: str, place: Place, figures: Mapping[str, Published], findings: list[Finding]
) -> Span:
    figure = figures.get(code)
    if figure is None:
        findings.append(UNKNOWN_FIGURE.at(place, figure=code))
        return Text(written)
    if figure.value is None or figure.state != "defined":
        findings.append(NO_VALUE.at(place, figure=code, state=str(figure.reason) or figure.state))
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
