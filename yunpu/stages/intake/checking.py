"""Check a whole file against a format: typed rows out, and all findings at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from yunpu.kernel.findings import Finding, FindingKind, Place, Severity, declare
from yunpu.kernel.money import show_money
from yunpu.kernel.text import mark as _
from yunpu.stages.intake import cells, layout
from yunpu.stages.intake.cells import Bad, CellContext, Parse, Reading, make_parser
from yunpu.stages.intake.formats import NUMBERS, Column, Format, Type
from yunpu.stages.intake.layout import Layout, UnitHere
from yunpu.stages.intake.mapping import Match
from yunpu.stages.intake.sheets import Book, Sheet

KEPT_FINDINGS = 10_000
_CACHE = 20_000

NO_HEADER = declare(
    FindingKind(
        "INT-030",
        Severity.ERROR,
        _("没有找到“%(format)s”的表头"),
        _("不知道哪一列是什么，就一行也不能收。"),
        _("选对格式或工作表；或下载空白模板，把数据贴进去"),
        "内容是另一张表",
    )
)
MISSING_COLUMN = declare(
    FindingKind(
        "INT-031",
        Severity.ERROR,
        _("没有“%(title)s”这一列"),
        _("这一列是必需的。"),
        _("补上这一列，或在“列对应”里指出它是哪一列"),
        "表里少一列",
    )
)
EXTRA_COLUMN = declare(
    FindingKind(
        "INT-032",
        Severity.NOTE,
        _("“%(title)s”这一列没有用到"),
        _("格式里没有它，不会导入。"),
        _("无需修改；如果它就是某一列，在“列对应”里指出"),
        "多一列备注",
    )
)
SAME_HEADER = declare(
    FindingKind(
        "INT-033",
        Severity.ERROR,
        _("有两列都叫“%(title)s”"),
        _("不知道该用哪一列。"),
        _("改掉其中一列的列名"),
        "两列“金额”",
    )
)
SAME_KEY = declare(
    FindingKind(
        "INT-034",
        Severity.ERROR,
        _("与第 %(other)s 行重复（%(key)s）"),
        _("同一关键字只能对应一条记录，否则会重复统计。"),
        _("删去一行，或改正关键字"),
        "同一行贴了两遍",
    )
)
TOTAL_DIFFERS = declare(
    FindingKind(
        "INT-035",
        Severity.WARNING,
        _("“%(title)s”的%(word)s写的是 %(told)s，明细相加是 %(sum)s"),
        _("合计与明细不一致，说明有行漏了、多了或改过。"),
        _("核对明细；明细无误就改正合计行"),
        "合计没有更新",
    )
)
TOTAL_SKIPPED = declare(
    FindingKind(
        "INT-036",
        Severity.NOTE,
        _("%(word)s行没有作为数据导入"),
        _("合计由系统计算。"),
        _("无需修改"),
        "表尾有合计行",
    )
)
NOTE_SKIPPED = declare(
    FindingKind(
        "INT-037",
        Severity.NOTE,
        _("表下的说明没有作为数据导入：%(text)s"),
        _("它不是一行数据。"),
        _("无需修改"),
        "表下有“注：”",
    )
)
HIDDEN_ROWS = declare(
    FindingKind(
        "INT-038",
        Severity.WARNING,
        _("有 %(count)s 个隐藏行也会导入（第一个是第 %(row)s 行）"),
        _("隐藏行往往是不想要的旧数据。"),
        _("不要的行请删除；要的请说明"),
        "筛选后隐藏的行",
    )
)
HIDDEN_SHEET = declare(
    FindingKind(
        "INT-039",
        Severity.NOTE,
        _("隐藏的工作表“%(name)s”没有导入"),
        _("只导入选定的工作表。"),
        _("无需修改"),
        "隐藏表",
    )
)
FORMULAS = declare(
    FindingKind(
        "INT-040",
        Severity.NOTE,
        _("有 %(count)s 个公式，用的是文件里存着的计算结果（第一个在 %(cell)s）"),
        _("系统不重新计算公式。"),
        _("如果文件是程序生成的，先在 Excel 里打开保存一次"),
        "金额用公式相乘",
    )
)
NO_ROWS = declare(
    FindingKind(
        "INT-041",
        Severity.ERROR,
        _("表头下面没有数据"),
        _("没有可以导入的行。"),
        _("填好数据再上传"),
        "空白模板",
    )
)
LINKS = declare(
    FindingKind(
        "INT-042",
        Severity.NOTE,
        _("有 %(count)s 个超链接，只导入文字"),
        _("链接不会打开。"),
        _("无需修改"),
        "单元格带链接",
    )
)
REPEATED_HEADER = declare(
    FindingKind(
        "INT-043",
        Severity.NOTE,
        _("这一行又是一次表头，没有作为数据导入"),
        _("打印的表每页重复表头。"),
        _("无需修改"),
        "表中间又有一次表头",
    )
)
UNKNOWN_UNIT = declare(
    FindingKind(
        "INT-044",
        Severity.ERROR,
        _("“%(title)s”的单位“%(unit)s”不认识，或与这一列不符"),
        _("单位弄错，数字就差许多倍。"),
        _("改成元、千元、万元、百万元、亿元之一，或这一列应有的单位"),
        "金额（百元）",
    )
)
MERGED = declare(
    FindingKind(
        "INT-045",
        Severity.NOTE,
        _("有 %(count)s 处跨行合并的单元格：文字算作每一行都有，数字只算在第一行"),
        _("合并的数字如果每行都算，合计会重复。"),
        _("无需修改；如果不对，请取消合并后逐行填写"),
        "单位名称跨三行合并",
    )
)
HIDDEN_COLUMNS = declare(
    FindingKind(
        "INT-046",
        Severity.NOTE,
        _("有 %(count)s 个隐藏列，对应得上的也会导入"),
        _("隐藏的列看不见，但内容在文件里。"),
        _("不要的列请删除"),
        "隐藏的备注列",
    )
)
EXAMPLE_SKIPPED = declare(
    FindingKind(
        "INT-047",
        Severity.NOTE,
        _("模板里的示例行没有作为数据导入"),
        _("它只说明怎么填。"),
        _("无需修改"),
        "填好的模板里留着示例行",
    )
)


@dataclass(frozen=True)
class CheckedRow:
    """One typed row: values in the order of the format's columns, its row in the sheet."""

    values: tuple[Any, ...]
    number: int


