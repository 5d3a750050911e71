"""Shared identities for tests: small, invented, each valid by itself."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any

from django.test import Client

from yunpu.access.models import Grant, Role, User
from yunpu.kernel.codes import credit_code_with_check
from yunpu.reference.models import Enterprise, Unit
from yunpu.reference.operations import create_unit
from yunpu.trail.operations import System

AT = dt.datetime(2020, 12, 20, 9, tzinfo=dt.UTC)
BY = System("测试")
_numbers = count(1)


def make_unit(code: str, parent: Unit | None = None, level: str = "", **values: Any) -> Unit:
    """A unit; below a parent one level lower than it."""
    levels = list(Unit.Level)
    level = level or (levels[levels.index(Unit.Level(parent.level)) + 1] if parent else levels[0])
    given = {"code": code, "name": f"单位{code}", "level": level, "parent": parent, **values}
    return create_unit(Unit, given, by=BY, at=AT)


def make_tree() -> dict[str, Unit]:
    """Province S, city C, districts D and E, bureaus B and F below D, subordinate U below B."""
    made = {"S": make_unit("S")}
    for code, above in (("C", "S"), ("D", "C"), ("E", "C"), ("B", "D"), ("F", "D"), ("U", "B")):
        made[code] = make_unit(code, made[above])
    return made


def make_enterprise(name: str = "", **values: Any) -> Enterprise:
    number = next(_numbers)
    code = credit_code_with_check(f"91360199MC{number:07}")
    return Enterprise.objects.create(credit_code=code, name=name or f"企业{number}", **values)


def make_client(unit: Unit, role: str = Role.ADMINISTRATOR) -> Client:
    """A browser of somebody who has a role at a unit; no role at all where it is empty."""
    user = User.objects.create(
        username=f"user{next(_numbers)}", name="管理", unit=unit, must_change_password=False
    )
    if role:
        Grant.objects.create(user=user, role=role, unit=unit, valid_from=dt.date(2000, 1, 1))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client
