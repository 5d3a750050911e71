"""A list as the URL asks for it: filters, search, order, page by key – and its counts and sums.

Pages go by key, not by number: the next page begins after the last row of this one, the last page is the first of the
reversed order. So every page costs the same at a thousand rows and at a million. How the rows of a page are found at
that cost stands in `pages`.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Max, Min, Q, QuerySet, Sum
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext

from yunpu.kernel.money import NotMoney, parse_money
from yunpu.ui import search
from yunpu.ui.hooks import hooks
from yunpu.ui.pages import Finder, Key, Order
from yunpu.ui.registers import Column, Register
from yunpu.ui.values import field_of, title_of

PAGE = 50
CHOICES = 300
HITS_LOOKED_THROUGH = (200, 2_000, 20_000)
MIXED = object()  # a sum of different currencies
PAGING = ("after", "before", "last", "from", "counted")


@dataclass(frozen=True)
class Filter:
    """One offered filter: its parameter, title, kind, choices, what is chosen, and the words of the chip."""

    name: str
    title: str
    kind: str
    choices: Sequence[tuple[str, str]] = ()
    value: str = ""
    until: str = ""
    words: str = ""


@dataclass
class ListQuery:
    """What one request asks of a register."""

    register: type[Register]
    request: HttpRequest
    base: Q = field(default_factory=Q)
    action: str = ""  # the right that makes a row visible; the register's own where none is named

    @property
    def given(self) -> QueryDict:
        return self.request.GET

    @cached_property
    def scoped(self) -> QuerySet[Any]:
        """Everything of the register this person may see."""
        action = self.action or self.register.view_right
        return hooks.scope(self.request, self.register.model._default_manager.filter(self.base), action)

    @cached_property
    def filtered(self) -> QuerySet[Any]:
        """What remains under filters and search."""
        return search.search(self.chosen, self.text) if self.text else self.chosen

    @cached_property
    def chosen(self) -> QuerySet[Any]:
        """What remains under the filters alone."""
        queryset = self.scoped
        for one in self.filters:
            queryset = _narrow(queryset, one)
        return queryset

    @cached_property
    def text(self) -> str:
        """What is searched for; empty where the register is not searched."""
        return self.given.get("q", "").strip() if search.searched_names(self.register.model) else ""

    @cached_property
    def filters(self) -> list[Filter]:
        return [self._filter(name) for name in self.register.filters]

    @property
    def chips(self) -> list[tuple[Filter, str]]:
        """The filters in force, each with the address without it."""
        return [
            (one, self.url(**{one.name: "", f"{one.name}_to": ""}))
            for one in self.filters
            if one.value or one.until
        ]

    @cached_property
    def has_many_hits(self) -> bool:
        """Whether so much was found that only the order of entry is offered."""
        return bool(self.text) and search.has_many_hits(self.register.model, self.text)

    @cached_property
    def sort(self) -> str:
        """The order in force: the one asked for, or the register's; the newest entry first where the hits are many."""
        if self.has_many_hits:
            return "-pk"
        asked = self.given.get("sort", "")
        return asked if asked.lstrip("-") in self.register.sorts else self.register.default_sort

    @cached_property
    def order(self) -> Order:
        return Order(self.register.model, self.sort.lstrip("-"), self.sort.startswith("-"))

    @cached_property
    def columns(self) -> list[Column]:
        """The columns shown, in the order chosen."""
        known = {column.name: column for column in self.register.list_columns()}
        asked = [name for name in self.given.get("cols", "").split(",") if name in known]
        return [known[name] for name in asked] or [column for column in known.values() if column.shown]

    @cached_property
    def page(self) -> Page:
        """The rows of this page."""
        return _read_page(self)

    def totals(self) -> dict[str, Any]:
        """Exact counts and the sums of the filtered rows."""
        with search.room():
            count, sums = add_up(self.filtered, self.columns)
            everything = count if not self.is_narrowed else self.scoped.order_by().count()
        return {"filtered": count, "all": everything, "sums": sums}

    @property
    def is_narrowed(self) -> bool:
        return bool(self.chips or self.given.get("q", "").strip())

    def url(self, **changes: str) -> str:
        """This list's address with some parameters changed; empty ones go. Paging starts anew."""
        kept = {key: value for key, value in self.given.items() if key not in PAGING}
        kept |= changes
        return "?" + urlencode({key: value for key, value in kept.items() if value})

    @property
    def remembered(self) -> str:
        """The part of the address that a saved view keeps."""
        return self.url(view="").removeprefix("?")

    def key_of(self, record: models.Model) -> str:
        """A record's place in this list, for `after` and `before`."""
        return write_key(record, self.order.name)

    @property
    def kept(self) -> list[tuple[str, str]]:
        """The parameters that a form of this list hands on."""
        return [(key, str(value)) for key, value in self.given.items() if key not in PAGING and value]

    @property
    def many_hits(self) -> str:
        return f"{search.MANY:,}"

    @property
    def go_to(self) -> Filter | None:
        """By which value one may go to a place in the list: that of the column it is sorted by."""
        if self.order.by_number or isinstance(self.order.stored, models.ForeignKey):
            return None
        column = Column(self.order.name)
        known = next((one for one in self.register.list_columns() if one.name == column.name), column)
        kind = "date" if isinstance(self.order.stored, models.DateField) else "text"
        return Filter(column.name, title_of(self.register, known), kind)

    def sort_heads(self) -> list[dict[str, Any]]:
        """Each shown column: title, whether it can be sorted, its address, its present direction."""
        heads = []
        name, down = self.sort.lstrip("-"), self.sort.startswith("-")
        sorts = () if self.has_many_hits else self.register.sorts
        for column in self.columns:
            active = column.name == name
            target = f"-{column.name}" if active and not down else column.name
            heads.append(
                {
                    "column": column,
                    "title": title_of(self.register, column),
                    "url": self.url(sort=target) if column.name in sorts else "",
                    "arrow": ("↓" if down else "↑") if active else "",
                    "aria": ("descending" if down else "ascending") if active else "none",
                    "numeric": column.numeric
                    or bool(column.money)
                    or _is_numeric(self.register.model, column.name),
                }
            )
        return heads

    def _filter(self, name: str) -> Filter:
        stored = field_of(self.register.model, name)
        assert stored is not None, f"{self.register.code()}: no field {name} to filter by"
        title = gettext(str(stored.verbose_name))
        value, until = self.given.get(name, ""), self.given.get(f"{name}_to", "")
        if isinstance(stored, models.DateField):
            words = " – ".join(part for part in (value, until) if part)
            return Filter(name, title, "date", (), value, until, words)
        choices: list[tuple[str, str]] = []
        if stored.choices:
            choices = [(str(key), gettext(str(label))) for key, label in stored.flatchoices]
        elif isinstance(stored, models.ForeignKey):
            model = self.register.model
            of = model if name == getattr(model, "scope_field", "") else None  # only units with rows to see
            related = hooks.scope(self.request, stored.related_model._default_manager.all(), "view", of)
            choices = [(str(one.pk), str(one)) for one in related[: CHOICES + 1]]
            if len(choices) > CHOICES:  # too many for a drop-down: typed and looked up
                chosen = related.filter(pk=value).first() if value.isdecimal() and len(value) < 19 else None
                return Filter(name, title, "pick", (), value, "", str(chosen) if chosen else "")
        elif isinstance(stored, models.BooleanField):
            choices = [("1", gettext("是")), ("0", gettext("否"))]
        kind = "choice" if choices or isinstance(stored, models.ForeignKey) else "text"
        return Filter(name, title, kind, choices, value, "", dict(choices).get(value, value))


