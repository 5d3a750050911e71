"""Home, what waits for a person, and the search over every register."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from yunpu.ui import search
from yunpu.ui.base import ScopedView
from yunpu.ui.home import Task, list_changes, list_numbers, list_tasks
from yunpu.ui.hooks import hooks
from yunpu.ui.middleware import REQUEST_ID
from yunpu.ui.registers import Register, list_registers
from yunpu.ui.values import Shown, show, title_of

logger = logging.getLogger(__name__)
TASKS_ON_HOME, CHANGES_ON_HOME = 8, 6
FOUND_OF_EACH = 5


class HomeView(ScopedView):
    """The first page: what needs a hand, key numbers, what changed."""

    right = "view"
    template = "ui/home.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        tasks = list_tasks(request)
        return self.show(
            {
                "numbers": list_numbers(request),
                "task_count": len(tasks),
                "task_groups": group_by_age(tasks[:TASKS_ON_HOME], hooks.now()),
                "tasks_left": max(0, len(tasks) - TASKS_ON_HOME),
                "changes": list_changes(request)[:CHANGES_ON_HOME],
                "registers": _quick_registers(request),
            }
        )


class TasksView(ScopedView):
    """Everything that waits for this person (待办)."""

    right = "view"
    template = "ui/tasks.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        tasks = list_tasks(request)
        groups = group_by_age(tasks, hooks.now())
        return self.show({"task_groups": groups, "task_count": len(tasks), "tasks_left": 0})


def group_by_age(tasks: list[Task], now: dt.datetime) -> list[tuple[str, list[Task]]]:
    """Tasks under headings, the longest waiting first."""

    def heading(task: Task) -> str:
        days = (now.date() - task.since.astimezone(now.tzinfo).date()).days
        if days > 7:
            return _("超过一周")
        return _("今天") if days <= 0 else _("这一周")

    return [(title, list(found)) for title, found in groupby(tasks, heading)]


@dataclass(frozen=True)
class Found:
    """What a search found in one register."""

    register: type[Register]
    title: str
    all_url: str
    rows: list[tuple[str, list[tuple[str, Shown]]]]
    more: bool


class SearchView(ScopedView):
    """Records of every register that hold all the words, by register (Ctrl K)."""

    right = "view"
    template = "ui/search.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        text = request.GET.get("q", "").strip()[:100]
        found = list(self._search(text)) if text else []
        return self.show({"text": text, "found": found, "searched": [one.title for one in found]})

    def _search(self, text: str) -> Iterator[Found]:
        for register in list_registers():
            if not search.searched_names(register.model):
                continue
            if not hooks.may(self.request, register.view_right, register.model):
                continue
            records = search.search(self.scoped(register.model), text)
            if register.related:
                records = records.select_related(*register.related)
            rows = list(records.order_by("-pk")[: FOUND_OF_EACH + 1])
            if rows:
                yield _found(register, rows, text)


def _found(register: type[Register], records: list[Any], text: str) -> Found:
    columns = [column for column in register.list_columns() if column.shown][:4]
    rows = [
        (
            reverse(register.url_name("record"), args=[record.pk]),
            [(title_of(register, column), show(record, column)) for column in columns],
        )
        for record in records[:FOUND_OF_EACH]
    ]
    url = f"{reverse(register.url_name('list'))}?{urlencode({'q': text})}"
    return Found(register, _(register.shown_title()), url, rows, len(records) > FOUND_OF_EACH)


def show_defect(request: HttpRequest) -> HttpResponse:
    """The page of a defect: no menu and no database, which may be what is broken; only the number to look for."""
    number = request.META.get(REQUEST_ID, "")
    logger.error("defect %s at %s", number, request.path)
    return HttpResponse(render_to_string("500.html", {"request_id": number}), status=500)


def _quick_registers(request: HttpRequest) -> list[tuple[str, str]]:
    """Where to begin when nothing is there yet: the registers this person may fill."""
    return [
        (_(register.shown_title()), reverse(register.url_name("list")))
        for register in list_registers()
        if register.import_format and hooks.may(request, "import", register.model)
    ][:6]
