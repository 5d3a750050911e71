"""Checks of a budget line: rows in, findings out. No Django."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
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

UNKNOWN_SUBJECT = declare(
    FindingKind(
        "BUD-003",
        Severity.WARNING,
        _("%(year)s 年的“%(scheme)s”里没有科目“%(code)s”"),
        _("编码错了，按科目的合计和年度比较都会错。"),
        _("核对编码；当年确有这个科目的，请管理员把它补进分类科目，或写明理由后照收"),
        _("功能科目写成 2999999"),
    )
)
NO_SUBJECTS = declare(
    FindingKind(
        "BUD-004",
        Severity.NOTE,
        _("没有登记 %(year)s 年的“%(scheme)s”，这一年的科目编码没有核对"),
        _("抄错的编码要到汇总时才看得出来。"),
        _("无需修改；要核对，请管理员先导入当年的分类科目"),
        _("导入 2019 年的预算，而分类科目从 2024 年开始"),
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


@dataclass
class SubjectCheck:
    """The codes of one column against a scheme's classification of the row's year (政府收支分类科目, revised yearly).

    A year without any code of the scheme is not checked, and said once. A code below one that the scheme does not
    divide further is known: a table may stop at 款 where the budget goes to 项.
    """

    column: str
    scheme: str
    list_codes: Callable[[int], frozenset[str]]
    _codes: dict[int, frozenset[str]] = field(default_factory=dict)
    _divided: dict[int, frozenset[str]] = field(default_factory=dict)
    _judged: dict[tuple[int, str], bool] = field(default_factory=dict)

    def __call__(self, row: dict[str, Any]) -> Iterator[Finding]:
        year, code = row.get("year"), row.get(self.column)
        if year is None or not code:
            return
        if year not in self._codes:
            self._codes[year] = self.list_codes(year)
            self._divided[year] = frozenset(_heads(self._codes[year]))
            if not self._codes[year]:
                yield NO_SUBJECTS.at(Place(title=self.column), year=year, scheme=self.scheme)
        if self._codes[year] and not self._is_known(year, code):
            yield UNKNOWN_SUBJECT.at(Place(title=self.column), year=year, scheme=self.scheme, code=code)

    def _is_known(self, year: int, code: str) -> bool:
        if (year, code) not in self._judged:
            codes, divided = self._codes[year], self._divided[year]
            nearest = next((code[:end] for end in range(len(code), 0, -1) if code[:end] in codes), None)
            self._judged[year, code] = nearest is not None and (nearest == code or nearest not in divided)
        return self._judged[year, code]


def _heads(codes: frozenset[str]) -> Iterator[str]:
    """The codes that are divided further: some other code begins with them."""
    for code in codes:
        yield from (code[:end] for end in range(1, len(code)) if code[:end] in codes)