@dataclass(frozen=True)
class Page:
    """One page: rows, and the keys of its neighbours."""

    rows: list[Any]
    next_key: str
    previous_key: str
    is_first: bool
    is_last: bool


def add_up(rows: QuerySet[Any], columns: Sequence[Column]) -> tuple[int, dict[str, Any]]:
    """How many rows, and the sum of each summed column by its name, in one pass over them.

    MIXED stands for a sum over rows that differ in what must be alike.
    """
    asked: dict[str, Any] = {"count": Count("pk")}
    summed = [(f"_{at}", column) for at, column in enumerate(columns) if column.total]
    for mark, column in summed:
        asked[f"sum{mark}"] = Sum(column.name)
        if column.alike:
            asked |= {f"least{mark}": Min(column.alike), f"most{mark}": Max(column.alike)}
    found = rows.order_by().aggregate(**asked)
    sums = {
        column.name: MIXED if found.get(f"least{mark}") != found.get(f"most{mark}") else found[f"sum{mark}"]
        for mark, column in summed
    }
    return found["count"], sums


def _narrow(queryset: QuerySet[Any], one: Filter) -> QuerySet[Any]:
    if one.kind == "date":
        for value, lookup in ((one.value, "gte"), (one.until, "lte")):
            day = _read_day(value)
            if day:
                queryset = queryset.filter(**{f"{one.name}__{lookup}": day})
        return queryset
    if not one.value:
        return queryset
    stored = field_of(queryset.model, one.name)
    if isinstance(stored, models.IntegerField | models.ForeignKey) and not _is_whole_number(one.value):
        return queryset.none()
    return queryset.filter(**{one.name: one.value})


