"""Records of $name for tests."""

from __future__ import annotations

import datetime as dt
from typing import Any

from yunpu.domains.$name.models import ${Name}Record
from yunpu.reference.models import Unit
from yunpu.trail.operations import System, create_record, preparing

BY = System("测试")
AT = dt.datetime(2020, 12, 20, 6, 0, tzinfo=dt.UTC)


def make_unit() -> Unit:
    with preparing("test.unit-made"):
        return Unit.objects.get_or_create(
            code="T", defaults={"name": "测试区", "level": Unit.Level.DISTRICT, "path": "/1/"}
        )[0]


def make_record(**values: Any) -> ${Name}Record:
    given = {
        "code": "A-001",
        "name": "甲",
        "recorded_on": dt.date(2020, 5, 6),
        "amount_fen": 1_234_500,
        **values,
    }
    record: ${Name}Record = create_record(${Name}Record, {"unit": make_unit(), **given}, by=BY, at=AT)
    return record
