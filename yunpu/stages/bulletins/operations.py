"""From a draft to an issue: write, mark, check by another person, issue, correct. An issue never changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from yunpu.kernel.digests import sm3_hex
from yunpu.kernel.findings import Finding
from yunpu.kernel.periods import Period
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.reference.models import Unit
from yunpu.stages.bulletins import guard
from yunpu.stages.bulletins.guard import GuardResult, Mark, Sighting
from yunpu.stages.bulletins.models import Bulletin, Issue
from yunpu.stages.bulletins.neutral import Document
from yunpu.stages.bulletins.render_pdf import Imprint, render_pdf
from yunpu.stages.bulletins.template import render
from yunpu.stages.indicators.queries import PublishedFigure, read_figures
from yunpu.stages.snapshots.models import Snapshot
from yunpu.stages.snapshots.queries import find_by_number
from yunpu.trail.operations import Actor, operation, snapshot_of

FIXED_WORDS_FILE = "fixed_words.txt"
_CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class UnableToIssue(Refusal):
    """A bulletin that may not go out."""

    code = "BUL-101"
    headline = _("不能签发：%(reason)s")
    why = _("打不开记录的数字不能发布；没有签发任何一期，正文还在。")
    ways_out = ((_("把手写的数字换成算出的数字，或说明它不是数字"), ""),)


class UnableToChange(Refusal):
    """A bulletin that is not in the state for what was asked, or a person who may not do it."""

    code = "BUL-102"
    headline = _("不能这样做：%(reason)s")
    why = _("没有改动任何内容。")
    ways_out = ((_("更正已签发的简报请新出一期"), ""),)


class UnableToFindSnapshot(Refusal):
    """A bulletin without the snapshot it counts from."""

    code = "BUL-104"
    headline = _("没有快照 %(number)s")
    why = _("简报里的数字都从一个快照算出。")
    ways_out = ((_("先冻结一个快照并计算指标"), "yunpu freeze"),)


@dataclass(frozen=True)
class Built:
    """A bulletin as it would go out now: document, findings of the template, what the guard saw."""

    document: Document
    findings: tuple[Finding, ...]
    guard: GuardResult
    figures: Mapping[str, PublishedFigure]

    @property
    def may_issue(self) -> bool:
        return not self.findings and not self.guard.offenders


def create_bulletin(
    *,
    name: str,
    unit: Unit,
    period: Period,
    snapshot: Snapshot,
    text: str,
    by: Actor,
    at: dt.datetime,
    corrects: Issue | None = None,
) -> Bulletin:
    """Begin a bulletin on a snapshot; `corrects` names the issue that it corrects."""
    with operation("bulletins.bulletin-created", by=by, at=at) as note:
        bulletin = Bulletin.objects.create(
            name=name,
            unit=unit,
            period_code=period.code,
            snapshot_number=snapshot.number,
            text=text,
            drafted_at=at,
            drafted_by_id=by.pk,
            drafted_by=by.trail_name(),
            corrects=corrects,
        )
        note.created(bulletin)
    return bulletin


def change_bulletin(bulletin: Bulletin, *, by: Actor, at: dt.datetime, **values: Any) -> Bulletin:
    """Change `text`, `snapshot_number` or `name` of a draft. Raises UnableToChange."""
    assert set(values) <= {"text", "snapshot_number", "name"}
    return _change(bulletin, "bulletins.bulletin-changed", (Bulletin.State.DRAFT,), by=by, at=at, **values)


def mark_not_a_figure(
    bulletin: Bulletin, sighting: Sighting, *, reason: str, by: Actor, at: dt.datetime
) -> Bulletin:
    """Say that a numeral is no figure, with the reason. Raises UnableToChange without one."""
    if len(reason.strip()) < 2:
        raise UnableToChange(reason=_("要说明为什么它不是数字"))
    one = Mark(sighting.text, sighting.before, sighting.after, reason.strip(), by.trail_name())
    marks = [*bulletin.marks, asdict(one)]
    return _change(bulletin, "bulletins.numeral-marked", (Bulletin.State.DRAFT,), by=by, at=at, marks=marks)


def unmark(bulletin: Bulletin, position: int, *, by: Actor, at: dt.datetime) -> Bulletin:
    """Take a mark back."""
    marks = [one for index, one in enumerate(bulletin.marks) if index != position]
    return _change(bulletin, "bulletins.numeral-unmarked", (Bulletin.State.DRAFT,), by=by, at=at, marks=marks)


def submit_bulletin(bulletin: Bulletin, *, by: Actor, at: dt.datetime) -> Bulletin:
    """Send a draft to be checked by another person (送核稿). Raises UnableToIssue while a figure is typed by hand."""
    refuse_unless_clean(build(bulletin))
    return _change(
        bulletin,
        "bulletins.bulletin-submitted",
        (Bulletin.State.DRAFT,),
        by=by,
        at=at,
        state=Bulletin.State.SUBMITTED,
    )


def check_bulletin(bulletin: Bulletin, *, by: Actor, at: dt.datetime) -> Bulletin:
    """Approve what another person wrote (核稿). Raises UnableToChange for its own author."""
    if by.pk is not None and by.pk == bulletin.drafted_by_id:
        raise UnableToChange(reason=_("起草人不能核自己的稿"))
    return _change(
        bulletin,
        "bulletins.bulletin-checked",
        (Bulletin.State.SUBMITTED,),
        by=by,
        at=at,
        state=Bulletin.State.CHECKED,
        checked_at=at,
        checked_by_id=by.pk,
        checked_by=by.trail_name(),
    )


def return_bulletin(bulletin: Bulletin, *, reason: str, by: Actor, at: dt.datetime) -> Bulletin:
    """Send it back to its author, with the reason (退回)."""
    if len(reason.strip()) < 2:
        raise UnableToChange(reason=_("退回要写明理由"))
    return _change(
        bulletin,
        "bulletins.bulletin-returned",
        (Bulletin.State.SUBMITTED, Bulletin.State.CHECKED),
        by=by,
        at=at,
        note_reason=reason.strip(),
        state=Bulletin.State.DRAFT,
        checked_at=None,
        checked_by_id=None,
        checked_by="",
    )


def issue_bulletin(bulletin: Bulletin, *, by: Actor, at: dt.datetime) -> Issue:
    """Issue a checked bulletin with number, digest and verification code (签发). It can never be changed again.

    Raises UnableToIssue while one numeral is typed by hand or one figure has no value, UnableToChange when it was not
    checked by another person.
    """
    with operation("bulletins.bulletin-issued", by=by, at=at) as note:
        locked = Bulletin.objects.select_for_update().get(pk=bulletin.pk)
        if locked.state != Bulletin.State.CHECKED:
            raise UnableToChange(reason=_("还没有经别人核稿"))
        built = build(locked)
        refuse_unless_clean(built)
        snapshot = get_snapshot(locked)
        year = timezone.localdate(at).year
        document = built.document
        number = _next_number(locked.name, year)
        digest = document.digest
        code = verification_code(f"{locked.name}|{year}|{number}|{digest}")
        pdf = render_pdf(document, imprint_of(year, number, digest, code, at), settings.FONT_FOLDERS)
        issue = Issue.objects.create(
            bulletin=locked,
            name=locked.name,
            year=year,
            number=number,
            document=document.to_json(),
            digest=digest,
            verification_code=code,
            snapshot_number=snapshot.number,
            snapshot_digest=snapshot.digest,
            pdf=pdf,
            pdf_sm3=sm3_hex(pdf),
            issued_at=at,
            issued_by_id=by.pk,
            issued_by=by.trail_name(),
        )
        Bulletin.objects.filter(pk=locked.pk).update(state=Bulletin.State.ISSUED)
        note.act(issue, digest=digest, number=number, snapshot=snapshot.number)
    return issue


def build(bulletin: Bulletin) -> Built:
    """The bulletin as it would go out now; writes nothing. Raises UnableToFindSnapshot."""
    snapshot = get_snapshot(bulletin)
    figures = read_figures(snapshot, Period.parse(bulletin.period_code))
    return build_text(bulletin.text, figures, [Mark(**one) for one in bulletin.marks])


def build_text(text: str, figures: Mapping[str, PublishedFigure], marks: Sequence[Mark] = ()) -> Built:
    """A template with its figures put in and every numeral looked at."""
    rendered = render(text, figures)
    words = guard.read_fixed_words((guard.SHIPPED_WORDS, Path(settings.FOLDER) / FIXED_WORDS_FILE))
    return Built(rendered.document, rendered.findings, guard.check(rendered.document, marks, words), figures)


def refuse_unless_clean(built: Built) -> None:
    """Raises UnableToIssue with the first offenders in its words."""
    if built.guard.offenders:
        places = "、".join(f"“{one.context.strip()}”" for one in built.guard.offenders[:5])
        more = len(built.guard.offenders)
        raise UnableToIssue(
            reason=_("有 %(count)s 处手写的数字：%(places)s") % {"count": more, "places": places}
        )
    if built.findings:
        raise UnableToIssue(reason=built.findings[0].what())


def get_snapshot(bulletin: Bulletin) -> Snapshot:
    """The snapshot a bulletin counts from. Raises UnableToFindSnapshot."""
    snapshot = find_by_number(bulletin.snapshot_number)
    if snapshot is None:
        raise UnableToFindSnapshot(number=bulletin.snapshot_number)
    return snapshot


def imprint_of(year: int, number: int, digest: str, code: str, at: dt.datetime) -> Imprint:
    """What the page's head and foot say of an issue."""
    day = timezone.localdate(at)
    return Imprint(
        number_line=f"{year}年第{number}期",
        date_line=f"{day.year}年{day.month}月{day.day}日",
        digest=digest,
        verification_code=code,
        moment=at,
    )


