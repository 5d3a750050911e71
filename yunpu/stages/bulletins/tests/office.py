"""A small district with a snapshot, figures, and the people of an office, for the tests of this stage."""

from __future__ import annotations

import datetime as dt

from yunpu.access.models import Grant, Role, User
from yunpu.kernel.periods import Period
from yunpu.reference.models import Enterprise, Unit
from yunpu.stages.bulletins import operations
from yunpu.stages.bulletins.models import Bulletin, Issue
from yunpu.stages.indicators import catalogue
from yunpu.stages.indicators import operations as figures
from yunpu.stages.indicators.tests import declared
from yunpu.stages.snapshots.models import Snapshot
from yunpu.stages.snapshots.operations import freeze
from yunpu.trail.operations import System

BY = System("测试")
AT = dt.datetime(2020, 12, 20, 6, 0, tzinfo=dt.UTC)
AS_OF = dt.date(2020, 12, 20)
YEAR = Period.year(2020)
FIRMS = 97
TEXT = """名称: 改革工作简报
编发: 云谱区

# 创新典型推介
## 政策直达企业
（供稿：区科工局）

一、以宣传拓宽覆盖。2020年组织{{test.firms}}企业参加培训。
"""


def declare(monkeypatch) -> None:
    """One indicator: the firms of an industry, worded as 近100家."""
    for module in (figures, catalogue):
        monkeypatch.setattr(module, "list_indicators", lambda: [declared.FIRMS])


def make_firms(count: int = FIRMS) -> None:
    Unit.objects.get_or_create(code="361100", defaults={"name": "云谱区", "level": "district", "path": "/1/"})
    have = Enterprise.objects.count()
    for number in range(have, have + count):
        Enterprise.objects.create(credit_code=f"9136110000{number:08}", name=f"企业{number}", industry="制造")


def make_snapshot() -> Snapshot:
    """Freeze what is there and compute its figure."""
    snapshot = freeze(AS_OF, by=BY, at=AT)
    figures.compute(snapshot, YEAR, by=BY, at=AT)
    return snapshot


def make_user(name: str, *roles: str) -> User:
    unit = Unit.objects.get(code="361100")
    user = User.objects.create(username=name, name=name, unit=unit, must_change_password=False)
    for role in roles:
        Grant.objects.create(user=user, role=role, unit=unit, valid_from=dt.date(2020, 1, 1))
    return user


def make_people() -> dict[str, User]:
    return {
        "writer": make_user("吴编辑", Role.STAFF),
        "checker": make_user("李审核", Role.REVIEWER),
        "leader": make_user("赵区长", Role.LEADER),
        "auditor": make_user("孙审计", Role.AUDITOR),
    }


def draft(text: str = TEXT, *, by: object = BY, name: str = "改革工作简报", **values) -> Bulletin:
    snapshot = values.pop("snapshot", None) or Snapshot.objects.order_by("-id").first()
    unit = Unit.objects.get(code="361100")
    return operations.create_bulletin(
        name=name, unit=unit, period=YEAR, snapshot=snapshot, text=text, by=by, at=AT, **values
    )


def issue(bulletin: Bulletin, *, at: dt.datetime = AT) -> Issue:
    """Take a draft through the office."""
    for step in (operations.submit_bulletin, operations.check_bulletin):
        step(bulletin, by=BY, at=at)
    return operations.issue_bulletin(bulletin, by=BY, at=at)
