"""What bulletins show on the home page: the newest issue's figures, what waits for a hand, what was issued."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from yunpu.kernel.text import mark as _
from yunpu.stages.bulletins.models import Bulletin, Issue
from yunpu.stages.bulletins.neutral import read_document
from yunpu.stages.bulletins.templatetags.bulletins import figure_title
from yunpu.ui.home import (
    MOST_TASKS,
    Change,
    News,
    Number,
    Numbers,
    Signal,
    Signals,
    Step,
    Task,
    Tasks,
)
from yunpu.ui.hooks import hooks
from yunpu.ui.years import chosen_year

SHOWN = 6
NAMED = 3
_STEPS = (
    ("check", Bulletin.State.SUBMITTED, _("核稿")),
    ("issue", Bulletin.State.CHECKED, _("签发")),
    ("draft", Bulletin.State.DRAFT, _("继续写")),
)


def read_figures(request: HttpRequest) -> list[Number]:
    """The figures of the newest issue of the chosen year in scope, each opening its lineage."""
    issues = Issue.objects.filter(year=chosen_year(request))
    issue = hooks.scope(request, issues, "view").order_by("-id").first()
    if issue is None:
        return []
    return [
        Number(
            figure_title(span.title),
            span.shown,
            gettext("%(count)s 条记录") % {"count": span.records},
            reverse("indicators:figure", args=[span.figure_id]),
            span.unit,
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
        for bulletin in hooks.scope(request, Bulletin.objects.filter(state=state), right)[:MOST_TASKS]
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


def read_signals(request: HttpRequest) -> list[Signal]:
    """Bulletins that only this person's signature is missing from."""
    waiting = list(
        hooks.scope(request, Bulletin.objects.filter(state=Bulletin.State.CHECKED), "issue")[:MOST_TASKS]
    )
    if not waiting:
        return []
    headline = gettext("%(count)s 份简报等您签发") % {"count": len(waiting)}
    names = gettext("、").join(str(bulletin) for bulletin in waiting[:NAMED])
    only = len(waiting) == 1
    url = reverse("bulletins:bulletin", args=[waiting[0].pk]) if only else reverse("tasks")
    return [Signal("bad", headline, names, url)]


def _done(request: HttpRequest) -> str:
    count = hooks.scope(request, Bulletin.objects.all(), "view").count()
    return gettext("已有 %(count)s 份") % {"count": f"{count:,}"} if count else ""


SIGNALS = Signals(read_signals, order=10)
WRITE = Step(
    _("写第一期简报"),
    _("数字从指标里插入，手写的签发不了"),
    "bulletins:create",
    _("写简报"),
    "draft",
    _done,
    order=50,
)
FIGURES = Numbers(read_figures, order=10)
WAITING = Tasks(read_waiting, order=20)
ISSUED = News(read_issued, order=20)
