"""The side bar: fixed places, then the groups and domains, then the stages, then administration – from declarations."""

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
from yunpu.ui.registers import registers_of

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


@dataclass
class Item:
    """One line of the menu."""

    title: str
    url: str
    icon: str
    active: bool = False
    children: list[Item] = field(default_factory=list)


@dataclass
class Section:
    """A headed part of the menu."""

    title: str
    items: list[Item]


def build_menu(request: HttpRequest) -> list[Section]:
    """The menu of this person, with the present place marked."""
    here = request.path
    sections = [Section("", [Item(_("首页"), reverse("home"), "home", here == reverse("home"))])]
    groups = [group for group in (_group(request, one, here) for one in flow.GROUPS) if group.children]
    if groups:
        sections.append(Section(_(WORK), groups))
    for title in (DATA, ADMINISTRATION):
        items = list(_entries(request, title, here))
        if items:
            sections.append(Section(_(title), items))
    return sections


def _group(request: HttpRequest, group: flow.Group, here: str) -> Item:
    item = Item(_(group.title), "", group.icon)
    for domain in flow.list_domains():
        if domain.group != group.code:
            continue
        registers = [
            one for one in registers_of(domain.code) if hooks.may(request, one.view_right, one.model)
        ]
        if registers:
            url = reverse(registers[0].url_name("list"))
            item.children.append(Item(_(domain.title), url, "", here.startswith(f"/{domain.code}/")))
    item.active = any(child.active for child in item.children)
    return item


def _entries(request: HttpRequest, section: str, here: str) -> Iterator[Item]:
    for entry in sorted(list_entries(), key=lambda one: one.order):
        if entry.section != section or not hooks.may(request, entry.right, None):
            continue
        try:
            url = reverse(entry.url_name)
        except NoReverseMatch:
            continue
        yield Item(_(entry.title), url, entry.icon, here.startswith(url))


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
