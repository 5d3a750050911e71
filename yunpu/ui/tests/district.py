"""A small district for the tests of the generic screens: two bureaus, people, activities and budget lines.

The screens are tested on registers that are there: a register of their own would be tested by nobody else.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from itertools import count
from typing import Any

from django.test import Client
from django.urls import reverse

from yunpu.access.models import Grant, Role, User
from yunpu.domains.budget.models import BudgetLine
from yunpu.domains.outreach.codes import ActivityKind
from yunpu.domains.outreach.models import Activity
from yunpu.reference.models import Unit
from yunpu.trail.operations import preparing
from yunpu.ui import search

_numbers = count(1)
ACTIVITIES = reverse("outreach:activities-list")


class District:
    """A district with two bureaus; people by role at any of them."""

    def __init__(self) -> None:
        self.whole = make_unit("区", Unit.Level.DISTRICT)
        self.here = make_unit("甲局", Unit.Level.BUREAU, self.whole)
        self.elsewhere = make_unit("乙局", Unit.Level.BUREAU, self.whole)

    def user(self, role: str = Role.STAFF, unit: Unit | None = None, **values: Any) -> User:
        user = User.objects.create(
            username=f"u{next(_numbers)}",
            name="陈经办",
            unit=unit or self.here,
            must_change_password=False,
            **values,
        )
        if role:
            Grant.objects.create(user=user, role=role, unit=unit or self.here, valid_from=dt.date(2000, 1, 1))
        return user

    def client(self, role: str = Role.STAFF, unit: Unit | None = None, **values: Any) -> Client:
        return client_of(self.user(role, unit, **values))


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def make_unit(name: str, level: str, parent: Unit | None = None) -> Unit:
    unit = Unit.objects.create(code=f"U{next(_numbers)}", name=name, level=level, parent=parent, path="/")
    unit.path = f"{parent.path if parent else '/'}{unit.pk}/"
    unit.save(update_fields=["path"])
    return unit


def make_activities(unit: Unit, how_many: int, **values: Any) -> list[Activity]:
    """Activities of one unit, a day apart, found by their name."""
    made = [
        Activity.objects.create(
            **{
                "code": f"HD-{next(_numbers):04}",
                "name": f"宣讲第{number}场",
                "kind": ActivityKind.ROADSHOW.value,
                "held_on": dt.date(2020, 1, 1) + dt.timedelta(days=number),
                "unit": unit,
                **values,
            }
        )
        for number in range(how_many)
    ]
    index(made)
    return made


def index(records: Sequence[Any]) -> None:
    """Note the words of records that were set up past the operations."""
    with preparing("test.set-up"):
        search.reindex(type(records[0]), [one.pk for one in records])


def make_line(unit: Unit, amount_fen: int, **values: Any) -> BudgetLine:
    given = {
        "year": 2020,
        "body_code": f"{next(_numbers):03}",
        "body_name": f"单位{next(_numbers)}",
        "function_code": "2010101",
        "function_name": "行政运行",
        "chapter_code": "301",
        "chapter_name": "工资福利",
        "economic_code": "30101",
        "economic_name": "基本工资",
        "currency": "CNY",
    }
    return BudgetLine.objects.create(**{**given, **values}, unit=unit, amount_fen=amount_fen)


def text_of(response: Any) -> str:
    """A page as text; the forms' tokens, which differ in each answer, made equal."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", content.decode("utf-8-sig"))
