"""Many records in one bulk write (批次): all or nothing, nobody waits, nobody sees a part of it.

New rows are written in short transactions under a hidden batch; changed rows are kept aside. One small commit then
applies the changes, shows the batch and writes its single event. A killed load leaves only hidden rows, which the
next start removes. Sizes: 2,000 rows a transaction hold SQLite's write lock for some tens of milliseconds.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import IntegrityError, connection, models, transaction
from django.db.models.functions import Cast
from django.utils import timezone

from yunpu.kernel.digests import Sm3
from yunpu.kernel.refusals import Reasoned
from yunpu.kernel.text import mark as _
from yunpu.trail.jobs import Progress, no_progress
from yunpu.trail.models import Batch, Change, Event, Sourced
from yunpu.trail.operations import Actor, operation, plain, preparing
from yunpu.ui import search

CHUNK = 2_000
_ROOM = {"cache_size": -131_072, "wal_autocheckpoint": 16_384}  # KiB of pages, pages of the log
LEASE = dt.timedelta(minutes=2)
PROVENANCE = ("batch_id", "sheet_name", "row_number")


class UnableToLoad(Reasoned):
    """A bulk write that cannot be done now."""

    code = "INT-101"
    headline = _("不能导入：%(reason)s")
    why = _("没有写入任何一行，文件和核对结果都还在。")
    ways_out = ((_("稍后再试"), ""),)


class UnableToWithdraw(Reasoned):
    """A batch on which something later depends."""

    code = "INT-102"
    headline = _("不能撤回这一批：%(reason)s")
    why = _("撤回会让后来的记录失去依据，没有改动任何一行。")
    ways_out = ((_("上传一份更正的文件，按关键字更新"), ""),)


@dataclass(frozen=True)
class Row:
    """One record to be: its values in the order of the target's fields, and where they stand in the file."""

    values: tuple[Any, ...]
    sheet: str
    number: int


@dataclass(frozen=True)
class Target:
    """A model as the loader sees it: `names` are the attributes filled (attnames), `key` the natural key's.

    `assumed` are those that the file does not tell, such as the unit that hands it in: a new record gets them, a
    record that is there keeps its own.
    """

    model: type[Sourced]
    names: tuple[str, ...]
    key: tuple[str, ...]
    assumed: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        assert self.key, f"{self.label}: a load needs a natural key"
        assert set(self.key) <= set(self.names), f"{self.label}: key {self.key} not among {self.names}"

    @property
    def label(self) -> str:
        return self.model._meta.label_lower

    @cached_property
    def fields(self) -> tuple[models.Field[Any, Any], ...]:
        by_attname = {stored.attname: stored for stored in self.model._meta.concrete_fields}
        return tuple(by_attname[name] for name in self.names)

    @cached_property
    def defaults(self) -> tuple[tuple[models.Field[Any, Any], Any], ...]:
        """Stored fields the file says nothing of, with the value a new record gets."""
        told = {*self.names, *PROVENANCE, self.model._meta.pk.attname}
        return tuple(
            (stored, stored.get_default())
            for stored in self.model._meta.concrete_fields
            if stored.attname not in told
        )

    @cached_property
    def key_positions(self) -> tuple[int, ...]:
        return tuple(self.names.index(name) for name in self.key)

    @cached_property
    def assumed_positions(self) -> tuple[int, ...]:
        return tuple(self.names.index(name) for name in self.assumed)

    def keep_own(self, row: Row, found: Found) -> Row:
        """The row with the values that it only assumes replaced by the record's own."""
        values = list(row.values)
        for position in self.assumed_positions:
            values[position] = found.values[position]
        return Row(tuple(values), row.sheet, row.number)

    def key_of(self, values: Sequence[Any]) -> tuple[Any, ...]:
        return tuple([values[position] for position in self.key_positions])

    @cached_property
    def converted(self) -> tuple[tuple[int, models.Field[Any, Any]], ...]:
        """The fields whose values the driver does not take as they are, with their positions."""
        return tuple((i, stored) for i, stored in enumerate(self.fields) if not _is_taken_as_it_is(stored))

    def as_stored(self, values: Sequence[Any]) -> Sequence[Any]:
        """A row's values as the database driver takes them."""
        if not self.converted:
            return values
        out = list(values)
        for position, stored in self.converted:
            out[position] = self.prepare(stored, out[position])
        return out

    def prepare(self, stored: models.Field[Any, Any], value: Any) -> Any:
        """A value as the database driver takes it."""
        if isinstance(value, str | int | None) and not hasattr(stored, "trail_value"):
            return value
        return stored.get_db_prep_save(value, connection)

    @cached_property
    def hidden_values(self) -> tuple[Callable[[Any], Any] | None, ...]:
        return tuple(getattr(stored, "trail_value", None) for stored in self.fields)

    def plain_value(self, position: int, value: Any) -> Any:
        """A value as the change table keeps it; a personal field's as its digest."""
        hide = self.hidden_values[position]
        return hide(value) if hide else plain(value)

    def plain_values(self, values: Sequence[Any]) -> dict[str, Any]:
        return {name: self.plain_value(i, values[i]) for i, name in enumerate(self.names)}


