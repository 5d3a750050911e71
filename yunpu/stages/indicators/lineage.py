"""The lineage of a figure (数字的来历): its rows in the snapshot, the live record beside each, and where it came from.

The rows are those of the stored expression, run again on the snapshot's checked files: by construction those that
were counted. What a person may not see is counted, never shown.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property, reduce
from operator import or_
from typing import Any
from urllib.parse import urlencode

import duckdb
import narwhals as nw
from django.db.models import Model, Q
from django.urls import NoReverseMatch, reverse

from yunpu.access.rights import Action
from yunpu.access.scope import may, reads_identities, visible, visible_unit_ids
from yunpu.kernel.periods import Period
from yunpu.kernel.text import mark as _
from yunpu.reference.models import Unit
from yunpu.stages.indicators.breakdowns import Breakdown, break_down
from yunpu.stages.indicators.context import Tables
from yunpu.stages.indicators.definitions import Measure, Sum
from yunpu.stages.indicators.measures import Measured, count_rows, measure_rows, read_measure
from yunpu.stages.indicators.models import Figure
from yunpu.stages.snapshots.registry import find_table, model_of
from yunpu.stages.snapshots.tables import FrozenColumn, FrozenTable
from yunpu.trail.models import Batch
from yunpu.trail.operations import System
from yunpu.ui.registers import find_register

PAGE = 20
UNIT_COLUMN = "unit_code"


class Live(StrEnum):
    """What became of a frozen row's record."""

    SAME = "same"
    CHANGED = "changed"
    GONE = "gone"
    UNKNOWN = "unknown"


LIVE_TITLES = {
    Live.SAME: _("未变"),
    Live.CHANGED: _("已改"),
    Live.GONE: _("已删"),
    Live.UNKNOWN: _("表已停用"),
}


@dataclass(frozen=True)
class Cell:
    """One value of a row: as frozen, and as it is now where that differs."""

    column: FrozenColumn
    frozen: Any
    now: Any = None
    differs: bool = False


@dataclass(frozen=True)
class Origin:
    """Where a row came from: the batch, sheet and row of the file, or by hand (batch 0)."""

    batch_id: int
    sheet: str
    row: int
    batch: str = ""
    url: str = ""

    @property
    def by_hand(self) -> bool:
        return self.batch_id == 0


@dataclass(frozen=True)
class TracedRow:
    """One of the snapshot's rows, with its live record."""

    cells: tuple[Cell, ...]
    live: Live
    record_id: int | None
    origin: Origin | None
    model: type[Model] | None = None

    @property
    def changed(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if cell.differs)

    @property
    def live_title(self) -> str:
        return LIVE_TITLES[self.live]

    @property
    def live_url(self) -> str:
        """The page of the live record; empty where there is none."""
        register = find_register(self.model) if self.model and self.record_id else None
        return reverse(register.url_name("record"), args=[self.record_id]) if register else ""


@dataclass
class Page:
    """A page of rows a person may see; `masked` of them were left out because their live record is out of scope.

    `total` rows hold `query`; `measured` is what they give by the figure's own measure.
    """

    rows: list[TracedRow]
    masked: int
    start: int
    total: int
    size: int = PAGE
    query: str = ""
    measured: Measured | None = None

    @property
    def first(self) -> int:
        return min(self.start + 1, self.total)

    @property
    def last(self) -> int:
        return min(self.start + self.size, self.total)

    @property
    def previous_start(self) -> int | None:
        return max(0, self.start - self.size) if self.start else None

    @property
    def next_start(self) -> int | None:
        return self.last if self.last < self.total else None


def _with_codes(frozen: FrozenTable, present: FrozenTable | None) -> FrozenTable:
    """The table as it was frozen, with the code lists of today: a snapshot keeps codes, not what they are called."""
    lists = {column.name: column.codes for column in present.columns} if present else {}
    columns = tuple(replace(column, codes=lists.get(column.name)) for column in frozen.columns)
    return replace(frozen, columns=columns)


@contextmanager
def tracing(figure: Figure, *, user: Any, on: dt.date, action: str = Action.VIEW) -> Iterator[Lineage]:
    """Open the lineage of a figure for a person: the rows they may see, or take away (`action`).

    Raises UnableToUseSnapshot where a file is not what was frozen.
    """
    with Tables(figure.snapshot) as tables:
        yield Lineage(figure, tables, user, on, action)


