"""The neutral form of a bulletin: blocks of text and figures, from which HTML, PDF and plain text are all made.

What is issued is this form; its canonical JSON is what the digest is taken of.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from yunpu.kernel.digests import sm3_hex

_CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class BlockKind(StrEnum):
    """The kinds of block, as a bulletin is laid out (报头之后的报核)."""

    SECTION = "section"  # 栏目
    TITLE = "title"  # 标题
    BYLINE = "byline"  # 供稿
    PARAGRAPH = "paragraph"


@dataclass(frozen=True)
class Text:
    """Words typed by a person."""

    text: str


@dataclass(frozen=True)
class FigureSpan:
    """A computed figure: what is shown, and all that identifies it."""

    code: str
    shown: str
    value: str
    unit: str
    title: str
    figure_id: int
    definition: str
    snapshot: str
    records: int


Span = Text | FigureSpan


@dataclass(frozen=True)
class Block:
    """One block and its spans."""

    kind: BlockKind
    spans: tuple[Span, ...]

    @property
    def text(self) -> str:
        """What a reader reads."""
        return "".join(span.text if isinstance(span, Text) else span.shown for span in self.spans)


@dataclass(frozen=True)
class Document:
    """A bulletin: the head's entries (名称, 编发, 报, 送, 发 …) and its blocks."""

    head: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]

    def entry(self, name: str) -> str:
        """An entry of the head; empty where there is none."""
        return dict(self.head).get(name, "")

    def figures(self) -> Iterator[FigureSpan]:
        """Every figure, in reading order."""
        for block in self.blocks:
            for span in block.spans:
                if isinstance(span, FigureSpan):
                    yield span

    def to_json(self) -> str:
        """Canonical JSON: the same document has the same bytes."""
        blocks = [
            {"kind": block.kind.value, "spans": [asdict(span) for span in block.spans]}
            for block in self.blocks
        ]
        content = {"head": [list(pair) for pair in self.head], "blocks": blocks}
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @property
    def digest(self) -> str:
        """SM3 of the canonical JSON."""
        return sm3_hex(self.to_json().encode())


def read_document(stored: str) -> Document:
    """The document that `to_json` wrote."""
    content: dict[str, Any] = json.loads(stored)
    blocks = tuple(
        Block(BlockKind(block["kind"]), tuple(_span(span) for span in block["spans"]))
        for block in content["blocks"]
    )
    return Document(tuple((name, value) for name, value in content["head"]), blocks)


def verification_code(text: str) -> str:
    """A short code that a reader can type: twelve characters from the SM3 digest, without 0, 1, I and O."""
    number = int(sm3_hex(text.encode()), 16)
    letters = ""
    for _place in range(12):
        number, rest = divmod(number, len(_CODE_ALPHABET))
        letters += _CODE_ALPHABET[rest]
    return "-".join((letters[:4], letters[4:8], letters[8:]))


def _span(stored: dict[str, Any]) -> Span:
    return Text(**stored) if set(stored) == {"text"} else FigureSpan(**stored)
