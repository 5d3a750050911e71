"""A list as the URL asks for it: filters, search, order, page by key – and its counts and sums.

Pages go by key, not by number: the next page begins after the last row of this one, the last page is the first of the
reversed order. So every page costs the same at a thousand rows and at a million.
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

from django.db import models
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext

from yunpu.ui import search
from yunpu.ui.hooks import hooks
from yunpu.ui.registers import Column, Register
from yunpu.ui.values import field_of, title_of

PAGE = 50
CHOICES = 300
_OWN = ("q", "sort", "cols", "after", "before", "last", "view")


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
        queryset = self.scoped
        for one in self.filters:
            queryset = _narrow(queryset, one)
        text = self.given.get("q", "").strip()
        if text:
            queryset = (
                search.search(queryset, text) if search.searched_names(self.register.model) else queryset
            )
        return queryset

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

    @property
    def sort(self) -> str:
        asked = self.given.get("sort", "")
        return asked if asked.lstrip("-") in self.register.sorts else self.register.default_sort

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
        sums = {f"sum_{i}": Sum(column.name) for i, column in enumerate(self.columns) if column.total}
        found = self.filtered.order_by().aggregate(count=Count("pk"), **sums)
        everything = found["count"] if not self.is_narrowed else self.scoped.order_by().count()
        by_column = {self.columns[int(key[4:])].name: value for key, value in found.items() if key != "count"}
        return {"filtered": found["count"], "all": everything, "sums": by_column}

    @property
    def is_narrowed(self) -> bool:
        return bool(self.chips or self.given.get("q", "").strip())

    def url(self, **changes: str) -> str:
        """This list's address with some parameters changed; empty ones go. Paging starts anew."""
        kept = {key: value for key, value in self.given.items() if key not in ("after", "before", "last")}
        kept |= changes
        return "?" + urlencode({key: value for key, value in kept.items() if value})

    @property
    def remembered(self) -> str:
        """The part of the address that a saved view keeps."""
        return self.url(view="").removeprefix("?")

    def key_of(self, record: models.Model) -> str:
        """A record's place in this list, for `after` and `before`."""
        return _write_key(record, self.sort.lstrip("-"))

    def sort_heads(self) -> list[dict[str, Any]]:
        """Each shown column: title, whether it can be sorted, its address, its present direction."""
        heads = []
        name, down = self.sort.lstrip("-"), self.sort.startswith("-")
        for column in self.columns:
            active = column.name == name
            target = f"-{column.name}" if active and not down else column.name
            heads.append(
                {
                    "column": column,
                    "title": title_of(self.register, column),
                    "url": self.url(sort=target) if column.name in self.register.sorts else "",
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
    if isinstance(stored, models.IntegerField | models.ForeignKey) and not one.value.lstrip("-").isdecimal():
        return queryset.none()
    return queryset.filter(**{one.name: one.value})


def _read_day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _read_page(query: ListQuery) -> Page:
    name, down = query.sort.lstrip("-"), query.sort.startswith("-")
    name = query.register.model._meta.pk.name if name == "pk" else name
    related = query.register.related
    queryset = query.filtered.select_related(*related) if related else query.filtered
    given = query.given
    backwards = bool(given.get("before") or given.get("last"))
    key = _read_key(given.get("after") or given.get("before") or "")
    rising = down == backwards
    if key is not None:
        queryset = queryset.filter(_beyond(queryset.model, name, key, rising))
    order = [name, "pk"] if name != "pk" else ["pk"]
    ordered = queryset.order_by(*(one if rising else f"-{one}" for one in order))
    rows = list(ordered[: PAGE + 1])
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    if backwards:
        rows.reverse()
    at_first = (not more) if backwards else key is None
    at_last = (bool(given.get("last")) or key is None) if backwards else not more
    return Page(
        rows,
        next_key="" if at_last or not rows else _write_key(rows[-1], name),
        previous_key="" if at_first or not rows else _write_key(rows[0], name),
        is_first=at_first,
        is_last=at_last,
    )


def _beyond(model: type[models.Model], name: str, key: tuple[Any, int], rising: bool) -> Q:
    value, pk = key
    sign = "gt" if rising else "lt"
    if name in ("pk", model._meta.pk.name):
        return Q(**{f"pk__{sign}": pk})
    if value is None:
        return Q(**{f"{name}__isnull": True, f"pk__{sign}": pk})
    # (a > x) or (a = x and pk > p), with a >= x in front so that the index is entered at x
    return Q(**{f"{name}__{sign}e": value}) & (
        Q(**{f"{name}__{sign}": value}) | Q(**{name: value, f"pk__{sign}": pk})
    )


def _write_key(record: models.Model, name: str) -> str:
    stored = record._meta.pk if name == "pk" else field_of(type(record), name)
    attname = getattr(stored, "attname", name)
    value = getattr(record, attname)
    if isinstance(value, dt.date | dt.datetime):
        value = value.isoformat()
    text = json.dumps([value, record.pk], default=str)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_key(text: str) -> tuple[Any, int] | None:
    if not text:
        return None
    try:
        value, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return value, int(pk)
    except (ValueError, TypeError):
        return None


def _is_numeric(model: type[models.Model], name: str) -> bool:
    stored = field_of(model, name)
    return isinstance(stored, models.IntegerField | models.DecimalField) and not stored.choices
