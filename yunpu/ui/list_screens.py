"""The list of a register, its counts and sums, its saved views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from yunpu.kernel.money import show_money
from yunpu.ui import search
from yunpu.ui.base import RegisterView
from yunpu.ui.home import steps_left
from yunpu.ui.hooks import hooks
from yunpu.ui.lists import MIXED, ListQuery, add_up
from yunpu.ui.models import SavedView
from yunpu.ui.registers import Column, Register
from yunpu.ui.selection import Selection
from yunpu.ui.values import NO_VALUE, show, show_count, title_of
from yunpu.ui.years import address_in_year


@dataclass(frozen=True)
class ViewTab:
    """One saved view as a tab: `view` is None for everything; `count` is None until it was asked for."""

    view: SavedView | None
    url: str
    active: bool
    count: int | None = None


class ListView(RegisterView):
    """The list."""

    template = "ui/list.html"

    @classmethod
    def in_year(cls, address: str, year: int) -> str:
        return address_in_year(cls.register, year, urlsplit(address).query)

    def get(self, request: HttpRequest) -> HttpResponse:
        join_columns(request)
        register, query = self.register, ListQuery(self.register, request)
        page, heads = query.page, query.sort_heads()
        titles = [head["title"] for head in heads]
        address = reverse(register.url_name("list"))
        context = self.context(
            **self._counted(query, len(page.rows)),
            steps=steps_left(request)
            if register.shows_steps and not (page.rows or query.is_narrowed)
            else [],
            query=query,
            page=page,
            rows=[
                (
                    record,
                    [
                        (column, show(record, column), title)
                        for column, title in zip(query.columns, titles, strict=True)
                    ],
                )
                for record in page.rows
            ],
            heads=heads,
            first_url=query.url(),
            next_url=query.url(after=page.next_key),
            previous_url=query.url(before=page.previous_key),
            last_url=query.url(last="1"),
            totals_url=reverse(register.url_name("totals")) + query.url(),
            export_urls=[
                (kind, reverse(register.url_name("export"), args=[kind]) + query.url())
                for kind in ("xlsx", "csv")
            ],
            tabs=list_tabs(register, request, query),
            tabs_url=reverse(register.url_name("tabs")) + query.url(),
            sorts=list_sorts(register, query),
            column_choices=list_column_choices(register, query),
            shown_count=len(query.columns),
            kept=_kept_fields(query),
            default_columns_url=query.url(cols=""),
            near=f"?{urlencode({'list': query.remembered})}" if query.remembered else "",
            import_url=self.import_url(),
            is_searched=bool(search.searched_names(register.model)),
        )
        if request.headers.get("HX-Target") != "list":
            return self.show(context)
        response = self.show(context, "ui/list_part.html")
        response["HX-Push-Url"] = address + _present_address(query)
        return response

    def _counted(self, query: ListQuery, page_rows: int) -> dict[str, Any]:
        """The foot itself where it was asked for; else the address that shows it to who has no scripts."""
        address = reverse(self.register.url_name("list")) + _present_address(query)
        if self.request.GET.get("counted") != "1":
            if not page_rows:
                return {"totals": None, "counted_url": ""}
            joined = address + ("&" if "?" in address else "?") + "counted=1"
            return {"totals": None, "counted_url": joined.replace("?&", "?")}
        return {"counted_url": "", **foot_context(self, query, page_rows)}


def foot_context(view: RegisterView, query: ListQuery, page_rows: int) -> dict[str, Any]:
    """What the foot of a list shows: exact counts, and sums of the filtered rows."""
    totals = query.totals()
    return {
        "totals": totals,
        "page_rows": page_rows,
        "foot": foot_of(query, totals["sums"]),
        "picks": view.may(view.register.take_right()),
    }


class TotalsView(RegisterView):
    """Counts and sums, a moment after the rows."""

    template = "ui/totals.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        query = ListQuery(self.register, request)
        rows = request.GET.get("rows", "")
        page_rows = int(rows) if rows.isdecimal() and len(rows) < 6 else 0
        return self.show(foot_context(self, query, page_rows))


class SumView(RegisterView):
    """How many are picked, and what they sum to."""

    template = "ui/picked.html"

    def post(self, request: HttpRequest) -> HttpResponse:
        selection = Selection(self.register, request)
        query = selection.query
        count, sums = add_up(selection.records(), query.columns)
        shown = [
            (title_of(self.register, column), _sum_shown(column, sums[column.name]))
            for column in query.columns
            if column.total
        ]
        matching = None if selection.everything else query.filtered.order_by().count()
        more = matching if matching is not None and matching > count else None
        return self.show({"count": count, "sums": shown, "matching": more})


class TabsView(RegisterView):
    """The saved views again, with their counts."""

    template = "ui/tabs.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        query = ListQuery(self.register, request)
        tabs = list_tabs(self.register, request, query, counted=True)
        address = reverse(self.register.url_name("list"))
        return self.show({"tabs": tabs, "register": self.register, "list_url": address, "tabs_url": ""})


class SaveViewView(RegisterView):
    """Keep this list's filters, order and columns under a name; or forget one."""

    def post(self, request: HttpRequest) -> HttpResponse:
        target = reverse(self.register.url_name("list"))
        if request.POST.get("forget"):
            self._forget(request.POST["forget"])
            return redirect(target)
        name = request.POST.get("name", "").strip()[:40]
        query = request.POST.get("query", "").removeprefix("?")[:2000]
        if name:
            self._keep(name, query, shared=request.POST.get("shared") == "1")
            messages.success(request, _("视图“%(name)s”已保存") % {"name": name})
        return redirect(f"{target}?{query}" if query else target)

    def _keep(self, name: str, query: str, *, shared: bool) -> None:
        above = hooks.units_above(self.request)
        with hooks.operation("ui.view-saved", by=self.request.user, at=hooks.now()) as note:
            view, _created = SavedView.objects.update_or_create(
                register=self.register.code(),
                owner_id=self.request.user.pk or 0,
                name=name,
                defaults={"query": query, "shared": shared, "unit_id": next(iter(above), None)},
            )
            note.act(view, register=view.register, query=query, shared=shared)

    def _forget(self, number: str) -> None:
        if not number.isdecimal():
            raise Http404
        found = SavedView.objects.filter(pk=int(number), owner_id=self.request.user.pk or 0).first()
        if found is None:
            raise Http404
        with hooks.operation("ui.view-forgotten", by=self.request.user, at=hooks.now()) as note:
            note.removed(found)
            found.delete()
        messages.success(self.request, _("视图“%(name)s”已删除") % {"name": found.name})


