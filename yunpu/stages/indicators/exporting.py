"""The whole chain of a figure as one workbook. Text is written as text: no cell can become a formula."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator, Sequence
from typing import Any

import xlsxwriter

from yunpu.kernel.text import Translate, untranslated
from yunpu.kernel.text import mark as _
from yunpu.stages.indicators.chains import GROWTH_FORMULA, cell_text, heading
from yunpu.stages.indicators.formulas import formula
from yunpu.stages.indicators.lineage import Lineage, TracedRow, tracing
from yunpu.stages.indicators.models import Figure
from yunpu.stages.indicators.publishing import exact_text, rule_text
from yunpu.trail.operations import Actor, operation

MOST_ROWS = 100_000
_STEP = 500


def export_chain(
    figure: Figure, *, by: Actor, at: dt.datetime, on: dt.date, translate: Translate = untranslated
) -> bytes:
    """The chain of a figure as .xlsx: 数字, 定义, 快照, 记录, 来源. What `by` may not see is counted, not written."""
    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        writer = _Writer(book, translate)
        writer.pairs(_("数字"), _figure_pairs(figure, translate))
        writer.pairs(_("定义"), _definition_pairs(figure, translate))
        writer.pairs(_("快照"), _snapshot_pairs(figure))
        parts = [figure] if figure.of is None or figure.base is None else [figure.of, figure.base]
        _write_rows(writer, parts, by, on)
    with operation("indicators.chain-exported", by=by, at=at) as note:
        note.act(figure)
    return out.getvalue()


def _figure_pairs(figure: Figure, translate: Translate) -> list[tuple[str, str]]:
    hidden = figure.state == Figure.State.HIDDEN
    return [
        (_("数字"), figure.title),
        (_("编码"), figure.code),
        (_("期间"), figure.period_code),
        (_("发布写法"), figure.shown),
        (_("精确值"), "" if figure.exact is None or hidden else exact_text(figure.exact)),
        (_("单位"), figure.unit),
        (
            _("发布规则"),
            rule_text(figure.definition.showing, growth=figure.of_id is not None, translate=translate),
        ),
        (_("状态"), f"{figure.get_state_display()} {figure.get_reason_display()}".strip()),
        (_("记录数"), str(figure.records)),
        (_("计算时间"), figure.at.isoformat()),
    ]


def _definition_pairs(figure: Figure, translate: Translate) -> list[tuple[str, str]]:
    definition = figure.definition
    return [
        (_("指标"), definition.title),
        (_("编码"), definition.code),
        (_("口径版本"), str(definition.version)),
        (_("口径摘要"), definition.digest),
        (_("口径说明"), definition.words),
        (_("来源"), definition.source),
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


def _write_rows(writer: _Writer, parts: Sequence[Figure], by: Any, on: dt.date) -> None:
    """The records and their origins, figure by figure; totals and what is hidden below each."""
    records, origins = writer.sheet(_("记录")), writer.sheet(_("来源"))
    writer.line(
        origins,
        [writer.say(title) for title in (_("期间"), _("编码"), _("批次"), _("工作表"), _("行号"), _("现状"))],
    )
    for part in parts:
        with tracing(part, user=by, on=on) as lineage:
            _write_part(writer, records, origins, lineage)


def _write_part(writer: _Writer, records: Any, origins: Any, lineage: Lineage) -> None:
    figure, columns = lineage.figure, lineage.table.columns
    writer.line(records, [figure.title, figure.period_code, figure.shown])
    writer.line(records, [formula(figure.sql, lineage.measure, lineage.table, writer.say)])
    titles = [heading(column, writer.say) for column in columns]
    writer.line(records, [*titles, writer.say(_("现状")), writer.say(_("现值与快照不同之处"))])
    written = 0
    for row in _all_rows(lineage):
        frozen = [cell_text(cell.column, cell.frozen, writer.say) for cell in row.cells]
        writer.line(records, [*frozen, writer.say(row.live_title), _changes(row, writer.say)])
        writer.line(origins, [figure.period_code, *_origin(lineage, row), writer.say(row.live_title)])
        written += 1
    writer.line(records, [writer.say(_("共 %(count)s 条，其中不在您可见范围或未列出 %(hidden)s 条")) % {
        "count": figure.records, "hidden": figure.records - written}])  # fmt: skip
    if figure.state == Figure.State.DEFINED:
        agrees = writer.say(_("等于数字") if lineage.agrees else _("与数字不符"))
        writer.line(
            records, [f"{writer.say(_('合计'))} {exact_text(lineage.measured.value)} {figure.unit}，{agrees}"]
        )


def _all_rows(lineage: Lineage) -> Iterator[TracedRow]:
    for start in range(0, min(lineage.shown_count, MOST_ROWS), _STEP):
        yield from lineage.page(start, _STEP).rows


def _changes(row: TracedRow, say: Translate) -> str:
    return "；".join(
        f"{heading(cell.column, say)}：{cell_text(cell.column, cell.frozen, say)} → {cell_text(cell.column, cell.now, say)}"
        for cell in row.changed
    )


def _origin(lineage: Lineage, row: TracedRow) -> list[str]:
    key = " ".join(str(cell.frozen) for cell in row.cells if cell.column.name in lineage.table.key)
    if row.origin is None:
        return [key, "", "", ""]
    if row.origin.by_hand:
        return [key, _("手工录入"), "", ""]
    return [key, str(row.origin.batch_id), row.origin.sheet, str(row.origin.row)]


class _Writer:
    """Sheets of text, line by line."""

    def __init__(self, book: Any, say: Translate) -> None:
        self.book, self.say = book, say
        self.next_line: dict[str, int] = {}

    def sheet(self, title: str) -> Any:
        return self.book.add_worksheet(self.say(title))

    def line(self, sheet: Any, texts: Sequence[str]) -> None:
        at = self.next_line.get(sheet.name, 0)
        for column, text in enumerate(texts):
            sheet.write_string(at, column, text[:32_767])
        self.next_line[sheet.name] = at + 1

    def pairs(self, title: str, pairs: Sequence[tuple[str, str]]) -> None:
        sheet = self.sheet(title)
        for name, text in pairs:
            self.line(sheet, [self.say(name), text])
        sheet.set_column(0, 0, 16)
        sheet.set_column(1, 1, 80)
