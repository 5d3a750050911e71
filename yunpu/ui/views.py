"""Home, what waits for a person, and the search over every register."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from yunpu.ui import search
from yunpu.ui.base import ScopedView
from yunpu.ui.home import (
    DONE,
    MINE,
    SHELVES,
    Task,
    list_changes,
    list_numbers,
    list_shelf,
    list_signals,
    list_steps,
    list_tasks,
    list_views,
    list_year_numbers,
    steps_left,
)
from yunpu.ui.hooks import hooks
from yunpu.ui.middleware import REQUEST_ID
from yunpu.ui.registers import Register, list_registers
from yunpu.ui.values import Shown, show, title_of
from yunpu.ui.years import address_in_year, chosen_year, keep_year, offered_years

logger = logging.getLogger(__name__)
TASKS_ON_HOME, CHANGES_ON_HOME = 8, 6
SIGNALS_SHOWN, NUMBERS_SHOWN = 3, 8
WEEK = 7
FOUND_OF_EACH = 5


class HomeView(ScopedView):
    """The first page: what needs a hand, key numbers, what changed."""

    right = "view"
    template = "ui/home.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        tasks, numbers = list_tasks(request), list_numbers(request)
        return self.show(
            {
                "numbers": numbers,
                "steps": [] if numbers else steps_left(request),
                "task_count": len(tasks),
                "task_groups": group_by_deadline(tasks[:TASKS_ON_HOME], hooks.now()),
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
        asked = request.GET.get("shelf", MINE)
        shelf = asked if asked in SHELVES else MINE
        tasks, now = list_shelf(request, shelf), hooks.now()
        done = [(_("最近办结"), [_with_deadline(task, now) for task in tasks])] if tasks else []
        return self.show(
            {
                "shelf": shelf,
                "shelves": [(code, _(title)) for code, title in SHELVES.items()],
                "is_done": shelf == DONE,
                "task_title": _(SHELVES[shelf]),
                "task_groups": done if shelf == DONE else group_by_deadline(tasks, now),
                "task_count": len(tasks),
                "tasks_left": 0,
                "together": list(
                    dict.fromkeys((one.bulk_url, one.bulk_title) for one in tasks if one.bulk_url)
                ),
            }
        )


@dataclass(frozen=True)
class TaskShown:
    """A task in a list: the task, its deadline in words with its colour, and the day beside it."""

    task: Task
    due: str
    tone: str


def group_by_deadline(tasks: list[Task], now: dt.datetime) -> list[tuple[str, list[TaskShown]]]:
    """Tasks under headings: overdue, today, within a week, later; those without a deadline by how long they wait."""
    grouped = groupby(tasks, lambda task: _heading(task, now))
    return [(title, [_with_deadline(task, now) for task in found]) for title, found in grouped]


def _heading(task: Task, now: dt.datetime) -> str:
    left = task.days_left(now)
    if left is None:
        waited = (now.date() - task.since.astimezone(now.tzinfo).date()).days
        if waited > WEEK:
            return _("没有期限，等了一周以上")
        return _("没有期限，今天收到") if waited <= 0 else _("没有期限，这一周收到")
    if left < 0:
        return _("逾期")
    if left == 0:
        return _("今天到期")
    return _("七天内到期") if left <= WEEK else _("以后到期")


def _with_deadline(task: Task, now: dt.datetime) -> TaskShown:
    left = task.days_left(now)
    if left is None:
        return TaskShown(task, "", "")
    if left < 0:
        return TaskShown(task, _("逾期 %(days)s 天") % {"days": -left}, "bad")
    if left == 0:
        return TaskShown(task, _("今天"), "warn")
    return TaskShown(task, _("还剩 %(days)s 天") % {"days": left}, "")


class OverviewView(ScopedView):
    """The state of the district at a glance (区情一览): what wants a decision, the year's numbers, where they come from."""

    right = "view"
    template = "ui/overview.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(
            {
                "signals": list_signals(request)[:SIGNALS_SHOWN],
                "numbers": list_year_numbers(request)[:NUMBERS_SHOWN],
                "views": list_views(request),
                "steps": list_steps(request),
            }
        )


class YearView(ScopedView):
    """Choose the year that lists and figures open with; the page one was on is shown again in that year."""

    right = "view"

    def post(self, request: HttpRequest) -> HttpResponse:
        asked = request.POST.get("year", "")
        offered = {str(year): year for year in offered_years(request)}
        back = address_of_referrer(request)
        if asked not in offered:
            return redirect(back)
        keep_year(request, offered[asked])
        try:
            view: Any = getattr(resolve(urlsplit(back).path).func, "view_class", None)
        except Resolver404:
            view = None
        return redirect(back if view is None else view.in_year(back, offered[asked]))


def address_of_referrer(request: HttpRequest) -> str:
    """Path and query of the page that was left; the home page where it is none of ours."""
    given = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(given, {request.get_host()}):
        return reverse("home")
    parts = urlsplit(given)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


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
        (_(register.shown_title()), address_in_year(register, chosen_year(request)))
        for register in list_registers()
        if register.import_format and hooks.may(request, "import", register.model)
    ][:6]