def join_columns(request: HttpRequest) -> None:
    """The column chooser sends one `cols` a column, in order; an address keeps them as one."""
    names = request.GET.getlist("cols")
    if len(names) > 1:
        given = request.GET.copy()
        given["cols"] = ",".join(dict.fromkeys(names))
        request.GET = given  # type: ignore[assignment]


def list_tabs(
    register: type[Register], request: HttpRequest, query: ListQuery, *, counted: bool = False
) -> list[ViewTab]:
    """Everything, then a person's own views and those shared at the person's unit or above; counted where asked."""
    views = SavedView.objects.filter(register=register.code())
    shared = Q(shared=True, unit_id__in=hooks.units_above(request))
    views = views.filter(Q(owner_id=request.user.pk) | shared).order_by("pk")
    present = dict(parse_qsl(query.remembered))
    every = ViewTab(None, "?", not present, query.scoped.order_by().count() if counted else None)
    tabs = [every]
    for view in views:
        asked = dict(parse_qsl(view.query))
        count = _count_of(register, request, view) if counted else None
        tabs.append(ViewTab(view, f"?{view.query}", asked == present, count))
    return tabs


def _count_of(register: type[Register], request: HttpRequest, view: SavedView) -> int:
    """How many records a saved view shows this person."""
    asked = HttpRequest()
    asked.user, asked.GET = request.user, QueryDict(view.query)
    return int(ListQuery(register, asked).filtered.order_by().count())


def list_sorts(register: type[Register], query: ListQuery) -> list[dict[str, Any]]:
    """The offered orders, up and down, with their addresses."""
    titles = {column.name: title_of(register, column) for column in register.list_columns()}
    found = []
    for name in register.sorts:
        title = _("登记顺序") if name == "pk" else titles.get(name) or title_of(register, Column(name))
        for value, arrow in ((name, "↑"), (f"-{name}", "↓")):
            found.append(
                {
                    "title": title,
                    "arrow": arrow,
                    "url": query.url(sort=value),
                    "active": query.sort == value,
                    "words": _("从小到大") if arrow == "↑" else _("从大到小"),
                }
            )
    return found


def list_column_choices(register: type[Register], query: ListQuery) -> list[tuple[Column, str, bool, bool]]:
    """Every column: those shown in their order, then the others. The one that links cannot be hidden."""
    shown = query.columns
    others = [column for column in register.list_columns() if column not in shown]
    return [
        (column, title_of(register, column), column in shown, column.link) for column in [*shown, *others]
    ]


def foot_of(query: ListQuery, sums: dict[str, Any]) -> dict[str, Any]:
    """The cells of the foot: the counts reach up to the first sum."""
    texts = [_sum_shown(column, sums.get(column.name)) if column.total else None for column in query.columns]
    lead = next((at for at, text in enumerate(texts) if text is not None), len(texts))
    lead = max(1, lead)
    return {"span": lead, "cells": texts[lead:]}


def _sum_shown(column: Column, value: Any) -> str:
    """A sum as the foot shows it; rows that are not alike (in currency) have none."""
    if value is MIXED:
        return NO_VALUE
    return show_money(value or 0, column.money) if column.money else show_count(value or 0)


def _kept_fields(query: ListQuery) -> dict[str, list[tuple[str, str]]]:
    """What each form of the toolbar carries along of the present address, so that it changes only its own part."""
    given = [(key, value) for key, value in parse_qsl(query.remembered) if value]
    own = {
        "search": {"q"},
        "filter": {name for one in query.filters for name in (one.name, f"{one.name}_to")},
    }
    return {
        "search": [(key, value) for key, value in given if key not in own["search"]],
        "filter": [(key, value) for key, value in given if key not in own["filter"]],
        "columns": [(key, value) for key, value in given if key != "cols"],
    }


def _present_address(query: ListQuery) -> str:
    """The address of what is shown, page included, without empty parameters."""
    paging = {
        key: str(query.given[key]) for key in ("after", "before", "last", "from") if query.given.get(key)
    }
    return query.url(**paging)
