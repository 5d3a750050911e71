"""Every kind of finding of the intake with a real file that provokes it; `tests/architecture` holds the two together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter

from yunpu.kernel.findings import Finding
from yunpu.reference.models import Unit
from yunpu.stages.intake.drafting import Resolver
from yunpu.stages.intake.formats import Column, Format, Reference, Type
from yunpu.stages.intake.tests.reading.reading import GOOD, TITLES, check, grant
from yunpu.stages.intake.tests.reading.writing import write_csv, write_xlsx
from yunpu.trail.operations import preparing

Provoke = Callable[[Path], Iterable[Finding]]

ODDS = Format(
    "test.odds",
    "零散表",
    model="test.Odd",
    columns=(
        Column("code", "编码", key=True, length=4),
        Column("area", "面积", Type.DECIMAL, unit="亩", required=False),
        Column("kind", "类型", Type.CODE, codes={"1": "甲", "2": "乙"}, required=False),
        Column("open", "公开", Type.YES_NO, required=False),
        Column("credit_code", "信用代码", Type.CREDIT_CODE, required=False),
    ),
)
TO_UNITS = Format(
    "test.to_units",
    "按单位报送",
    model="outreach.Series",
    columns=(
        Column("unit", "单位编码", key=True, refers=Reference("reference.Unit", "code")),
        Column("name", "名称"),
    ),
)


def rows(*lines: list[Any]) -> Provoke:
    """A workbook of the tests' format with these rows under its header."""
    return lambda path: check(write_xlsx(path, [TITLES, *lines])).findings


def one(**values: Any) -> Provoke:
    return rows(grant(1, **values))


def odd(**values: Any) -> Provoke:
    """One row of the format of odd columns."""

    def provoke(path: Path) -> list[Finding]:
        given = {"code": "0001", "area": None, "kind": None, "open": None, "credit_code": None} | values
        return check(
            write_xlsx(path, [[column.title for column in ODDS.columns], list(given.values())]), ODDS
        ).findings

    return provoke


def headed(*titles: str) -> Provoke:
    return lambda path: check(write_xlsx(path, [list(titles), grant(1)])).findings


def by_hand(work: Callable[[Any, Any], object]) -> Provoke:
    """A good workbook on which somebody worked by hand."""

    def provoke(path: Path) -> list[Finding]:
        with xlsxwriter.Workbook(str(path)) as book:
            page = book.add_worksheet("申报表")
            for number, row in enumerate([TITLES, *(grant(n, paid_on="2020-11-24") for n in (1, 2, 3))]):
                page.write_row(number, 0, row)
            work(book, page)
        return check(path).findings

    return provoke


def never_opened(path: Path) -> list[Finding]:
    book = openpyxl.Workbook()
    for row in [TITLES, grant(1, amount="=500*2")]:
        book.active.append(row)
    book.save(path)
    return check(path).findings


def to_unit(code: str) -> Provoke:
    """A row for a unit, handed in by somebody who may import for none."""

    def provoke(path: Path) -> list[Finding]:
        with preparing("reference.unit-created"):
            Unit.objects.create(code="YP", name="云谱区", level="district", path="/1/")
        told = check(write_csv(path, [["单位编码", "名称"], [code, "甲"]]), TO_UNITS)
        resolver = Resolver(TO_UNITS, told.checked, frozenset())
        from yunpu.stages.intake.checked import CheckedRow

        list(resolver.resolve([CheckedRow(tuple(row.values()), 2) for row in told.rows]))
        return told.findings

    return provoke


PROVOKED: dict[str, Provoke] = {
    "INT-001": one(unit_name=None),
    "INT-002": one(people="若干"),
    "INT-003": one(people=2.5),
    "INT-004": one(people="9223372036854775808"),
    "INT-005": one(people=-3),
    "INT-006": one(paid_on="2020年13月1日"),
    "INT-007": odd(kind="丙"),
    "INT-008": odd(credit_code="9136019900000000XX"),
    "INT-009": odd(credit_code=913601990000000123),
    "INT-010": one(unit_name="长" * 201),
    "INT-011": one(amount="待定"),
    "INT-012": odd(open="也许"),
    "INT-013": one(amount=1.234),
    "INT-014": odd(code=grant(1)[2]),
    "INT-015": lambda path: check(write_csv(path, [TITLES, grant(1, unit_name="甲\x07乙")])).findings,
    "INT-016": by_hand(lambda _book, page: page.write_formula("D3", "=1/0", None, "#DIV/0!")),
    "INT-017": never_opened,
    "INT-018": odd(area=3.14159),
    "INT-019": lambda path: (
        check(
            write_csv(path, [[column.title for column in ODDS.columns], ["17", None, None, None, None]]), ODDS
        ).findings
    ),
    "INT-020": one(share=0.4),
    "INT-030": headed("姓名", "年龄", "住址"),
    "INT-031": headed("项目编号", "单位名称", "发放日期"),
    "INT-032": headed(*TITLES, "备注"),
    "INT-033": headed(*TITLES[:4], "金额"),
    "INT-034": rows(grant(1), grant(2), grant(1)),
    "INT-035": rows(grant(1), ["合计", None, None, 5]),
    "INT-036": rows(grant(1), ["合计", None, None, 1000]),
    "INT-037": rows(grant(1), ["注：金额为到账数"]),
    "INT-038": by_hand(lambda _book, page: page.set_row(2, None, None, {"hidden": True})),
    "INT-039": by_hand(lambda book, _page: book.add_worksheet("旧表").hide()),
    "INT-040": by_hand(lambda _book, page: page.write_formula("D3", "=D2*2", None, 2000)),
    "INT-041": rows(),
    "INT-042": by_hand(lambda _book, page: page.write_url("B2", "http://localhost:9/", string="甲")),
    "INT-043": rows(grant(1), TITLES, grant(2)),
    "INT-044": headed(*TITLES[:3], "金额（百元）", *TITLES[4:]),
    "INT-045": by_hand(
        lambda book, page: page.merge_range("B2:B3", "同一单位", book.add_format({"bold": True}))
    ),
    "INT-046": by_hand(lambda _book, page: page.set_column("E:E", None, None, {"hidden": True})),
    "INT-047": rows(grant(1, code="例：XM001"), grant(2)),
    "INT-050": to_unit("没有"),
    "INT-051": to_unit("YP"),
}
assert GOOD, "the good rows are what every provocation departs from"
