"""Full-text search that finds two-character Chinese words, on both databases.

A model says by `search_fields` what is searched. The text is cut into grams (kernel.text) and kept in one table a
database keeps fast: SQLite an FTS5 table, PostgreSQL a tsvector with GIN. The words of a query are grams too, all of
which must be there; the hits of longer words are checked again in the text itself.

The rows of a model stand in its own space of that table: a number made from the model's name, so that another model
or domain never moves it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import BooleanField, F, Func, Q, QuerySet
from django.db.models.expressions import RawSQL

from yunpu.kernel.text import grams_of, normalise, query_grams

TABLE = "ui_search"
CHUNK = 2_000
MANY = 50_000  # beyond so many hits a list offers the order of entry only
SURELY_MANY = 75_000  # an estimate above this needs no count
_BLURRED = "更正未生效"  # no gram is so long: a word of its own


def searched_names(model: type[models.Model]) -> tuple[str, ...]:
    """The text fields of a model that are searched."""
    return tuple(getattr(model, "search_fields", ()))


def searched_models() -> list[type[models.Model]]:
    """Every model that is searched, in order of names."""
    return sorted(filter(searched_names, apps.get_models()), key=lambda model: model._meta.label_lower)


def space_of(model: type[models.Model]) -> int:
    """The model's space in the search table: 23 bits of its name's checksum, the same wherever and whenever."""
    return zlib.crc32(model._meta.label_lower.encode()) & 0x7FFFFF


def index_rows(model: type[models.Model], rows: Iterable[tuple[int, Sequence[Any]]]) -> None:
    """Note the words of new records: number and searched values of each."""
    note_words(model, [(pk, words_of(values)) for pk, values in rows])


def words_of(values: Iterable[Any]) -> str:
    """What the index keeps of a record's searched values."""
    return grams_of([str(value) for value in values if value])


def note_words(model: type[models.Model], entries: Sequence[tuple[int, str]]) -> None:
    """Note words that were cut already: number and `words_of` of each new record.

    Words that a dropped table left behind under the same number (its migration undone and made again) give way.
    """
    space = space_of(model)
    if not entries:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"DELETE FROM {TABLE} WHERE space = %s AND object_id = ANY(%s)",  # noqa: S608 - a constant name
                [space, [pk for pk, _words in entries]],
            )
            with cursor.copy(f"COPY {TABLE} (space, object_id, words) FROM STDIN") as copy:
                for pk, words in entries:
                    copy.write_row((space, pk, _vector(words)))
        else:
            cursor.executemany(
                f"INSERT OR REPLACE INTO {TABLE} (rowid, words) VALUES (%s, %s)",  # noqa: S608 - a constant name
                [(_rowid(space, pk), words) for pk, words in entries],
            )


def settle() -> None:
    """After many rows: PostgreSQL moves their words from its waiting list, which every search reads, into the index."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT gin_clean_pending_list('ui_search_words'::regclass)")


def reindex(model: type[models.Model], numbers: Sequence[int]) -> None:
    """Note the words of changed records again. Call after the change, in its transaction."""
    names = searched_names(model)
    if not names:
        return
    forget_rows(model, numbers)
    rows = _all_rows(model).filter(pk__in=numbers).values_list("pk", *names)  # also those nobody sees yet
    index_rows(model, ((row[0], row[1:]) for row in rows))


def forget_rows(model: type[models.Model], numbers: Sequence[int]) -> None:
    """Forget records."""
    if not searched_names(model) or not numbers:
        return
    space = space_of(model)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"DELETE FROM {TABLE} WHERE space = %s AND object_id = ANY(%s)",  # noqa: S608 - a constant name
                [space, list(numbers)],
            )
        else:
            cursor.executemany(
                f"DELETE FROM {TABLE} WHERE rowid = %s",  # noqa: S608 - a constant name
                [(_rowid(space, pk),) for pk in numbers],
            )


def blur(model: type[models.Model], rows: Sequence[tuple[int, Sequence[Any]]]) -> None:
    """Note for each record the words of what it says and of what it will say soon, on SQLite.

    While one record of a model is blurred, every hit of a search is looked up in the text itself. So the index can be
    written before the texts change all at once, and `sharpen` afterwards, both in short transactions.
    """
    forget_rows(model, [pk for pk, _values in rows])
    note_words(model, [(pk, f"{words_of(values)} {_BLURRED}") for pk, values in rows])


def sharpen(model: type[models.Model], limit: int = CHUNK) -> bool:
    """Give some blurred records the words of what they say now; whether there were any."""
    space = space_of(model)
    with connection.cursor() as cursor:
        cursor.execute(*_blurred(space, limit))
        numbers = [row[0] - _rowid(space, 0) for row in cursor.fetchall()]
    forget_rows(model, numbers)
    names = searched_names(model)
    index_rows(
        model, ((r[0], r[1:]) for r in _all_rows(model).filter(pk__in=numbers).values_list("pk", *names))
    )
    return bool(numbers)


def is_blurred(model: type[models.Model]) -> bool:
    """Whether the index of a model knows more than the texts say."""
    if connection.vendor != "sqlite":
        return False
    with connection.cursor() as cursor:
        cursor.execute(*_blurred(space_of(model), 1))
        return cursor.fetchone() is not None


def _blurred(space: int, limit: int) -> tuple[str, list[Any]]:
    sql = f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH %s AND rowid BETWEEN %s AND %s LIMIT {limit}"  # noqa: S608
    return sql, [f'"{_BLURRED}"', _rowid(space, 0), _rowid(space + 1, 0) - 1]


def rebuild(
    model: type[models.Model], progress: Callable[[int, int], None] = lambda done, total: None
) -> int:
    """Note the words of all records of a model anew, a short transaction at a time; their number.

    Records are searchable again as soon as they are reached; those that are written meanwhile keep their words.
    """
    names, last, done, total = searched_names(model), 0, 0, _all_rows(model).count()
    _forget_strays(model)
    while True:
        with transaction.atomic():
            rows = list(_all_rows(model).filter(pk__gt=last).order_by("pk").values_list("pk", *names)[:CHUNK])
            if not rows:
                return done
            forget_rows(model, [row[0] for row in rows])
            index_rows(model, ((row[0], row[1:]) for row in rows))
        last, done = rows[-1][0], done + len(rows)
        progress(done, total)


def missing(model: type[models.Model]) -> int:
    """How many records have no words in the index, or words no record: zero in a whole index."""
    rows, index, space = _quote(model._meta.db_table), _stored(), space_of(model)
    number = _quote(str(model._meta.pk.column))
    without = f"SELECT count(*) FROM {rows} AS r WHERE NOT EXISTS (SELECT 1 FROM {index} WHERE {_at(space, f'r.{number}')})"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(without)
        found = int(cursor.fetchone()[0])
        cursor.execute(f"SELECT count(*) FROM ({_strays(model)}) AS strays")  # noqa: S608
        return found + int(cursor.fetchone()[0])


def is_unbuilt(model: type[models.Model]) -> bool:
    """Whether there are records and not one of them is indexed."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {_stored()} WHERE {_within(space_of(model))} LIMIT 1")  # noqa: S608
        return cursor.fetchone() is None and _all_rows(model).exists()


