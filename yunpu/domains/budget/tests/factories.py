"""Budget lines for tests: invented, each valid by itself."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any

from django.test import Client

from yunpu.access.models import Grant, Role, User
from yunpu.domains.budget.models import BudgetLine
from yunpu.reference.models import Unit

_numbers = count(1)


def make_unit(code: str = "CZJ") -> Unit:
    unit = Unit.objects.create(code=code, name=f"单位{code}", level=Unit.Level.DISTRICT, path="/")
    unit.path = f"/{unit.pk}/"
    unit.save(update_fields=["path"])
    return unit


def make_line(unit: Unit, **values: Any) -> BudgetLine:
    given = {
        "year": 2020,
        "body_code": "101001",
        "body_name": "区改革办",
        "function_code": "2010301",
        "function_name": "行政运行",
        "chapter_code": "302",
        "chapter_name": "商品和服务支出",
        "economic_code": f"302{next(_numbers):04}",
        "economic_name": "办公费",
        "amount_fen": 100,
        "unit": unit,
    }
    return BudgetLine.objects.create(**{**given, **values})


def make_client(unit: Unit, role: str = Role.STAFF) -> Client:
    """A browser of somebody who has a role at a unit; no role at all where it is empty."""
    user = User.objects.create(
        username=f"user{next(_numbers)}", name="经办", unit=unit, must_change_password=False
    )
    if role:
        Grant.objects.create(user=user, role=role, unit=unit, valid_from=dt.date(2000, 1, 1))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client
