"""A bulletin as plain text."""

from __future__ import annotations

from yunpu.stages.bulletins.neutral import BlockKind, Document


def render_text(document: Document, *, number_line: str = "", foot: tuple[str, ...] = ()) -> str:
    """The whole bulletin as text, a block a line."""
    lines = [document.entry("名称"), number_line, ""]
    for block in document.blocks:
        match block.kind:
            case BlockKind.SECTION:
                lines += ["", f"【{block.text}】"]
            case BlockKind.TITLE:
                lines += [block.text, ""]
            case BlockKind.BYLINE:
                lines.append(block.text)
            case BlockKind.PARAGRAPH:
                lines.append(f"　　{block.text}")
    return "\n".join([*lines, "", *foot]).strip() + "\n"
