"""One record: facts, related lists, where it came from, its history, its neighbours in the list it was opened from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark
from yunpu.ui.base import RegisterView
from yunpu.ui.forms import ReasonForm
from yunpu.ui.hooks import hooks
from yunpu.ui.lists import ListQuery
from yunpu.ui.registers import Column, Panel, Register, find_register, list_registers
from yunpu.ui.undo_screens import say_undoable
from yunpu.ui.values import Shown, field_of, show, title_of, value_of

PANEL_ROWS = 10
PANEL_COLUMNS = 6


class UnableToRemove(Refusal):
    """A record on which others depend."""

    code = "UIX-101"
    headline = mark("不能删除“%(record)s”：有 %(count)s 条记录依据它")
    why = mark("删除会让那些记录失去依据，没有删除任何记录。")
    ways_out = ((mark("先处理依据它的记录"), ""),)


@dataclass(frozen=True)
class Fact:
    """One fact of a record: its title, the value, where it leads, what may be copied."""

    title: str
    cell: Shown
    url: str = ""
    copy: str = ""


class RecordView(RegisterView):
    """The page of a record."""

    template = "ui/record.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        register = self.register
        record = self.get_record(register.model, pk, self.right)
        panels = list(self._panels(record))
        history = hooks.history(record)
        context = self.context(
            record=record,
            fact_groups=self._groups(record),
            panels=panels,
            parts=[shown for part in hooks.record_parts if (shown := part(request, record))],
            history=history,
            history_url=hooks.history_url(record),
            undoable=self._undoable(history),
            source=hooks.source_of(request, record),
            why_visible=hooks.why_visible(request, record),
            record_actions=self.list_actions(register.actions, record.pk),
            **self._neighbours(record),
        )
        return self.show(context)

    def _undoable(self, history: Any) -> set[int]:
        """The bulk changes in a record's history that this person may undo as a whole."""
        if not (self.register.fields and self.may("change")):
            return set()
        batches = {getattr(entry, "batch", 0) for entry in history} - {0}
        return {one for one in batches if hooks.find_bulk_change(self.register.model, one)}

    def _groups(self, record: Any) -> list[tuple[str, list[Fact]]]:
        """The facts under the headings of the register; what no heading names comes first."""
        facts = dict(self._facts(record))
        named = {name for _title, names in self.register.groups for name in names}
        groups = [("", [fact for name, fact in facts.items() if name not in named])]
        groups += [(_(str(title)), [facts[name] for name in names]) for title, names in self.register.groups]
        return [(title, found) for title, found in groups if found]

    def _facts(self, record: Any) -> Iterator[tuple[str, Fact]]:
        """The columns of the register, then the other fields of its form."""
        columns = self.register.list_columns()
        shown = {column.name for column in columns}
        extra = [Column(name) for name in self.register.fields if name not in shown]
        for column in [*columns, *extra]:
            cell = show(record, column)
            whole = cell.full or cell.text
            copy = whole if column.code and value_of(record, column.name) not in (None, "") else ""
            fact = Fact(
                title_of(self.register, column),
                Shown(whole, cell.numeric, cell.badge),
                self._url_of(record, column.name),
                copy,
            )
            yield column.name, fact

    def _url_of(self, record: Any, name: str) -> str:
        """The page of the record that a fact names, where this person may open it."""
        stored = field_of(self.register.model, name)
        if getattr(stored, "is_personal", False) and value_of(record, name):
            return hooks.reveal_url(self.request, record, name)
        if stored is None or not stored.is_relation or "__" in name:
            return ""
        assert stored.related_model is not None and not isinstance(stored.related_model, str)
        other = find_register(stored.related_model)
        named = getattr(record, stored.name)
        if other is None or named is None or not hooks.may(self.request, other.view_right, other.model):
            return ""
        return reverse(other.url_name("record"), args=[named.pk])

    def _neighbours(self, record: Any) -> dict[str, Any]:
        """The records before and after this one in the list it was opened from."""
        address = self.request.GET.get("list", "")[:2000]
        kept = f"?{urlencode({'list': address})}" if address else ""
        found: dict[str, Any] = {"previous_url": "", "next_url": ""}
        if record._meta.pk is None:
            return found
        for name, direction, place in (("next_url", "after", 0), ("previous_url", "before", -1)):
            rows = self._list(address, direction, record).page.rows
            if rows:
                found[name] = reverse(self.register.url_name("record"), args=[rows[place].pk]) + kept
        found["list_back"] = f"{reverse(self.register.url_name('list'))}{'?' + address if address else ''}"
        return found

    def _list(self, address: str, direction: str, record: Any) -> ListQuery:
        asked = HttpRequest()
        asked.user = self.request.user
        given = QueryDict(address, mutable=True)
        given[direction] = ListQuery(self.register, _with(asked, given)).key_of(record)
        return ListQuery(self.register, _with(asked, given))

    def _panels(self, record: Any) -> Iterator[dict[str, Any]]:
        for panel in self.register.panels:
            other = next(one for one in list_registers() if one.code() == panel.register)
            if hooks.may(self.request, other.view_right, other.model):
                yield self._panel(record, panel, other)

    def _panel(self, record: Any, panel: Panel, other: type[Register]) -> dict[str, Any]:
        found = self.scoped(other.model, other.view_right).filter(**{panel.field: record})
        columns = [
            column
            for column in other.list_columns()
            if column.shown and not f"{column.name}__".startswith(f"{panel.field}__")
        ][:PANEL_COLUMNS]
        rows = found.select_related(*other.related) if other.related else found
        return {
            "code": other.slug,
            "title": _(other.shown_title()),
            "count": found.count(),
            "rows": [
                (
                    reverse(other.url_name("record"), args=[one.pk]),
                    [(title_of(other, column), show(one, column)) for column in columns],
                )
                for one in rows.order_by("-pk")[:PANEL_ROWS]
            ],
            "more_url": f"{reverse(other.url_name('list'))}?{panel.field}={record.pk}",
            "hint": other.empty_hint,
        }


def _with(asked: HttpRequest, given: QueryDict) -> HttpRequest:
    asked.GET = given  # type: ignore[assignment]
    return asked


class RemoveView(RegisterView):
    """Remove a record, with a reason."""

    template = "ui/remove.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        record = self.get_record(self.register.model, pk, "remove")
        return self.show(self.context(form=ReasonForm(), record=record, restorable=hooks.can_restore(record)))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        record = self.get_record(self.register.model, pk, "remove")
        form = ReasonForm(request.POST)
        if not form.is_valid():
            return self.show(
                self.context(form=form, record=record, restorable=hooks.can_restore(record)), status=422
            )
        name, restorable = str(record), hooks.can_restore(record)
        remove = self.register.remove or hooks.remove
        try:
            remove(record, by=request.user, at=hooks.now(), reason=form.cleaned_data["reason"])
        except ProtectedError as error:
            raise UnableToRemove(record=name, count=len(error.protected_objects)) from error
        say_undoable(self, _("已删除“%(record)s”") % {"record": name}, undoable=restorable)
        return redirect(reverse(self.register.url_name("list")))


def link_of(record: Any) -> str:
    """The address of a record's page; empty where its model has no register."""
    register = find_register(type(record))
    return reverse(register.url_name("record"), args=[record.pk]) if register else ""