def search(queryset: QuerySet[Any], query: str, *, one_by_one: bool = False) -> QuerySet[Any]:
    """The records of a queryset that hold every word of a query.

    By default all hits are taken from the index, then narrowed. `one_by_one` looks each record's words up instead: the
    better way where the hits are many and the records looked at are few.
    """
    model = queryset.model
    names = searched_names(model)
    words = query_grams(query)
    if not names or not words:
        return queryset.none() if normalise(query) and names else queryset
    if one_by_one:
        queryset = queryset.filter(_Holds(model, words))
    else:
        sql, given = _hits(model, words)
        queryset = queryset.filter(pk__in=RawSQL(sql, given))  # noqa: S611 - values are parameters
    return _recheck(queryset, query)


def has_many_hits(model: type[models.Model], query: str) -> bool:
    """Whether the index alone holds more than `MANY` hits of a query."""
    words = query_grams(query)
    if not words or not searched_names(model):
        return False
    sql, given = _hits(model, words)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and _estimate(cursor, sql, given) > SURELY_MANY:
            return True
        cursor.execute(f"SELECT count(*) FROM ({sql} LIMIT {MANY + 1}) AS hits", given)  # noqa: S608 - as above
        return int(cursor.fetchone()[0]) > MANY


def _estimate(cursor: Any, sql: str, given: Sequence[Any]) -> int:
    """How many rows PostgreSQL expects. It knows the common words well; to count their hits is to read half the table."""
    cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", given)
    return int(cursor.fetchone()[0][0]["Plan"]["Plan Rows"])


@contextmanager
def room() -> Iterator[None]:
    """PostgreSQL: memory to join the hits of a common word with their records, which else go by temporary files."""
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        yield


def next_hits(
    queryset: QuerySet[Any], query: str, *, beyond: int | None, down: bool, limit: int
) -> QuerySet[Any]:
    """The records of a queryset among the next `limit` hits of a query, in order of entry, beyond a number.

    For queries with many hits: both databases walk their numbers in order and stop early.
    """
    model = queryset.model
    space, words = space_of(model), query_grams(query)
    first = _rowid(space, 0) if connection.vendor == "sqlite" else 0
    low, high = (first, first + (1 << 40) - 1)
    if beyond is not None:
        low, high = (low, first + beyond - 1) if down else (first + beyond + 1, high)
    direction = "DESC" if down else "ASC"
    if (
        connection.vendor == "postgresql"
    ):  # IS TRUE keeps the planner from collecting every hit by the word's index
        sql = (
            f"SELECT object_id FROM {TABLE} WHERE space = %s AND (words @@ %s::tsquery) IS TRUE "  # noqa: S608
            f"AND object_id BETWEEN %s AND %s ORDER BY object_id {direction} LIMIT {limit}"
        )
        given: list[Any] = [space, " & ".join(_quoted(word) for word in words), low, high]
    else:
        sql = (
            f"SELECT rowid - {first} FROM {TABLE} WHERE {TABLE} MATCH %s AND rowid BETWEEN %s AND %s "  # noqa: S608
            f"ORDER BY rowid {direction} LIMIT {limit}"
        )
        given = [" AND ".join(f'"{word}"' for word in words), low, high]
    found = queryset.filter(pk__in=RawSQL(sql, given))  # noqa: S611 - values are parameters
    return _recheck(found, query)


