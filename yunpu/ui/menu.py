"""The side bar: fixed places, then the groups and domains, then the stages, then administration – from declarations.

The registers of the domain or stage that is open stand below it, so that each is one click away.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.apps import apps
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from yunpu import flow
from yunpu.kernel.text import mark
from yunpu.ui.home import MOST_TASKS, Task, read_tasks
from yunpu.ui.hooks import hooks
from yunpu.ui.registers import Register, registers_of
from yunpu.ui.years import address_in_year, chosen_year

WORK, DATA, ADMINISTRATION = mark("业务"), mark("数据"), mark("管理")
OPEN = mark("公开")  # pages for readers outside: shown at the door, not in the side bar


@dataclass(frozen=True)
class Entry:
    """A declared entry below 数据, 管理 or 公开, in an app's `menu.py`: `url_name` opens it, `right` shows it."""

    section: str
    title: str
    url_name: str
    right: str = "view"
    icon: str = "table"
    order: int = 100
    key: str = ""  # the letter after G that opens it

    @property
    def area(self) -> str:
        """The app that the entry leads to."""
        return self.url_name.split(":")[0]


@dataclass
class Item:
    """One line of the menu. `active`: the present page is here or below; without URL it only opens; `key` follows G.

    `count` says how much waits there (“200+” where not all was counted); `pressing`, that some of it is due.
    """

    title: str
    url: str
    icon: str
    active: bool = False
    children: list[Item] = field(default_factory=list)
    key: str = ""
    count: str = ""
    pressing: bool = False

    @property
    def current(self) -> str:
        """What `aria-current` says: the page itself, or a place above it."""
        return "true" if any(child.active for child in self.children) else "page"


@dataclass
class Section:
    """A headed part of the menu."""

    title: str
    items: list[Item]


def build_menu(request: HttpRequest) -> list[Section]:
    """The menu of this person, with the present place marked."""
    here, year = request.path, chosen_year(request)
    places = [
        Item(_("首页"), reverse("home"), "home", here == reverse("home"), key="h"),
        Item(_("待办"), reverse("tasks"), "inbox", here == reverse("tasks"), key="t"),
        Item(_("区情一览"), reverse("overview"), "layout-dashboard", here == reverse("overview"), key="o"),
    ]
    waiting = read_tasks(request)
    _count(places[1], [task for tasks in waiting.values() for task in tasks])
    sections = [Section("", places)]
    groups = [group for group in (_group(request, one, here, year) for one in flow.GROUPS) if group.children]
    if groups:
        sections.append(Section(_(WORK), groups))
    for title in (DATA, ADMINISTRATION):
        items = list(_entries(request, title, here, year, waiting))
        if items:
            sections.append(Section(_(title), items))
    return sections


def list_open_pages(request: HttpRequest) -> list[Item]:
    """The pages that need no sign-in, but for the present one."""
    entries = sorted((one for one in list_entries() if one.section == OPEN), key=lambda one: one.order)
    pages = [Item(_(one.title), reverse(one.url_name), one.icon) for one in entries]
    return [one for one in pages if one.url != request.path]


def find_place(menu: list[Section]) -> list[tuple[str, str]]:
    """Where the present page stands among the domains: group and domain, for the crumbs."""
    for section in menu:
        for item in section.items:
            if item.active and not item.url:
                return [(item.title, ""), *((one.title, one.url) for one in item.children if one.active)]
    return []


def list_keys(menu: list[Section]) -> list[Item]:
    """The lines of the menu that a letter after G opens."""
    return [item for section in menu for item in section.items if item.key]


def _count(item: Item, tasks: Sequence[Task]) -> None:
    """Say at a line of the menu how much waits there."""
    if tasks:
        item.count = f"{MOST_TASKS}+" if len(tasks) >= MOST_TASKS else str(len(tasks))
        item.pressing = any(task.is_pressing(hooks.now()) for task in tasks)


def _group(request: HttpRequest, group: flow.Group, here: str, year: int) -> Item:
    item = Item(_(group.title), "", group.icon)
    for domain in flow.list_domains():
        if domain.group != group.code:
            continue
        registers = _allowed(request, domain.code)
        if registers:
            active = here.startswith(f"/{domain.code}/")
            url = address_in_year(registers[0], year)
            below = _leaves(registers, here, year) if active and len(registers) > 1 else []
            item.children.append(Item(_(domain.title), url, "", active, below))
    item.active = any(child.active for child in item.children)
    return item


def _entries(
    request: HttpRequest, section: str, here: str, year: int, waiting: Mapping[str, Sequence[Task]]
) -> Iterator[Item]:
    entries = sorted(list_entries(), key=lambda one: one.order)
    for entry in entries:
        if entry.section != section or not hooks.may(request, entry.right, None):
            continue
        try:
            url = reverse(entry.url_name)
        except NoReverseMatch:
            continue
        active = _is_here(entry, url, here, entries)
        listed = {one.url_name for one in entries if one is not entry}
        registers = [one for one in _allowed(request, entry.area) if one.url_name("list") not in listed]
        below = _leaves(registers, here, year) if active and len(registers) > 1 else []
        own = next((one for one in registers if one.url_name("list") == entry.url_name), None)
        item = Item(
            _(entry.title), address_in_year(own, year) if own else url, entry.icon, active, below, entry.key
        )
        if _is_first(entry, entries):
            _count(item, waiting.get(entry.area, ()))
        yield item


def _is_here(entry: Entry, url: str, here: str, entries: list[Entry]) -> bool:
    """Whether the present page belongs to an entry: below its address, else in its area if no other claims it."""
    if here.startswith(url):
        return True
    claimed = any(here.startswith(reverse(one.url_name)) for one in entries if one.area == entry.area)
    return not claimed and here.startswith(f"/{entry.area}/") and _is_first(entry, entries)


def _is_first(entry: Entry, entries: list[Entry]) -> bool:
    """Whether an entry is the first of its area: what belongs to the area as a whole is told there."""
    return entry is next(one for one in entries if one.area == entry.area)


def _allowed(request: HttpRequest, area: str) -> list[type[Register]]:
    return [one for one in registers_of(area) if hooks.may(request, one.view_right, one.model)]


def _leaves(registers: list[type[Register]], here: str, year: int) -> list[Item]:
    return [
        Item(
            _(one.shown_title()),
            address_in_year(one, year),
            "",
            here.startswith(reverse(one.url_name("list"))),
        )
        for one in registers
    ]


def list_entries() -> list[Entry]:
    """Every entry that an app of the project declares in its `menu.py`."""
    found: list[Entry] = []
    for config in apps.get_app_configs():
        if (
            config.name.startswith("yunpu.")
            and config.name != "yunpu.ui"
            and importlib.util.find_spec(f"{config.name}.menu")
        ):
            found += flow.declared_in(importlib.import_module(f"{config.name}.menu"), Entry)
    return found
