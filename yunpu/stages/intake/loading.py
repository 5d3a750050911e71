"""Many records in one bulk write (批次): all or nothing, nobody waits, nobody sees a part of it.

New rows are written in short transactions under a hidden batch; changed rows are kept aside. One small commit then
applies the changes, shows the batch and writes its single event. On SQLite, where a commit of many changes would keep
everybody waiting, they are made in a second copy of the table, and the commit exchanges the two (`twins`). A killed load
leaves only hidden rows and a twin, which the next start removes. Sizes: 2,000 rows a transaction hold SQLite's write
lock for some tens of milliseconds; what can be worked out before is worked out before.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import pickle
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import IntegrityError, connection, connections, models, transaction
from django.utils import timezone

from yunpu.kernel.digests import Sm3
from yunpu.kernel.refusals import Reasoned
from yunpu.kernel.text import mark as _
from yunpu.stages.intake.turns import Turns
from yunpu.stages.intake.twins import Twin, has_twin, list_twins
from yunpu.trail.jobs import Progress, no_progress
from yunpu.trail.models import Batch, Change, Event, Sourced
from yunpu.trail.operations import Actor, operation, plain, preparing
from yunpu.trail.personal import PersonalField, reserve_numbers
from yunpu.ui import search

CHUNK = 2_000
_as_text = json.JSONEncoder(ensure_ascii=False).encode
AHEAD = 5  # chunks made ready one after another while nobody is kept from writing
TOGETHER = 20_000  # so many changed rows go into the one commit on SQLite
TOGETHER_RENAMED = 4_000  # … where their words change as well
_ROOM = {"cache_size": -131_072, "wal_autocheckpoint": 16_384}  # KiB of pages, pages of the log
LEASE = dt.timedelta(minutes=2)
PROVENANCE = ("batch_id", "sheet_name", "row_number")
INTO_TWIN = _("写入更正后的台账")
MEANWHILE = _("要更新的记录在导入期间被别人改过，请重新核对")


class UnableToLoad(Reasoned):
    """A bulk write that cannot be done now."""

    code = "INT-101"
    headline = _("不能导入：%(reason)s")
    why = _("没有写入任何一行，文件和核对结果都还在。")
    ways_out = ((_("稍后再试"), ""),)


@dataclass(frozen=True)
class Row:
    """One record to be: its values in the order of the target's fields, and where they stand in the file."""

    values: tuple[Any, ...]
    sheet: str
    number: int


# A changed row kept aside: the record's number, sheet and row in the file, values. No class: a million are written.
Aside = tuple[int, str, int, tuple[Any, ...]]


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

    @cached_property
    def personal(self) -> tuple[tuple[int, PersonalField], ...]:
        """The personal fields, with their positions."""
        return tuple((i, stored) for i, stored in enumerate(self.fields) if isinstance(stored, PersonalField))

    def encrypted(self, values: Sequence[Any], number: int, offset: int = 0) -> Sequence[Any]:
        """Values with the personal ones encrypted for the record of a number: only there they open."""
        if not self.personal:
            return values
        out = list(values)
        for position, stored in self.personal:
            out[offset + position] = stored.seal_for(out[offset + position], number)
        return tuple(out)

    def prepare(self, stored: models.Field[Any, Any], value: Any) -> Any:
        """A value as the database driver takes it; a personal one is `encrypted` once its record has a number."""
        if isinstance(stored, PersonalField):
            return value
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
        return f"WITH w({', '.join(names)}) AS ({_json_rows(fields)})", [as_json(keys)]
    marks = "(" + ", ".join(["%s"] * len(fields)) + ")"
    values = [value for key in keys for value in key]
    return f"WITH w({', '.join(names)}) AS (VALUES {', '.join([marks] * len(keys))})", values


def _json_rows(fields: Sequence[models.Field[Any, Any]]) -> str:
    """Rows given as one JSON text, for PostgreSQL: much quicker to write and to read than thousands of parameters."""
    values = ", ".join(f"(r->>{i})::{stored.db_type(connection)}" for i, stored in enumerate(fields))
    return f"SELECT {values} FROM json_array_elements(%s::json) AS r"  # noqa: S608 - types of our models