@dataclass
class Checked:
    """What a check told: findings (the first 10,000, all counted), counts, sums of the number columns of good rows."""

    sheet: str = ""
    layout: Layout | None = None
    findings: list[Finding] = field(default_factory=list)
    counts: dict[Severity, int] = field(default_factory=lambda: dict.fromkeys(Severity, 0))
    rows: int = 0
    good_rows: int = 0
    blank_rows: int = 0
    total_rows: int = 0
    note_rows: int = 0
    sums: dict[str, int | float] = field(default_factory=dict)

    def add(self, finding: Finding) -> None:
        self.counts[finding.severity] += 1
        if len(self.findings) < KEPT_FINDINGS:
            self.findings.append(finding)

    def say(self, kind: FindingKind, place: Place, **params: Any) -> None:
        self.add(kind.at(place, **params))

    @property
    def may_load(self) -> bool:
        return not self.counts[Severity.ERROR] and not self.counts[Severity.QUESTION]


@dataclass(frozen=True)
class Guess:
    """A sheet that looks like a format, with how sure that is and why."""

    sheet: str
    format: str
    score: float
    why: str


def guess(book: Book, formats: Sequence[Format]) -> list[Guess]:
    """Which sheet is which format, the likeliest first. Hidden sheets come last."""
    found = []
    for sheet in book.sheets:
        for format in formats:
            seen = layout.find_layout(sheet.head, format)
            if seen:
                why = _("认出 %d 列，缺 %d 个必填列") % (len(seen.matches), len(seen.missing))
                score = seen.score - 0.1 * len(seen.missing) - (0.5 if sheet.hidden else 0)
                found.append(Guess(sheet.name, format.code, round(score, 4), why))
    return sorted(found, key=lambda one: -one.score)


