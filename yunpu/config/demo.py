"""The demo district's bulletin: written by one person, checked by another, issued by a third, as in any office."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from yunpu.access.models import User
from yunpu.kernel.periods import Period
from yunpu.reference.models import Unit
from yunpu.stages.bulletins import operations
from yunpu.stages.bulletins.models import Bulletin, Issue
from yunpu.stages.snapshots.models import Snapshot

NAME = "改革工作简报"
TEXT = Path(__file__).with_name("demo_bulletin.txt")


def issue_bulletin(snapshot: Snapshot, period: Period, *, unit: Unit, at: dt.datetime) -> Issue:
    """The period's issue, made once: a later snapshot changes nothing, a correction is for a person to decide.

    An interrupted building goes on where the bulletin stands.
    """
    found = Issue.objects.filter(name=NAME, bulletin__period_code=period.code).order_by("number").first()
    if found is not None:
        return found
    bulletin = _find_open(snapshot, period) or operations.create_bulletin(
        name=NAME,
        unit=unit,
        period=period,
        snapshot=snapshot,
        text=TEXT.read_text("utf-8"),
        by=_user("bianji"),
        at=at,
    )
    return pass_on(bulletin, at=at)


def pass_on(bulletin: Bulletin, *, at: dt.datetime) -> Issue:
    """Submit, check and issue a bulletin, each by another person, from where it stands."""
    if bulletin.state == Bulletin.State.DRAFT:
        bulletin = operations.submit_bulletin(bulletin, by=_user("bianji"), at=at)
    if bulletin.state == Bulletin.State.SUBMITTED:
        bulletin = operations.check_bulletin(bulletin, by=_user("shenhe"), at=at)
    return operations.issue_bulletin(bulletin, by=_user("lingdao"), at=at)


def _find_open(snapshot: Snapshot, period: Period) -> Bulletin | None:
    """The bulletin that an earlier, interrupted building began on this snapshot."""
    begun = Bulletin.objects.filter(name=NAME, period_code=period.code, snapshot_number=snapshot.number)
    return begun.exclude(state=Bulletin.State.ISSUED).first()


def _user(username: str) -> User:
    return User.objects.get(username=username)
