"""The views of a register: list, totals, record, form, removal, export, saved views."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator
from typing import Any, ClassVar

import xlsxwriter
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import ProtectedError, Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, path, reverse
from django.urls.resolvers import URLPattern
from django.utils.translation import gettext as _

from yunpu.kernel.money import show_money
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark
from yunpu.ui.base import ScopedView
from yunpu.ui.forms import ReasonForm, initial_of, make_form
from yunpu.ui.hooks import hooks
from yunpu.ui.lists import ListQuery
from yunpu.ui.models import SavedView
from yunpu.ui.registers import Column, Register, find_register, list_registers, registers_of
from yunpu.ui.values import NO_VALUE, export_value, field_of, show, show_plain, title_of

EXPORTED_ROWS = 1_000_000


class UnableToRemove(Refusal):
    """A record on which others depend."""

    code = "UIX-101"
    headline = mark("不能删除“%(record)s”：有 %(count)s 条记录依据它")
    why = mark("删除会让那些记录失去依据，没有删除任何记录。")
    ways_out = ((mark("先处理依据它的记录"), ""),)


class UnableToSave(Refusal):
    """A record whose key another one has, perhaps in a batch that is being written."""

    code = "UIX-102"
    headline = mark("不能保存：已有相同关键字的记录，或正有一批相同的数据在写入")
    why = mark("没有写入任何内容。")
    ways_out = ((mark("查找已有的记录，或稍后再试"), ""),)


class RegisterView(ScopedView):
    """A view of one register."""

    register: ClassVar[type[Register]]

    def context(self, **more: Any) -> dict[str, Any]:
        register = self.register
        return {
            "register": register,
            "register_title": _(register.shown_title()),
            "siblings": [
                (one, _(one.shown_title()), reverse(one.url_name("list")))
                for one in registers_of(register.app())
            ],
            "list_url": reverse(register.url_name("list")),
            "may_create": bool(register.fields) and hooks.may(self.request, "create", register.model),
            "may_change": bool(register.fields) and hooks.may(self.request, "change", register.model),
            "may_remove": bool(register.fields) and hooks.may(self.request, "remove", register.model),
            "may_export": hooks.may(self.request, take_right(register), register.model),
            "may_import": bool(register.import_format) and hooks.may(self.request, "import", register.model),
            "page_actions": _actions(self.request, register, register.page_actions),
            **more,
        }


class ListView(RegisterView):
    """The list."""

    template = "ui/list.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        query = ListQuery(self.register, request)
        page = query.page
        rows = [
            (record, [(column, show(record, column)) for column in query.columns]) for record in page.rows
        ]
        views = SavedView.objects.filter(register=self.register.code())
        own = [view for view in views if view.owner_id == request.user.pk or view.shared]
        context = self.context(
            query=query,
            page=page,
            rows=rows,
            heads=query.sort_heads(),
            first_url=query.url(),
            next_url=query.url(after=page.next_key),
            previous_url=query.url(before=page.previous_key),
            last_url=query.url(last="1"),
            totals_url=reverse(self.register.url_name("totals")) + query.url(),
            export_urls=[
                (kind, reverse(self.register.url_name("export"), args=[kind]) + query.url())
                for kind in ("xlsx", "csv")
            ],
            views=[(view, view.query == query.remembered) for view in own],
            all_columns=[
                (column, title_of(self.register, column)) for column in self.register.list_columns()
            ],
            shown_names=[column.name for column in query.columns],
            import_url=_import_url(self.register),
        )
        return self.show(context, "ui/list_part.html" if request.headers.get("HX-Target") == "list" else "")


class TotalsView(RegisterView):
    """Counts and sums, a moment after the rows."""

    template = "ui/totals.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        query = ListQuery(self.register, request)
        totals = query.totals()
        cells = [_sum_text(query, column, totals["sums"].get(column.name)) for column in query.columns]
        return self.show({"totals": totals, "cells": cells, "shown": min(totals["filtered"], 50)})


def _sum_text(query: ListQuery, column: Column, value: Any) -> str:
    """A sum as the foot shows it; rows that are not alike (in currency) have none."""
    if not column.total:
        return ""
    if column.alike and len(query.filtered.order_by().values_list(column.alike).distinct()[:2]) > 1:
        return NO_VALUE
    return show_money(value or 0, column.money) if column.money else show_plain(value or 0)


class RecordView(RegisterView):
    """One record: facts, related lists, where it came from, its history."""

    template = "ui/record.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        register = self.register
        record = self.get_record(register.model, pk, self.right)
        facts: list[tuple[str, Any]] = [
            (title_of(register, column), show(record, column)) for column in register.list_columns()
        ]
        shown = {column.name for column in register.list_columns()}
        for name in register.fields:
            if name not in shown:
                stored = field_of(register.model, name)
                title = str(stored.verbose_name) if stored is not None else name
                facts.append((title, show_plain(getattr(record, name))))
        context = self.context(
            record=record,
            facts=facts,
            panels=list(self._panels(record)),
            history=hooks.history(record),
            source=hooks.source_of(request, record),
            why_visible=hooks.why_visible(request, record),
            record_actions=_actions(request, register, register.actions, record.pk),
        )
        return self.show(context)

    def _panels(self, record: Any) -> Iterator[dict[str, Any]]:
        for panel in self.register.panels:
            other = next(one for one in list_registers() if one.code() == panel.register)
            if not hooks.may(self.request, other.view_right, other.model):
                continue
            found = self.scoped(other.model, other.view_right).filter(**{panel.field: record})
            columns = [
                column for column in other.list_columns() if column.shown and column.name != panel.field
            ][:6]
            rows = found.select_related(*other.related)[:20] if other.related else found[:20]
            yield {
                "register": other,
                "title": _(other.shown_title()),
                "count": found.count(),
                "heads": [title_of(other, column) for column in columns],
                "rows": [(one, [(column, show(one, column)) for column in columns]) for one in rows],
                "more_url": f"{reverse(other.url_name('list'))}?{panel.field}={record.pk}",
                "record_url": other.url_name("record"),
            }


class FormView(RegisterView):
    """Create or change a record."""

    template = "ui/form.html"
    creating: ClassVar[bool] = False

    def get(self, request: HttpRequest, pk: int = 0) -> HttpResponse:
        record = self._record(pk)
        form = self._form_class(record)(initial=initial_of(record, self.register.fields) if record else None)
        return self._show(form, record)

    def post(self, request: HttpRequest, pk: int = 0) -> HttpResponse:
        record = self._record(pk)
        form = self._form_class(record)(request.POST)
        if not form.is_valid():
            return self._show(form, record, status=422)
        try:
            saved = self._save(record, form.cleaned_data)
        except ValidationError as error:
            for name, faults in error.message_dict.items():
                form.add_error(name if name in form.fields else None, faults)
            return self._show(form, record, status=422)
        except IntegrityError as error:
            raise UnableToSave from error
        messages.success(request, _("已保存“%(record)s”") % {"record": saved})
        return redirect(reverse(self.register.url_name("record"), args=[saved.pk]))

    def _record(self, pk: int) -> Any:
        return None if self.creating else self.get_record(self.register.model, pk, "change")

    def _form_class(self, record: Any) -> Any:
        return make_form(self.register, lambda stored: self._choices(stored, record))

    def _choices(self, stored: Any, record: Any) -> QuerySet[Any]:
        """What a field may point at: where the record's place hangs on it, what this person may write for; else
        what this person sees, and what the record points at already."""
        model, others = self.register.model, stored.related_model._default_manager.all()
        if stored.name == str(getattr(model, "scope_field", "")).split("__")[0]:
            return hooks.scope(self.request, others, self.right, model)
        seen = hooks.scope(self.request, others, "view")
        present = getattr(record, stored.attname, None)
        return seen if present is None else others.filter(Q(pk__in=seen.values("pk")) | Q(pk=present))

    def _save(self, record: Any, values: dict[str, Any]) -> Any:
        by, at = self.request.user, hooks.now()
        if record is None:
            create = self.register.create or hooks.create
            return create(self.register.model, values, by=by, at=at)
        change = self.register.change or hooks.change
        return change(record, values, by=by, at=at)

    def _show(self, form: Any, record: Any, status: int = 200) -> HttpResponse:
        return self.show(self.context(form=form, record=record), status=status)


class RemoveView(RegisterView):
    """Remove a record, with a reason."""

    template = "ui/remove.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.show(
            self.context(form=ReasonForm(), record=self.get_record(self.register.model, pk, "remove"))
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        record = self.get_record(self.register.model, pk, "remove")
        form = ReasonForm(request.POST)
        if not form.is_valid():
            return self.show(self.context(form=form, record=record), status=422)
        name = str(record)
        remove = self.register.remove or hooks.remove
        try:
            remove(record, by=request.user, at=hooks.now(), reason=form.cleaned_data["reason"])
        except ProtectedError as error:
            raise UnableToRemove(record=name, count=len(error.protected_objects)) from error
        messages.success(request, _("已删除“%(record)s”") % {"record": name})
        return redirect(reverse(self.register.url_name("list")))


class ExportView(RegisterView):
    """What is shown, as a file: same filters, columns and order; units in the heads; formulas neutralised."""

    right = "export"

    def get(self, request: HttpRequest, kind: str) -> HttpResponse | StreamingHttpResponse:
        query = ListQuery(self.register, request, action=self.right)
        name, down = query.sort.lstrip("-"), query.sort.startswith("-")
        rows = query.filtered.order_by(f"{'-' if down else ''}{name}", f"{'-' if down else ''}pk")
        chosen = [int(pk) for pk in request.GET.get("ids", "").split(",") if pk.isdecimal()]
        if chosen:
            rows = rows.filter(pk__in=chosen)
        if self.register.related:
            rows = rows.select_related(*self.register.related)
        heads = [title_of(self.register, column) for column in query.columns]
        count = rows.count()
        hooks.record_export(request, self.register.code(), count)
        values = (
            [export_value(record, column) for column in query.columns] for record in rows.iterator(2_000)
        )
        file_name = f"{self.register.slug}.{kind}"
        if kind == "csv":
            response: Any = StreamingHttpResponse(
                _csv_lines(heads, values), content_type="text/csv; charset=utf-8"
            )
        else:
            response = HttpResponse(
                _workbook(heads, values, _(self.register.shown_title())),
                content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            )
        response["Content-Disposition"] = f'attachment; filename="{file_name}"'
        return response


class SaveViewView(RegisterView):
    """Keep this list's filters, order and columns under a name; or forget one."""

    def post(self, request: HttpRequest) -> HttpResponse:
        target = reverse(self.register.url_name("list"))
        owner: Any = request.user.pk
        if request.POST.get("forget", "").isdecimal():
            view = SavedView.objects.filter(pk=request.POST["forget"], owner_id=owner).first()
            if view is not None:
                with hooks.operation("ui.view-forgotten", by=request.user, at=hooks.now()) as note:
                    note.removed(view)
                    view.delete()
            return redirect(target)
        name = request.POST.get("name", "").strip()[:40]
        query = request.POST.get("query", "")[:2000]
        if name:
            with hooks.operation("ui.view-saved", by=request.user, at=hooks.now()) as note:
                view, _created = SavedView.objects.update_or_create(
                    register=self.register.code(),
                    owner_id=owner,
                    name=name,
                    defaults={"query": query, "shared": request.POST.get("shared") == "1"},
                )
                note.act(view, register=view.register, query=query, shared=view.shared)
        return redirect(f"{target}?{query}" if query else target)