def _is_taken_as_it_is(stored: models.Field[Any, Any]) -> bool:
    """Texts and whole numbers of Django's own fields."""
    plain = isinstance(stored, models.CharField | models.TextField | models.IntegerField | models.ForeignKey)
    return plain and type(stored).__module__.startswith("django.")


@dataclass
class Plan:
    """What a load would do, counted; with the first examples of what it would change."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)
    new_examples: list[dict[str, Any]] = field(default_factory=list)
    unchanged_examples: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Found:
    """A record that is there already: its number, its present values, where they came from."""

    pk: int
    values: tuple[Any, ...]
    source: tuple[int, str, int]


def find_existing(target: Target, rows: Sequence[Row]) -> dict[tuple[Any, ...], Found]:
    """The visible records with the keys of these rows, in one query."""
    meta = target.model._meta
    key_fields = [target.fields[position] for position in target.key_positions]
    keys = [target.key_of(target.as_stored(row.values)) for row in rows]
    by_attname = {stored.attname: stored for stored in meta.concrete_fields}
    wanted = [meta.pk, *target.fields, *[by_attname[name] for name in PROVENANCE]]
    quote = connection.ops.quote_name
    names = [f"k{i}" for i in range(len(key_fields))]
    match = " AND ".join(
        f"t.{quote(str(stored.column))} = w.{name}" for stored, name in zip(key_fields, names, strict=True)
    )
    given_rows, given = _as_table(keys, key_fields, names)
    sql = (
        f"{given_rows} SELECT {', '.join(f't.{quote(str(stored.column))}' for stored in wanted)} "  # noqa: S608
        f"FROM w CROSS JOIN {quote(meta.db_table)} t WHERE {match} "
        f"AND t.{quote('batch_id')} NOT IN (SELECT id FROM {quote(Batch._meta.db_table)} WHERE hidden)"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        found = cursor.fetchall()
    converters = list(_converters(wanted))
    width = 1 + len(target.names)
    existing = {}
    for line in found:
        if converters:
            values = list(line)
            for position, convert in converters:
                values[position] = convert(values[position])
            line = tuple(values)
        existing[target.key_of(line[1:width])] = Found(line[0], line[1:width], line[width:])
    return existing


def _as_table(
    keys: Sequence[tuple[Any, ...]], fields: Sequence[models.Field[Any, Any]], names: Sequence[str]
) -> tuple[str, list[Any]]:
    """Keys as a table `w` in SQL, with its values."""
    if connection.vendor == "postgresql":
        return f"WITH w({', '.join(names)}) AS ({_json_rows(fields)})", [_json(keys)]
    marks = "(" + ", ".join(["%s"] * len(fields)) + ")"
    values = [value for key in keys for value in key]
    return f"WITH w({', '.join(names)}) AS (VALUES {', '.join([marks] * len(keys))})", values


def _json_rows(fields: Sequence[models.Field[Any, Any]]) -> str:
    """Rows given as one JSON text, for PostgreSQL: much quicker to write and to read than thousands of parameters."""
    values = ", ".join(f"(r->>{i})::{stored.db_type(connection)}" for i, stored in enumerate(fields))
    return f"SELECT {values} FROM json_array_elements(%s::json) AS r"  # noqa: S608 - types of our models


def _json(rows: Sequence[Sequence[Any]]) -> str:
    return json.dumps(rows, ensure_ascii=False, default=str)


def _converters(fields: Sequence[models.Field[Any, Any]]) -> Iterator[tuple[int, Callable[[Any], Any]]]:
    """For each column that does not come as it is: its position, and how Django makes its value."""
    for position, stored in enumerate(fields):
        column = stored.get_col(stored.model._meta.db_table)
        steps = [*connection.ops.get_db_converters(column), *stored.get_db_converters(connection)]
        if steps and not _is_taken_as_it_is(stored):
            yield position, partial(_convert, steps, column)


def _convert(steps: Sequence[Callable[..., Any]], column: Any, value: Any) -> Any:
    for step in steps:
        value = step(value, column, connection)
    return value


def classify(
    target: Target, rows: Sequence[Row], empty: bool
) -> tuple[list[Row], list[tuple[Found, Row]], int]:
    """New rows, changed rows with what they change, and the number of unchanged ones."""
    existing = {} if empty else find_existing(target, rows)
    new, changed, unchanged = [], [], 0
    for row in rows:
        found = existing.get(target.key_of(row.values))
        if found is None:
            new.append(row)
            continue
        wanted = target.keep_own(row, found) if target.assumed else row
        if found.values == wanted.values:
            unchanged += 1
        else:
            changed.append((found, wanted))
    return new, changed, unchanged


def preview(
    target: Target,
    rows: Iterable[Row],
    *,
    total: int = 0,
    progress: Progress = no_progress,
    watch: Callable[[Found, Row], None] | None = None,
) -> Plan:
    """What loading these rows would do, writing nothing. `watch` sees each record that would change."""
    plan, empty, seen = Plan(), not target.model.objects.exists(), 0
    for chunk in _chunks(rows):
        new, changed, unchanged = classify(target, chunk, empty)
        plan.created += len(new)
        plan.changed += len(changed)
        plan.unchanged += unchanged
        if watch is not None:
            for found, row in changed:
                watch(found, row)
        plan.examples += [_example(target, row, found) for found, row in changed[: 50 - len(plan.examples)]]
        plan.new_examples += [_example(target, row) for row in new[: 10 - len(plan.new_examples)]]
        if unchanged and len(plan.unchanged_examples) < 5:
            touched = {target.key_of(row.values) for row in (*new, *(row for _found, row in changed))}
            same = (row for row in chunk if target.key_of(row.values) not in touched)
            plan.unchanged_examples += [
                _example(target, row) for row in islice(same, 5 - len(plan.unchanged_examples))
            ]
        seen += len(chunk)
        progress(seen, total, str(_("比对台账")))
    return plan


def _example(target: Target, row: Row, found: Found | None = None) -> dict[str, Any]:
    """One row of a preview: its key, its place, and the fields with value before and after."""
    after = target.plain_values(row.values)
    before = target.plain_values(found.values) if found else dict.fromkeys(after)
    return {
        "key": [[name, after[name]] for name in target.key],
        "sheet": row.sheet,
        "row": row.number,
        "fields": [[name, before[name], after[name]] for name in after if before[name] != after[name]],
    }


def load_rows(
    target: Target,
    rows: Iterable[Row],
    *,
    verb: str,
    name: str,
    by: Actor,
    at: dt.datetime,
    total: int = 0,
    reason: str = "",
    progress: Progress = no_progress,
    together: Callable[[Batch], None] | None = None,
) -> Batch | None:
    """Load the rows as one batch; None when every row is there already, unchanged.

    `together` writes what the caller must know in the commit that shows the rows: a kill comes before both or after.
    Raises UnableToLoad when another load of the same register is under way, or when a record that this load
    changes was changed by somebody else meanwhile.
    """
    batch = _begin(target, verb=verb, by=by, at=at)
    last_event = Event.objects.order_by("-id").values_list("id", flat=True).first() or 0
    digest = Sm3()
    try:
        with _held(batch), tempfile.TemporaryFile() as aside:
            with _room_for_many():
                touched = _write_hidden(target, rows, batch, aside, digest, total, progress)
            if batch.created_count > CHUNK:
                search.settle()
            if not batch.created_count and not batch.changed_count:
                abandon(batch)
                return None
            batch.digest = digest.hexdigest()
            _show(
                target,
                batch,
                aside,
                touched,
                last_event,
                name=name,
                by=by,
                at=at,
                reason=reason,
                together=together,
            )
    except BaseException:
        abandon(batch)
        raise
    return batch


def abandon(batch: Batch) -> None:
    """Remove the hidden rows of a batch that was not kept, a short transaction at a time. A kept batch stays."""
    mine = Batch.objects.filter(pk=batch.pk)
    given_up = mine.filter(state=Batch.State.LOADING).update(
        lease_until=None
    )  # from here on it cannot be shown
    if not given_up and not mine.filter(state=Batch.State.WITHDRAWN, hidden=True).exists():
        return
    _delete_rows(_model_of(batch), batch.pk)
    mine.filter(state=Batch.State.LOADING).update(state=Batch.State.ABANDONED, hidden=False)
    mine.filter(state=Batch.State.WITHDRAWN).update(hidden=False)
    _hold_path(batch).unlink(missing_ok=True)


def clean_killed_loads() -> list[Batch]:
    """Remove what killed loads and withdrawals left behind; give their batches. Runs at every start."""
    cleaned = [batch for batch in Batch.objects.filter(hidden=True).order_by("id") if _is_left_behind(batch)]
    for batch in cleaned:
        abandon(batch)
    return cleaned


def _is_left_behind(batch: Batch) -> bool:
    """Whether nobody works at a hidden batch any more.

    On this machine the process's hold on a file tells it at once: the system takes it away with the process. A load
    of another machine is given up when its lease has run out.
    """
    if batch.state != Batch.State.LOADING:
        return True
    try:
        with _hold_path(batch).open("rb") as hold:
            fcntl.flock(hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return batch.lease_until is None or batch.lease_until < timezone.now()
    except BlockingIOError:
        return False
    return True


@contextmanager
def _held(batch: Batch) -> Iterator[None]:
    """Hold the batch's file while this process lives and works at it."""
    path = _hold_path(batch)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as hold:
        fcntl.flock(hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _hold_path(batch: Batch) -> Path:
    return Path(settings.FOLDER) / "staged" / f"batch-{batch.pk}.hold"


def withdraw_batch(
    batch: Batch,
    *,
    by: Actor,
    at: dt.datetime,
    reason: str,
    together: Callable[[Batch], None] | None = None,
) -> None:
    """Take a batch back: its new records go, its changed records get their former values (撤回).

    `together` writes in the same commit.

    Raises UnableToWithdraw when something later depends on it, saying what.
    """
    model = _model_of(batch)
    with operation(f"{batch.target}-batch-withdrawn", by=by, at=at, reason=reason) as note:
        locked = Batch.objects.select_for_update().get(pk=batch.pk)
        if locked.state != Batch.State.KEPT:
            raise UnableToWithdraw(reason=_("它不在“已入账”状态"))
        _refuse_if_needed(model, locked)
        _restore(model, locked)
        Batch.objects.filter(pk=locked.pk).update(state=Batch.State.WITHDRAWN, hidden=True)
        model.settle()
        note.bulk(
            locked.pk, name=str(locked), after={"withdrawn": locked.created_count + locked.changed_count}
        )
        if together is not None:
            together(locked)
    abandon(batch)


def _begin(target: Target, *, verb: str, by: Actor, at: dt.datetime) -> Batch:
    clean_killed_loads()
    try:
        with transaction.atomic():
            return Batch.objects.create(
                verb=verb,
                target=target.label,
                by_id=by.pk,
                by_name=by.trail_name(),
                started_at=at,
                lease_until=timezone.now() + LEASE,
            )
    except IntegrityError:
        raise UnableToLoad(reason=_("另一个文件正在写入同一台账，等它完成后再导入")) from None


def _write_hidden(
    target: Target,
    rows: Iterable[Row],
    batch: Batch,
    aside: IO[bytes],
    digest: Sm3,
    total: int,
    progress: Progress,
) -> set[str]:
    """Write new rows under the hidden batch, keep changed ones aside; the names of the columns that change."""
    empty, seen = not target.model.objects.exists(), 0
    touched: set[str] = set()
    for chunk in _chunks(rows):
        new, changed, unchanged = classify(target, chunk, empty)
        # Trail and search bookkeeping of this chunk stand in the same short transaction as its rows.
        with preparing(batch.verb), transaction.atomic():
            if new:
                first = _insert(target, new, batch.pk)
                _index(target, new, first)
            if changed:
                touched |= _note_changes(target, batch, changed)
            _refuse_if_given_up(batch)
            Batch.objects.filter(pk=batch.pk).update(lease_until=timezone.now() + LEASE)
        for found, row in changed:
            pickle.dump((found.pk, row), aside)
        lines = [row.values for row in new] + [row.values for _found, row in changed]
        digest.update(json.dumps(lines, ensure_ascii=False, default=str, separators=(",", ":")).encode())
        batch.created_count += len(new)
        batch.changed_count += len(changed)
        batch.unchanged_count += unchanged
        seen += len(chunk)
        progress(seen, total, str(_("写入")))
    return touched


@contextmanager
def _room_for_many() -> Iterator[None]:
    """SQLite: more pages in memory and fewer checkpoints while many rows are written; then as it was."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        before = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in _ROOM]
        for name, value in _ROOM.items():
            cursor.execute(f"PRAGMA {name} = {value}")
        try:
            yield
        finally:
            for name, value in zip(_ROOM, before, strict=True):
                cursor.execute(f"PRAGMA {name} = {value}")


def _differing(target: Target, found: Found, row: Row) -> list[int]:
    return [i for i, value in enumerate(row.values) if value != found.values[i]]


def _note_changes(target: Target, batch: Batch, changed: Sequence[tuple[Found, Row]]) -> set[str]:
    """Keep what each record was and will be; the names of the columns that differ anywhere."""
    meta = Change._meta
    touched: set[int] = set()
    records = []
    for found, row in changed:
        differing = _differing(target, found, row)
        touched.update(differing)
        before = {target.names[i]: target.plain_value(i, found.values[i]) for i in differing}
        before |= zip(PROVENANCE, found.source, strict=True)
        after = {target.names[i]: target.plain_value(i, row.values[i]) for i in differing}
        texts = (json.dumps(before, ensure_ascii=False), json.dumps(after, ensure_ascii=False))
        records.append((batch.pk, target.label, found.pk, *texts))
    columns = ("batch_id", "object_type", "object_id", "before", "after")
    _write(meta.db_table, columns, records)
    return {target.names[i] for i in touched}


def _write(table: str, columns: Sequence[str], records: Iterable[Sequence[Any]]) -> None:
    """Many records into a table, past the ORM: their values are as the driver takes them."""
    quote = connection.ops.quote_name
    names = ", ".join(quote(column) for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {quote(table)} ({names}) FROM STDIN") as copy:
                for record in records:
                    copy.write_row(record)
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {quote(table)} ({names}) VALUES ({marks})", list(records))  # noqa: S608


def _insert(target: Target, rows: Sequence[Row], batch_id: int) -> int:
    """Write new rows under the batch; give the number of the first, the others follow it."""
    meta = target.model._meta
    first = _reserve_numbers(meta, len(rows))
    defaults = [stored.get_db_prep_save(value, connection) for stored, value in target.defaults]
    columns = [meta.pk.column, *PROVENANCE]
    columns += [stored.column for stored in target.fields] + [
        stored.column for stored, _value in target.defaults
    ]
    records = (
        (number, batch_id, row.sheet, row.number, *target.as_stored(row.values), *defaults)
        for number, row in enumerate(rows, first)
    )
    _write(meta.db_table, [str(column) for column in columns], records)
    return first


def _reserve_numbers(meta: Any, count: int) -> int:
    """The first of `count` fresh primary keys. SQLite: its writer is alone; PostgreSQL: from the sequence."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence(%s, %s), nextval(pg_get_serial_sequence(%s, %s)) + %s)",
                [f'"{meta.db_table}"', meta.pk.column, f'"{meta.db_table}"', meta.pk.column, count],
            )
            return int(cursor.fetchone()[0]) - count
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [meta.db_table])
        row = cursor.fetchone()
        return int(row[0]) + 1 if row else 1


