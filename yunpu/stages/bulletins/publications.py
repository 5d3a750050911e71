"""Where a figure was printed: the issues whose text holds it, for the lineage of the figure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from yunpu.access.scope import visible
from yunpu.stages.bulletins.models import Issue
from yunpu.stages.bulletins.neutral import Block, read_document
from yunpu.stages.indicators.models import Figure
from yunpu.stages.indicators.publications import Publication

AROUND = 24  # characters before the figure


def list_issues(figure: Figure, *, user: Any, on: dt.date) -> Iterator[Publication]:
    """The issues a person may see that print the figure, each with the words before it."""
    issues = visible(Issue.objects.filter(snapshot_number=figure.snapshot.number), user, on=on)
    for issue in issues.order_by("-id"):
        for block in read_document(issue.document).blocks:
            sentence = _words_around(block, figure.pk)
            if sentence:
                url = reverse("bulletins:issue", args=[issue.pk])
                yield Publication(str(issue), sentence, issue.issued_at, url)
                break


def _words_around(block: Block, figure_id: int) -> str:
    """The figure with the words before it; empty where the block does not print it."""
    before = ""
    for span in block.spans:
        if getattr(span, "figure_id", None) == figure_id:
            start = before[-AROUND:]
            return ("…" if len(before) > AROUND else "") + start + _text(span)
        before += _text(span)
    return ""


def _text(span: Any) -> str:
    return str(getattr(span, "shown", "") or getattr(span, "text", ""))
