"""Reading bulletins: the steps of one, with who and when; and what a reader outside is told of an issue."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from django.utils import timezone

from yunpu.kernel.digests import sm3_hex
from yunpu.kernel.text import mark as _
from yunpu.kernel.text import normalise
from yunpu.stages.bulletins.models import Bulletin, Issue
from yunpu.stages.bulletins.neutral import verification_code
from yunpu.trail.models import Event
from yunpu.trail.requests import get_origin

NOT_CONFIRMED = "bulletins.issue-not-confirmed"
WRONG_AT_MOST = 10  # answers of “no” that one address is given …
WITHIN = dt.timedelta(minutes=10)  # … in this time
_NUMBER = re.compile(r"\D*(\d{4})\D+(\d{1,6})\D*")

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


@dataclass(frozen=True)
class Confirmation:
    """All that a reader outside is told of an issue: that it went out, and whether it still stands."""

    name: str
    year: int
    number: int
    issued_on: dt.date
    digest: str
    corrected_by: tuple[tuple[int, int], ...]  # year and number of the issues that correct it


def confirm(number: str, code: str) -> Confirmation | None:
    """The issue that carries this number (2020年第1期) and verification code, as a reader types them; None where none does.

    What was changed behind the platform is confirmed no more: its code no longer follows from its text.
    """
    typed = re.sub(r"[^0-9A-Z]", "", normalise(code).upper())
    found = _NUMBER.fullmatch(normalise(number))
    if found is None or len(typed) != 12:
        return None
    code = "-".join((typed[:4], typed[4:8], typed[8:]))
    issue = Issue.objects.filter(verification_code=code, year=found[1], number=found[2]).first()
    if issue is None or code != _code_of_text(issue):
        return None
    corrections = Issue.objects.filter(bulletin__corrects=issue).order_by("id").values_list("year", "number")
    day = timezone.localdate(issue.issued_at)
    return Confirmation(issue.name, issue.year, issue.number, day, issue.digest, tuple(corrections))


def _code_of_text(issue: Issue) -> str:
    """The code that follows from the stored text itself, not from its stored digest."""
    digest = sm3_hex(issue.document.encode())
    return verification_code(f"{issue.name}|{issue.year}|{issue.number}|{digest}")


def blocked_until(at: dt.datetime) -> dt.datetime | None:
    """Until when the address of this request is answered no more; None while it may ask. The trail knows its wrong tries."""
    _number, address = get_origin()
    wrong = Event.objects.filter(verb=NOT_CONFIRMED, address=address, at__gt=at - WITHIN, at__lte=at)
    moments = list(wrong.order_by("-at", "-id").values_list("at", flat=True)[:WRONG_AT_MOST])
    return moments[-1] + WITHIN if len(moments) == WRONG_AT_MOST else None
