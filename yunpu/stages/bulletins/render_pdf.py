"""A bulletin as the printed page, set by typst: GB/T 9704-2012 page, head and tail of a bulletin (简报).

A4, margins 37 / 28 / 26 / 35 mm, type area 156 × 225 mm, 22 lines of 28 characters: 三号仿宋 (16 pt) at a pitch of
15.79 pt and lines of 28.99 pt (documents reference, section 1).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import typst

from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.stages.bulletins.neutral import BlockKind, Document, FigureSpan

# Fonts by role: the office's commercial ones first, then the free ones that come with the set-up.
FONTS = {
    "title": ("FZXiaoBiaoSong-B05S", "方正小标宋简体", "FandolSong", "Noto Serif SC", "Noto Serif CJK SC"),
    "hei": ("SimHei", "FandolHei", "Noto Sans SC", "Noto Sans CJK SC", "Noto Serif SC"),
    "kai": ("KaiTi_GB2312", "楷体_GB2312", "FandolKai", "Noto Serif SC", "Noto Serif CJK SC"),
    "fang": (
        "FangSong_GB2312",
        "仿宋_GB2312",
        "FandolFang R",
        "FandolFang",
        "Noto Serif SC",
        "Noto Serif CJK SC",
    ),
}


class UnableToPrint(Refusal):
    """A page that cannot be set."""

    code = "BUL-103"
    headline = _("不能排出版面：%(reason)s")
    why = _("没有中文字体就排不出正确的页面。")
    ways_out = ((_("把仿宋、黑体、楷体、小标宋字体放进一个文件夹，用设置 fonts 指向它"), "yunpu doctor"),)


@dataclass(frozen=True)
class Imprint:
    """What the head and tail say besides the document's own entries."""

    number_line: str
    date_line: str
    digest: str
    verification_code: str
    moment: dt.datetime


def find_font_folders(folders: Iterable[Path]) -> list[Path]:
    """The folders that hold fonts, the district's own first."""
    return [folder for folder in folders if folder.is_dir() and any(folder.rglob("*.[ot]t[fc]"))]


def render_pdf(document: Document, imprint: Imprint, folders: Sequence[Path]) -> bytes:
    """The PDF's bytes: the same document, imprint and fonts give the same bytes. Raises UnableToPrint."""
    return _compile(document, imprint, folders, "pdf")[0]


def render_pages(
    document: Document, imprint: Imprint, folders: Sequence[Path], ppi: int = 110
) -> list[bytes]:
    """Each page as a PNG, for the preview. Raises UnableToPrint."""
    return _compile(document, imprint, folders, "png", ppi)


def _compile(
    document: Document, imprint: Imprint, folders: Sequence[Path], shape: str, ppi: int = 144
) -> list[bytes]:
    usable = find_font_folders(folders)
    if not usable:
        raise UnableToPrint(reason=_("没有找到中文字体"))
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "bulletin.typ"
        source.write_text(_source(document, imprint), "utf-8")
        # The moment of issue, not of printing, so that the bytes can be made again.
        before = os.environ.get("SOURCE_DATE_EPOCH")
        os.environ["SOURCE_DATE_EPOCH"] = str(int(imprint.moment.timestamp()))
        try:
            made = typst.compile(  # type: ignore[call-overload]
                str(source),
                font_paths=[str(path) for path in usable],
                ignore_system_fonts=True,
                format=shape,
                ppi=float(ppi),
            )
        except RuntimeError as error:
            raise UnableToPrint(reason=str(error).splitlines()[0][:120]) from error
        finally:
            if before is None:
                del os.environ["SOURCE_DATE_EPOCH"]
            else:
                os.environ["SOURCE_DATE_EPOCH"] = before
    return made if isinstance(made, list) else [made]


