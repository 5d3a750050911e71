"""Reading bulletins: the steps of one, with who and when."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from yunpu.kernel.text import mark as _
from yunpu.stages.bulletins.models import Bulletin
from yunpu.trail.models import Event

_STEPS = {
    "bulletins.bulletin-created": _("起草"),
    "bulletins.bulletin-submitted": _("送核稿"),
    "bulletins.bulletin-recalled": _("撤回"),
    "bulletins.bulletin-returned": _("退回"),
    "bulletins.bulletin-checked": _("核稿通过"),
    "bulletins.bulletin-withdrawn": _("作废"),
}


@dataclass(frozen=True)
class Step:
    """One step that was taken."""

    title: str
    by: str
    at: dt.datetime
    reason: str = ""


def list_steps(bulletin: Bulletin) -> list[Step]:
    """What was done with a bulletin, in order; writing and marking between are in its trail."""
    events = Event.objects.filter(
        object_type="bulletins.bulletin", object_id=bulletin.pk, verb__in=_STEPS
    ).order_by("id")
    steps = [Step(_STEPS[one.verb], one.by_name, one.at, one.reason) for one in events]
    issue = getattr(bulletin, "issue", None)
    if issue is not None:
        steps.append(Step(_("签发"), issue.issued_by, issue.issued_at))
    return steps