@dataclass
class Lineage:
    """What stands behind one figure, as one person may see or export it. A growth has none of its own: see its two figures."""

    figure: Figure
    tables: Tables
    user: Any
    on: dt.date
    action: str = Action.VIEW
    measure: Measure = field(init=False)
    table: FrozenTable = field(init=False)

    def __post_init__(self) -> None:
        assert self.figure.sql, f"{self.figure.code} is derived and has no rows of its own"
        self.measure = read_measure(self.figure.definition.measure)
        self.table = _with_codes(
            self.tables.declaration(self.figure.definition.table_name),
            find_table(self.figure.definition.table_name),
        )

    @cached_property
    def frame(self) -> nw.LazyFrame[Any]:
        """All rows that were counted; none where nothing was known."""
        rows = self.tables.run(self.figure.sql)
        return rows if self.figure.exact is not None else rows.head(0)

    @cached_property
    def measured(self) -> Measured:
        """The figure, measured again now."""
        return self._measure(self.frame)

    @property
    def agrees(self) -> bool:
        """Whether the rows still give the figure, to the last digit."""
        if self.figure.exact is None:
            return True
        return (self.measured.value, self.measured.records) == (self.figure.exact, self.figure.records)

    @cached_property
    def model(self) -> type[Model] | None:
        """The model of the live records; None where the table is declared no longer."""
        return model_of(self.present) if self.present else None

    @cached_property
    def present(self) -> FrozenTable | None:
        """The table as it is declared today."""
        return find_table(self.table.name)

    @cached_property
    def shown_frame(self) -> nw.LazyFrame[Any]:
        """The rows of units the person may see."""
        codes = self._visible_codes
        if codes is None:
            return self.frame
        if UNIT_COLUMN not in self.frame.collect_schema().names():
            return self.frame.head(0)
        return self.frame.filter(nw.col(UNIT_COLUMN).is_in(sorted(codes)))

    @cached_property
    def _visible_codes(self) -> frozenset[str] | None:
        """The codes of the units whose rows the person may see; None means all rows."""
        if isinstance(self.user, System):
            return None
        if self.model is None:
            return frozenset()
        if getattr(self.model, "scope_field", "") is None:
            reads = reads_identities(self.user, on=self.on)
            takes = may(self.user, self.action, on=self.on, model=self.model)
            return None if reads and takes else frozenset()
        ids = visible_unit_ids(self.user, on=self.on, action=self.action, model=self.model)
        if ids is None:
            return None
        return frozenset(Unit.objects.filter(pk__in=ids).values_list("code", flat=True))

    @cached_property
    def shown_count(self) -> int:
        return self.measured.records if self._visible_codes is None else count_rows(self.shown_frame)

    @property
    def hidden_count(self) -> int:
        """Rows of units out of the person's scope."""
        return self.measured.records - self.shown_count

    def page(self, start: int = 0, size: int = PAGE, query: str = "") -> Page:
        """Rows that hold `query`, by size of what is summed, else by natural key, each with its live record."""
        frame = self._holding(query) if query else self.shown_frame
        found = nw.to_native(frame).order(self._order).limit(size, offset=start).to_arrow_table()
        traced = self._trace(found.to_pylist())
        rows = [row for row in traced if row is not None]
        page = Page(rows, len(traced) - len(rows), start, self.shown_count, size, query)
        if query:
            page.measured = self._measure(frame)
            page.total = page.measured.records
        return page

    def rows(self, most: int, step: int) -> Iterator[TracedRow]:
        """The first `most` rows a person may see by natural key, traced `step` at a time."""
        found = nw.to_native(self.shown_frame).order(self._keys).limit(most)
        for batch in found.to_arrow_reader(step):
            traced = self._trace(batch.to_pylist(), are_neighbours=True)
            yield from (row for row in traced if row is not None)

    def _holding(self, query: str) -> nw.LazyFrame[Any]:
        """The rows of which some declared column holds a text, in any case."""
        wanted = duckdb.ConstantExpression(query.lower())
        conditions = (
            duckdb.FunctionExpression(
                "contains",
                duckdb.FunctionExpression("lower", duckdb.ColumnExpression(column.name).cast("VARCHAR")),
                wanted,
            )
            for column in self.table.columns
        )
        found: nw.LazyFrame[Any] = nw.from_native(
            nw.to_native(self.shown_frame).filter(reduce(or_, conditions))
        )
        return found

    def _measure(self, frame: nw.LazyFrame[Any]) -> Measured:
        return measure_rows(frame, self.measure, Period.parse(self.figure.period_code))

    @property
    def _order(self) -> str:
        return f'"{self.measure.column}" DESC, {self._keys}' if isinstance(self.measure, Sum) else self._keys

    @property
    def _keys(self) -> str:
        return ", ".join(f'"{name}"' for name in self.table.key)

    def breakdown(self) -> Breakdown | None:
        """What the visible rows are made of; None where the definition names nothing to break down by."""
        by = self.figure.definition.showing.get("by", "")
        return break_down(
            nw.to_native(self.shown_frame), self.measure, by, Period.parse(self.figure.period_code)
        )

    def _trace(
        self, rows: Sequence[Mapping[str, Any]], *, are_neighbours: bool = False
    ) -> list[TracedRow | None]:
        """Each row with its live record; None for one whose live record is out of the person's scope."""
        live = self._live_records(rows, are_neighbours)
        origins = _Origins(rows)
        return [self._traced(row, live, origins) for row in rows]

    def _traced(self, row: Mapping[str, Any], live: _LiveRecords, origins: _Origins) -> TracedRow | None:
        key = tuple(row[name] for name in self.table.key)
        if key in live.out_of_scope:
            return None
        now = live.values.get(key)
        cells = tuple(_cell(column, row, now) for column in self.table.columns)
        if self.model is None:
            state = Live.UNKNOWN
        elif now is None:
            state = Live.GONE
        else:
            state = Live.CHANGED if any(cell.differs for cell in cells) else Live.SAME
        return TracedRow(cells, state, live.ids.get(key), origins.of(row), self.model)

    def _live_records(self, rows: Sequence[Mapping[str, Any]], are_neighbours: bool) -> _LiveRecords:
        """The live records of some rows by natural key, in two queries.

        Rows that follow one another by key share most of it: each part of the key by a list of its values is then a
        quick question with a close answer. For a page of rows from everywhere each key is asked for by itself.
        """
        found = _LiveRecords()
        if self.model is None or self.present is None or not rows:
            return found
        declared = {column.name: column for column in self.present.columns}
        if not set(self.table.key) <= set(declared):
            return found
        paths = {name: declared[name].path for name in declared}
        if are_neighbours:
            wanted = Q(**{f"{paths[name]}__in": list({row[name] for row in rows}) for name in self.table.key})
        else:
            wanted = reduce(or_, (Q(**{paths[name]: row[name] for name in self.table.key}) for row in rows))
        records = self.model._default_manager.filter(wanted)
        seen = set(visible(records, self.user, on=self.on, action=self.action).values_list("pk", flat=True))
        for pk, *values in records.values_list("pk", *paths.values()):
            now = dict(zip(paths, map(_plain, values), strict=True))
            key = tuple(now[name] for name in self.table.key)
            if pk in seen:
                found.values[key], found.ids[key] = now, pk
            else:
                found.out_of_scope.add(key)
        return found


