"""The flow of work, as data: stages in order, groups of domains, and what a domain declares.

Menu, documentation and tests follow this file. It must never know a domain by name: a domain says of itself,
in its `apps.py`, where it stands, and in its fixed files what it offers; `declared` finds that.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import TypeVar

from django.apps import AppConfig, apps

from yunpu.kernel.text import mark as _

T = TypeVar("T")


@dataclass(frozen=True)
class Stage:
    """One stage of the flow: a package below `yunpu.stages` and an entry of the menu."""

    name: str
    title: str
    purpose: str


@dataclass(frozen=True)
class Group:
    """A group of domains in the menu (业务 half)."""

    code: str
    title: str
    icon: str


STAGES = (
    Stage("intake", _("数据接入"), _("把各单位的表格核对后收进台账，整批成功或整批不收。")),
    Stage("records", _("业务办理"), _("让每条记录按声明的流程从一手到下一手，有期限、有留痕。")),
    Stage("snapshots", _("快照"), _("把台账按截止日期冻结成带摘要的快照，之后只算快照。")),
    Stage("indicators", _("指标"), _("按定义从快照计算数字，每个数字都能打开到记录。")),
    Stage("bulletins", _("简报"), _("用数字写成简报，手写的数字不能签发。")),
)

GROUPS = (
    Group("finance", _("财政"), "cash"),
    Group("enterprise", _("企业"), "building-factory"),
    Group("livelihood", _("民生"), "users"),
    Group("development", _("发展"), "map"),
)


class DomainConfig(AppConfig):
    """The app of one domain. Subclasses set `name`, `title`, `group` (a code of GROUPS) and `order`."""

    default_auto_field = "django.db.models.BigAutoField"
    title: str
    group: str
    order: int

    @property
    def code(self) -> str:
        """The domain's short name: folder, table prefix and first part of every code it declares."""
        return self.label

    def ready(self) -> None:
        assert self.group in {group.code for group in GROUPS}, f"{self.name}: unknown group {self.group!r}"


def list_domains() -> list[DomainConfig]:
    """All domains by group, order and code."""
    groups = [group.code for group in GROUPS]
    found = [config for config in apps.get_app_configs() if isinstance(config, DomainConfig)]
    return sorted(found, key=lambda config: (groups.index(config.group), config.order, config.code))


def find_file(config: DomainConfig, file: str) -> ModuleType | None:
    """The domain's file of that name (`intake`, `snapshot`, …), imported; None where it has none."""
    name = f"{config.name}.{file}"
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


def declared(file: str, kind: type[T]) -> Iterator[T]:
    """Everything of a kind that stands at the top of a domain's file, also in tuples and lists.

    Being there is being registered: nothing can be forgotten. Order: domains, then as written.
    """
    for config in list_domains():
        module = find_file(config, file)
        if module is not None:
            yield from declared_in(module, kind)


def declared_in(module: ModuleType, kind: type[T]) -> Iterator[T]:
    """Everything of a kind that stands at the top of one module, once each, in order."""
    seen: set[int] = set()
    for value in vars(module).values():
        for item in value if isinstance(value, list | tuple) else (value,):
            if isinstance(item, kind) and id(item) not in seen:
                seen.add(id(item))
                yield item