def verification_code(text: str) -> str:
    """A short code that a reader can type: twelve characters from the SM3 digest, without 0, 1, I and O."""
    number = int(sm3_hex(text.encode()), 16)
    letters = ""
    for _place in range(12):
        number, rest = divmod(number, len(_CODE_ALPHABET))
        letters += _CODE_ALPHABET[rest]
    return "-".join((letters[:4], letters[4:8], letters[8:]))


def _next_number(name: str, year: int) -> int:
    newest = Issue.objects.filter(name=name, year=year).aggregate(newest=models.Max("number"))["newest"]
    return (newest or 0) + 1


def _change(
    bulletin: Bulletin,
    verb: str,
    states: tuple[Bulletin.State, ...],
    *,
    by: Actor,
    at: dt.datetime,
    note_reason: str = "",
    **values: Any,
) -> Bulletin:
    with operation(verb, by=by, at=at, reason=note_reason) as note:
        locked = Bulletin.objects.select_for_update().get(pk=bulletin.pk)
        if locked.state not in states:
            raise UnableToChange(
                reason=_("它现在是“%(state)s”") % {"state": Bulletin.State(locked.state).label}
            )
        before = snapshot_of(locked)
        for name, value in values.items():
            setattr(locked, name, value)
        locked.save()
        note.changed(locked, before)
    return locked