def as_json(rows: Sequence[Sequence[Any]]) -> str:
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
    for chunk in chunks(rows):
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
        with held(batch), tempfile.TemporaryFile() as aside:
            with room_for_many():
                touched = _write_hidden(target, rows, batch, aside, digest, total, progress)
                twin = _make_twin(target, batch, aside, touched, progress)
            if batch.created_count > CHUNK:
                search.settle()
            if not batch.created_count and not batch.changed_count:
                abandon(batch)
                return None
            batch.digest = digest.hexdigest()
            _show(
                target,
                batch,
                twin or aside,
                touched,
                last_event,
                name=name,
                by=by,
                at=at,
                reason=reason,
                together=together,
            )
            if twin is not None:
                tidy_up(batch)
    except BaseException:
        abandon(batch)
        raise
    return batch


def abandon(batch: Batch, progress: Progress = no_progress) -> None:
    """Remove the hidden rows of a batch that was not kept, a short transaction at a time. A kept batch stays."""
    mine = Batch.objects.filter(pk=batch.pk)
    given_up = mine.filter(state=Batch.State.LOADING).update(
        lease_until=None
    )  # from here on it cannot be shown
    if not given_up and not mine.filter(state=Batch.State.WITHDRAWN, hidden=True).exists():
        return
    tidy_up(batch)
    _delete_rows(model_of(batch), batch.pk, progress)
    mine.filter(state=Batch.State.LOADING).update(state=Batch.State.ABANDONED, hidden=False)
    mine.filter(state=Batch.State.WITHDRAWN).update(hidden=False)
    _hold_path(batch).unlink(missing_ok=True)


def clean_killed_loads() -> list[Batch]:
    """Remove what killed loads and withdrawals left behind; give their batches. Runs at every start."""
    cleaned = [batch for batch in Batch.objects.filter(hidden=True).order_by("id") if _is_left_behind(batch)]
    for batch in cleaned:
        abandon(batch)
    for twin in list_twins():
        left = Batch.objects.filter(pk=twin.batch_id).first()
        if left is not None and left.state != Batch.State.LOADING and not _is_held(left):
            tidy_up(left)
    return cleaned


def tidy_up(batch: Batch) -> None:
    """Remove the twin of a batch, which holds the former values or those that were never shown, and before it the
    words of both."""
    if connection.vendor != "sqlite":
        return
    model, turns, more = model_of(batch), Turns(), True
    while more:
        with preparing("batch-cleaned"), turns.taken():
            more = search.sharpen(model, turns.rows)
    Twin.of(model, batch.pk).drop()


def _is_left_behind(batch: Batch) -> bool:
    """Whether nobody works at a hidden batch any more.

    On this machine the process's hold on a file tells it at once: the system takes it away with the process. A load
    of another machine is given up when its lease has run out.
    """
    if batch.state != Batch.State.LOADING:
        return not _is_held(batch)
    if not _hold_path(batch).exists():
        return batch.lease_until is None or batch.lease_until < timezone.now()
    return not _is_held(batch)