def _index(target: Target, rows: Sequence[Row], first: int) -> None:
    names = search.searched_names(target.model)
    if names:
        positions = [target.names.index(name) for name in names if name in target.names]
        search.index_rows(
            target.model,
            ((first + offset, [row.values[p] for p in positions]) for offset, row in enumerate(rows)),
        )


def _show(
    target: Target,
    batch: Batch,
    aside: IO[bytes],
    touched: set[str],
    last_event: int,
    *,
    name: str,
    by: Actor,
    at: dt.datetime,
    reason: str,
    together: Callable[[Batch], None] | None,
) -> None:
    """The one small commit: apply what changed, show what is new, write the event."""
    with operation(batch.verb, by=by, at=at, reason=reason) as note:
        _refuse_if_given_up(batch)
        _refuse_if_changed_meanwhile(target, batch, last_event)
        _apply_changes(target, batch, aside, touched)
        Batch.objects.filter(pk=batch.pk).update(
            state=Batch.State.KEPT,
            hidden=False,
            kept_at=at,
            lease_until=None,
            digest=batch.digest,
            created_count=batch.created_count,
            changed_count=batch.changed_count,
            unchanged_count=batch.unchanged_count,
        )
        target.model.settle()
        counts = {
            "created": batch.created_count,
            "changed": batch.changed_count,
            "unchanged": batch.unchanged_count,
            "digest": batch.digest,
        }
        note.bulk(batch.pk, name=name, after=counts)
        if together is not None:
            together(batch)
    batch.refresh_from_db()


