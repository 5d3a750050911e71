"""Full-text search that finds two-character Chinese words, on both databases.

A model says by `search_fields` what is searched. The text is cut into grams (kernel.text) and kept in one table a
database keeps fast: SQLite an FTS5 table, PostgreSQL a tsvector with GIN. The words of a query are grams too, all of
which must be there; the hits of longer words are checked again in the text itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from yunpu.kernel.text import grams, normalise, query_grams

TABLE = "ui_search"


def searched_names(model: type[models.Model]) -> tuple[str, ...]:
    """The text fields of a model that are searched."""
    return tuple(getattr(model, "search_fields", ()))


def index_rows(model: type[models.Model], rows: Iterable[tuple[int, Sequence[Any]]]) -> None:
    """Note the words of new records: number and searched values of each."""
    space = _space(model)
    entries = [(pk, grams(" ".join(str(value) for value in values if value))) for pk, values in rows]
    if not entries:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"INSERT INTO {TABLE} (space, object_id, words) "  # noqa: S608 - a constant name
                "SELECT %s, pk, w::tsvector FROM unnest(%s::bigint[], %s::text[]) AS given(pk, w)",
                [space, [pk for pk, _words in entries], [_vector(words) for _pk, words in entries]],
            )
        else:
            cursor.executemany(
                f"INSERT INTO {TABLE} (rowid, words) VALUES (%s, %s)",  # noqa: S608 - a constant name
                [(_rowid(space, pk), words) for pk, words in entries],
            )


def reindex(model: type[models.Model], numbers: Sequence[int]) -> None:
    """Note the words of changed records again. Call after the change, in its transaction."""
    names = searched_names(model)
    if not names:
        return
    forget_rows(model, numbers)
    rows = model._base_manager.filter(pk__in=numbers).values_list("pk", *names)
    index_rows(model, ((row[0], row[1:]) for row in rows))


def forget_rows(model: type[models.Model], numbers: Sequence[int]) -> None:
    """Forget records."""
    if not searched_names(model) or not numbers:
        return
    space = _space(model)
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


def search(queryset: QuerySet[Any], query: str) -> QuerySet[Any]:
    """The records of a queryset that hold every word of a query."""
    model = queryset.model
    names = searched_names(model)
    words = query_grams(query)
    if not names or not words:
        return queryset.none() if normalise(query) and names else queryset
    space = _space(model)
    if connection.vendor == "postgresql":
        sql = f"SELECT object_id FROM {TABLE} WHERE space = %s AND words @@ %s::tsquery"  # noqa: S608
        found = RawSQL(sql, [space, " & ".join(_quoted(word) for word in words)])  # noqa: S611 - values are parameters
    else:
        first = _rowid(space, 0)
        sql = f"SELECT rowid - {first} FROM {TABLE} WHERE {TABLE} MATCH %s AND rowid BETWEEN %s AND %s"  # noqa: S608
        match = " AND ".join(f'"{word}"' for word in words)
        found = RawSQL(sql, [match, first, _rowid(space + 1, 0) - 1])  # noqa: S611 - values are parameters
    queryset = queryset.filter(pk__in=found)
    for part in normalise(query).split():
        if len(part) > 2:  # grams of a longer word may stand apart: look at the text itself
            queryset = queryset.filter(_contains(names, part))
    return queryset


def _contains(names: Sequence[str], part: str) -> Q:
    condition = Q()
    for name in names:
        condition |= Q(**{f"{name}__icontains": part})
    return condition


def _space(model: type[models.Model]) -> int:
    """A small number of a model: its place among the searched models, by name."""
    from django.apps import apps

    searched = sorted(one._meta.label_lower for one in apps.get_models() if searched_names(one))
    return searched.index(model._meta.label_lower) + 1


def _vector(words: str) -> str:
    return " ".join(_quoted(word) for word in words.split())


def _quoted(word: str) -> str:
    doubled = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"


def _rowid(space: int, pk: int) -> int:
    return (space << 40) | pk