def _is_held(batch: Batch) -> bool:
    """Whether a living process of this machine works at a batch."""
    try:
        with _hold_path(batch).open("rb") as hold:
            fcntl.flock(hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


@contextmanager
def held(batch: Batch) -> Iterator[None]:
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


def _begin(target: Target, *, verb: str, by: Actor, at: dt.datetime) -> Batch:
    clean_killed_loads()
    busy = UnableToLoad(reason=_("另一个文件正在写入同一台账，等它完成后再导入"))
    try:
        with transaction.atomic():
            batch = Batch.objects.create(
                verb=verb,
                target=target.label,
                by_id=by.pk,
                by_name=by.trail_name(),
                started_at=at,
                lease_until=timezone.now() + LEASE,
            )
            if has_twin(
                target.model
            ):  # the one before is shown and not tidied up yet, or a batch is withdrawn
                raise busy
    except IntegrityError:
        raise busy from None
    return batch


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
    empty, seen, turns = not target.model.objects.exists(), 0, Turns()
    touched: set[str] = set()
    with closing(_made_ready(target, rows, batch, empty)) as portions:
        for portion in portions:
            # Trail and search bookkeeping of these rows stand in the same short transaction as they.
            with preparing(batch.verb), turns.taken():
                _write_portion(target, batch, portion)
                _refuse_if_given_up(batch)
                Batch.objects.filter(pk=batch.pk).update(lease_until=timezone.now() + LEASE)
            if portion.changed:
                pickle.dump(
                    [
                        (found.pk, row.sheet, row.number, target.encrypted(row.values, found.pk))
                        for found, row in portion.changed
                    ],
                    aside,
                )
            touched |= portion.touched
            digest.update(portion.text)
            batch.created_count += len(portion.new)
            batch.changed_count += len(portion.changed)
            batch.unchanged_count += portion.unchanged
            seen += len(portion.new) + len(portion.changed) + portion.unchanged
            progress(seen, total, str(_("写入")))
    return touched


@dataclass(frozen=True)
class Portion:
    """What one short transaction writes, worked out while the lock is free: the records, words and changes."""

    new: list[Row]
    records: list[tuple[Any, ...]]
    words: list[str]
    changed: list[tuple[Found, Row]]
    changes: list[tuple[Any, ...]]
    touched: frozenset[str]
    text: bytes
    unchanged: int


def _made_ready(
    target: Target, rows: Iterable[Row], batch: Batch, empty: bool
) -> Generator[Portion, None, None]:
    """The rows in portions. On SQLite several are made ready in a row: so long others can write undisturbed."""
    portions = (_make_ready(target, chunk, batch, empty) for chunk in chunks(rows))
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        yield from _ahead(portions)
        return
    while ready := list(islice(portions, AHEAD)):
        yield from ready


def _ahead(portions: Iterator[Portion]) -> Generator[Portion, None, None]:
    """The portions, the next one made ready by a thread with a connection of its own while the server takes this one."""
    with ThreadPoolExecutor(max_workers=1) as worker:
        try:
            coming = worker.submit(next, portions, None)
            while (portion := coming.result()) is not None:
                coming = worker.submit(next, portions, None)
                yield portion
        finally:
            worker.submit(connections.close_all).result()  # in the thread, which has connections of its own


def _make_ready(target: Target, chunk: Sequence[Row], batch: Batch, empty: bool) -> Portion:
    new, changed, unchanged = classify(target, chunk, empty)
    searched = search.searched_names(target.model)
    positions = [target.names.index(name) for name in searched if name in target.names]
    defaults = [stored.get_db_prep_save(value, connection) for stored, value in target.defaults]
    changes, touched = _changes_of(target, batch, changed)
    lines = [row.values for row in new] + [row.values for _found, row in changed]
    text = json.dumps(lines, ensure_ascii=False, default=str, separators=(",", ":"))
    return Portion(
        new,
        [(batch.pk, row.sheet, row.number, *target.as_stored(row.values), *defaults) for row in new],
        [search.words_of([row.values[p] for p in positions]) for row in new] if searched else [],
        changed,
        changes,
        touched,
        text.encode(),
        unchanged,
    )


def _write_portion(target: Target, batch: Batch, portion: Portion) -> None:
    if portion.new:
        numbers = _insert(target, portion.records)
        search.note_words(target.model, list(zip(numbers, portion.words, strict=False)))
    if portion.changes:
        columns = ("batch_id", "object_type", "object_id", "before", "after")
        _write(Change._meta.db_table, columns, portion.changes)


@contextmanager
def room_for_many() -> Iterator[None]:
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


def _changes_of(
    target: Target, batch: Batch, changed: Sequence[tuple[Found, Row]]
) -> tuple[list[tuple[Any, ...]], frozenset[str]]:
    """What each record was and will be, as the table of changes keeps it; the columns that differ anywhere."""
    touched: set[int] = set()
    records = []
    for found, row in changed:
        differing = _differing(target, found, row)
        touched.update(differing)
        before = {target.names[i]: target.plain_value(i, found.values[i]) for i in differing}
        before |= zip(PROVENANCE, found.source, strict=True)
        after = {target.names[i]: target.plain_value(i, row.values[i]) for i in differing}
        records.append((batch.pk, target.label, found.pk, _as_text(before), _as_text(after)))
    return records, frozenset(target.names[i] for i in touched)


def _write(table: str, columns: Sequence[str], records: Sequence[Sequence[Any]]) -> None:
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
            cursor.executemany(f"INSERT INTO {quote(table)} ({names}) VALUES ({marks})", records)  # noqa: S608


def _insert(target: Target, records: Sequence[tuple[Any, ...]]) -> Sequence[int]:
    """Write new records; give their numbers."""
    meta = target.model._meta
    numbers = reserve_numbers(meta, len(records))
    columns = [meta.pk.column, *PROVENANCE, *[stored.column for stored in target.fields]]
    columns += [stored.column for stored, _value in target.defaults]
    numbered = [  # made before the copy begins: a key that must be asked for would wait for it, and it for the key
        (number, *target.encrypted(record, number, offset=len(PROVENANCE)))
        for number, record in zip(numbers, records, strict=True)
    ]
    _write(meta.db_table, [str(column) for column in columns], numbered)
    return numbers


def _show(
    target: Target,
    batch: Batch,
    changes: Twin | IO[bytes],
    touched: set[str],
    last_event: int,
    *,
    name: str,
    by: Actor,
    at: dt.datetime,
    reason: str,
    together: Callable[[Batch], None] | None,
) -> None:
    """The one small commit: apply what changed, show what is new, write the event.

    The changes come as a twin that holds them, or as the rows kept aside.
    """
    with operation(batch.verb, by=by, at=at, reason=reason) as note:
        _refuse_if_given_up(batch)
        _refuse_if_changed_meanwhile(target, batch, last_event)
        if isinstance(changes, Twin):
            _refuse_if_noted(changes, batch)
            changes.exchange()
        else:
            _apply_changes(target, batch, changes, touched)
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
    events = Event.objects.filter(id__gt=last_event, object_type=target.label)
    if events.filter(changed_by(batch, "object_id")).exists():
        raise UnableToLoad(reason=MEANWHILE)


def changed_by(batch: Batch, number: str) -> models.Exists:
    """Whether a batch changes the record whose number stands in a column: looked up, never gathered in a list."""
    mine = Change.objects.filter(
        object_type=batch.target, object_id=models.OuterRef(number), batch_id=batch.pk
    )
    return models.Exists(mine)


def _refuse_if_noted(twin: Twin, batch: Batch) -> None:
    """Nobody may have written a record that changes: not even by a way that leaves no event of that record."""
    if twin.has_noted(batch.target):
        raise UnableToLoad(reason=MEANWHILE)


def _make_twin(
    target: Target, batch: Batch, aside: IO[bytes], touched: set[str], progress: Progress
) -> Twin | None:
    """SQLite and many changes: a second copy of the table with the new values in it. None where one commit will do."""
    renamed = bool(touched & set(search.searched_names(target.model)))
    if connection.vendor != "sqlite" or batch.changed_count <= (TOGETHER_RENAMED if renamed else TOGETHER):
        return None
    twin, done = Twin.of(target.model, batch.pk), 0
    all_rows = target.model.every.count()
    with transaction.atomic():
        twin.create()

    def tell(copied: int) -> None:
        with preparing(batch.verb), twin.turns.taken():
            _refuse_if_given_up(batch)
            Batch.objects.filter(pk=batch.pk).update(lease_until=timezone.now() + LEASE)
        progress(copied, all_rows, INTO_TWIN)

    columns = [str(stored.column) for stored in _changed_fields(target, touched)]
    for chunk in _read_aside(aside):
        twin.put(columns, _changed_lines(target, batch, chunk, touched))
        if renamed:
            blur(target.model, _changed_words(target, chunk), twin.turns)
        done += len(chunk)
        tell(done)
    twin.copy_rest(lambda copied: tell(max(done, copied)))
    return twin


def _changed_words(target: Target, chunk: Sequence[Aside]) -> list[tuple[int, list[Any]]]:
    """What is searched of these records from now on, as far as the file tells it."""
    told = [target.names.index(name) for name in search.searched_names(target.model) if name in target.names]
    return [(pk, [values[p] for p in told]) for pk, _sheet, _number, values in chunk]


def blur(model: type[Sourced], coming: Sequence[tuple[int, Sequence[Any]]], turns: Turns) -> None:
    """Let these records be found by what they say and by what they will say: number and coming values of each."""
    names, done = search.searched_names(model), 0
    while done < len(coming):
        part = coming[done : done + turns.rows]
        with preparing("twin-filled"), turns.taken():
            numbers = [pk for pk, _values in part]
            now = {row[0]: row[1:] for row in model.every.filter(pk__in=numbers).values_list("pk", *names)}
            search.blur(model, [(pk, [*now[pk], *values]) for pk, values in part if pk in now])
        done += len(part)


def _apply_changes(target: Target, batch: Batch, aside: IO[bytes], touched: set[str]) -> None:
    """Write the new values of changed records: only the columns in which some record differs, and where it is from now."""
    if not batch.changed_count:
        return
    sql = update_sql(target.model._meta, _changed_fields(target, touched))
    renamed = touched & set(search.searched_names(target.model))
    for chunk in _read_aside(aside):
        lines = _changed_lines(target, batch, chunk, touched)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(sql, [as_json(lines)])
            else:
                cursor.executemany(sql, lines)
        if renamed:
            search.reindex(target.model, [one[0] for one in chunk])


def _changed_fields(target: Target, touched: set[str]) -> list[models.Field[Any, Any]]:
    """The fields that a load writes of changed records, in the order of `_changed_lines`."""
    by_attname = {stored.attname: stored for stored in target.model._meta.concrete_fields}
    told = [target.fields[i] for i, name in enumerate(target.names) if name in touched]
    return [*[by_attname[name] for name in PROVENANCE], *told]


def _changed_lines(
    target: Target, batch: Batch, chunk: Sequence[Aside], touched: set[str]
) -> list[tuple[Any, ...]]:
    positions = [i for i, name in enumerate(target.names) if name in touched]
    lines = []
    for pk, sheet, number, values in chunk:
        stored = target.as_stored(values)
        lines.append((batch.pk, sheet, number, *[stored[i] for i in positions], pk))
    return lines


def update_sql(meta: Any, fields: Sequence[models.Field[Any, Any]]) -> str:
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


def _read_aside(aside: IO[bytes]) -> Iterator[list[Aside]]:
    """The changed rows kept aside, from the first, as they were put there."""
    aside.seek(0)
    while True:
        try:
            yield pickle.load(aside)  # noqa: S301 - written by this process, a moment ago, into an unnamed file
        except EOFError:
            return


def _delete_rows(model: type[Sourced], batch_id: int, progress: Progress) -> None:
    turns, done, total = Turns(), 0, model.every.filter(batch_id=batch_id).count()
    while True:
        with preparing("batch-cleaned"), turns.taken():
            numbers = list(model.every.filter(batch_id=batch_id).values_list("pk", flat=True)[: turns.rows])
            if not numbers:
                return
            search.forget_rows(model, numbers)
            model.every.filter(pk__in=numbers)._raw_delete(using=connection.alias)
        done += len(numbers)
        progress(done, total, str(_("移除")))


def model_of(batch: Batch) -> type[Sourced]:
    from django.apps import apps

    model = apps.get_model(batch.target)
    assert issubclass(model, Sourced)
    return model


def chunks(rows: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk
