"""One pass over the rows of a sheet: what is data and what is not, typed values, sums, keys that stand twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yunpu.kernel.findings import FindingKind, Place, Severity
from yunpu.kernel.money import show_money
from yunpu.stages.intake import kinds, layout
from yunpu.stages.intake.cells import CellContext, Parse, make_parser
from yunpu.stages.intake.checked import KEPT_FINDINGS, Checked, CheckedRow, placed
from yunpu.stages.intake.formats import NUMBERS, Column, Format, Type
from yunpu.stages.intake.kinds import Bad, show
from yunpu.stages.intake.layout import Layout, UnitHere
from yunpu.stages.intake.numbers import Reading, is_finer
from yunpu.stages.intake.sheets import Book, Sheet

_CACHE = 20_000


@dataclass(slots=True)
class _Plan:
    """How one column of the format is read: where, by which parser, what it remembers."""

    index: int
    position: int
    column: Column
    parse: Parse
    unit: UnitHere
    cache: dict[Any, Any]


class RowReader:
    """The state of one pass: parsers, caches, sums, keys seen."""

    def __init__(
        self,
        book: Book,
        sheet: Sheet,
        format: Format,
        checked: Checked,
        seen: Layout,
        answers: Mapping[str, str],
    ) -> None:
        self.sheet, self.format, self.checked, self.seen = sheet, format, checked, seen
        self.typeless = book.typeless
        self.width = len(seen.header.titles)
        self.complete = not seen.missing
        self.plans = list(self._make_plans(book, answers))
        present = {plan.index for plan in self.plans}
        self.numbers = [
            index
            for index, column in enumerate(format.columns)
            if column.type in NUMBERS and index in present
        ]
        self.sums: dict[int, Any] = dict.fromkeys(self.numbers, 0)  # of good rows
        self.told: dict[int, Any] = dict.fromkeys(
            self.numbers, 0
        )  # of every row, to compare with written totals
        self.since: dict[int, Any] = dict.fromkeys(self.numbers, 0)  # of every row since the last subtotal
        self.unread: set[int] = set()
        self.leading: tuple[int, Sequence[Any], str] | None = None  # a total that stands above its rows
        self.key = [index for index, column in enumerate(format.columns) if column.key]
        self.keys: set[int] = set()
        self.suspects: list[tuple[int, tuple[Any, ...], tuple[Any, ...] | None]] = []
        self.checks = (*format.checks, *(make() for make in format.register_checks))
        self.said_once: set[tuple[str, str]] = set()
        self._prepare_headers()
        self._prepare_merged()

    def _make_plans(self, book: Book, answers: Mapping[str, str]) -> Iterator[_Plan]:
        mapping, header = self.seen.mapping, self.seen.header
        for index, column in enumerate(self.format.columns):
            position = mapping.get(column.name, -1)
            if position < 0 and column.required:
                continue  # said once, not for every row
            unit = layout.unit_of(header, position, column) if position >= 0 else UnitHere()
            if unit.fault:
                place = Place(self.sheet.name, header.last_row, position + 1, column.title)
                self.checked.say(kinds.UNKNOWN_UNIT, place, title=column.title, unit=unit.fault)
            answer = answers.get(column.name)
            reading = Reading(answer) if answer else Reading.PERCENT if unit.percent else None
            context = CellContext(unit.money, book.epoch_1904, reading, unit.factor, book.typeless)
            yield _Plan(index, position, column, make_parser(column, context), unit, {})

    def _prepare_headers(self) -> None:
        """What rows above the data look like, should they come again; the first text decides whether to look closer."""
        header = self.seen.header
        above = self.sheet.head[: header.first_row - 1]
        lines = {*header.lines, *(tuple(layout.cell_text(value) for value in row) for row in above)}
        self.header_lines = {_trimmed(line) for line in lines if any(line)}
        self.header_firsts = {next(text for text in line if text) for line in self.header_lines}

    def _prepare_merged(self) -> None:
        """Cells merged over several rows: the text of the first row holds for all of them."""
        texts = {plan.position for plan in self.plans if plan.column.type not in NUMBERS}
        self.merged: dict[int, list[tuple[int, int]]] = {}
        self.open_merges: dict[int, tuple[int, Any]] = {}
        count = 0
        for top, left, down, _right in self.sheet.facts.merged:
            if down > top > self.seen.header.last_row:
                count += 1
                if left in texts:
                    self.merged.setdefault(top, []).append((left, down))
        if count:
            self.checked.say(kinds.MERGED, Place(self.sheet.name), count=count)

    def _fill_merged(self, number: int, row: Sequence[Any]) -> Sequence[Any]:
        for position, (down, value) in list(self.open_merges.items()):
            if number > down:
                del self.open_merges[position]
            elif position < len(row) and layout.is_blank(row[position]):
                row = [*row[:position], value, *row[position + 1 :]]
        for position, down in self.merged.get(number, ()):
            if position < len(row) and not layout.is_blank(row[position]):
                self.open_merges[position] = (down, row[position])
        return row

    def read(self, number: int, row: Sequence[Any]) -> tuple[Any, ...] | None:
        """The typed values of a data row without errors; None for every other row."""
        checked = self.checked
        first = next((value for value in row if value is not None and value != ""), None)
        if first is None or (type(first) is str and first.isspace() and all(map(layout.is_blank, row))):
            checked.blank_rows += 1
            return None
        if self._is_no_data(number, row, first):
            return None
        if self.merged:
            row = self._fill_merged(number, row)
        checked.rows += 1
        values: list[Any] = [None] * len(self.format.columns)
        good = self.complete
        facts = self.sheet.facts
        percent = bool(facts.percent)
        broken = bool(facts.errors or facts.uncached or facts.computed)
        width = len(row)
        for plan in self.plans:
            position = plan.position
            value = row[position] if 0 <= position < width else None
            if broken and self._is_broken(number, plan, value):
                good = False
                continue
            if value is None or value == "" or (type(value) is str and value.isspace()):
                if plan.column.required:
                    good = False
                    self._say(number, plan, kinds.MISSING, {"title": plan.column.title})
                continue
            if type(value) is str:
                known = plan.cache.get(value)
                if known is not None:
                    values[plan.index] = known
                    continue
            try:
                typed = plan.parse(value, percent and (number, position) in facts.percent)
            except Bad as bad:
                good = False
                self.unread.add(plan.index)
                self._say(number, plan, bad.kind, bad.params)
                continue
            values[plan.index] = typed
            if type(value) is str and len(plan.cache) < _CACHE:
                plan.cache[value] = typed
            if plan.column.type is Type.DECIMAL:
                self._say_if_rounded(number, plan, value)
            elif self.typeless and plan.column.length and len(typed) > len(value) and typed.endswith(value):
                self._say_zeros(number, plan, value)
        return self._finish(number, values, good)

    def _is_broken(self, number: int, plan: _Plan, value: Any) -> bool:
        """A formula that gave an error or has no stored result; both look like an empty cell to the reader."""
        here = (number, plan.position)
        facts = self.sheet.facts
        if here in facts.errors:
            kind = kinds.CELL_ERROR
        elif here in facts.uncached or (layout.is_blank(value) and here in facts.computed):
            kind = kinds.NO_RESULT
        else:
            return False
        self.unread.add(plan.index)
        self._say(number, plan, kind, {"title": plan.column.title})
        return True

    def _say_if_rounded(self, number: int, plan: _Plan, value: Any) -> None:
        if ("rounded", plan.column.name) not in self.said_once and is_finer(plan.column, value):
            self.said_once.add(("rounded", plan.column.name))
            params = {"title": plan.column.title, "value": show(value), "places": plan.column.places}
            self._say(number, plan, kinds.ROUNDED, params)

    def _say_zeros(self, number: int, plan: _Plan, value: str) -> None:
        """A code of fixed length that came short: in a file of texts only, where nothing tells a dropped zero."""
        if ("zeros", plan.column.name) not in self.said_once:
            self.said_once.add(("zeros", plan.column.name))
            params = {"title": plan.column.title, "value": show(value), "length": plan.column.length}
            self._say(number, plan, kinds.ZEROS_PUT_BACK, params)

    def _finish(self, number: int, values: list[Any], good: bool) -> tuple[Any, ...] | None:
        """Sums, key and row checks of one row."""
        for index in self.numbers:
            value = values[index]
            if value is not None:
                self.told[index] += value
                self.since[index] += value
        key = tuple([values[index] for index in self.key])
        if None not in key:
            hashed = hash(key)
            if hashed in self.keys:
                if len(self.suspects) < KEPT_FINDINGS * 10:
                    self.suspects.append((number, key, tuple(values) if good else None))
                    return None
                self._say_duplicate(number, key, None)
                return None
            self.keys.add(hashed)
        if not good or not self._passes_checks(number, values):
            return None
        self._count(values)
        return tuple(values)

    def _count(self, values: Sequence[Any]) -> None:
        for index in self.numbers:
            if values[index] is not None:
                self.sums[index] += values[index]
        self.checked.good_rows += 1

    def _passes_checks(self, number: int, values: Sequence[Any]) -> bool:
        if not self.checks:
            return True
        named = {column.name: value for column, value in zip(self.format.columns, values, strict=True)}
        passed = True
        for check in self.checks:
            for finding in check(named):
                self.checked.add(placed(finding, self.format, self.seen, self.sheet.name, number))
                passed = passed and finding.severity is not Severity.ERROR
        return passed

    def compare_leading_total(self) -> None:
        """A total above its rows, right under the header, tells their sum too."""
        if self.leading is not None:
            number, row, word = self.leading
            self.since = dict(self.told)
            self._compare_total(number, row, word)

    def settle_duplicates(self, progress: Callable[[int], None] | None) -> Iterator[CheckedRow]:
        """Confirm by value every row whose key was seen by its hash; yields those that only seemed the same."""
        if not self.suspects:
            return
        firsts = self._find_firsts({hash(key) for _number, key, _values in self.suspects}, progress)
        for number, key, values in self.suspects:
            other = firsts.get(key)
            if other is not None and other != number:
                self._say_duplicate(number, key, other)
            elif values is not None and self._passes_checks(number, values):
                self._count(values)
                yield CheckedRow(values, number)

    def _find_firsts(
        self, wanted: set[int], progress: Callable[[int], None] | None
    ) -> dict[tuple[Any, ...], int]:
        """The first row of each key among the wanted hashes; reads the sheet once more."""
        firsts: dict[tuple[Any, ...], int] = {}
        plans = [next(plan for plan in self.plans if plan.index == index) for index in self.key]
        facts = self.sheet.facts
        self.open_merges = {}
        for number, row in enumerate(self.sheet.rows(), 1):
            if number <= self.seen.header.last_row:
                continue
            if progress and number % 2000 == 0:
                progress(number)
            if self.merged:
                row = list(self._fill_merged(number, row))
            values = []
            for plan in plans:
                value = row[plan.position] if 0 <= plan.position < len(row) else None
                if layout.is_blank(value):
                    break
                try:
                    values.append(plan.parse(value, (number, plan.position) in facts.percent))
                except Bad:
                    break
            key = tuple(values)
            if len(key) == len(plans) and hash(key) in wanted:
                firsts.setdefault(key, number)
        return firsts

    def _say_duplicate(self, number: int, key: tuple[Any, ...], other: int | None) -> None:
        shown = "、".join(str(value) for value in key)
        plan = next(plan for plan in self.plans if plan.index == self.key[0])
        place = Place(self.sheet.name, number, plan.position + 1, plan.column.title)
        self.checked.say(kinds.SAME_KEY, place, other=other or "…", key=show(shown))

    def _say(self, number: int, plan: _Plan, kind: FindingKind, params: dict[str, Any]) -> None:
        if kind is kinds.PERCENT_QUESTION:
            if (kind.code, plan.column.name) in self.said_once:
                return
            self.said_once.add((kind.code, plan.column.name))
        column = plan.position + 1 if plan.position >= 0 else None
        self.checked.say(kind, Place(self.sheet.name, number, column, plan.column.title), **params)

    def _is_no_data(self, number: int, row: Sequence[Any], first: Any) -> bool:
        """Whether a row is a header again, a total, a note or the template's example; says which."""
        place = Place(self.sheet.name, number)
        if number == self.seen.header.last_row + 1 and layout.is_ordinal_row(row):
            self.checked.say(kinds.NOTE_SKIPPED, place, text=show(first))
            return True
        if (
            isinstance(first, str)
            and layout.cell_text(first[:80]) in self.header_firsts
            and self._is_header(row)
        ):
            self.checked.say(kinds.REPEATED_HEADER, place)
            return True
        word = layout.is_total(row)
        if word:
            self.checked.total_rows += 1
            self.checked.say(kinds.TOTAL_SKIPPED, place, word=word)
            if self.checked.rows:
                self._compare_total(number, row, word)
            else:
                self.leading = (number, row, word)
            return True
        if not isinstance(first, str):
            return False
        if layout.is_example(first):
            self.checked.say(kinds.EXAMPLE_SKIPPED, place)
            return True
        if layout.is_note(row, self.width):
            self.checked.note_rows += 1
            self.checked.say(kinds.NOTE_SKIPPED, place, text=show(first))
            return True
        return False

    def _is_header(self, row: Sequence[Any]) -> bool:
        """The header again, as printed tables repeat it on every page."""
        return _trimmed(tuple(layout.cell_text(value) for value in row)) in self.header_lines

    def _compare_total(self, number: int, row: Sequence[Any], word: str) -> None:
        """A written total against the rows above it: all of them, or (小计) those since the last subtotal."""
        is_part = word in ("小计", "小計") or any(
            isinstance(value, str) and value.strip() and not layout.is_total([value]) for value in row[:2]
        )
        for plan in self.plans:
            index, position = plan.index, plan.position
            if index not in self.told or index in self.unread or not 0 <= position < len(row):
                continue
            if layout.is_blank(row[position]):
                continue
            try:
                told = plan.parse(row[position], False)
            except Bad:
                continue
            total = self.since[index] if is_part else self.told[index]
            if told != total:
                where = Place(self.sheet.name, number, position + 1, plan.column.title)
                shown = _show_sum(plan, total)
                params = {"title": plan.column.title, "word": word, "told": show(row[position])}
                self.checked.say(kinds.TOTAL_DIFFERS, where, sum=shown, **params)
        if is_part:
            self.since = dict.fromkeys(self.numbers, 0)


def _trimmed(line: Sequence[str]) -> tuple[str, ...]:
    """A line of texts without the empty ones at its end."""
    last = max((i for i, text in enumerate(line) if text), default=-1)
    return tuple(line[: last + 1])


def _show_sum(plan: _Plan, total: Any) -> str:
    return show_money(total, plan.unit.money or "元") if plan.column.type is Type.MONEY else str(total)
