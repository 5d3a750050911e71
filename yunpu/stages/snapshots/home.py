"""What snapshots show on the home page: the newest freezes."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from yunpu.kernel.text import mark as _
from yunpu.stages.snapshots.models import Snapshot
from yunpu.stages.snapshots.queries import find_newest
from yunpu.trail.freshness import data_as_of
from yunpu.ui.home import Change, News, Signal, Signals, Step
from yunpu.ui.hooks import hooks

SHOWN = 6


def read_frozen(request: HttpRequest) -> list[Change]:
    """The newest snapshots."""
    snapshots = hooks.scope(request, Snapshot.objects.all(), "view").order_by("-id")[:SHOWN]
    return [
        Change(
            gettext("快照 %(number)s 已生成") % {"number": snapshot.number},
            gettext("数据截至 %(day)s · %(rows)s 行") % {"day": snapshot.as_of, "rows": f"{snapshot.rows:,}"},
            reverse("snapshots:detail", args=[snapshot.pk]),
            snapshot.at,
        )
        for snapshot in snapshots
    ]


def read_signals(request: HttpRequest) -> list[Signal]:
    """Records that came in after the newest snapshot: the figures do not know them yet."""
    snapshot, newest = find_newest(), data_as_of()
    if snapshot is None or newest is None or newest <= snapshot.at:
        return []
    told = {
        "number": snapshot.number,
        "at": timezone.localtime(snapshot.at).strftime("%m-%d %H:%M"),
        "newest": timezone.localtime(newest).strftime("%m-%d %H:%M"),
    }
    note = gettext("快照 %(number)s 冻结于 %(at)s，最新的数据 %(newest)s 入账。") % told
    return [
        Signal(
            "warn", gettext("快照之后又有数据入账，数字还没有重算"), note, reverse("snapshots:snapshots-list")
        )
    ]


def _done(request: HttpRequest) -> str:
    snapshot = find_newest()
    return gettext("最新的是 %(number)s") % {"number": snapshot.number} if snapshot else ""


SIGNALS = Signals(read_signals, order=40)
FREEZE = Step(
    _("生成快照"), _("冻结以后，数字不再变动"), "snapshots:freeze", _("生成快照"), "freeze", _done, order=30
)
FROZEN = News(read_frozen, order=40)
