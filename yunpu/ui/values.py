"""A record's values as they are shown: money by its unit, dates, choices, links; and as they are exported."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext

from yunpu.kernel.money import FEN_PER_UNIT, show_money
from yunpu.ui.registers import Column, Register

NO_VALUE = "—"
CODE_SHOWN = 14


@dataclass(frozen=True)
class Shown:
    """One cell of a list: text, whether it is a number, the badge's colour, the whole text where it is shortened."""

    text: str
    numeric: bool = False
    badge: str = ""
    full: str = ""


def field_of(model: type[models.Model], path: str) -> models.Field[Any, Any] | None:
    """The field at the end of a path with double underscores; None for a property."""
    found: Any = None
    for name in path.split("__"):
        try:
            found = model._meta.get_field(name)
        except FieldDoesNotExist:
            return None
        if found.is_relation and found.related_model is not None:
            model = found.related_model
    return found if isinstance(found, models.Field) else None


def value_of(record: models.Model, path: str) -> Any:
    """A record's value at a path."""
    value: Any = record
    for name in path.split("__"):
        if value is None:
            return None
        value = getattr(value, name)
    return value() if callable(value) and not isinstance(value, models.Manager) else value


def title_of(register: type[Register], column: Column) -> str:
    """The head of a column, with its unit."""
    title = column.title
    if not title:
        stored = field_of(register.model, column.name)
        title = str(stored.verbose_name) if stored is not None else column.name
    title = gettext(str(title)) if title else ""
    unit = column.unit or column.money
    return f"{title}（{gettext(str(unit))}）" if unit else title


def show(record: models.Model, column: Column) -> Shown:
    """One cell."""
    value = value_of(record, column.name)
    badge = column.badge.get(str(value), "idle") if column.badge else ""
    if value is None or value == "":
        return Shown(NO_VALUE, numeric=column.numeric)
    if column.money:
        return Shown(show_money(value, column.money), numeric=True)
    stored = field_of(type(record), column.name)
    if stored is not None and stored.choices:
        value = gettext(str(dict(stored.flatchoices).get(value, value)))
        return Shown(value, badge=badge)
    text = show_count(value) if (column.numeric or column.total) and is_number(value) else show_plain(value)
    if column.code and len(text) > CODE_SHOWN:
        return Shown(f"{text[:9]}…{text[-4:]}", badge=badge, full=text)
    return Shown(text, numeric=is_number(value) and not column.code, badge=badge)


def show_plain(value: Any) -> str:
    """Any value in words."""
    if value is None or value == "":
        return NO_VALUE
    if isinstance(value, bool):
        return gettext("是") if value else gettext("否")
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, int):
        return (
            f"{value:,}".replace("-", "\u2212") if abs(value) >= 10_000 else str(value).replace("-", "\u2212")
        )
    return str(value)


def show_count(value: int | Decimal) -> str:
    """A number that counts something: thousands always apart, unlike years and other numbers of four digits."""
    return f"{value:,}".replace("-", "\u2212")


def is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def export_value(record: models.Model, column: Column) -> Any:
    """One cell of an export: numbers stay numbers, money in the column's unit, text cannot become a formula."""
    value = value_of(record, column.name)
    if value is None:
        return ""
    if column.money:
        return Decimal(value) / FEN_PER_UNIT[column.money]
    stored = field_of(type(record), column.name)
    if stored is not None and stored.choices:
        return gettext(str(dict(stored.flatchoices).get(value, value)))
    if isinstance(value, bool):
        return gettext("是") if value else gettext("否")
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, int | Decimal | dt.date):
        return value
    return neutralise(str(value))


def neutralise(text: str) -> str:
    """A text that a spreadsheet would take for a formula, made plain by an apostrophe in front."""
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