@dataclass
class _LiveRecords:
    """Live records by natural key: those a person may see, and the keys of those not."""

    values: dict[tuple[Any, ...], dict[str, Any]] = field(default_factory=dict)
    ids: dict[tuple[Any, ...], int] = field(default_factory=dict)
    out_of_scope: set[tuple[Any, ...]] = field(default_factory=set)


def _plain(value: Any) -> Any:
    """A live value in the form the snapshot has it."""
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


def _cell(column: FrozenColumn, row: Mapping[str, Any], now: Mapping[str, Any] | None) -> Cell:
    frozen = row[column.name]
    if now is None or column.name not in now:
        return Cell(column, frozen)
    return Cell(column, frozen, now[column.name], frozen != now[column.name])


class _Origins:
    """The origins of some rows; the batches are named by one query."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        numbers = {row.get("source_batch") or 0 for row in rows} - {0}
        self._batches = {batch.pk: str(batch) for batch in Batch.objects.filter(pk__in=numbers)}

    def of(self, row: Mapping[str, Any]) -> Origin | None:
        """The origin frozen with the row; None where the table keeps none."""
        if "source_batch" not in row:
            return None
        batch, sheet, number = row["source_batch"], row["source_sheet"], row["source_row"]
        return Origin(batch, sheet, number, self._batches.get(batch, ""), cell_url(batch, sheet, number))


def cell_url(batch: int, sheet: str, row: int) -> str:
    """The page of the original file at that row; empty where there is none."""
    if not batch:
        return ""
    try:
        return f"{reverse('intake:cell', args=[batch, row])}?{urlencode({'sheet': sheet})}"
    except NoReverseMatch:
        return ""
