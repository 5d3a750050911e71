"""Units, people and their browsers for tests of who may what."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any

from django.test import Client

from yunpu.access.models import Grant, User
from yunpu.reference.models import Unit

FIRST_DAY = dt.date(2000, 1, 1)
_numbers = count(1)


def make_unit(name: str, parent: Unit | None = None) -> Unit:
    level = Unit.Level.BUREAU if parent else Unit.Level.DISTRICT
    unit = Unit.objects.create(code=f"D{next(_numbers)}", name=name, level=level, parent=parent, path="/")
    unit.path = f"{parent.path if parent else '/'}{unit.pk}/"
    unit.save(update_fields=["path"])
    return unit


def make_user(unit: Unit, role: str = "", *, password: str = "", **values: Any) -> User:
    given = {"username": f"u{next(_numbers)}", "name": "某人", "must_change_password": False, **values}
    user = User(unit=unit, **given)
    user.set_password(password or None)
    user.save()
    if role:
        give(user, role, unit)
    return user


def give(user: User, role: str, unit: Unit, **values: Any) -> Grant:
    return Grant.objects.create(user=user, role=role, unit=unit, **{"valid_from": FIRST_DAY, **values})


def browser_of(user: User, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client