def _refuse_if_given_up(batch: Batch) -> None:
    """A load that slept so long that somebody cleaned it cannot go on: its rows may be gone."""
    now = Batch.objects.select_for_update().get(pk=batch.pk)
    if now.state != Batch.State.LOADING or now.lease_until is None:
        raise UnableToLoad(reason=_("这次写入停顿太久，已被清理"))


def _refuse_if_changed_meanwhile(target: Target, batch: Batch, last_event: int) -> None:
    mine = Change.objects.filter(batch_id=batch.pk).values("object_id")
    if Event.objects.filter(id__gt=last_event, object_type=target.label, object_id__in=mine).exists():
        raise UnableToLoad(reason=_("要更新的记录在导入期间被别人改过，请重新核对"))


def _apply_changes(target: Target, batch: Batch, aside: IO[bytes], touched: set[str]) -> None:
    """Write the new values of changed records: only the columns in which some record differs, and where it is from now.

    On SQLite every other writer waits for this: it must touch as few indexes as it can.
    """
    if not batch.changed_count:
        return
    positions = [i for i, name in enumerate(target.names) if name in touched]
    fields = [target.fields[i] for i in positions]
    by_attname = {stored.attname: stored for stored in target.model._meta.concrete_fields}
    sql = _update_sql(target.model._meta, [*[by_attname[name] for name in PROVENANCE], *fields])
    renamed = touched & set(search.searched_names(target.model))
    aside.seek(0)
    for chunk in _chunks(_read_aside(aside)):
        lines = []
        for pk, row in chunk:
            values = target.as_stored(row.values)
            lines.append((batch.pk, row.sheet, row.number, *[values[i] for i in positions], pk))
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(sql, [_json(lines)])
            else:
                cursor.executemany(sql, lines)
        if renamed:
            search.reindex(target.model, [pk for pk, _row in chunk])


