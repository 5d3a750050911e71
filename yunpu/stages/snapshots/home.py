"""What snapshots show on the home page: the newest freezes."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from yunpu.stages.snapshots.models import Snapshot
from yunpu.ui.home import Change, News
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


FROZEN = News(read_frozen, order=40)