def register_urls(register: type[Register]) -> list[URLPattern]:
    """The addresses of a register's screens."""
    slug = register.slug

    def view(base: type[RegisterView], name: str, right: str, **more: Any) -> Any:
        attributes = {"register": register, "right": right, "right_model": register.model, **more}
        made: Any = type(f"{register.__name__}{name}", (base,), attributes)
        return made.as_view()

    see, take = register.view_right, take_right(register)
    urls = [
        path(f"{slug}/", view(ListView, "List", see), name=f"{slug}-list"),
        path(f"{slug}/totals/", view(TotalsView, "Totals", see), name=f"{slug}-totals"),
        path(f"{slug}/views/", view(SaveViewView, "Views", see), name=f"{slug}-views"),
        path(f"{slug}/export.<str:kind>", view(ExportView, "Export", take), name=f"{slug}-export"),
        path(f"{slug}/<int:pk>/", view(RecordView, "Record", see), name=f"{slug}-record"),
    ]
    if register.fields:
        urls += [
            path(f"{slug}/new/", view(FormView, "Create", "create", creating=True), name=f"{slug}-create"),
            path(f"{slug}/<int:pk>/change/", view(FormView, "Change", "change"), name=f"{slug}-change"),
            path(f"{slug}/<int:pk>/remove/", view(RemoveView, "Remove", "remove"), name=f"{slug}-remove"),
        ]
    return urls


