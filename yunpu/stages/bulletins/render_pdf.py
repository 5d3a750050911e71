"""A bulletin as the printed page, set by typst: GB/T 9704-2012 page, head and tail of a bulletin (简报).

A4, margins 37 / 28 / 26 / 35 mm, type area 156 × 225 mm, 22 lines of 28 characters: 三号仿宋 (16 pt) at a pitch of
15.79 pt and lines of 28.99 pt (documents reference, section 1).
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

import typst

from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.stages.bulletins.fonts import find_missing, list_fonts
from yunpu.stages.bulletins.neutral import Block, BlockKind, Document, FigureSpan, Text

# Fonts by role: the office's commercial ones first, then the free ones that come with the set-up.
FONTS = {
    "title": ("FZXiaoBiaoSong-B05S", "方正小标宋简体", "FandolSong", "Noto Serif SC", "Noto Serif CJK SC"),
    "hei": ("SimHei", "FandolHei", "Noto Sans SC", "Noto Sans CJK SC", "Noto Serif SC"),
    "kai": ("KaiTi_GB2312", "楷体_GB2312", "KaiTi", "FandolKai", "Noto Serif SC", "Noto Serif CJK SC"),
    "fang": (
        "FangSong_GB2312",
        "仿宋_GB2312",
        "FangSong",
        "FandolFang R",
        "FandolFang",
        "Noto Serif SC",
        "Noto Serif CJK SC",
    ),
}
# A paragraph's first sentence is its heading where it is numbered (一、黑体, （一）楷体).
_HEADING = re.compile(r"(?P<first>[一二三四五六七八九十]{1,3}、)|(?P<second>（[一二三四五六七八九十]{1,3}）)")
_SENTENCE = re.compile(r"[^。；：！？]{1,40}。")
_NAME_PT, _WIDTH_PT = 54.0, 420.0


class UnableToPrint(Refusal):
    """A page that cannot be set."""

    code = "BUL-103"
    headline = _("不能排出版面：%(reason)s")
    why = _("缺字体或缺字的页面不能发布；没有写入任何内容。")
    ways_out = (
        (_("把仿宋、黑体、楷体、小标宋字体放进一个文件夹，用设置 fonts 指向它"), "yunpu doctor"),
        (_("或换一个字体里有的字"), ""),
    )


class MissingCharacters(UnableToPrint):
    """A text with characters that no font has."""

    code = "BUL-109"
    headline = _("不能排出版面：字体里没有“%(text)s”")


@dataclass(frozen=True)
class Place:
    """A stretch of a block's text that the preview shows in red: a numeral typed by hand."""

    block: int
    start: int
    end: int


@dataclass(frozen=True)
class Imprint:
    """What the head and tail say besides the document's own entries."""

    number_line: str
    date_line: str
    digest: str
    verification_code: str
    moment: dt.datetime


def render_pdf(document: Document, imprint: Imprint, folders: Sequence[Path]) -> bytes:
    """The PDF's bytes: the same document, imprint and fonts give the same bytes. Raises UnableToPrint."""
    return _compile(document, imprint, folders, "pdf")[0]


def render_pages(
    document: Document,
    imprint: Imprint,
    folders: Sequence[Path],
    ppi: int = 110,
    offenders: Sequence[Place] = (),
) -> list[bytes]:
    """Each page as a PNG, for the preview, with the offenders in red. Raises UnableToPrint."""
    return _compile(document, imprint, folders, "png", ppi, offenders)


def _compile(
    document: Document,
    imprint: Imprint,
    folders: Sequence[Path],
    shape: Literal["pdf", "png"],
    ppi: int = 144,
    offenders: Sequence[Place] = (),
) -> list[bytes]:
    if not list_fonts(folders):
        raise UnableToPrint(reason=_("没有找到中文字体"))
    source = _source(document, imprint, offenders)
    missing = find_missing(printed_text(document, imprint), folders)
    if missing:
        raise MissingCharacters(text="”“".join(missing[:5]))
    usable: list[str] = [str(folder) for folder in folders if folder.is_dir()]
    try:
        made = typst.compile(  # type: ignore[misc]  # its stubs know no mixed bytes and paths
            source.encode(),
            font_paths=usable,
            ignore_system_fonts=True,
            format=shape,
            ppi=float(ppi),
            timestamp=int(imprint.moment.timestamp()),
        )
    except typst.TypstError as error:
        raise UnableToPrint(reason=str(error).splitlines()[0][:120]) from error
    pages: list[bytes] = made if isinstance(made, list) else [made]
    return pages


