"""Changing or removing many records at once: choose, look at what would change, do it, undo it.

A register without operations of its own is written by one operation with one event; one that has its own `change` or
`remove` is written by that, record for record, in one transaction. Both can be undone as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Model, ProtectedError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark
from yunpu.ui.base import RegisterView
from yunpu.ui.forms import ReasonForm, make_form
from yunpu.ui.hooks import hooks
from yunpu.ui.record_screens import UnableToRemove
from yunpu.ui.registers import Column
from yunpu.ui.selection import Selection
from yunpu.ui.undo_screens import change_one, say_undoable
from yunpu.ui.values import show, title_of

MOST = 5_000
PREVIEWED = 8


class UnableToActOnMany(Refusal):
    """Nothing picked, or more than one operation takes."""

    code = "UIX-104"
    headline = mark("不能批量处理：%(reason)s")
    why = mark("批量处理逐条核对每条记录，整批成功或整批不改；没有改动任何记录。")
    ways_out = ((mark("回到台账重新选择"), "%(list_url)s"), (mark("更多的记录请改好表格后导入"), ""))


@dataclass(frozen=True)
class Preview:
    """What a bulk change would do: how many records change, how many hold the value already, some of them."""

    changing: int
    unchanged: int
    lines: list[tuple[Any, str, str]]


class BulkView(RegisterView):
    """A step with picked records."""

    def picked(self, request: HttpRequest, action: str) -> tuple[Selection, list[Any], int]:
        """The selection, its records on which the person may act, and how many others were picked."""
        selection = Selection(self.register, request)
        address = reverse(self.register.url_name("list"))
        seen = selection.records().count()
        if selection.is_empty or not seen:
            raise UnableToActOnMany(reason=mark("还没有选中记录"), list_url=address)
        if seen > MOST:
            reason = _("选中了 %(count)s 条，一次最多 %(most)s 条") % {
                "count": f"{seen:,}",
                "most": f"{MOST:,}",
            }
            raise UnableToActOnMany(reason=reason, list_url=address)
        records = selection.records(action)
        if self.register.related:
            records = records.select_related(*self.register.related)
        found = list(records.order_by("pk"))
        if not found:
            raise UnableToActOnMany(reason=mark("选中的记录都不在您可以修改的范围内"), list_url=address)
        return selection, found, seen - len(found)


class BulkChangeView(BulkView):
    """Give many records the same value in one field: choose field and value, look, do it."""

    template = "ui/bulk_change.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect(reverse(self.register.url_name("list")))

    def post(self, request: HttpRequest) -> HttpResponse:
        selection, records, left = self.picked(request, "change")
        context = self.context(kept=selection.kept, count=len(records), left=left, choices=self._choices())
        name = request.POST.get("field", "")
        if name not in dict(self._choices()):
            return self.show(context | {"step": "field", "field": "", "form": None})
        form_class = self._form_class(name)
        if "step" not in request.POST or request.POST["step"] == "field":
            return self.show(context | {"step": "value", "field": name, "form": form_class()})
        form = form_class(request.POST)
        if not form.is_valid():
            return self.show(context | {"step": "value", "field": name, "form": form}, status=422)
        value, reason = form.cleaned_data[name], form.cleaned_data["reason"]
        if request.POST["step"] != "do":
            preview = self._preview(records, name, value)
            return self.show(context | {"step": "look", "field": name, "form": form, "preview": preview})
        return self._change(records, name, value, reason)

    def _choices(self) -> list[tuple[str, str]]:
        """The fields that many records may share, with their titles."""
        columns = {column.name: column for column in self.register.list_columns()}
        return [
            (name, title_of(self.register, columns.get(name, Column(name))))
            for name in self.register.fields
            if not getattr(self.register.model._meta.get_field(name), "unique", False)
            and not getattr(self.register.model._meta.get_field(name), "is_personal", False)
        ]

    def _form_class(self, name: str) -> type[forms.Form]:
        value_form = make_form(self.register, self.choices, [name])
        return type("BulkForm", (ReasonForm, value_form), {})  # fields of the last base come first

    def _preview(self, records: list[Any], name: str, value: Any) -> Preview:
        columns = {column.name: column for column in self.register.list_columns()}
        column = columns.get(name, Column(name))
        stored: Any = self.register.model._meta.get_field(name)
        attname = stored.attname
        plain = getattr(value, stored.target_field.attname) if isinstance(value, Model) else value
        plain = "" if plain is None and getattr(records[0], attname) is not None else plain
        changing = [one for one in records if getattr(one, attname) != plain]
        sample = type(records[0])(**{name: value})
        wanted = show(sample, column)
        lines = [(one, show(one, column).text, wanted.full or wanted.text) for one in changing[:PREVIEWED]]
        return Preview(len(changing), len(records) - len(changing), lines)

    def _change(self, records: list[Any], name: str, value: Any, reason: str) -> HttpResponse:
        by, at = self.request.user, hooks.now()
        address = reverse(self.register.url_name("list"))
        if self.register.change is not None:
            changing = [one for one in records if getattr(one, name) != value]
            with transaction.atomic():
                for record in changing:
                    change_one(self.register, record, {name: value}, by=by, at=at, reason=reason)
            say_undoable(self, _("已修改 %(count)s 条") % {"count": len(changing)})
            return redirect(address)
        numbers = [record.pk for record in records]
        batch = hooks.change_many(self.register.model, numbers, {name: value}, by=by, at=at, reason=reason)
        undo = reverse(self.register.url_name("bulk-undo"), args=[batch.pk])
        said = _("已修改 %(count)s 条") % {"count": batch.changed_count}
        messages.success(self.request, format_html('{} <a href="{}">{}</a>', said, undo, _("撤销")))
        return redirect(address)


class BulkRemoveView(BulkView):
    """Remove many records, with one reason."""

    template = "ui/bulk_remove.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect(reverse(self.register.url_name("list")))

    def post(self, request: HttpRequest) -> HttpResponse:
        selection, records, left = self.picked(request, "remove")
        doing = request.POST.get("step") == "do"
        form = ReasonForm(request.POST if doing else None)
        if not doing or not form.is_valid():
            context = self.context(kept=selection.kept, count=len(records), left=left, form=form)
            context |= {"sample": records[:PREVIEWED], "restorable": all(map(hooks.can_restore, records))}
            return self.show(context, status=422 if doing else 200)
        restorable = all(map(hooks.can_restore, records))
        try:
            self._remove(records, form.cleaned_data["reason"])
        except ProtectedError as error:
            name = (
                str(records[0]) if len(records) == 1 else _("选中的 %(count)s 条") % {"count": len(records)}
            )
            raise UnableToRemove(record=name, count=len(error.protected_objects)) from error
        say_undoable(self, _("已删除 %(count)s 条") % {"count": len(records)}, undoable=restorable)
        return redirect(reverse(self.register.url_name("list")))

    def _remove(self, records: list[Any], reason: str) -> None:
        by, at = self.request.user, hooks.now()
        if self.register.remove is None:
            numbers = [one.pk for one in records]
            hooks.remove_many(self.register.model, numbers, by=by, at=at, reason=reason)
            return
        with transaction.atomic():
            for record in records:
                self.register.remove(record, by=by, at=at, reason=reason)


class BulkUndoView(RegisterView):
    """Undo a bulk change as a whole, with a reason."""

    template = "ui/bulk_undo.html"

    def get(self, request: HttpRequest, batch: int) -> HttpResponse:
        return self._show(self._found(batch), ReasonForm())

    def post(self, request: HttpRequest, batch: int) -> HttpResponse:
        found = self._found(batch)
        form = ReasonForm(request.POST)
        if not form.is_valid():
            return self._show(found, form, status=422)
        restored, left = hooks.undo_many(
            self.register.model, batch, by=request.user, at=hooks.now(), reason=form.cleaned_data["reason"]
        )
        said = _("已恢复 %(count)s 条") % {"count": restored}
        if left:
            said += _("；%(count)s 条之后又改过，没有动") % {"count": left}
        messages.success(request, said)
        return redirect(reverse(self.register.url_name("list")))

    def _found(self, batch: int) -> Any:
        """The bulk change, if every record of it is in scope. Raises Http404."""
        found = hooks.find_bulk_change(self.register.model, batch)
        if found is None:
            raise Http404
        allowed = self.scoped(self.register.model, "change").filter(pk__in=found.numbers).count()
        every = self.register.model._base_manager.filter(pk__in=found.numbers).count()
        if not allowed or allowed < every:
            raise Http404
        return found

    def _show(self, found: Any, form: ReasonForm, status: int = 200) -> HttpResponse:
        titles = [title_of(self.register, Column(name)) for name in found.fields]
        return self.show(self.context(bulk=found, titles=titles, form=form), status=status)