def check_rows(
    book: Book,
    sheet: Sheet,
    format: Format,
    checked: Checked,
    *,
    mapping: Mapping[str, int] | None = None,
    answers: Mapping[str, str] | None = None,
    remembered: Mapping[str, str] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Iterator[CheckedRow]:
    """Go through a sheet: yields the good rows, fills `checked`. Raises UnableToRead.

    `mapping` (column name to position) is a person's word and replaces the guesses; `answers` maps column names to
    how bare fractions of a percent column are meant. `progress` gets the row reached, and may raise to stop.
    """
    checked.sheet = sheet.name
    seen = layout.find_layout(sheet.head, format, dict(remembered or {}))
    if seen is not None and mapping is not None:
        seen = _apply_mapping(seen, format, mapping)
    checked.layout = seen
    if seen is None:
        checked.say(NO_HEADER, Place(sheet.name), format=format.title)
        return
    _say_about_columns(checked, sheet, seen, format)
    _say_about_sheet(checked, book, sheet)
    reader = _RowReader(book, sheet, format, checked, seen, answers or {})
    for number, row in enumerate(sheet.rows(), 1):
        if number <= seen.header.last_row:
            continue
        if progress and number % 2000 == 0:
            progress(number)
        values = reader.read(number, row)
        if values is not None:
            yield CheckedRow(values, number)
    yield from reader.settle_duplicates(progress)
    checked.sums = {format.columns[index].name: _storable(total) for index, total in reader.sums.items()}
    if not checked.rows:
        checked.say(NO_ROWS, Place(sheet.name, seen.header.last_row))
    _check_table(book, sheet, format, checked, mapping, answers, remembered)


def _check_table(
    book: Book,
    sheet: Sheet,
    format: Format,
    checked: Checked,
    mapping: Mapping[str, int] | None,
    answers: Mapping[str, str] | None,
    remembered: Mapping[str, str] | None,
) -> None:
    """Let each table check go through the good rows once more."""
    assert checked.layout is not None
    alone = replace(format, table_checks=())
    names = [column.name for column in format.columns]
    for check in format.table_checks:
        again = check_rows(
            book, sheet, alone, Checked(), mapping=mapping, answers=answers, remembered=remembered
        )
        for finding in check((row.number, dict(zip(names, row.values, strict=True))) for row in again):
            checked.add(_placed(finding, format, checked.layout, sheet.name, finding.place.row))


def _placed(finding: Finding, format: Format, seen: Layout, sheet: str, number: int | None) -> Finding:
    """A check names the column only; here it gets its cell."""
    position = seen.mapping.get(finding.place.title, -1)
    title = format.column(finding.place.title).title if position >= 0 else ""
    return replace(finding, place=Place(sheet, number, position + 1 if position >= 0 else None, title))


def _storable(total: int | Decimal) -> int | float:
    """A sum as JSON holds it. Money and counts are whole; only measures may have decimals."""
    return int(total) if total == int(total) else float(total)


@dataclass(slots=True)
class _Plan:
    """How one column of the format is read: where, by which parser, what it remembers."""

    index: int
    position: int
    column: Column
    parse: Parse
    unit: UnitHere
    cache: dict[Any, Any]


class _RowReader:
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
        self.key = [index for index, column in enumerate(format.columns) if column.key]
        self.keys: set[int] = set()
        self.suspects: list[tuple[int, tuple[Any, ...], tuple[Any, ...] | None]] = []
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
                self.checked.say(UNKNOWN_UNIT, place, title=column.title, unit=unit.fault)
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
            self.checked.say(MERGED, Place(self.sheet.name), count=count)

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
        if not any(row) and all(layout.is_blank(value) for value in row):
            checked.blank_rows += 1
            return None
        if self._is_no_data(number, row):
            return None
        if self.merged:
            row = self._fill_merged(number, row)
        checked.rows += 1
        values: list[Any] = [None] * len(self.format.columns)
        good = self.complete
        facts = self.sheet.facts
        percent = bool(facts.percent)
        broken = bool(facts.errors or facts.uncached)
        width = len(row)
        for plan in self.plans:
            position = plan.position
            value = row[position] if 0 <= position < width else None
            if broken and self._is_broken(number, plan):
                good = False
                continue
            if value is None or value == "" or (type(value) is str and value.isspace()):
                if plan.column.required:
                    good = False
                    self._say(number, plan, cells.MISSING, {"title": plan.column.title})
                continue
            if type(value) is str:
                known = plan.cache.get(value)
                if known is not None:
                    values[plan.index] = known
                    continue
            try:
                typed = plan.parse(value, percent and facts.is_percent(number, position))
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
        return self._finish(number, values, good)

    def _is_broken(self, number: int, plan: _Plan) -> bool:
        """A formula that gave an error or has no stored result; both look like an empty cell to the reader."""
        here = (number, plan.position)
        facts = self.sheet.facts
        kind = (
            cells.CELL_ERROR if here in facts.errors else cells.NO_RESULT if here in facts.uncached else None
        )
        if kind is not None:
            self.unread.add(plan.index)
            self._say(number, plan, kind, {"title": plan.column.title})
        return kind is not None

    def _say_if_rounded(self, number: int, plan: _Plan, value: Any) -> None:
        if ("rounded", plan.column.name) not in self.said_once and cells.is_finer(plan.column, value):
            self.said_once.add(("rounded", plan.column.name))
            params = {"title": plan.column.title, "value": cells.show(value), "places": plan.column.places}
            self._say(number, plan, cells.ROUNDED, params)

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
        if not self.format.checks:
            return True
        named = {column.name: value for column, value in zip(self.format.columns, values, strict=True)}
        passed = True
        for check in self.format.checks:
            for finding in check(named):
                self.checked.add(_placed(finding, self.format, self.seen, self.sheet.name, number))
                passed = passed and finding.severity is not Severity.ERROR
        return passed

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
                    values.append(plan.parse(value, facts.is_percent(number, plan.position)))
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
        self.checked.say(SAME_KEY, place, other=other or "…", key=cells.show(shown))

    def _say(self, number: int, plan: _Plan, kind: FindingKind, params: dict[str, Any]) -> None:
        if kind is cells.PERCENT_QUESTION:
            if (kind.code, plan.column.name) in self.said_once:
                return
            self.said_once.add((kind.code, plan.column.name))
        column = plan.position + 1 if plan.position >= 0 else None
        self.checked.say(kind, Place(self.sheet.name, number, column, plan.column.title), **params)

    def _is_no_data(self, number: int, row: Sequence[Any]) -> bool:
        """Whether a row is a header again, a total, a note or the template's example; says which."""
        first = next((value for value in row if value is not None and value != ""), None)
        place = Place(self.sheet.name, number)
        if number == self.seen.header.last_row + 1 and layout.is_ordinal_row(row):
            self.checked.say(NOTE_SKIPPED, place, text=cells.show(first))
            return True
        if (
            isinstance(first, str)
            and layout.cell_text(first[:80]) in self.header_firsts
            and self._is_header(row)
        ):
            self.checked.say(REPEATED_HEADER, place)
            return True
        word = layout.is_total(row)
        if word:
            self.checked.total_rows += 1
            self._compare_total(number, row, word)
            return True
        if not isinstance(first, str):
            return False
        if layout.is_example(first):
            self.checked.say(EXAMPLE_SKIPPED, place)
            return True
        if layout.is_note(row, self.width):
            self.checked.note_rows += 1
            self.checked.say(NOTE_SKIPPED, place, text=cells.show(first))
            return True
        return False

    def _is_header(self, row: Sequence[Any]) -> bool:
        """The header again, as printed tables repeat it on every page."""
        return _trimmed(tuple(layout.cell_text(value) for value in row)) in self.header_lines

    def _compare_total(self, number: int, row: Sequence[Any], word: str) -> None:
        """A written total against the rows above it: all of them, or (小计) those since the last subtotal."""
        self.checked.say(TOTAL_SKIPPED, Place(self.sheet.name, number), word=word)
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
                params = {"title": plan.column.title, "word": word, "told": cells.show(row[position])}
                self.checked.say(TOTAL_DIFFERS, where, sum=shown, **params)
        if is_part:
            self.since = dict.fromkeys(self.numbers, 0)


def _trimmed(line: Sequence[str]) -> tuple[str, ...]:
    """A line of texts without the empty ones at its end."""
    last = max((i for i, text in enumerate(line) if text), default=-1)
    return tuple(line[: last + 1])


def _show_sum(plan: _Plan, total: Any) -> str:
    return show_money(total, plan.unit.money or "元") if plan.column.type is Type.MONEY else str(total)


def _apply_mapping(seen: Layout, format: Format, mapping: Mapping[str, int]) -> Layout:
    """The layout with a person's mapping instead of the guesses."""
    titles = seen.header.titles
    known = {column.name for column in format.columns}
    matches = [
        Match(position, name, titles[position], _("由经办人指定"), 1.0)
        for name, position in sorted(mapping.items(), key=lambda pair: pair[1])
        if 0 <= position < len(titles) and name in known
    ]
    taken = {match.name for match in matches}
    used = {match.position for match in matches}
    return Layout(
        seen.header,
        matches,
        seen.score,
        missing=[column.name for column in format.columns if column.required and column.name not in taken],
        extra=[title for i, title in enumerate(titles) if title and i not in used],
        duplicates=[],
    )


def _say_about_columns(checked: Checked, sheet: Sheet, seen: Layout, format: Format) -> None:
    row = seen.header.last_row
    for name in seen.missing:
        title = format.column(name).title
        checked.say(MISSING_COLUMN, Place(sheet.name, row, None, title), title=title)
    used = {match.title for match in seen.matches}
    for title in dict.fromkeys(seen.duplicates):
        kind = SAME_HEADER if title in used else EXTRA_COLUMN
        checked.say(kind, Place(sheet.name, row), title=title)
    for title in seen.extra:
        if title not in seen.duplicates:
            position = seen.header.titles.index(title)
            checked.say(EXTRA_COLUMN, Place(sheet.name, row, position + 1), title=title)


def _say_about_sheet(checked: Checked, book: Book, sheet: Sheet) -> None:
    facts = sheet.facts
    if facts.hidden_rows:
        place = Place(sheet.name, facts.hidden_rows[0])
        checked.say(HIDDEN_ROWS, place, count=len(facts.hidden_rows), row=facts.hidden_rows[0])
    if facts.hidden_columns:
        checked.say(HIDDEN_COLUMNS, Place(sheet.name), count=facts.hidden_columns)
    if facts.formulas:
        checked.say(FORMULAS, Place(sheet.name), count=facts.formulas, cell=facts.first_formula)
    if facts.links:
        checked.say(LINKS, Place(sheet.name), count=facts.links)
    for other in book.sheets:
        if other.hidden and other.name != sheet.name:
            checked.say(HIDDEN_SHEET, Place(other.name), name=other.name)
