"""What the screens ask of the floors above: who sees what, who may what, how a write is recorded.

The screens stand below access and trail, so they only say what they need; `access` and `trail` fill it in when they are
ready. Until then everything is denied.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest


def _deny_all(
    _request: HttpRequest, queryset: QuerySet[Any], _action: str = "view", _of: type[Model] | None = None
) -> QuerySet[Any]:
    return queryset.none()


def _deny(_request: HttpRequest, _action: str, _model: type[Model] | None = None) -> bool:
    return False


def _no_units(_request: HttpRequest, _model: type[Model]) -> frozenset[int] | None:
    return frozenset()


def _missing(*_arguments: Any, **_values: Any) -> Any:
    raise AssertionError("this hook of the screens was not filled")


@dataclass
class Hooks:
    """`scope(request, queryset, action, of)`, `may(request, action, model)`; writes take `by` and `at`.

    `of` is the model whose records the asked ones are chosen for: only units one may act at are offered.
    `units_above(request)`: the person's unit, then those above it. `role_words(codes)`: roles of the trail in words.
    `record_parts` give further parts of a record's page, as markup; empty where they have nothing to say of it.
    `units(request, model)` tells how rows in scope are best found (None: all units); `scope` alone decides.
    """

    scope: Callable[..., QuerySet[Any]] = _deny_all
    units: Callable[[HttpRequest, type[Model]], frozenset[int] | None] = _no_units
    may: Callable[..., bool] = _deny
    reaches_all: Callable[[Any, str, type[Model], dt.datetime], bool] = _missing
    why_visible: Callable[[HttpRequest, Model], str] = _missing
    history: Callable[[Model], Sequence[Any]] = _missing
    history_url: Callable[[Model], str] = _missing
    reveal_url: Callable[[HttpRequest, Model, str], str] = lambda _request, _record, _name: ""
    create: Callable[..., Model] = _missing
    change: Callable[..., Model] = _missing
    remove: Callable[..., None] = _missing
    operation: Callable[..., AbstractContextManager[Any]] = _missing
    change_many: Callable[..., Any] = _missing
    remove_many: Callable[..., Any] = _missing
    find_bulk_change: Callable[..., Any] = _missing
    undo_many: Callable[..., tuple[int, int]] = _missing
    can_restore: Callable[[Model], bool] = lambda _record: False
    first_event: Callable[..., int] = _missing
    find_act: Callable[..., Any] = _missing
    restore: Callable[..., tuple[list[Any], int]] = _missing
    former_values: Callable[..., dict[str, Any] | None] = _missing
    record_export: Callable[..., None] = _missing
    record_parts: list[Callable[[HttpRequest, Model], str]] = field(default_factory=list)
    source_of: Callable[[HttpRequest, Model], Mapping[str, Any] | None] = lambda _request, _record: None
    who_may: Callable[[str], Sequence[str]] = _missing
    now: Callable[[], dt.datetime] = _missing
    clock_is_set: Callable[[], bool] = lambda: False
    data_as_of: Callable[[], dt.datetime | None] = lambda: None
    units_above: Callable[[HttpRequest], Sequence[int]] = lambda _request: ()
    role_words: Callable[[str], str] = lambda codes: codes
    record_roles: Callable[[HttpRequest], str] = lambda _request: ""


hooks = Hooks()
