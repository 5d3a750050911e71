"""Checks of outreach: rows in, findings out. No Django."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from yunpu.kernel.findings import Finding, FindingKind, Place, Severity, declare
from yunpu.kernel.text import mark as _

_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")

OTHER_YEAR = declare(
    FindingKind(
        "OUT-001",
        Severity.WARNING,
        _("编号“%(code)s”里的年度和举办日期 %(held_on)s 不是同一年"),
        _("日期决定活动算进哪一年；抄错日期，两个年度的数字都会错。"),
        _("核对举办日期和编号，改正抄错的一个"),
        _("编号 XJ2020-01，日期写成 2019-06-18"),
    )
)
NOTHING_HANDED_OUT = declare(
    FindingKind(
        "OUT-002",
        Severity.WARNING,
        _("发放份数是 0"),
        _("没有发放就不必登记；漏填会让发放总数偏小。"),
        _("补上份数，或删去这一行"),
        _("份数填 0"),
    )
)
MANY_SEATS = declare(
    FindingKind(
        "OUT-003",
        Severity.WARNING,
        _("代表序号 %(seat)s 太大"),
        _("每名代表一行，序号从 1 起；写成总人数会漏掉其他人。"),
        _("同一企业来几人就写几行，序号依次为 1、2、3"),
        _("一家企业来了 30 人，只写一行，序号填 30"),
    )
)
SEATS = 20


def check_year_of_code(row: dict[str, Any]) -> Iterator[Finding]:
    """An activity's code that names a year names the year in which it was held."""
    code, held_on = row.get("code") or "", row.get("held_on")
    named = _YEAR.search(code)
    if named and held_on is not None and int(named[1]) != held_on.year:
        yield OTHER_YEAR.at(Place(title="held_on"), code=code, held_on=held_on.isoformat())


def check_quantity(row: dict[str, Any]) -> Iterator[Finding]:
    """What was handed out has a quantity."""
    if row.get("quantity") == 0:
        yield NOTHING_HANDED_OUT.at(Place(title="quantity"))


def check_seat(row: dict[str, Any]) -> Iterator[Finding]:
    """A seat is a representative's turn, not the number of people."""
    seat = row.get("seat")
    if seat is not None and seat > SEATS:
        yield MANY_SEATS.at(Place(title="seat"), seat=seat)