def printed_text(document: Document, imprint: Imprint) -> str:
    """Every character that the pages show."""
    parts = [value for pair in document.head for value in pair]
    parts += [block.text for block in document.blocks]
    parts += [imprint.number_line, imprint.date_line, imprint.digest, imprint.verification_code]
    return "".join(parts) + "【】核验码编印发—：0123456789SM"


def _source(document: Document, imprint: Imprint, offenders: Sequence[Place]) -> str:
    fonts = "".join(f"#let {role} = {_array(names)}\n" for role, names in FONTS.items())
    moment = imprint.moment
    created = f"datetime(year: {moment.year}, month: {moment.month}, day: {moment.day}, hour: 0, minute: 0, second: 0)"
    name, office = document.entry("名称"), document.entry("编发")
    size = min(_NAME_PT, _WIDTH_PT / max(1, len(name)) / 1.12)
    spans = [
        _spans(block, [one for one in offenders if one.block == number])
        for number, block in enumerate(document.blocks)
    ]
    ends = ["" for _span in spans[1:]] + [_BODY_ENDS]
    body = "\n".join(
        _block(block.kind, text + end) for block, text, end in zip(document.blocks, spans, ends, strict=False)
    )
    lines = [
        f"#tail-line({_string(label)}, {_string(document.entry(label))})"
        for label in ("报", "送", "发")
        if document.entry(label)
    ]
    return _LAYOUT % {
        "fonts": fonts,
        "title": _string(name),
        "size": f"{size:.2f}pt",
        "tracking": f"{size * 0.12:.2f}pt",
        "created": created,
        "number": _string(imprint.number_line),
        "office": _string(f"{office}编" if office else ""),
        "date": _string(imprint.date_line),
        "notice": f"#notice-block[#{_string(document.entry('更正'))}]" if document.entry("更正") else "",
        "body": body or _BODY_ENDS,
        "tail": "\n".join([*lines, "#thin"]) if lines else "",
        "issuer": _string(office),
        "issued": _string(f"{imprint.date_line}印发"),
        "digest": _string(imprint.digest),
        "code": _string(imprint.verification_code),
    }


def _spans(block: Block, offenders: Sequence[Place]) -> str:
    """A block's spans as typst: figures unbroken over lines (GB/T 15835), a numbered first sentence as its heading."""
    heading, font = _heading(block)
    parts, position = [], 0
    for span in block.spans:
        if isinstance(span, FigureSpan):
            shown = f"#{_string(span.shown)}"
            parts.append(f"#box[{shown}]" if len(span.shown) < 12 else shown)
            position += 1
            continue
        end = position + len(span.text)
        edges = {position, end, heading, *(edge for one in offenders for edge in (one.start, one.end))}
        cuts = sorted(edge for edge in edges if position <= edge <= end)
        for first, last in pairwise(cuts):
            text = _string(span.text[first - position : last - position])
            piece = f"#text(font: {font}, {text})" if last <= heading else f"#{text}"
            wrong = any(one.start <= first and last <= one.end for one in offenders)
            parts.append(f"#offender[{piece}]" if wrong else piece)
        position = end
    return "".join(parts)


def _heading(block: Block) -> tuple[int, str]:
    """How far a block's first sentence is its heading, and in which font: 一、黑体, （一）楷体."""
    first = block.spans[0] if block.spans else None
    if block.kind is not BlockKind.PARAGRAPH or not isinstance(first, Text):
        return 0, ""
    level, sentence = _HEADING.match(first.text), _SENTENCE.match(first.text)
    if level is None or sentence is None or sentence.end() >= len(block.text):
        return 0, ""
    return sentence.end(), "hei" if level["first"] else "kai"


def _block(kind: BlockKind, text: str) -> str:
    return f"#{kind.value}-block[{text}]\n"


_BODY_ENDS = "#metadata(none) <body-ends>"  # within the last block, so that it stands on the block's own page


def _string(text: str) -> str:
    """A typst string literal."""
    return json.dumps(text, ensure_ascii=False)


def _array(names: Sequence[str]) -> str:
    return "(" + ", ".join(_string(name) for name in names) + ",)"