def _update_sql(meta: Any, fields: Sequence[models.Field[Any, Any]]) -> str:
    """Set these columns of one record by its number; on PostgreSQL of many records, given as one JSON text."""
    quote = connection.ops.quote_name
    table, number, names = quote(meta.db_table), quote(meta.pk.column), [quote(str(f.column)) for f in fields]
    if connection.vendor != "postgresql":
        return f"UPDATE {table} SET {', '.join(f'{name} = %s' for name in names)} WHERE {number} = %s"  # noqa: S608
    return (
        f"WITH new({', '.join(names)}, number) AS ({_json_rows([*fields, meta.pk])}) "  # noqa: S608 - names of our models
        f"UPDATE {table} SET {', '.join(f'{name} = new.{name}' for name in names)} "
        f"FROM new WHERE {table}.{number} = new.number"
    )


def _read_aside(aside: IO[bytes]) -> Iterator[tuple[int, Row]]:
    while True:
        try:
            yield pickle.load(aside)  # noqa: S301 - written by this process, a moment ago, into an unnamed file
        except EOFError:
            return


def _refuse_if_needed(model: type[Sourced], batch: Batch) -> None:
    label = model._meta.label_lower
    mine = model.objects.filter(batch_id=batch.pk).values("pk")
    touched = Change.objects.filter(batch_id=batch.pk).values("object_id")
    kept = Batch.objects.filter(state=Batch.State.KEPT).values("id")
    later = Change.objects.filter(object_type=label, batch_id__gt=batch.pk, batch_id__in=kept)
    # A record that a later batch changed carries that batch's number now; its former one stands in the change.
    later = later.annotate(former=Cast("before", models.JSONField()))
    if later.filter(models.Q(former__batch_id=batch.pk) | models.Q(object_id__in=touched)).exists():
        raise UnableToWithdraw(reason=_("后来的一批更新了其中的记录，请先撤回后来的那一批"))
    shown = Event.objects.filter(batch_id=batch.pk).order_by("id").values_list("id", flat=True).first() or 0
    by_hand = Event.objects.filter(id__gt=shown, object_type=label)
    if by_hand.filter(models.Q(object_id__in=mine) | models.Q(object_id__in=touched)).exists():
        raise UnableToWithdraw(reason=_("其中的记录后来被人改过"))
    new = model.objects.filter(batch_id=batch.pk).exclude(pk__in=touched).values("pk")
    for relation in model._meta.related_objects:
        children = relation.related_model._base_manager.filter(**{f"{relation.field.name}__pk__in": new})
        if relation.related_model is model:
            children = children.exclude(batch_id=batch.pk)
        if children.exists():
            title = relation.related_model._meta.verbose_name
            raise UnableToWithdraw(reason=_("有“%(title)s”依据它的记录"), title=str(title))