def take_right(register: type[Register]) -> str:
    """The right to a register's files: what only some may see (users, the trail) only they may take away."""
    return "export" if register.view_right == "view" else register.view_right


def _actions(
    request: HttpRequest, register: type[Register], actions: Any, *args: Any
) -> list[tuple[Any, str]]:
    return [
        (action, reverse(action.url_name, args=args))
        for action in actions
        if hooks.may(request, action.right, register.model)
    ]


def _import_url(register: type[Register]) -> str:
    try:
        return f"{reverse('intake:upload')}?format={register.import_format}" if register.import_format else ""
    except NoReverseMatch:
        return ""


def _csv_lines(heads: list[str], rows: Iterator[list[Any]]) -> Iterator[str]:
    yield "\ufeff"
    for row in itertools.chain([heads], rows):
        line = io.StringIO()
        csv.writer(line).writerow(row)
        yield line.getvalue()


def _workbook(heads: list[str], rows: Iterator[list[Any]], title: str) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet(title[:31].translate(str.maketrans("[]:*?/\\", "       ")))
    bold = book.add_format({"bold": True, "bottom": 1})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for column, head in enumerate(heads):
        sheet.write_string(0, column, head, bold)
        sheet.set_column(column, column, max(10, min(40, len(head) * 2 + 4)))
    sheet.freeze_panes(1, 0)
    for number, row in enumerate(itertools.islice(rows, EXPORTED_ROWS), 1):
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, column, value)
            elif hasattr(value, "isoformat"):
                sheet.write_datetime(number, column, value, day)
            else:
                sheet.write_number(number, column, value)
    book.close()
    return target.getvalue()


def link_of(record: Any) -> str:
    """The address of a record's page; empty where its model has no register."""
    register = find_register(type(record))
    return reverse(register.url_name("record"), args=[record.pk]) if register else ""