def _source(document: Document, imprint: Imprint) -> str:
    fonts = "".join(f"#let {role} = {_array(names)}\n" for role, names in FONTS.items())
    moment = imprint.moment
    created = f"datetime(year: {moment.year}, month: {moment.month}, day: {moment.day}, hour: 0, minute: 0, second: 0)"
    body = "\n".join(_block(kind, text) for kind, text in _blocks(document))
    tail = "\n".join(
        f"#tail-line({_string(label)}, {_string(document.entry(label))})"
        for label in ("报", "送", "发")
        if document.entry(label)
    )
    return _LAYOUT % {
        "fonts": fonts,
        "title": _string(document.entry("名称")),
        "created": created,
        "number": _string(imprint.number_line),
        "office": _string(f"{document.entry('编发')}编" if document.entry("编发") else ""),
        "date": _string(imprint.date_line),
        "body": body,
        "tail": tail,
        "digest": _string(imprint.digest),
        "code": _string(imprint.verification_code),
    }


def _blocks(document: Document) -> Iterable[tuple[BlockKind, str]]:
    for block in document.blocks:
        parts = []
        for span in block.spans:
            if isinstance(span, FigureSpan):
                # A number is not broken over lines (GB/T 15835).
                parts.append(
                    f"#box[#{_string(span.shown)}]" if len(span.shown) < 12 else f"#{_string(span.shown)}"
                )
            else:
                parts.append(f"#{_string(span.text)}")
        yield block.kind, "".join(parts)


def _block(kind: BlockKind, text: str) -> str:
    return f"#{kind.value}-block[{text}]\n"


def _string(text: str) -> str:
    """A typst string literal."""
    return json.dumps(text, ensure_ascii=False)


def _array(names: Sequence[str]) -> str:
    return "(" + ", ".join(_string(name) for name in names) + ",)"


_LAYOUT = """\
%(fonts)s
#set document(title: %(title)s, date: %(created)s)
#set page(
  paper: "a4",
  margin: (top: 37mm, bottom: 35mm, left: 28mm, right: 26mm),
  footer-descent: 7mm,
  footer: context {
    set text(font: fang, size: 14pt)
    let n = counter(page).get().first()
    align(if calc.odd(n) { right } else { left }, pad(x: 14pt)[— #n —])
  },
)
#set text(font: fang, size: 16pt, lang: "zh", region: "cn", tracking: -0.21pt, cjk-latin-spacing: none,
  top-edge: 0.88em, bottom-edge: -0.12em)
#set par(leading: 12.99pt, spacing: 12.99pt, justify: true, first-line-indent: (amount: 2em, all: true))

#let section-block(body) = block(above: 20pt, below: 14pt, width: 100%%)[
  #set par(first-line-indent: 0pt)
  #text(font: hei, size: 16pt)[【#body】]
]
#let title-block(body) = block(above: 14pt, below: 16pt, width: 100%%)[
  #set par(first-line-indent: 0pt, justify: false)
  #align(center, text(font: title, size: 22pt)[#body])
]
#let byline-block(body) = block(above: 0pt, below: 14pt, width: 100%%)[
  #set par(first-line-indent: 0pt)
  #align(center, text(font: kai, size: 16pt)[#body])
]
#let paragraph-block(body) = par[#body]
#let tail-line(label, body) = block(above: 6pt, below: 6pt, width: 100%%)[
  #set par(first-line-indent: 0pt)
  #set text(size: 14pt)
  #pad(x: 14pt)[#label：#body]
]

#align(center)[
  #set par(first-line-indent: 0pt)
  #v(6mm)
  #text(font: title, size: 54pt, fill: rgb("#D1000F"), tracking: 6pt, %(title)s)
  #v(4mm)
  #text(size: 16pt, %(number)s)
]
#block(above: 10mm, below: 0pt, width: 100%%)[
  #set par(first-line-indent: 0pt)
  #pad(x: 8pt)[#text(%(office)s) #h(1fr) #text(%(date)s)]
]
#block(above: 4mm, below: 8mm, line(length: 100%%, stroke: 1.2pt + rgb("#D1000F")))

%(body)s

#block(breakable: false, above: 18pt, width: 100%%)[
  #line(length: 100%%, stroke: 0.35mm)
  %(tail)s
  #block(above: 6pt, below: 6pt)[
    #set par(first-line-indent: 0pt, leading: 6pt)
    #set text(size: 9pt, tracking: 0pt)
    #pad(x: 14pt)[核验码 #text(%(code)s) #h(1fr) 摘要（SM3）#text(%(digest)s)]
  ]
  #line(length: 100%%, stroke: 0.35mm)
]
"""