_LAYOUT = """\
%(fonts)s
// One line of 22: everything stands on multiples of it.
#let pitch = 225mm / 22
#let gap = pitch - 16pt
#let red = rgb("#D1000F")
#set document(title: %(title)s, date: %(created)s)
#set page(
  paper: "a4",
  margin: (top: 37mm, bottom: 35mm, left: 28mm, right: 26mm),
  footer-descent: 4.5mm,
  footer: context {
    // A page without body – blank, or of the tail alone – carries no number.
    let n = here().page()
    if n <= locate(<body-ends>).page() {
      set text(font: title, size: 14pt, tracking: 0pt)
      align(if calc.odd(n) { right } else { left }, pad(x: 14pt)[— #n —])
    }
  },
)
#set text(font: fang, size: 16pt, lang: "zh", region: "cn", tracking: 156mm / 28 - 16.01pt, cjk-latin-spacing: none,
  top-edge: 0.88em, bottom-edge: -0.12em, costs: (widow: 0%%, orphan: 0%%))
#set par(leading: gap, spacing: gap, justify: true, first-line-indent: (amount: 2 * 156mm / 28, all: true))

#let offender(body) = box(stroke: 0.6pt + red, outset: (x: 1pt, y: 2pt), text(fill: red, body))
#let plain(body) = { set par(first-line-indent: 0pt); body }
#let section-block(body) = block(above: gap + pitch, below: gap, width: 100%%, sticky: true,
  plain(text(font: hei, overhang: false)[【#body】]))
#let title-block(body) = block(above: gap + pitch, below: gap, width: 100%%, sticky: true, {
  set par(first-line-indent: 0pt, justify: false)
  align(center, text(font: title, weight: "bold", size: 22pt, tracking: 0pt, top-edge: 0.64em, bottom-edge: -1.92pt, body))
})
#let byline-block(body) = block(above: gap, below: gap, width: 100%%, plain(align(center, text(font: kai, body))))
#let notice-block(body) = block(above: gap, below: gap, width: 100%%, plain(align(center,
  text(font: kai, size: 14pt, tracking: 0pt, top-edge: 13pt, bottom-edge: -3pt, body))))
#let paragraph-block(body) = par(body)
#let thin = block(above: 5pt, below: 5pt, line(length: 100%%, stroke: 0.25mm))
#let thick(above, below) = block(above: above, below: below, line(length: 100%%, stroke: 0.35mm))
#let tail-line(label, body) = block(above: 5pt, below: 5pt, width: 100%%,
  plain(pad(x: 14pt, par(hanging-indent: 28pt, text(size: 14pt, tracking: 0pt)[#label：#body。]))))

#block(height: 6 * pitch - gap, width: 100%%, below: gap, plain({
  place(top + center, dy: 7mm, text(font: title, weight: "bold", size: %(size)s, fill: red, tracking: %(tracking)s, %(title)s))
  place(top + center, dy: 33mm, text(%(number)s))
  place(bottom, dy: -4mm, pad(x: 16pt, grid(columns: (1fr, auto), text(%(office)s), text(%(date)s))))
  place(bottom, line(length: 100%%, stroke: 0.35mm + red))
}))
%(notice)s
%(body)s
#let tail = block(breakable: false, above: gap, below: 0pt, width: 100%%)[
  #thick(0pt, 5pt)
  %(tail)s
  #block(above: 5pt, below: 5pt, plain(pad(x: 14pt, text(size: 14pt, tracking: 0pt,
    grid(columns: (1fr, auto), %(issuer)s, %(issued)s)))))
  #thin
  #block(above: 5pt, below: 5pt, plain(pad(x: 14pt, text(size: 7.5pt, tracking: 0pt,
    grid(columns: (1fr, auto), [核验码 #%(code)s], [SM3 #%(digest)s])))))
  #thick(5pt, 0pt)
]
// The tail closes the last even page: the back of the last sheet. Column breaks, not page breaks: those of a context
// begin a page whose footer is taken for the first page's. Measured from where the body ends, which no break moves.
#context {
  let end = locate(<body-ends>).position()
  let room = 297mm - 35mm - end.y - pitch
  if calc.odd(end.page) { colbreak() } else if measure(tail, width: 156mm).height > room { colbreak() + colbreak() }
}
#v(1fr)
#tail
"""
