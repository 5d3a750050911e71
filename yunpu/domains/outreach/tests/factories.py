"""Records of outreach for tests: small, invented, each valid by itself."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any

from django.test import Client

from yunpu.access.models import Grant, Role, User
from yunpu.domains.outreach.codes import ActivityKind
from yunpu.domains.outreach.models import Activity, Attendance
from yunpu.kernel.codes import credit_code_with_check
from yunpu.reference.models import Enterprise, Unit

_numbers = count(1)


def make_unit(code: str = "KGJ", parent: Unit | None = None) -> Unit:
    level = Unit.Level.BUREAU if parent else Unit.Level.DISTRICT
    unit = Unit.objects.create(code=code, name=f"单位{code}", level=level, parent=parent, path="/")
    unit.path = f"{parent.path if parent else '/'}{unit.pk}/"
    unit.save(update_fields=["path"])
    return unit


def make_enterprise() -> Enterprise:
    number = next(_numbers)
    code = credit_code_with_check(f"91360199MB{number:07}")
    return Enterprise.objects.create(credit_code=code, name=f"企业{number}")


def make_activity(unit: Unit, **values: Any) -> Activity:
    given = {
        "code": f"XJ-{next(_numbers)}",
        "name": "宣讲",
        "kind": ActivityKind.ROADSHOW.value,
        "held_on": dt.date(2020, 6, 11),
        "unit": unit,
    }
    return Activity.objects.create(**{**given, **values})


def make_attendance(activity: Activity, enterprise: Enterprise, seat: int = 1) -> Attendance:
    return Attendance.objects.create(activity=activity, enterprise=enterprise, seat=seat)


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
