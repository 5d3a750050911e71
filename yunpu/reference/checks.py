"""Checks of the shared identities: rows in, findings out. No Django; what is registered already comes as an argument."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from yunpu.kernel.findings import Finding, FindingKind, Place, Severity, declare
from yunpu.kernel.text import mark as _
from yunpu.reference import trees
from yunpu.reference.codes import DayKind, UnitLevel

Rows = Iterable[tuple[int, dict[str, Any]]]

WRONG_LEVEL = _("层级必须低于上级单位")
OUTSIDE_PARENT = _("启用到停用的时间超出了上级单位的")
CIRCLE = _("它会成为自己的上级")

UNKNOWN_PARENT = declare(
    FindingKind(
        "REF-001",
        Severity.ERROR,
        _("上级单位“%(value)s”不在这份文件里，也没有登记"),
        _("没有上级的单位挂不到单位树上，谁也管不到它。"),
        _("在文件里补上这个上级单位，或改正编码"),
        _("上级单位编码写错"),
    )
)
UNIT_CIRCLE = declare(
    FindingKind(
        "REF-002",
        Severity.ERROR,
        _("“%(value)s”的上级一层层找上去又回到了它自己"),
        _("绕成一圈的单位没有最上级，可见范围算不出来。"),
        _("改正其中一个上级单位编码"),
        _("甲的上级是乙，乙的上级是甲"),
    )
)
MISPLACED_UNIT = declare(
    FindingKind(
        "REF-003",
        Severity.ERROR,
        _("“%(value)s”不能放在“%(given)s”之下：%(reason)s"),
        _("单位树从省、市、区县、部门到下属单位逐级向下，下级的存续时间在上级之内。"),
        _("改正层级、上级单位或启停日期"),
        _("区县放在部门之下"),
    )
)
WRONG_DATES = declare(
    FindingKind(
        "REF-004",
        Severity.ERROR,
        _("终止日期 %(last)s 不晚于开始日期 %(first)s"),
        _("这样它一天也没有存在过。"),
        _("核对两个日期"),
        _("停用日期早于启用日期"),
    )
)
UNKNOWN_SUBJECT = declare(
    FindingKind(
        "REF-011",
        Severity.ERROR,
        _("上级科目“%(value)s”在 %(year)s 年没有，文件里和台账里都没有"),
        _("没有上级的科目汇总不上去。"),
        _("在文件里补上这个上级科目，或改正编码、年度"),
        _("款的上级写成不存在的类"),
    )
)
SUBJECT_CIRCLE = declare(
    FindingKind(
        "REF-012",
        Severity.ERROR,
        _("科目“%(value)s”的上级一层层找上去又回到了它自己"),
        _("绕成一圈的科目没有级次，汇总会重复。"),
        _("改正其中一个上级科目编码"),
        _("甲的上级是乙，乙的上级是甲"),
    )
)
WRONG_YEARS = declare(
    FindingKind(
        "REF-013",
        Severity.ERROR,
        _("终止年度 %(last)s 早于起始年度 %(first)s"),
        _("这样它一年也没有用过。"),
        _("核对两个年度"),
        _("2026 到 2024"),
    )
)
OVERLAPPING_YEARS = declare(
    FindingKind(
        "REF-014",
        Severity.ERROR,
        _("科目“%(value)s”在 %(year)s 年有两个名称"),
        _("同一体系、同一年度里，一个编码只能是一个科目。"),
        _("给前一个填上终止年度，或改正起始年度"),
        _("2020 起长期有效的编码又从 2024 起登记一次"),
    )
)
WORKED_WEEKDAY = declare(
    FindingKind(
        "REF-021",
        Severity.ERROR,
        _("%(day)s 不是周末，却标为调休上班"),
        _("平常的工作日不用登记；多半是日期写错，真正的调休日就漏了。"),
        _("对照节假日安排通知改正日期"),
        _("把周一标为上班"),
    )
)


@dataclass(frozen=True)
class PlacedUnit:
    """A unit as far as its place in the tree goes."""

    code: str
    level: UnitLevel
    parent: str | None
    valid_from: dt.date | None
    valid_to: dt.date | None


def find_fault_of_place(unit: PlacedUnit, parent: PlacedUnit) -> str | None:
    """Why a unit cannot stand below another one; None where it can."""
    if unit.level.rank <= parent.level.rank:
        return WRONG_LEVEL
    starts = parent.valid_from is None or (
        unit.valid_from is not None and unit.valid_from >= parent.valid_from
    )
    ends = parent.valid_to is None or (unit.valid_to is not None and unit.valid_to <= parent.valid_to)
    return None if starts and ends else OUTSIDE_PARENT


def check_units(rows: Rows, registered: Mapping[str, PlacedUnit]) -> Iterator[Finding]:
    """The tree that a file would make of the registered one: parents known, no circle, levels and dates in order.

    A registered unit that the file leaves without a place is told at the row of its parent.
    """
    numbers: dict[str, int] = {}
    tree = dict(registered)
    for number, row in rows:
        code = row["code"]
        numbers[code] = number
        level = UnitLevel(row["level"])
        tree[code] = PlacedUnit(code, level, row["parent"] or None, row["valid_from"], row["valid_to"])
    circling = trees.list_circling({code: unit.parent for code, unit in tree.items()})
    for code, unit in tree.items():
        row_number = numbers.get(code) or numbers.get(unit.parent or "")
        if row_number is None or unit.parent is None:
            continue
        place = Place(row=row_number, title="parent")
        if unit.parent not in tree:
            yield UNKNOWN_PARENT.at(place, value=unit.parent)
        elif code in circling:
            yield UNIT_CIRCLE.at(place, value=code)
        else:
            fault = find_fault_of_place(unit, tree[unit.parent])
            if fault:
                yield MISPLACED_UNIT.at(place, value=code, given=unit.parent, reason=fault)


@dataclass(frozen=True)
class Subject:
    """A code of a classification as far as its place goes: years are inclusive, `scheme` is any name of it."""

    scheme: Any
    code: str
    parent: str
    first_year: int
    last_year: int | None

    def is_valid_in(self, year: int) -> bool:
        return self.first_year <= year and (self.last_year is None or year <= self.last_year)

    def meets(self, other: Subject) -> bool:
        """Whether some year has both."""
        return self.is_valid_in(other.first_year) or other.is_valid_in(self.first_year)


def check_subjects(rows: Rows, list_registered: Callable[[Any], Iterable[Subject]]) -> Iterator[Finding]:
    """Codes of a scheme: parents known in the first year, no circle, no code with two meanings in one year."""
    numbers: dict[Subject, int] = {}
    schemes: dict[Any, dict[tuple[str, int], Subject]] = {}
    for number, row in rows:
        scheme = row["scheme"]
        if scheme not in schemes:
            schemes[scheme] = {(one.code, one.first_year): one for one in list_registered(scheme)}
        subject = Subject(scheme, row["code"], row["parent_code"] or "", row["first_year"], row["last_year"])
        schemes[scheme][subject.code, subject.first_year] = subject
        numbers[subject] = number
    for subjects in schemes.values():
        yield from _check_scheme(list(subjects.values()), numbers)


def _check_scheme(subjects: list[Subject], numbers: Mapping[Subject, int]) -> Iterator[Finding]:
    by_code: dict[str, list[Subject]] = {}
    for subject in subjects:
        by_code.setdefault(subject.code, []).append(subject)
    parents: dict[Subject, Subject | None] = {}
    for subject in subjects:
        above = by_code.get(subject.parent, []) if subject.parent else []
        parents[subject] = next((one for one in above if one.is_valid_in(subject.first_year)), None)
    circling = trees.list_circling(parents)
    for subject, number in numbers.items():
        if subject not in parents:
            continue
        others = (one for one in by_code[subject.code] if one != subject and one.meets(subject))
        for other in others:
            year = max(subject.first_year, other.first_year)
            yield OVERLAPPING_YEARS.at(
                Place(row=number, title="first_year"), value=subject.code, year=str(year)
            )
        place = Place(row=number, title="parent_code")
        if subject in circling:
            yield SUBJECT_CIRCLE.at(place, value=subject.code)
        elif subject.parent and parents[subject] is None:
            yield UNKNOWN_SUBJECT.at(place, value=subject.parent, year=str(subject.first_year))


def check_dates(row: dict[str, Any]) -> Iterator[Finding]:
    """What ends, ends after it began."""
    first, last = row["valid_from"], row["valid_to"]
    if first is not None and last is not None and last <= first:
        yield WRONG_DATES.at(Place(title="valid_to"), first=first.isoformat(), last=last.isoformat())


def check_years(row: dict[str, Any]) -> Iterator[Finding]:
    """The last year is not before the first."""
    first, last = row["first_year"], row["last_year"]
    if last is not None and last < first:
        yield WRONG_YEARS.at(Place(title="last_year"), first=str(first), last=str(last))


def check_day(row: dict[str, Any]) -> Iterator[Finding]:
    """Only a weekend day needs to be told that it is worked."""
    day: dt.date = row["day"]
    if row["kind"] == DayKind.WORKDAY and day.weekday() < 5:
        yield WORKED_WEEKDAY.at(Place(title="day"), day=day.isoformat())
