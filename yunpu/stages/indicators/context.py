"""What an indicator's expression is given: the tables of one snapshot as lazy frames, and the period.

Every file is checked against its digest before its first use. Lineage runs the same SQL again on the same tables:
the records shown are those that were counted.
"""

from __future__ import annotations

import datetime as dt
from types import TracebackType
from typing import Any

import duckdb
import narwhals as nw

from yunpu.kernel.periods import Period
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.stages.snapshots.models import Snapshot, SnapshotTable
from yunpu.stages.snapshots.tables import FrozenTable
from yunpu.stages.snapshots.verifying import checked_path, read_manifest


class UnableToFindTable(Refusal):
    """A snapshot made before its table was declared."""

    code = "IND-101"
    headline = _("快照 %(number)s 里没有表 %(table)s")
    why = _("这张表在冻结之后才登记，旧快照里没有它的记录。")
    ways_out = ((_("重新冻结，再从新快照计算"), "yunpu freeze"),)


class Tables:
    """The tables of one snapshot in DuckDB. Use it as a context manager."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.manifest = read_manifest(snapshot)
        self._files = {table.name: table for table in snapshot.tables.all()}
        self._ready: set[str] = set()
        self._duckdb = duckdb.connect()

    def __enter__(self) -> Tables:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._duckdb.close()

    def declaration(self, name: str) -> FrozenTable:
        """The table as it was declared when the snapshot was made."""
        self._file(name)
        return self.manifest.table(name)

    def frame(self, name: str) -> nw.LazyFrame[Any]:
        """One table, lazy. Raises UnableToFindTable, UnableToUseSnapshot."""
        self._open(name)
        return nw.from_native(self._duckdb.view(f'"{name}"'))

    def run(self, sql: str) -> nw.LazyFrame[Any]:
        """The rows of a stored expression, lazy. Raises UnableToUseSnapshot."""
        for name in self._files:
            self._open(name)
        return nw.from_native(self._duckdb.sql(sql))

    def oldest(self, name: str, column: str) -> dt.date | None:
        """The earliest date in a column, 1 January of the earliest year in a column of years; None where there is none."""
        found = self.frame(name).select(nw.col(column).min().alias("first")).collect("pyarrow").to_native()
        first: dt.date | int | None = found.column("first")[0].as_py()
        return dt.date(first, 1, 1) if isinstance(first, int) else first

    def _file(self, name: str) -> SnapshotTable:
        if name not in self._files:
            raise UnableToFindTable(number=self.snapshot.number, table=name)
        return self._files[name]

    def _open(self, name: str) -> None:
        table = self._file(name)
        if name not in self._ready:
            path = str(checked_path(table)).replace("'", "''")
            self._duckdb.execute(f"CREATE VIEW \"{name}\" AS SELECT * FROM read_parquet('{path}')")  # noqa: S608 - names are declared, the path is ours
            self._ready.add(name)


class Context:
    """The tables of one snapshot seen for one period."""

    def __init__(self, tables: Tables, period: Period) -> None:
        self._tables = tables
        self.period = period

    def __getitem__(self, name: str) -> nw.LazyFrame[Any]:
        return self._tables.frame(name)

    def in_period(self, column: str) -> nw.Expr:
        """Whether a date lies in the period, both its days included."""
        return nw.col(column).is_between(self.period.first_on, self.period.last_on, closed="both")

    def up_to_period(self, column: str) -> nw.Expr:
        """Whether a date lies in the period or before it."""
        return nw.col(column) <= self.period.last_on

    @property
    def holds_as_of(self) -> bool:
        """Whether the date of the snapshot lies in the period."""
        return self.period.first_on <= self.as_of <= self.period.last_on

    @property
    def as_of(self) -> dt.date:
        """The date of the snapshot."""
        return self._tables.snapshot.as_of


def sql_of(frame: nw.LazyFrame[Any]) -> str:
    """The frame as SQL over the snapshot's tables by name: it is stored with the figure."""
    return str(nw.to_native(frame).sql_query())
