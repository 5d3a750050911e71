"""What bulletins show on the home page: the newest issue's figures, and what waits for a hand."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from yunpu.kernel.text import mark as _
from yunpu.stages.bulletins.models import Bulletin, Issue
from yunpu.stages.bulletins.neutral import read_document
from yunpu.ui.hooks import hooks
from yunpu.ui.views import Panel


def read_figures(request: HttpRequest) -> Any:
    """The figures of the newest issue in scope, each opening its lineage."""
    issue = hooks.scope(request, Issue.objects.all(), "view").order_by("-id").first()
    if issue is None:
        return None
    return [
        {
            "title": gettext(span.title),
            "shown": span.shown,
            "note": gettext("%(count)s 条记录") % {"count": span.records},
            "url": reverse("indicators:figure", args=[span.figure_id]),
        }
        for span in list(read_document(issue.document).figures())[:6]
    ]


def read_waiting(request: HttpRequest) -> Any:
    """Bulletins that wait for this person's check or signature."""
    wanted = [
        ("check", Bulletin.State.SUBMITTED),
        ("issue", Bulletin.State.CHECKED),
        ("draft", Bulletin.State.DRAFT),
    ]
    lines = []
    for right, state in wanted:
        for bulletin in hooks.scope(request, Bulletin.objects.filter(state=state), right)[:5]:
            url = reverse("bulletins:bulletin", args=[bulletin.pk])
            lines.append({"title": str(bulletin), "note": str(bulletin.get_state_display()), "url": url})
    return lines


FIGURES = Panel(_("最近一期的数字"), "ui/home_figures.html", read_figures, order=10)
WAITING = Panel(_("待办：简报"), "ui/home_list.html", read_waiting, order=20)
