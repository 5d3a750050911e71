"""Reads of the budget book: comparison of years, and sums by any two dimensions.

What a person may see is decided before: each takes a queryset that is already scoped. Sums never mix currencies: they
are made within one book (账簿), the lines of one unit in one currency.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.db.models import Max, QuerySet, Sum

from yunpu.domains.budget.codes import Currency, FundKind
from yunpu.domains.budget.models import BudgetLine
from yunpu.kernel.text import mark as _
from yunpu.reference.models import Classification
from yunpu.reference.queries import classification_in

OTHERS = "*"  # the code under which what is not shown by itself is summed; no classification has it
MOST_COLUMNS = 24


@dataclass(frozen=True)
class Dimension:
    """One way to group lines: the field of its code and, where there is one, of its name."""

    code: str
    title: str
    field: str
    name_field: str = ""


DIMENSIONS = {
    dimension.code: dimension
    for dimension in (
        Dimension("body", _("单位"), "body_code", "body_name"),
        Dimension("section", _("部门"), "section_code", "section_name"),
        Dimension("function", _("功能科目"), "function_code", "function_name"),
        Dimension("chapter", _("经济分类类"), "chapter_code", "chapter_name"),
        Dimension("economic", _("经济分类款"), "economic_code", "economic_name"),
        Dimension("fund", _("资金性质"), "fund"),
        Dimension("year", _("年度"), "year"),
    )
}


@dataclass(frozen=True)
class Book:
    """One budget book (预算书): the unit that keeps it, its currency, its years in order."""

    unit_id: int
    unit_name: str
    currency: str
    years: tuple[int, ...]

    @property
    def code(self) -> str:
        return f"{self.unit_id}-{self.currency}"

    @property
    def currency_title(self) -> str:
        """What the currency is called, as a marked text; its code where it is not one of ours."""
        known = self.currency in {currency.value for currency in Currency}
        return Currency(self.currency).label if known else self.currency


@dataclass(frozen=True)
class Head:
    """One value of a dimension: its code, and the name that the newest of the lines gives it."""

    code: str
    name: str


@dataclass(frozen=True)
class ComparedRow:
    """One value of a dimension in two years. `former_name` is set where its name changed; None is no line at all."""

    head: Head
    former_name: str
    earlier_fen: int | None
    later_fen: int | None

    @property
    def change_fen(self) -> int:
        return (self.later_fen or 0) - (self.earlier_fen or 0)

    @property
    def change_ratio(self) -> Fraction | None:
        """The change against the earlier year; None where there was nothing before, or nothing is there now."""
        if not self.earlier_fen or self.later_fen is None:
            return None
        return Fraction(self.change_fen, self.earlier_fen)


@dataclass(frozen=True)
class Comparison:
    """Two years beside one another, row by row in order of code, and their totals."""

    rows: tuple[ComparedRow, ...]
    total: ComparedRow


@dataclass(frozen=True)
class PivotRow:
    """One row of a cross table: a cell for every column, None where there is no line."""

    head: Head
    cells: tuple[int | None, ...]
    total_fen: int


@dataclass(frozen=True)
class Pivot:
    """Sums by two dimensions. The parts add up: `total_fen` is the sum of the rows and of `column_totals`."""

    columns: tuple[Head, ...]
    rows: tuple[PivotRow, ...]
    column_totals: tuple[int, ...]
    total_fen: int


def list_books(lines: QuerySet[BudgetLine]) -> list[Book]:
    """The books of these lines: those with the newest year first, then by unit and currency."""
    found: dict[tuple[int, str, str], list[int]] = {}
    kept = lines.order_by("unit__code", "currency", "year").values_list(
        "unit", "unit__name", "currency", "year"
    )
    for unit, name, currency, year in kept.distinct():
        found.setdefault((unit, name, currency), []).append(year)
    books = [Book(*key, tuple(years)) for key, years in found.items()]
    return sorted(books, key=lambda book: -book.years[-1])


def list_subject_codes(scheme: str, year: int) -> frozenset[str]:
    """The codes of a scheme of classification that are valid in a year."""
    subjects = classification_in(Classification.objects.filter(scheme__code=scheme), year)
    return frozenset(subjects.values_list("code", flat=True))


def of_book(lines: QuerySet[BudgetLine], book: Book) -> QuerySet[BudgetLine]:
    """The lines of one book."""
    return lines.filter(unit=book.unit_id, currency=book.currency)


def compare_years(lines: QuerySet[BudgetLine], dimension: Dimension, earlier: int, later: int) -> Comparison:
    """Each value of a dimension in two years."""
    sums = {year: _sums(lines.filter(year=year), (dimension,)) for year in (earlier, later)}
    names = {year: _names(lines.filter(year=year), dimension) for year in (earlier, later)}
    rows = []
    for (code,) in sorted(sums[earlier].keys() | sums[later].keys()):
        now, before = names[later].get(code, ""), names[earlier].get(code, "")
        changed = before if now and before != now else ""
        rows.append(
            ComparedRow(
                Head(code, now or before), changed, sums[earlier].get((code,)), sums[later].get((code,))
            )
        )
    total = ComparedRow(Head(OTHERS, ""), "", _total(sums[earlier]), _total(sums[later]))
    assert total.change_fen == sum(row.change_fen for row in rows), "the rows do not add up to the total"
    return Comparison(tuple(rows), total)


def pivot(lines: QuerySet[BudgetLine], down: Dimension, across: Dimension) -> Pivot:
    """Sums by two different dimensions, in order of code. Beyond MOST_COLUMNS the smaller columns are summed as one."""
    assert down != across, "a cross table needs two dimensions"
    sums = _sums(lines, (down, across))
    columns = _widest(sums)
    shown = set(columns)
    cells: dict[str, dict[str, int]] = {}
    for (row, column), amount in sums.items():
        place = column if column in shown else OTHERS
        cells.setdefault(row, {})[place] = cells.get(row, {}).get(place, 0) + amount
    if any(OTHERS in row for row in cells.values()):
        columns = [*columns, OTHERS]
    names_down, names_across = _names(lines, down), _names(lines, across)
    rows = tuple(
        PivotRow(
            Head(code, names_down.get(code, "")),
            tuple(cells[code].get(column) for column in columns),
            sum(cells[code].values()),
        )
        for code in sorted(cells)
    )
    totals = tuple(sum(row.cells[i] or 0 for row in rows) for i in range(len(columns)))
    total = sum(totals)
    assert total == sum(row.total_fen for row in rows), "rows and columns do not add up to the same total"
    return Pivot(tuple(Head(code, names_across.get(code, "")) for code in columns), rows, totals, total)


def _sums(lines: QuerySet[BudgetLine], dimensions: Sequence[Dimension]) -> dict[tuple[str, ...], int]:
    fields = [dimension.field for dimension in dimensions]
    found = lines.order_by().values_list(*fields).annotate(amount=Sum("amount_fen"))
    return {tuple(str(code) for code in codes): int(amount) for *codes, amount in found}


def _names(lines: QuerySet[BudgetLine], dimension: Dimension) -> dict[str, str]:
    """The name of each code in the newest year of these lines: a code lives on while its name changes."""
    if dimension.field == "fund":
        return {kind.value: kind.label for kind in FundKind}
    if not dimension.name_field:
        return {}
    found: Iterable[Any] = (
        lines.order_by()
        .values_list(dimension.field, dimension.name_field)
        .annotate(newest=Max("year"))
        .order_by(dimension.field, "newest", dimension.name_field)
    )
    return {code: name for code, name, _newest in found}


def _widest(sums: dict[tuple[str, ...], int]) -> list[str]:
    """The columns shown by themselves, in order of code: all, or those with the largest sums."""
    totals: dict[str, int] = {}
    for (_row, column), amount in sums.items():
        totals[column] = totals.get(column, 0) + abs(amount)
    largest = sorted(totals, key=lambda code: (-totals[code], code))[:MOST_COLUMNS]
    return sorted(largest)


def _total(sums: dict[tuple[str, ...], int]) -> int | None:
    return sum(sums.values()) if sums else None
