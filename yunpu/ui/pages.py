"""Which rows stand on a page of a list, found at a cost that does not grow with the table.

Three ways, each bounded:

- Nothing but the scope: the index of the order is walked from the key on; where the scope is several units, once for
  each unit, and what they give is merged.
- Filters, or a word that is in very many rows: the next rows of the order are looked through, first a few, then more.
  Where the page is not full by then the matches are rare, and all of them are gathered, then sorted.
- Any other word: the search index gives the hits, they are gathered, then sorted.

A planner left alone walks the order's index to the end for a word that is nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value

WINDOWS = (1_000, 20_000)  # rows of the order looked through, before all matches are gathered
MERGED_UNITS = 100


@dataclass(frozen=True)
class Key:
    """A place in an order: a row's value and number. Without a number: before the first row with that value."""

    value: Any
    number: int | None


class Comparison(Func):
    """`(sort, number) > (value, number)` as one comparison, which enters an index over both at the very place."""

    output_field = BooleanField()

    def __init__(self, *expressions: Any, sign: str) -> None:
        super().__init__(*expressions)
        self.sign = sign

    def as_sql(self, compiler: Any, connection: Any, *_more: Any, **_context: Any) -> tuple[str, Any]:
        parts = [compiler.compile(one) for one in self.get_source_expressions()]
        given = [value for _sql, values in parts for value in values]
        (a, _a), (b, _b), (x, _x), (y, _y) = parts
        return f"({a}, {b}) {self.sign} ({x}, {y})", given


@dataclass(frozen=True)
class Order:
    """An order of a model's rows: by a column, up or down, equals by number in the same direction.

    Rows without a value stand where the database's indexes have them: lowest on SQLite, highest on PostgreSQL.
    """

    model: type[models.Model]
    column: str
    down: bool

    @property
    def name(self) -> str:
        return str(self.model._meta.pk.name) if self.column == "pk" else self.column

    @cached_property
    def stored(self) -> models.Field[Any, Any]:
        stored = self.model._meta.get_field(self.name)
        assert isinstance(stored, models.Field), f"{self.name}: a list is sorted by a column of its own"
        return stored

    @property
    def by_number(self) -> bool:
        return self.stored.primary_key

    def reversed(self) -> Order:
        return Order(self.model, self.column, not self.down)

    @property
    def terms(self) -> list[str]:
        sign = "-" if self.down else ""
        names = [self.name] if self.by_number else [self.stored.attname, "pk"]
        return [f"{sign}{name}" for name in names]

    def after(self, key: Key) -> Q:
        """The rows beyond a place."""
        sign, lookup = ("<", "lt") if self.down else (">", "gt")
        if self.by_number:
            return Q(**{f"pk__{lookup}{'e' if key.number is None else ''}": key.number or key.value})
        nulls_come_later = self.down == (connection.vendor == "sqlite")
        if key.value is None:
            empty = Q(**{f"{self.name}__isnull": True}) & Q(**{f"pk__{lookup}": key.number})
            return empty if nulls_come_later else empty | Q(**{f"{self.name}__isnull": False})
        if key.number is None:
            beyond = Q(**{f"{self.stored.attname}__{lookup}e": key.value})
        else:
            beyond = Q(self._compare(sign, key))
        return (
            beyond | Q(**{f"{self.name}__isnull": True}) if self.stored.null and nulls_come_later else beyond
        )

    def until(self, key: Key) -> Q:
        """The rows up to a place, itself included. Not for columns that may be empty."""
        if self.by_number:
            return Q(**{f"pk__{'gte' if self.down else 'lte'}": key.number})
        return Q(self._compare(">=" if self.down else "<=", key))

    def _compare(self, sign: str, key: Key) -> Comparison:
        value = Value(key.value, output_field=_plain(self.stored))
        return Comparison(F(self.stored.attname), F("pk"), value, Value(key.number), sign=sign)


def _plain(stored: models.Field[Any, Any]) -> models.Field[Any, Any]:
    return stored.target_field if isinstance(stored, models.ForeignKey) else stored


@dataclass
class Finder:
    """Finds the numbers of the rows of a page, always as the first `count` after a key.

    `units` says by which units the rows are scoped, as far as that helps to find them; what is found is in `rows`.
    """

    rows: QuerySet[Any]
    order: Order
    units: frozenset[int] | None = None

    def walk(self, key: Key | None, count: int) -> list[int]:
        """For rows that only the scope narrows: along the index of the order."""
        if self.units is None or len(self.units) < 2 or self.order.stored.null:
            return self._walk(self.rows, key, count)
        return self._merge(key, count) if len(self.units) <= MERGED_UNITS else self.look_through(key, count)

    def look_through(self, key: Key | None, count: int) -> list[int]:
        """For rows that filters narrow: the next ones in order, as long as they fill the page soon."""
        if self.order.stored.null:
            return self.gather(key, count)
        everything: QuerySet[Any] = QuerySet(self.order.model)
        if self.units is not None and len(self.units) == 1:
            everything = everything.filter(**{self._unit_name: next(iter(self.units))})
        rest = everything.filter(self.order.after(key)) if key else everything
        marks = rest.order_by(*self.order.terms).values_list(self.order.stored.attname, "pk")
        for window in WINDOWS:
            mark = next(iter(marks[window : window + 1]), None)
            if mark is None:  # the table ends here
                break
            found = self._walk(self.rows.filter(self.order.until(Key(*mark))), key, count)
            if len(found) == count:
                return found
        return self.gather(key, count)

    def gather(self, key: Key | None, count: int) -> list[int]:
        """For few rows of many: all of them first, then the order, so that no planner walks the order's index."""
        rest = self.rows.filter(self.order.after(key)) if key else self.rows
        try:
            sql, given = rest.order_by().values_list(self.order.stored.attname, "pk").query.sql_with_params()
        except EmptyResultSet:  # Django knows that nothing can be found
            return []
        return _sorted_numbers(f"WITH found(a, b) AS MATERIALIZED ({sql})", list(given), self.order, count)

    def _walk(self, rows: QuerySet[Any], key: Key | None, count: int) -> list[int]:
        rest = rows.filter(self.order.after(key)) if key else rows
        return list(rest.order_by(*self.order.terms).values_list("pk", flat=True)[:count])

    def _merge(self, key: Key | None, count: int) -> list[int]:
        """The next rows of every unit, merged: no index is in order over several units."""
        arms: list[str] = []
        given: list[Any] = []
        for unit in sorted(self.units or ()):
            queryset = self.order.model._default_manager.filter(**{self._unit_name: unit})
            rest = queryset.filter(self.order.after(key)) if key else queryset
            arm = rest.order_by(*self.order.terms).values_list(self.order.stored.attname, "pk")[:count]
            sql, values = arm.query.sql_with_params()
            arms.append(f"SELECT * FROM ({sql}) AS arm{len(arms)}")  # noqa: S608 - compiled by Django
            given += values
        return _sorted_numbers(f"WITH found(a, b) AS ({' UNION ALL '.join(arms)})", given, self.order, count)

    @property
    def _unit_name(self) -> str:
        return str(self.order.model.scope_field)  # type: ignore[attr-defined]


def _sorted_numbers(source: str, given: Sequence[Any], order: Order, count: int) -> list[int]:
    direction = " DESC" if order.down else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{source} SELECT b FROM found ORDER BY a{direction}, b{direction} LIMIT {count}",  # noqa: S608
            given,
        )
        return [row[0] for row in cursor.fetchall()]
