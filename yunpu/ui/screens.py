"""The addresses of a register's screens."""

from __future__ import annotations

from typing import Any

from django.urls import path
from django.urls.resolvers import URLPattern

from yunpu.ui.base import RegisterView
from yunpu.ui.bulk_screens import BulkChangeView, BulkRemoveView, BulkUndoView
from yunpu.ui.exports import ExportView
from yunpu.ui.form_screens import ChoicesView, DraftView, FormView
from yunpu.ui.list_screens import ListView, SaveViewView, SumView, TabsView, TotalsView
from yunpu.ui.record_screens import RecordView, RemoveView
from yunpu.ui.registers import Register
from yunpu.ui.undo_screens import UndoView


def register_urls(register: type[Register]) -> list[URLPattern]:
    """The addresses of a register's screens: what cannot be written has no screens to write it."""
    slug, see, take = register.slug, register.view_right, register.take_right()

    def screen(address: str, base: type[RegisterView], name: str, right: str, **more: Any) -> URLPattern:
        attributes = {"register": register, "right": right, "right_model": register.model, **more}
        made: Any = type(f"{register.__name__}{base.__name__}", (base,), attributes)
        return path(f"{slug}/{address}", made.as_view(), name=f"{slug}-{name}")

    urls = [
        screen("", ListView, "list", see),
        screen("totals/", TotalsView, "totals", see),
        screen("tabs/", TabsView, "tabs", see),
        screen("sum/", SumView, "sum", see),
        screen("views/", SaveViewView, "views", see),
        screen("export.<str:kind>", ExportView, "export", take),
        screen("<int:pk>/", RecordView, "record", see),
    ]
    if register.pointing_fields():
        urls.append(screen("choices/<str:field>/", ChoicesView, "choices", see))
    if register.fields:
        urls += [
            screen("new/", FormView, "create", "create", creating=True),
            screen("<int:pk>/change/", FormView, "change", "change"),
            screen("new/draft/", DraftView, "create-draft", "create", creating=True),
            screen("<int:pk>/draft/", DraftView, "draft", "change"),
            screen("<int:pk>/remove/", RemoveView, "remove", "remove"),
            screen("bulk/change/", BulkChangeView, "bulk-change", "change"),
            screen("bulk/remove/", BulkRemoveView, "bulk-remove", "remove"),
            screen("bulk/<int:batch>/undo/", BulkUndoView, "bulk-undo", "change"),
            screen("undo/<int:event>/", UndoView, "undo", "change"),
        ]
    return urls