def _recheck(queryset: QuerySet[Any], query: str) -> QuerySet[Any]:
    """Grams of a longer word may stand apart: look at the text itself."""
    shortest = 1 if is_blurred(queryset.model) else 3
    for part in normalise(query.replace("\0", " ")).split():  # no text holds NUL, and PostgreSQL refuses it
        if len(part) >= shortest:
            queryset = queryset.filter(_contains(searched_names(queryset.model), part))
    return queryset


def _hits(model: type[models.Model], words: Sequence[str]) -> tuple[str, list[Any]]:
    """The numbers of the records that hold all the words, as SQL with its values."""
    space = space_of(model)
    if connection.vendor == "postgresql":
        sql = f"SELECT object_id FROM {TABLE} WHERE space = %s AND words @@ %s::tsquery"  # noqa: S608
        return sql, [space, " & ".join(_quoted(word) for word in words)]
    first = _rowid(space, 0)
    sql = f"SELECT rowid - {first} FROM {TABLE} WHERE {TABLE} MATCH %s AND rowid BETWEEN %s AND %s"  # noqa: S608
    return sql, [" AND ".join(f'"{word}"' for word in words), first, _rowid(space + 1, 0) - 1]


class _Holds(Func):
    """Whether the indexed words of a row hold all the words asked for."""

    output_field = BooleanField()

    def __init__(self, model: type[models.Model], words: Sequence[str]) -> None:
        super().__init__(F("pk"))
        self.space, self.words = space_of(model), words

    def as_sql(self, compiler: Any, connection: Any, *_more: Any, **_context: Any) -> tuple[str, Any]:
        number, given = compiler.compile(self.get_source_expressions()[0])
        if connection.vendor == "postgresql":
            held = "words @@ %s::tsquery"
            row = f"space = %s AND object_id = {number}"
            values = [" & ".join(_quoted(word) for word in self.words), self.space]
        else:
            held = " AND ".join(["instr(' ' || words || ' ', %s)"] * len(self.words))
            row = f"rowid = %s + {number}"
            values = [*[f" {word} " for word in self.words], _rowid(self.space, 0)]
        return f"(SELECT {held} FROM {TABLE} WHERE {row})", [*values, *given]  # noqa: S608 - as above


def _forget_strays(model: type[models.Model]) -> None:
    """Forget words whose record is gone."""
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"{_strays(model)} LIMIT {CHUNK}")
            strays = [row[0] for row in cursor.fetchall()]
            if not strays:
                return
            forget_rows(model, strays)


def _strays(model: type[models.Model]) -> str:
    """The numbers whose words are in the index and whose record is not there."""
    space, meta = space_of(model), model._meta
    number = _number(space)
    record = f"SELECT 1 FROM {_quote(meta.db_table)} AS r WHERE r.{_quote(str(meta.pk.column))} = {number}"  # noqa: S608
    return f"SELECT {number} FROM {_stored()} WHERE {_within(space)} AND NOT EXISTS ({record})"  # noqa: S608


# The pieces in which the two databases differ: where the words are stored, which rows are a space's, one of them, its number.


def _stored() -> str:
    return f"{TABLE} AS s" if connection.vendor == "postgresql" else f"{TABLE}_content AS s"


def _within(space: int) -> str:
    if connection.vendor == "postgresql":
        return f"s.space = {space}"
    return f"s.id BETWEEN {_rowid(space, 0)} AND {_rowid(space + 1, 0) - 1}"


def _at(space: int, number: str) -> str:
    if connection.vendor == "postgresql":
        return f"s.space = {space} AND s.object_id = {number}"
    return f"s.id = {_rowid(space, 0)} + {number}"


def _number(space: int) -> str:
    return "s.object_id" if connection.vendor == "postgresql" else f"(s.id - {_rowid(space, 0)})"


def _quote(name: str) -> str:
    return connection.ops.quote_name(name)


def _all_rows(model: type[models.Model]) -> QuerySet[Any]:
    """Every row of the table, past all managers: also those of batches under way."""
    return QuerySet(model)


def _contains(names: Sequence[str], part: str) -> Q:
    """The text holds the part, in whatever case. Chinese has none: it is compared as it is, with nothing to fold."""
    lookup = "contains" if part.lower() == part.upper() else "icontains"
    condition = Q()
    for name in names:
        condition |= Q(**{f"{name}__{lookup}": part})
    return condition


def _vector(words: str) -> str:
    """Words as PostgreSQL reads a vector, all quoted in three steps: word by word was the dearest step of a load."""
    doubled = words.replace("\\", "\\\\").replace("'", "''")
    return "'" + doubled.replace(" ", "' '") + "'" if words else ""


def _quoted(word: str) -> str:
    doubled = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"


def _rowid(space: int, pk: int) -> int:
    return (space << 40) | pk
