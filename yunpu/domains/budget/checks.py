"""Checks of a budget line: rows in, findings out. No Django."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from yunpu.kernel.findings import Finding, FindingKind, Place, Severity, declare
from yunpu.kernel.text import mark as _

WRONG_CHAPTER = declare(
    FindingKind(
        "BUD-001",
        Severity.ERROR,
        _("经济分类款“%(economic)s”不属于类“%(chapter)s”"),
        _("款的开头就是类，两者不一致会让分类合计对不上（预算法 32）。"),
        _("核对两个编码，改正抄错的一个"),
        _("类写 2，款写 12000"),
    )
)
NEGATIVE_AMOUNT = declare(
    FindingKind(
        "BUD-002",
        Severity.WARNING,
        _("金额是负数"),
        _("批复的预算一般没有负数，调减应写在调整文件里。"),
        _("核对；确实是冲减请写明原因"),
        _("金额填 -100"),
    )
)


def check_chapter(row: dict[str, Any]) -> Iterator[Finding]:
    """The economic code begins with its chapter (类、款)."""
    chapter, economic = row.get("chapter_code"), row.get("economic_code")
    if chapter and economic and not economic.startswith(chapter):
        yield WRONG_CHAPTER.at(Place(title="economic_code"), economic=economic, chapter=chapter)


def check_amount(row: dict[str, Any]) -> Iterator[Finding]:
    """An approved amount is not negative."""
    amount = row.get("amount_fen")
    if amount is not None and amount < 0:
        yield NEGATIVE_AMOUNT.at(Place(title="amount_fen"))