def _is_whole_number(text: str) -> bool:
    """Whether a text is a number that a column can hold: 64 bits."""
    return text.removeprefix("-").isdecimal() and len(text) < 20 and abs(int(text)) < 1 << 63


def _read_day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _read_page(query: ListQuery) -> Page:
    """The page that the address asks for: after or before a key, from a value on, the last, else the first."""
    given, order = query.given, query.order
    start = _start_of(query)
    key = read_key(given.get("after") or given.get("before") or "", order) or start
    backwards = bool(given.get("last") or (given.get("before") and key))
    if given.get("last"):
        key = None
    numbers = _find(query, order.reversed() if backwards else order, key)
    if not numbers and start is not None and key is start:  # nothing from there on: the end
        backwards, key = True, None
        numbers = _find(query, order.reversed(), None)
    more = len(numbers) > PAGE
    rows = _fetch(query, numbers[:PAGE])
    if backwards:
        rows.reverse()
    at_first = not more if backwards else key is None
    at_last = key is None if backwards else not more
    return Page(
        rows,
        next_key="" if at_last or not rows else write_key(rows[-1], order.name),
        previous_key="" if at_first or not rows else write_key(rows[0], order.name),
        is_first=at_first,
        is_last=at_last,
    )


def _find(query: ListQuery, order: Order, key: Key | None) -> list[int]:
    if not query.text:
        finder = Finder(query.filtered, order, _units_of(query))
        return finder.look_through(key, PAGE + 1) if query.is_narrowed else finder.walk(key, PAGE + 1)
    if query.has_many_hits:
        return _find_among_many(query, order, key)
    return Finder(query.filtered, order).gather(key, PAGE + 1)


def _find_among_many(query: ListQuery, order: Order, key: Key | None) -> list[int]:
    """Look through the next hits in order of entry; where too few are in the filters, through the filters' rows."""
    beyond = key.number if key else None
    for limit in HITS_LOOKED_THROUGH:
        found = search.next_hits(query.chosen, query.text, beyond=beyond, down=order.down, limit=limit)
        numbers = Finder(found, order).gather(None, PAGE + 1)
        if len(numbers) > PAGE:
            return numbers
    return Finder(search.search(query.chosen, query.text, one_by_one=True), order).gather(key, PAGE + 1)


def _fetch(query: ListQuery, numbers: Sequence[int]) -> list[Any]:
    """The records themselves, in the order of their numbers; once more through the scope, whatever found them."""
    related = query.register.related
    queryset = query.scoped.select_related(*related) if related else query.scoped
    found = {record.pk: record for record in queryset.filter(pk__in=numbers)}
    return [found[number] for number in numbers if number in found]


def _units_of(query: ListQuery) -> frozenset[int] | None:
    """The units of the person's scope where the register's rows carry theirs; None for all, or for another path."""
    scope_field = getattr(query.register.model, "scope_field", None)
    if not scope_field or "__" in scope_field or query.base:
        return None
    return hooks.units(query.request, query.register.model)


def _start_of(query: ListQuery) -> Key | None:
    """Where “go to” leads: the place before the first row with the value asked for."""
    text = query.given.get("from", "").strip()
    value = read_value(query.register, query.order, text) if text else None
    return None if value is None else Key(value, None)


def read_value(register: type[Register], order: Order, text: str) -> Any:
    """A value of the sorted column as a person writes it: money in the column's unit. None where it is none."""
    column = next((one for one in register.list_columns() if one.name == order.name), None)
    try:
        if column is not None and column.money:
            return parse_money(text, column.money)
        return order.stored.to_python(text)
    except (ValidationError, NotMoney):
        return None


def write_key(record: models.Model, name: str) -> str:
    """A row's place in the order by a column, for an address."""
    order = Order(type(record), name, down=False)
    value = getattr(record, order.stored.attname)
    text = json.dumps(
        [order.name, order.stored.value_to_string(record) if value is not None else None, record.pk]
    )
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_key(text: str, order: Order) -> Key | None:
    """The place an address names; None where it names none in this order, or one that cannot be."""
    if not text:
        return None
    try:
        name, value, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if name != order.name or not isinstance(pk, int) or abs(pk) >= 1 << 63:
            return None
        return Key(None if value is None else order.stored.to_python(value), pk)
    except (ValueError, TypeError, ValidationError):
        return None


def _is_numeric(model: type[models.Model], name: str) -> bool:
    stored = field_of(model, name)
    return isinstance(stored, models.IntegerField | models.DecimalField) and not stored.choices
