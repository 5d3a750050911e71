"""The whole chain of a figure as one workbook. Text is written as text: no cell can become a formula."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any

import xlsxwriter

from yunpu.access.rights import Action
from yunpu.kernel.text import Translate, fill, untranslated
from yunpu.kernel.text import mark as _
from yunpu.stages.indicators.chains import GROWTH_FORMULA, cell_text, headings
from yunpu.stages.indicators.formulas import formula
from yunpu.stages.indicators.lineage import Lineage, TracedRow, tracing
from yunpu.stages.indicators.models import Figure
from yunpu.stages.indicators.publishing import exact_text, rule_text, title_in
from yunpu.stages.snapshots.tables import FrozenColumn, Kind
from yunpu.trail.jobs import Progress, no_progress
from yunpu.trail.operations import Actor, operation

MOST_ROWS = 500_000  # of one figure: a growth has two, and a sheet 1,048,576 lines
_STEP = 2_000
_LONGEST = 32_767  # characters in a cell
_WIDE = 2**53  # beyond this a spreadsheet loses digits: written as text


def export_chain(
    figure: Figure,
    out: IO[bytes],
    *,
    by: Actor,
    at: dt.datetime,
    on: dt.date,
    translate: Translate = untranslated,
    progress: Progress = no_progress,
) -> None:
    """Write the chain of a figure as .xlsx: 数字, 定义, 快照, 记录, 来源. What `by` may not export is counted, not written.

    `progress` is told the rows that were written; it may raise Cancelled.
    """
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"created": at.replace(tzinfo=None)})
        writer = _Writer(book, translate)
        writer.pairs(_("数字"), _figure_pairs(figure, translate))
        writer.pairs(_("定义"), _definition_pairs(figure, translate))
        writer.pairs(_("快照"), _snapshot_pairs(figure))
        _write_rows(writer, parts_of(figure), _Frame(by, on, progress))
    with operation("indicators.chain-exported", by=by, at=at) as note:
        note.act(figure)


def parts_of(figure: Figure) -> list[Figure]:
    """The figures whose rows stand behind one: itself, or both figures of a growth."""
    return [figure] if figure.of is None or figure.base is None else [figure.of, figure.base]


def count_lines(figure: Figure) -> int:
    """How many rows the workbook would list at most."""
    return sum(min(part.records, MOST_ROWS) for part in parts_of(figure))


@dataclass
class _Frame:
    """For whom the rows are written, and how far the writing has come."""

    by: Any
    on: dt.date
    progress: Progress
    done: int = 0
    total: int = 0

    def step(self) -> None:
        self.done += 1
        if self.done % _STEP == 0:
            self.progress(self.done, max(self.done, self.total), _("写入记录"))


def _figure_pairs(figure: Figure, translate: Translate) -> list[tuple[str, str]]:
    hidden = figure.state == Figure.State.HIDDEN
    return [
        (_("数字"), title_in(figure.title, translate)),
        (_("编码"), figure.code),
        (_("期间"), figure.period_code),
        (_("发布写法"), figure.shown),
        (_("精确值"), "" if figure.exact is None or hidden else exact_text(figure.exact)),
        (_("单位"), translate(figure.unit)),
        (
            _("发布规则"),
            rule_text(figure.definition.showing, growth=figure.of_id is not None, translate=translate),
        ),
        (_("状态"), f"{figure.get_state_display()} {figure.get_reason_display()}".strip()),
        (_("记录数"), "" if hidden else str(figure.records)),
        (_("计算时间"), figure.at.isoformat()),
    ]


def _definition_pairs(figure: Figure, translate: Translate) -> list[tuple[str, str]]:
    definition = figure.definition
    return [
        (_("指标"), translate(definition.title)),
        (_("编码"), definition.code),
        (_("口径版本"), str(definition.version)),
        (_("口径摘要"), definition.digest),
        (_("口径说明"), translate(definition.words)),
        (_("来源"), translate(definition.source)),
        (_("公式"), translate(GROWTH_FORMULA) if figure.of_id else ""),
        (_("取数语句"), figure.sql),
        (_("定义原文"), definition.text),
    ]


def _snapshot_pairs(figure: Figure) -> list[tuple[str, str]]:
    snapshot = figure.snapshot
    tables = [
        (table.name, f"{table.rows} · SM3 {table.digest}") for table in snapshot.tables.order_by("name")
    ]
    return [
        (_("快照编号"), snapshot.number),
        (_("数据截至"), snapshot.as_of.isoformat()),
        (_("冻结时间"), snapshot.at.isoformat()),
        (_("内容摘要"), snapshot.digest),
        (_("清单摘要"), snapshot.manifest_digest),
        *tables,
    ]


def _write_rows(writer: _Writer, parts: Sequence[Figure], frame: _Frame) -> None:
    """The records and their origins, figure by figure; totals and what is not listed stand below each."""
    records, origins = writer.sheet(_("记录"), 18), writer.sheet(_("来源"), 22)
    writer.line(origins, [_("期间"), _("编码"), _("批次"), _("工作表"), _("行号"), _("现状")], head=True)
    frame.total = sum(min(part.records, MOST_ROWS) for part in parts)
    for part in parts:
        with tracing(part, user=frame.by, on=frame.on, action=Action.EXPORT) as lineage:
            _write_part(writer, records, origins, lineage, frame)


def _write_part(writer: _Writer, records: Any, origins: Any, lineage: Lineage, frame: _Frame) -> None:
    figure, columns, say = lineage.figure, lineage.table.columns, writer.say
    writer.line(records, [title_in(figure.title, say), figure.period_code, figure.shown])
    writer.line(records, [formula(figure.sql, lineage.measure, lineage.table, say)])
    titles = headings(figure, columns, say)
    writer.line(records, [*titles, say(_("现状")), say(_("现值与快照不同之处"))], head=True)
    written = 0
    for row in lineage.rows(MOST_ROWS, _STEP):
        frozen = [cell_value(cell.column, cell.frozen, say) for cell in row.cells]
        writer.line(records, [*frozen, say(row.live_title), _changes(row, titles, say)])
        writer.line(origins, [figure.period_code, *_origin(lineage, row, say), say(row.live_title)])
        written += 1
        frame.step()
    for text in _remarks(lineage, written, say):
        writer.line(records, [text])


def _remarks(lineage: Lineage, written: int, say: Translate) -> Iterator[str]:
    """What stands below the rows: how many there are, how many are not listed and why, and the total."""
    figure = lineage.figure
    unlisted = max(0, lineage.shown_count - MOST_ROWS)
    if figure.state != Figure.State.HIDDEN:
        yield fill(
            _("共 %(count)s 条，列出 %(written)s 条"), _numbers(count=figure.records, written=written), say
        )
    hidden = lineage.measured.records - written - unlisted
    if hidden:
        yield fill(_("%(hidden)s 条不在您的导出范围，只计数"), _numbers(hidden=hidden), say)
    if unlisted:
        yield fill(
            _("%(unlisted)s 条未列出：工作簿最多列出 %(most)s 条"),
            _numbers(unlisted=unlisted, most=MOST_ROWS),
            say,
        )
    if figure.state == Figure.State.DEFINED:
        agrees = say(_("等于数字") if lineage.agrees else _("与数字不符"))
        yield f"{say(_('合计'))} {exact_text(lineage.measured.value)} {say(figure.unit)}，{agrees}"


def _numbers(**numbers: int) -> dict[str, str]:
    return {name: f"{number:,}" for name, number in numbers.items()}


def cell_value(column: FrozenColumn, value: Any, say: Translate) -> Any:
    """A value as a spreadsheet keeps it: money and numbers as numbers, dates as dates, all else as text."""
    if value is None:
        return ""
    if column.kind is Kind.FEN:
        return Decimal(value) / 100
    if column.kind in (Kind.INTEGER, Kind.DATE):
        return value
    return cell_text(column, value, say)


def _changes(row: TracedRow, titles: Sequence[str], say: Translate) -> str:
    return "；".join(
        f"{title}：{cell_text(cell.column, cell.frozen, say)} → {cell_text(cell.column, cell.now, say)}"
        for title, cell in zip(titles, row.cells, strict=True)
        if cell.differs
    )


def _origin(lineage: Lineage, row: TracedRow, say: Translate) -> list[Any]:
    key = " ".join(str(cell.frozen) for cell in row.cells if cell.column.name in lineage.table.key)
    if row.origin is None:
        return [key, "", "", ""]
    if row.origin.by_hand:
        return [key, say(_("手工录入")), "", ""]
    return [key, row.origin.batch_id, row.origin.sheet, row.origin.row]


class _Writer:
    """Sheets written line by line, from the top: nothing is held in memory. Text can never become a formula."""

    def __init__(self, book: Any, say: Translate) -> None:
        self.book, self.say = book, say
        self.next_line: dict[str, int] = {}
        self.head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#F1F3F6"})
        self.money = book.add_format({"num_format": "#,##0.00"})
        self.date = book.add_format({"num_format": "yyyy-mm-dd"})
        self.wrapped = book.add_format({"text_wrap": True, "valign": "top"})

    def sheet(self, title: str, width: int) -> Any:
        sheet = self.book.add_worksheet(self.say(title))
        sheet.set_column(0, 30, width)
        return sheet

    def line(self, sheet: Any, values: Sequence[Any], *, head: bool = False) -> None:
        at = self.next_line.get(sheet.name, 0)
        for column, value in enumerate(values):
            self._cell(sheet, at, column, self.say(value) if head else value, head)
        self.next_line[sheet.name] = at + 1

    def _cell(self, sheet: Any, at: int, column: int, value: Any, head: bool) -> None:
        if isinstance(value, dt.date):
            sheet.write_datetime(at, column, dt.datetime.combine(value, dt.time()), self.date)
        elif isinstance(value, Decimal) and abs(value) * 100 < _WIDE:
            sheet.write_number(at, column, value, self.money)
        elif isinstance(value, int) and abs(value) < _WIDE:
            sheet.write_number(at, column, value)
        else:
            sheet.write_string(at, column, str(value)[:_LONGEST], self.head if head else None)

    def pairs(self, title: str, pairs: Sequence[tuple[str, str]]) -> None:
        sheet = self.book.add_worksheet(self.say(title))
        sheet.set_column(0, 0, 18)
        sheet.set_column(1, 1, 100, self.wrapped)
        for at, (name, text) in enumerate(pairs):
            sheet.write_string(at, 0, self.say(name), self.wrapped)
            sheet.write_string(at, 1, text[:_LONGEST], self.wrapped)
