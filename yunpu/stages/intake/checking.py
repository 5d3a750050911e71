"""Check a whole file against a format: typed rows out, and all findings at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from yunpu.kernel.findings import Finding, FindingKind, Place, Severity, declare
from yunpu.kernel.text import mark as _
from yunpu.stages.intake import cells, layout
from yunpu.stages.intake.cells import Bad, CellContext, Reading, make_parser
from yunpu.stages.intake.formats import NUMBERS, Format
from yunpu.stages.intake.layout import Layout
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


@dataclass(frozen=True)
class CheckedRow:
    """One typed row: values in the order of the format's columns, its row in the sheet."""

    values: tuple[Any, ...]
    number: int


@dataclass
class Checked:
    """What a check told: findings (the first 10,000, all counted), counts, sums of the number columns."""

    sheet: str = ""
    layout: Layout | None = None
    findings: list[Finding] = field(default_factory=list)
    counts: dict[Severity, int] = field(default_factory=lambda: dict.fromkeys(Severity, 0))
    rows: int = 0
    good_rows: int = 0
    sums: dict[str, int] = field(default_factory=dict)

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
        head = list(islice(sheet.rows(), layout.SEARCHED_ROWS + 2))
        for format in formats:
            seen = layout.find_layout(head, format)
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
    """Go through a sheet once: yields the good rows, fills `checked`. Raises UnableToRead.

    `mapping` (column name to position) is a person's word and replaces the guesses; `answers` maps column names to
    how bare fractions of a percent column are meant.
    """
    checked.sheet = sheet.name
    head = list(islice(sheet.rows(), layout.SEARCHED_ROWS + 2))
    seen = layout.find_layout(head, format, dict(remembered or {}))
    if seen is not None and mapping is not None:
        seen = _apply_mapping(seen, format, mapping)
    checked.layout = seen
    if seen is None:
        checked.say(NO_HEADER, Place(sheet.name), format=format.title)
        return
    _say_about_columns(checked, sheet, seen, format)
    _say_about_sheet(checked, book, sheet)
    if seen.missing:
        return
    reader = _RowReader(book, sheet, format, checked, seen, answers or {})
    for number, row in enumerate(sheet.rows(), 1):
        if number <= seen.header.last_row:
            continue
        values = reader.read(number, row)
        if progress and number % 2000 == 0:
            progress(number)
        if values is not None:
            yield CheckedRow(values, number)
    if not checked.rows:
        checked.say(NO_ROWS, Place(sheet.name, seen.header.last_row))


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
        self.percent = sheet.facts.percent
        self.width = len(seen.header.titles)
        self.header_row = tuple(seen.header.titles)
        self.first_title = next(title for title in self.header_row if title)
        mapping = seen.mapping
        self.columns = []
        for index, column in enumerate(format.columns):
            position = mapping.get(column.name, -1)
            reading = answers.get(column.name)
            unit = layout.column_unit(seen.header, position, column) if position >= 0 else column.unit
            context = CellContext(unit, book.epoch_1904, Reading(reading) if reading else None)
            cache: dict[Any, Any] = {}
            self.columns.append((index, position, column, make_parser(column, context), cache))
        self.numbers = [index for index, column in enumerate(format.columns) if column.type in NUMBERS]
        self.sums = dict.fromkeys(self.numbers, 0)
        self.since = dict.fromkeys(self.numbers, 0)
        self.key = [index for index, column in enumerate(format.columns) if column.key]
        self.keys: dict[int, int] = {}
        self.asked: set[str] = set()
        self.blank = 0
        for index in self.numbers:
            checked.sums[format.columns[index].name] = 0

    def read(self, number: int, row: Sequence[Any]) -> tuple[Any, ...] | None:
        """The typed values of a data row without errors; None for every other row."""
        if not any(row) and all(layout.is_blank(value) for value in row):
            return None
        if self._is_no_data(number, row):
            return None
        checked = self.checked
        checked.rows += 1
        values: list[Any] = [None] * len(self.columns)
        good = True
        percent, facts = self.percent, self.sheet.facts
        width = len(row)
        for index, position, column, parse, cache in self.columns:
            value = row[position] if 0 <= position < width else None
            if value is None or value == "" or (isinstance(value, str) and value.isspace()):
                if column.required:
                    good = False
                    self._say(number, position, column, cells.MISSING, {"title": column.title})
                continue
            formatted = bool(percent) and facts.is_percent(number, position)
            token = (value, formatted) if percent else value
            kind = type(value)
            if kind is str:
                known = cache.get(token)
                if known is not None:
                    values[index] = known
                    continue
            try:
                typed = parse(value, formatted)
            except Bad as bad:
                good = False
                self._say(number, position, column, bad.kind, bad.params)
                continue
            values[index] = typed
            if kind is str and len(cache) < _CACHE:
                cache[token] = typed
        if not good:
            return None
        return self._finish(number, values)

    def _finish(self, number: int, values: list[Any]) -> tuple[Any, ...] | None:
        key = hash(tuple([values[index] for index in self.key]))
        other = self.keys.setdefault(key, number)
        if other != number:
            shown = "、".join(str(values[index]) for index in self.key)[:80]
            place = Place(self.sheet.name, number, max(0, self.columns[self.key[0]][1]) + 1)
            self.checked.say(SAME_KEY, place, other=other, key=shown)
            return None
        for index in self.numbers:
            value = values[index]
            if value is not None:
                self.sums[index] += value
                self.since[index] += value
                self.checked.sums[self.format.columns[index].name] = self.sums[index]
        if self.format.checks:
            named = {column.name: value for column, value in zip(self.format.columns, values, strict=True)}
            bad = False
            for check in self.format.checks:
                for finding in check(named):
                    self.checked.add(self._placed(finding, number))
                    bad = bad or finding.severity is Severity.ERROR
            if bad:
                return None
        self.checked.good_rows += 1
        return tuple(values)

    def _placed(self, finding: Finding, number: int) -> Finding:
        """A row check names the column only; here it gets its cell."""
        position = self.seen.mapping.get(finding.place.title, -1)
        title = self.format.column(finding.place.title).title if position >= 0 else ""
        return replace(
            finding, place=Place(self.sheet.name, number, position + 1 if position >= 0 else None, title)
        )

    def _say(
        self, number: int, position: int, column: Any, kind: FindingKind, params: dict[str, Any]
    ) -> None:
        if kind is cells.PERCENT_QUESTION:
            if column.name in self.asked:
                return
            self.asked.add(column.name)
        place = Place(self.sheet.name, number, position + 1 if position >= 0 else None, column.title)
        self.checked.say(kind, place, **params)

    def _is_no_data(self, number: int, row: Sequence[Any]) -> bool:
        first = next((value for value in row if not layout.is_blank(value)), None)
        if not isinstance(first, str):
            return False
        if first == self.first_title and self._is_header(row):
            return True
        word = layout.is_total(row)
        if word:
            self._compare_total(number, row, word)
            return True
        if layout.is_note(row, self.width):
            self.checked.say(NOTE_SKIPPED, Place(self.sheet.name, number), text=cells.show(first))
            return True
        return False

    def _is_header(self, row: Sequence[Any]) -> bool:
        """The header again, as printed tables repeat it on every page."""
        return tuple(layout.cell_text(value) for value in row[: self.width]) == self.header_row[: len(row)]

    def _compare_total(self, number: int, row: Sequence[Any], word: str) -> None:
        place = Place(self.sheet.name, number)
        self.checked.say(TOTAL_SKIPPED, place, word=word)
        sums = self.since if word == "小计" else self.sums
        for index, position, column, parse, _cache in self.columns:
            if index not in sums or not 0 <= position < len(row) or layout.is_blank(row[position]):
                continue
            try:
                told = parse(row[position], False)
            except Bad:
                continue
            if told != sums[index]:
                where = Place(self.sheet.name, number, position + 1, column.title)
                shown = (
                    row[position],
                    _show_sum(column, sums[index], layout.column_unit(self.seen.header, position, column)),
                )
                self.checked.say(
                    TOTAL_DIFFERS,
                    where,
                    title=column.title,
                    word=word,
                    told=cells.show(shown[0]),
                    sum=shown[1],
                )
        if word == "小计":
            self.since = dict.fromkeys(self.numbers, 0)


def _show_sum(column: Any, total: Any, unit: str) -> str:
    from yunpu.kernel.money import show_money
    from yunpu.stages.intake.formats import Type

    return show_money(total, unit or "元") if column.type is Type.MONEY else str(total)


def _apply_mapping(seen: Layout, format: Format, mapping: Mapping[str, int]) -> Layout:
    """The layout with a person's mapping instead of the guesses."""
    titles = seen.header.titles
    matches = [
        layout.Match(position, name, titles[position], _("由经办人指定"), 1.0)
        for name, position in sorted(mapping.items(), key=lambda pair: pair[1])
        if 0 <= position < len(titles)
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
    if facts.formulas:
        checked.say(FORMULAS, Place(sheet.name), count=facts.formulas, cell=facts.first_formula)
    if facts.links:
        checked.say(LINKS, Place(sheet.name), count=facts.links)
    for other in book.sheets:
        if other.hidden and other.name != sheet.name:
            checked.say(HIDDEN_SHEET, Place(other.name), name=other.name)
