"""A bulletin as plain text: head, blocks, and the lines that prove it."""

from __future__ import annotations

from yunpu.stages.bulletins.neutral import BlockKind, Document
from yunpu.stages.bulletins.render_pdf import Imprint


def render_text(document: Document, imprint: Imprint) -> str:
    """The whole bulletin as text, a block a line."""
    office = document.entry("编发")
    lines = [
        document.entry("名称"),
        imprint.number_line,
        f"{office}编　{imprint.date_line}" if office else imprint.date_line,
        "",
    ]
    if document.entry("更正"):
        lines += [document.entry("更正"), ""]
    for block in document.blocks:
        match block.kind:
            case BlockKind.SECTION:
                lines += ["", f"【{block.text}】"]
            case BlockKind.TITLE:
                lines += ["", block.text]
            case BlockKind.BYLINE:
                lines.append(block.text)
            case BlockKind.PARAGRAPH:
                lines.append(f"　　{block.text}")
    lines.append("")
    lines += [f"{label}：{document.entry(label)}。" for label in ("报", "送", "发") if document.entry(label)]
    lines += [f"核验码：{imprint.verification_code}", f"摘要（SM3）：{imprint.digest}"]
    return "\n".join(lines).strip() + "\n"