def _restore(model: type[Sourced], batch: Batch) -> None:
    by_attname = {stored.attname: stored for stored in model._meta.concrete_fields}
    changes = Change.objects.filter(batch_id=batch.pk).order_by("id")
    for chunk in _chunks(changes.iterator(CHUNK)):
        for change in chunk:
            if any(hasattr(by_attname[name], "trail_value") for name in change.before):
                raise UnableToWithdraw(reason=_("它改过个人信息，原值不留存，无法还原"))
            values = {
                by_attname[name].name if name not in PROVENANCE else name: by_attname[name].to_python(value)
                for name, value in change.before.items()
            }
            model.objects.filter(pk=change.object_id).update(**values)
        search.reindex(model, [change.object_id for change in chunk])


def _delete_rows(model: type[Sourced], batch_id: int) -> None:
    while True:
        with preparing("batch-cleaned"), transaction.atomic():
            numbers = list(model.every.filter(batch_id=batch_id).values_list("pk", flat=True)[:CHUNK])
            if not numbers:
                return
            search.forget_rows(model, numbers)
            model.every.filter(pk__in=numbers)._raw_delete(using=connection.alias)


def _model_of(batch: Batch) -> type[Sourced]:
    from django.apps import apps

    model = apps.get_model(batch.target)
    assert issubclass(model, Sourced)
    return model


def _chunks(rows: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk
