"""What bulletins show on the home page: the newest issue's figures, what waits for a hand, what was issued."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from yunpu.kernel.text import mark as _
from yunpu.stages.bulletins.models import Bulletin, Issue
from yunpu.stages.bulletins.neutral import read_document
from yunpu.stages.bulletins.templatetags.bulletins import figure_title
from yunpu.ui.home import Change, News, Number, Numbers, Task, Tasks
from yunpu.ui.hooks import hooks

SHOWN = 6
_STEPS = (
    ("check", Bulletin.State.SUBMITTED, _("核稿")),
    ("issue", Bulletin.State.CHECKED, _("签发")),
    ("draft", Bulletin.State.DRAFT, _("继续写")),
)


def read_figures(request: HttpRequest) -> list[Number]:
    """The figures of the newest issue in scope, each opening its lineage."""
    issue = hooks.scope(request, Issue.objects.all(), "view").order_by("-id").first()
    if issue is None:
        return []
    return [
        Number(
            figure_title(span.title),
            span.shown,
            gettext("%(count)s 条记录") % {"count": span.records},
            reverse("indicators:figure", args=[span.figure_id]),
        )
        for span in list(read_document(issue.document).figures())[:SHOWN]
    ]


def read_waiting(request: HttpRequest) -> list[Task]:
    """Bulletins that wait for this person's check, signature or pen."""
    return [
        Task(
            title=str(bulletin),
            note=f"{bulletin.get_state_display()} · {bulletin.drafted_by}",
            url=reverse("bulletins:bulletin", args=[bulletin.pk]),
            verb=gettext(verb),
            since=bulletin.drafted_at,
        )
        for right, state, verb in _STEPS
        for bulletin in hooks.scope(request, Bulletin.objects.filter(state=state), right)[:50]
    ]


def read_issued(request: HttpRequest) -> list[Change]:
    """The newest issues."""
    return [
        Change(
            gettext("签发 %(issue)s") % {"issue": issue},
            issue.issued_by,
            reverse("bulletins:issue", args=[issue.pk]),
            issue.issued_at,
        )
        for issue in hooks.scope(request, Issue.objects.defer("document", "pdf"), "view").order_by("-id")[
            :SHOWN
        ]
    ]


FIGURES = Numbers(read_figures, order=10)
WAITING = Tasks(read_waiting, order=20)
ISSUED = News(read_issued, order=20)
