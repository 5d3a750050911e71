"""A format of the tests' own, and one way to put a file through sniffing, reading and checking."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yunpu.kernel.findings import Finding
from yunpu.stages.intake.checked import Checked
from yunpu.stages.intake.checking import check_rows
from yunpu.stages.intake.files import LIMITS, Limits, sniff
from yunpu.stages.intake.formats import Column, Format, Type
from yunpu.stages.intake.guessing import guess
from yunpu.stages.intake.sheets import Book, open_book

GRANTS = Format(
    "test.grants",
    "补助发放表",
    model="test.Grant",
    columns=(
        Column("code", "项目编号", key=True, aliases=("编号",)),
        Column("unit_name", "单位名称", aliases=("收款单位",)),
        Column("paid_on", "发放日期", Type.DATE, aliases=("日期",)),
        Column("amount_fen", "金额", Type.MONEY, unit="元", aliases=("补助金额",)),
        Column("people", "人数", Type.INTEGER, required=False, minimum=0, maximum=100_000),
        Column("share", "完成率", Type.PERCENT, required=False),
    ),
)
TITLES = ["项目编号", "单位名称", "发放日期", "金额", "人数", "完成率"]
DAY = dt.date(2020, 11, 24)


def grant(number: int = 1, **other: Any) -> list[Any]:
    """One good row, typed as a workbook keeps it."""
    values = {
        "code": f"XM{number:03}",
        "unit_name": f"单位{number}",
        "paid_on": DAY,
        "amount": 1000 * number,
        "people": number,
        "share": "40%",
    }
    return list((values | other).values())


GOOD = [TITLES, grant(1), grant(2), grant(3)]


@dataclass
class Told:
    """What checking a file told."""

    book: Book
    rows: list[dict[str, Any]]
    numbers: list[int]
    checked: Checked

    @property
    def findings(self) -> list[Finding]:
        return self.checked.findings

    @property
    def codes(self) -> list[str]:
        return sorted(one.kind for one in self.findings)

    def of(self, code: str) -> list[Finding]:
        return [one for one in self.findings if one.kind == code]

    def where(self, code: str) -> list[str]:
        return [one.place.address for one in self.of(code)]

    def column(self, name: str) -> list[Any]:
        return [row[name] for row in self.rows]


def check(
    path: Path, format: Format = GRANTS, *, sheet: str = "", limits: Limits = LIMITS, **choices: Any
) -> Told:
    """Sniff, open and check a file as a format; the sheet is guessed as an upload would."""
    book = open_book(path, sniff(path, limits), limits)
    if not sheet:
        guesses = guess(book, [format])
        sheet = guesses[0].sheet if guesses else book.sheets[0].name
    chosen = next(one for one in book.sheets if one.name == sheet)
    checked = Checked()
    rows = list(check_rows(book, chosen, format, checked, **choices))
    names = [column.name for column in format.columns]
    return Told(
        book,
        [dict(zip(names, row.values, strict=True)) for row in rows],
        [row.number for row in rows],
        checked,
    )
