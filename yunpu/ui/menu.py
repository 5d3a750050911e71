"""The side bar: fixed places, then the groups and domains, then the stages, then administration – from declarations.

The registers of the domain or stage that is open stand below it, so that each is one click away.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.apps import apps
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from yunpu import flow
from yunpu.kernel.text import mark
from yunpu.ui.hooks import hooks
from yunpu.ui.registers import Register, registers_of

WORK, DATA, ADMINISTRATION = mark("业务"), mark("数据"), mark("管理")


@dataclass(frozen=True)
class Entry:
    """A declared entry below 数据 or 管理, in an app's `menu.py`: `url_name` opens it, `right` shows it."""

    section: str
    title: str
    url_name: str
    right: str = "view"
    icon: str = "table"
    order: int = 100

    @property
    def area(self) -> str:
        """The app that the entry leads to."""
        return self.url_name.split(":")[0]


@dataclass
class Item:
    """One line of the menu. `active`: the present page is here or below; without URL it only opens; `key` follows G."""

    title: str
    url: str
    icon: str
    active: bool = False
    children: list[Item] = field(default_factory=list)
    key: str = ""

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
    here = request.path
    places = [
        Item(_("首页"), reverse("home"), "home", here == reverse("home"), key="h"),
        Item(_("待办"), reverse("tasks"), "inbox", here == reverse("tasks"), key="t"),
    ]
    sections = [Section("", places)]
    groups = [group for group in (_group(request, one, here) for one in flow.GROUPS) if group.children]
    if groups:
        sections.append(Section(_(WORK), groups))
    for title in (DATA, ADMINISTRATION):
        items = list(_entries(request, title, here))
        if items:
            sections.append(Section(_(title), items))
    return sections


def find_place(menu: list[Section]) -> list[tuple[str, str]]:
    """Where the present page stands among the domains: group and domain, for the crumbs."""
    for section in menu:
        for item in section.items:
            if item.active and not item.url:
                return [(item.title, ""), *((one.title, one.url) for one in item.children if one.active)]
    return []


def _group(request: HttpRequest, group: flow.Group, here: str) -> Item:
    item = Item(_(group.title), "", group.icon)
    for domain in flow.list_domains():
        if domain.group != group.code:
            continue
        registers = _allowed(request, domain.code)
        if registers:
            active = here.startswith(f"/{domain.code}/")
            url = reverse(registers[0].url_name("list"))
            below = _leaves(registers, here) if active and len(registers) > 1 else []
            item.children.append(Item(_(domain.title), url, "", active, below))
    item.active = any(child.active for child in item.children)
    return item


def _entries(request: HttpRequest, section: str, here: str) -> Iterator[Item]:
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
        below = _leaves(registers, here) if active and len(registers) > 1 else []
        yield Item(_(entry.title), url, entry.icon, active, below)


def _is_here(entry: Entry, url: str, here: str, entries: list[Entry]) -> bool:
    """Whether the present page belongs to an entry: below its address, else in its area if no other claims it."""
    if here.startswith(url):
        return True
    rivals = [one for one in entries if one.area == entry.area]
    claimed = any(here.startswith(reverse(one.url_name)) for one in rivals)
    return not claimed and here.startswith(f"/{entry.area}/") and entry is rivals[0]


def _allowed(request: HttpRequest, area: str) -> list[type[Register]]:
    return [one for one in registers_of(area) if hooks.may(request, one.view_right, one.model)]


def _leaves(registers: list[type[Register]], here: str) -> list[Item]:
    leaves = []
    for one in registers:
        url = reverse(one.url_name("list"))
        leaves.append(Item(_(one.shown_title()), url, "", here.startswith(url)))
    return leaves


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
