"""A register (台账) as attributes: the class is the screens of one model.

    class Activities(Register):
        model = Activity
        slug = "activities"
        columns = (Column("code", link=True), "name", "kind", "held_on", "unit")
        filters = ("kind", "unit", "held_on")
        sorts = ("held_on", "code")
        default_sort = "-held_on"
        fields = ("code", "name", "kind", "held_on", "unit")

Why not a table library: at a million rows a list needs keyset pages, totals that follow in a second request, and a scope
that no view can forget; with those the rest is a few lines.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar

from django.apps import apps
from django.db import models

from yunpu import flow


@dataclass(frozen=True)
class Column:
    """One column: a field path. `money` shows fen in that unit; `total` sums it in the foot; `link` opens the record.

    A `code` is shortened in lists (36019919T…0127) and can be copied on the record. `unit` stands in the head instead
    of `money`. A sum over rows that differ in the field `alike` (a currency) would mean nothing and is not shown.
    """

    name: str
    title: Any = ""  # a text, perhaps translated later
    money: str = ""
    unit: Any = ""
    total: bool = False
    alike: str = ""
    link: bool = False
    shown: bool = True
    code: bool = False
    numeric: bool = False  # a number that counts: thousands apart; or one that is no field of the model
    badge: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Action:
    """A further action on a record or a register: label, URL name (with the record's number), right, icon.

    The one that most people come for is `primary`: filled, and the last.
    """

    label: Any  # a text, perhaps translated later
    url_name: str
    right: str = "view"
    icon: str = "arrow-right"
    primary: bool = False


@dataclass(frozen=True)
class Panel:
    """A related list on a record's page: the register of the other model, and its field that points here."""

    register: str
    field: str


class Register:
    """The screens of one model. Subclasses set the attributes; nothing else is needed."""

    do_not_call_in_templates: ClassVar[bool] = True  # a template is given the class itself

    model: ClassVar[type[models.Model]]
    slug: ClassVar[str] = ""
    title: ClassVar[Any] = ""
    area: ClassVar[str] = ""
    icon: ClassVar[str] = "table"
    columns: ClassVar[Sequence[Column | str]] = ()
    filters: ClassVar[Sequence[str]] = ()
    sorts: ClassVar[Sequence[str]] = ()
    default_sort: ClassVar[str] = "-pk"
    fields: ClassVar[Sequence[str]] = ()
    groups: ClassVar[Sequence[tuple[Any, Sequence[str]]]] = ()  # of facts on a record: title, columns
    panels: ClassVar[Sequence[Panel]] = ()
    actions: ClassVar[Sequence[Action]] = ()
    page_actions: ClassVar[Sequence[Action]] = ()
    related: ClassVar[Sequence[str]] = ()
    import_format: ClassVar[str] = ""
    empty_hint: ClassVar[Any] = ""
    year_field: ClassVar[str] = ""
    create: ClassVar[Callable[..., Any] | None] = None
    change: ClassVar[Callable[..., Any] | None] = None
    remove: ClassVar[Callable[..., Any] | None] = None
    view_right: ClassVar[str] = "view"
    record_page: ClassVar[str] = (
        ""  # the URL name of a record's own page, where the generic one is not enough
    )
    menu: ClassVar[bool] = True
    shows_steps: ClassVar[bool] = (
        False  # while it is empty, the way from the first file to the first bulletin
    )

    @classmethod
    def code(cls) -> str:
        """The register's name: app and slug."""
        return f"{cls.app()}.{cls.slug}"

    @classmethod
    def app(cls) -> str:
        return cls.area or cls.model._meta.app_label

    @classmethod
    def url_name(cls, screen: str) -> str:
        if screen == "record" and cls.record_page:
            return cls.record_page
        return f"{cls.app()}:{cls.slug}-{screen}"

    @classmethod
    def pointing_fields(cls) -> list[str]:
        """The fields of its form and filters that point to other records."""
        names = dict.fromkeys([*cls.fields, *(name for name in cls.filters if "__" not in name)])
        return [name for name in names if isinstance(cls.model._meta.get_field(name), models.ForeignKey)]

    @classmethod
    def take_right(cls) -> str:
        """The right to its files: what only some may see (users, the trail) only they may take away."""
        return "export" if cls.view_right == "view" else cls.view_right

    @classmethod
    def shown_title(cls) -> str:
        return str(cls.title or cls.model._meta.verbose_name)

    @classmethod
    def list_columns(cls) -> list[Column]:
        return [Column(one) if isinstance(one, str) else one for one in cls.columns]


def registers_in(module: Any) -> Iterator[type[Register]]:
    """The registers that stand at the top of a module, as written."""
    for value in list(vars(module).values()):
        if (
            isinstance(value, type)
            and issubclass(value, Register)
            and value.__module__ == module.__name__
            and value.slug
        ):
            yield value


@cache
def list_registers() -> tuple[type[Register], ...]:
    """Every register of every installed app of the project."""
    found: list[type[Register]] = []
    for config in apps.get_app_configs():
        if config.name.startswith("yunpu.") and importlib.util.find_spec(f"{config.name}.views"):
            found += registers_in(importlib.import_module(f"{config.name}.views"))
    codes = [register.code() for register in found]
    assert len(codes) == len(set(codes)), f"a register stands twice: {codes}"
    return tuple(found)


def find_register(model: type[models.Model]) -> type[Register] | None:
    """The register of a model; None where it has none."""
    return next((register for register in list_registers() if register.model is model), None)


def registers_of(area: str) -> list[type[Register]]:
    """The registers of one area of the menu."""
    return [register for register in list_registers() if register.app() == area and register.menu]


def domain_entry(domain: flow.DomainConfig) -> type[Register] | None:
    """The register that a domain's menu entry opens."""
    return next(iter(registers_of(domain.code)), None)
