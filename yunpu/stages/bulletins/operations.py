"""From a draft to an issue: write, mark, check by another person, issue, correct. An issue never changes.

Who wrote a bulletin may neither check nor issue it. What was checked is what is issued: the digest that the checker saw
must still be the bulletin's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from yunpu.access.rights import Action
from yunpu.kernel.digests import sm3_hex
from yunpu.kernel.findings import Finding, Place
from yunpu.kernel.periods import Period
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.kernel.text import normalise
from yunpu.reference.models import Unit
from yunpu.stages.bulletins import guard
from yunpu.stages.bulletins.guard import GuardResult, Mark, Sighting
from yunpu.stages.bulletins.models import Bulletin, FixedWord, Issue
from yunpu.stages.bulletins.neutral import Document, verification_code
from yunpu.stages.bulletins.queries import NOT_CONFIRMED
from yunpu.stages.bulletins.render_pdf import Imprint, render_pdf
from yunpu.stages.bulletins.template import column_of, render
from yunpu.stages.indicators.queries import PublishedFigure, read_figures
from yunpu.stages.snapshots.models import Snapshot
from yunpu.stages.snapshots.queries import find_by_number, reaches_every_record
from yunpu.stages.snapshots.verifying import verify as verify_snapshot
from yunpu.trail.operations import Actor, operation, snapshot_of


class UnableToIssue(Refusal):
    """A bulletin that may not go out."""

    code = "BUL-101"
    headline = _("不能签发：%(reason)s")
    why = _("打不开记录的数字不能发布；没有签发任何一期，正文还在。")
    ways_out: ClassVar[tuple[tuple[str, str], ...]] = (
        (_("把手写的数字换成算出的数字，或说明它不是数字"), ""),
    )


class TypedFigures(UnableToIssue):
    """A bulletin in which figures are typed by hand; every one with its place, as line:column."""

    code = "BUL-106"
    headline = _("不能签发：有 %(count)s 处手写的数字")
    why = _("在正文的（行:列）%(places)s。打不开记录的数字不能发布；没有签发任何一期，正文还在。")
    ways_out = (
        (_("换成算出的数字"), ""),
        (_("不是数字的，标记并写明理由"), ""),
        (_("改写这句话"), ""),
    )


class WrongReferences(UnableToIssue):
    """A bulletin whose template has faults."""

    code = "BUL-107"
    headline = _("不能签发：正文有 %(count)s 处写得不对")
    why = _("在正文的（行:列）%(places)s。没有签发任何一期，正文还在。")
    ways_out = ((_("按页面上列出的每一处改正"), ""),)


class UnableToChange(Refusal):
    """A bulletin that is not in the state for what was asked, or a person who may not do it."""

    code = "BUL-102"
    headline = _("不能这样做：%(reason)s")
    why = _("没有改动任何内容。")
    ways_out = ((_("更正已签发的简报请新出一期"), ""),)


class UnableInThisState(UnableToChange):
    """A step that does not follow from where the bulletin stands."""

    code = "BUL-108"
    headline = _("不能这样做：它现在是“%(state)s”")


class UnableToAddWord(Refusal):
    """A word that may not stand on the list of fixed words."""

    code = "BUL-105"
    headline = _("不能把“%(word)s”列为固定词：%(reason)s")
    why = _("固定词里的数字不经核对就放行，所以不能藏统计数字。没有写入任何内容。")
    ways_out = ((_("统计数字请引用算出的数字；只此一处的，在简报里标记并写明理由"), ""),)


class UnableToFindSnapshot(Refusal):
    """A bulletin without the snapshot it counts from."""

    code = "BUL-104"
    headline = _("没有快照 %(number)s")
    why = _("简报里的数字都从一个快照算出。")
    ways_out = ((_("先冻结一个快照并计算指标"), "yunpu freeze"),)


# The list serves every bulletin of the district: so must the right to change it.
NOT_FOR_ALL = _("固定词对全区的简报都有效，您的核稿权限只到一部分单位")


@dataclass(frozen=True)
class Built:
    """A bulletin as it would go out now: document, findings of the template, what the guard saw, where it was written."""

    document: Document
    findings: tuple[Finding, ...]
    guard: GuardResult
    figures: Mapping[str, PublishedFigure]
    lines: Mapping[int, int]
    text: str

    def place(self, sighting: Sighting) -> Place:
        """Where in the text a numeral stands; rows and columns count from 1."""
        line = self.lines.get(sighting.block, 0)
        if not line:
            return Place()
        return Place(row=line, column=column_of(self.text.splitlines()[line - 1], sighting.offset) + 1)

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
            writer_ids=_with(by, []),
            corrects=corrects,
        )
        note.created(bulletin)
    return bulletin


def change_bulletin(bulletin: Bulletin, *, by: Actor, at: dt.datetime, **values: Any) -> Bulletin:
    """Change `text`, `snapshot_number` or `name` of a draft. Raises UnableToChange."""
    assert set(values) <= {"text", "snapshot_number", "name"}

    def change(draft: Bulletin) -> dict[str, Any]:
        return {**values, "writer_ids": _with(by, draft.writer_ids)}

    return _change(bulletin, "bulletins.bulletin-changed", (Bulletin.State.DRAFT,), change, by=by, at=at)


def mark_not_a_figure(
    bulletin: Bulletin, sighting: Sighting, *, reason: str, by: Actor, at: dt.datetime
) -> Bulletin:
    """Say that a numeral is no figure, with the reason. Raises UnableToChange without one."""
    if len(reason.strip()) < 2:
        raise UnableToChange(reason=_("要说明为什么它不是数字"))
    one = Mark(sighting.text, sighting.before, sighting.after, reason.strip(), by.trail_name())

    def change(draft: Bulletin) -> dict[str, Any]:
        return {"marks": [*draft.marks, asdict(one)], "writer_ids": _with(by, draft.writer_ids)}

    return _change(bulletin, "bulletins.numeral-marked", (Bulletin.State.DRAFT,), change, by=by, at=at)


def link_figure(bulletin: Bulletin, sighting: Sighting, code: str, *, by: Actor, at: dt.datetime) -> Bulletin:
    """Put a computed figure where a numeral was typed. Raises UnableToChange where the text is no longer the same."""

    def change(draft: Bulletin) -> dict[str, Any]:
        built = build(draft)
        if code not in built.figures or sighting not in built.guard.offenders:
            raise UnableToChange(reason=_("正文已经改过，请重新打开"))
        place, lines = built.place(sighting), draft.text.splitlines()
        assert place.row and place.column, "what a person typed has its place"
        line, start = lines[place.row - 1], place.column - 1
        lines[place.row - 1] = f"{line[:start]}{{{{{code}}}}}{line[start + len(sighting.text) :]}"
        return {"text": "\n".join(lines) + "\n", "writer_ids": _with(by, draft.writer_ids)}

    return _change(bulletin, "bulletins.figure-linked", (Bulletin.State.DRAFT,), change, by=by, at=at)


def unmark(bulletin: Bulletin, mark: Mark, *, by: Actor, at: dt.datetime) -> Bulletin:
    """Take a mark back."""

    def change(draft: Bulletin) -> dict[str, Any]:
        return {"marks": [one for one in draft.marks if one != asdict(mark)]}

    return _change(bulletin, "bulletins.numeral-unmarked", (Bulletin.State.DRAFT,), change, by=by, at=at)


def submit_bulletin(bulletin: Bulletin, *, by: Actor, at: dt.datetime) -> Bulletin:
    """Send a draft to be checked by another person (送核稿). Raises UnableToIssue while a figure is typed by hand."""

    def change(draft: Bulletin) -> dict[str, Any]:
        refuse_unless_clean(build(draft))
        return {"state": Bulletin.State.SUBMITTED}

    return _change(bulletin, "bulletins.bulletin-submitted", (Bulletin.State.DRAFT,), change, by=by, at=at)


def check_bulletin(bulletin: Bulletin, *, by: Actor, at: dt.datetime) -> Bulletin:
    """Approve what another person wrote (核稿). Raises UnableToChange for who wrote any of it, UnableToIssue."""

    def change(submitted: Bulletin) -> dict[str, Any]:
        if by.pk is not None and by.pk in submitted.writer_ids:
            raise UnableToChange(reason=_("写过这份简报的人不能核自己的稿"))
        built = build(submitted)
        refuse_unless_clean(built)
        return {
            "state": Bulletin.State.CHECKED,
            "checked_at": at,
            "checked_by_id": by.pk,
            "checked_by": by.trail_name(),
            "checked_digest": built.document.digest,
        }

    return _change(bulletin, "bulletins.bulletin-checked", (Bulletin.State.SUBMITTED,), change, by=by, at=at)


def return_bulletin(bulletin: Bulletin, *, reason: str, by: Actor, at: dt.datetime) -> Bulletin:
    """Send it back to its author, with the reason (退回)."""
    if len(reason.strip()) < 2:
        raise UnableToChange(reason=_("退回要写明理由"))
    states = (Bulletin.State.SUBMITTED, Bulletin.State.CHECKED)
    return _change(
        bulletin, "bulletins.bulletin-returned", states, _unchecked, by=by, at=at, note_reason=reason.strip()
    )


def recall_bulletin(bulletin: Bulletin, *, by: Actor, at: dt.datetime) -> Bulletin:
    """Take back what nobody has checked yet, to go on writing (撤回)."""
    states = (Bulletin.State.SUBMITTED,)
    return _change(bulletin, "bulletins.bulletin-recalled", states, _unchecked, by=by, at=at)


def withdraw_bulletin(bulletin: Bulletin, *, reason: str, by: Actor, at: dt.datetime) -> Bulletin:
    """Give up a bulletin that was not issued (作废), with the reason. It never had a number, so none is missing."""
    if len(reason.strip()) < 2:
        raise UnableToChange(reason=_("作废要写明理由"))
    states = (Bulletin.State.DRAFT, Bulletin.State.SUBMITTED, Bulletin.State.CHECKED)

    def change(draft: Bulletin) -> dict[str, Any]:
        return {**_unchecked(draft), "state": Bulletin.State.WITHDRAWN}

    return _change(
        bulletin, "bulletins.bulletin-withdrawn", states, change, by=by, at=at, note_reason=reason.strip()
    )


def issue_bulletin(bulletin: Bulletin, *, by: Actor, at: dt.datetime) -> Issue:
    """Issue a checked bulletin with number, digest and verification code (签发). It can never be changed again.

    Numbers run without a gap for each name and year: whoever issues first of several has the next one. Raises
    UnableToIssue while one numeral is typed by hand, one figure has no value, or after the check a figure has changed;
    UnableToChange when it was not checked by another person.
    """
    if verify_snapshot(get_snapshot(bulletin)):
        raise UnableToIssue(reason=_("快照与冻结时不同，数字不能证明"))
    with operation("bulletins.bulletin-issued", by=by, at=at) as note:
        locked = _lock_for_number(bulletin)
        if locked.state != Bulletin.State.CHECKED:
            raise UnableToChange(reason=_STATES_BEFORE_ISSUE.get(locked.state, _("还没有经别人核稿")))
        if by.pk is not None and by.pk in locked.writer_ids:
            raise UnableToChange(reason=_("写过这份简报的人不能签发它"))
        built = build(locked)
        refuse_unless_clean(built)
        if built.document.digest != locked.checked_digest:
            raise UnableToIssue(reason=_("核稿以后数字变了，请退回重新核稿"))
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
            numerals=_numerals(built.guard),
            snapshot_number=snapshot.number,
            snapshot_digest=snapshot.digest,
            pdf=pdf,
            pdf_sm3=sm3_hex(pdf),
            issued_at=at,
            issued_by_id=by.pk,
            issued_by=by.trail_name(),
        )
        Bulletin.objects.filter(pk=locked.pk).update(state=Bulletin.State.ISSUED)
        note.act(issue, digest=digest, page=issue.pdf_sm3, number=number, snapshot=snapshot.number)
    return issue


def note_not_confirmed(*, by: Actor, at: dt.datetime) -> None:
    """Note that somebody asked for an issue that is not there. What was typed is not kept: it may be a slip in a true code."""
    with operation(NOT_CONFIRMED, by=by, at=at) as note:
        note.act(name="—")


def add_fixed_word(*, word: str, reason: str, by: Actor, at: dt.datetime) -> FixedWord:
    """Let a word of the district's own pass the guard (固定词). Raises UnableToAddWord for what could hide a figure."""
    word, reason = normalise(word), normalise(reason)
    if not reaches_every_record(by, Action.CHECK, on=timezone.localdate(at)):
        raise UnableToAddWord(word=word, reason=NOT_FOR_ALL)
    if not word or len(reason) < 2:
        raise UnableToAddWord(word=word, reason=_("要写明理由"))
    if guard.hides_a_count(word):
        raise UnableToAddWord(word=word, reason=_("里面有统计数字"))
    if word in read_fixed_words():
        raise UnableToAddWord(word=word, reason=_("已经在列"))
    with operation("bulletins.fixedword-added", by=by, at=at) as note:
        added = FixedWord.objects.create(word=word, reason=reason, added_at=at, added_by=by.trail_name())
        note.created(added)
    return added


def remove_fixed_word(word: FixedWord, *, by: Actor, at: dt.datetime) -> None:
    """Take a word off the list; what was issued keeps its own record of what passed. Raises UnableToChange."""
    if not reaches_every_record(by, Action.CHECK, on=timezone.localdate(at)):
        raise UnableToChange(reason=NOT_FOR_ALL)
    with operation("bulletins.fixedword-removed", by=by, at=at) as note:
        note.removed(word)
        word.delete()


def read_fixed_words() -> dict[str, str]:
    """The shipped words and the district's own, with their reasons."""
    return {**guard.shipped_words(), **dict(FixedWord.objects.values_list("word", "reason"))}


def build(bulletin: Bulletin) -> Built:
    """The bulletin as it would go out now; writes nothing. Raises UnableToFindSnapshot."""
    return build_text(bulletin, bulletin.text, list_marks(bulletin))


def build_text(bulletin: Bulletin, text: str, marks: Sequence[Mark] = ()) -> Built:
    """A bulletin with this text instead of its own: figures put in, every numeral looked at."""
    figures = read_figures(get_snapshot(bulletin), Period.parse(bulletin.period_code))
    rendered = render(text, figures, name=bulletin.name)
    seen = guard.check(rendered.document, marks, read_fixed_words())
    document = rendered.document
    if bulletin.corrects is not None:
        document = replace(document, head=(*document.head, ("更正", correction_line(bulletin.corrects))))
    return Built(document, rendered.findings, seen, figures, rendered.lines, text)


def list_marks(bulletin: Bulletin) -> list[Mark]:
    """What people marked as no figure."""
    return [Mark(**one) for one in bulletin.marks]


def correction_line(corrected: Issue) -> str:
    """How a new issue names the one that it corrects."""
    return f"本期更正《{corrected.name}》{corrected.year}年第{corrected.number}期（核验码 {corrected.verification_code}）"


def refuse_unless_clean(built: Built) -> None:
    """Raises TypedFigures with the place of every offender, WrongReferences with that of every fault."""
    if built.guard.offenders:
        places = [f"{_written(built.place(one))}“{one.context.strip()}”" for one in built.guard.offenders]
        raise TypedFigures(count=len(places), places="；".join(places))
    if built.findings:
        wrong = [_written(one.place) or one.what() for one in built.findings]
        raise WrongReferences(count=len(wrong), places="；".join(wrong))


def _written(place: Place) -> str:
    """A place as line:column; empty where there is none."""
    return f"{place.row}:{place.column or 1}" if place.row else ""


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


def imprint_of_issue(issue: Issue) -> Imprint:
    """What the page's head and foot say of an issue."""
    return imprint_of(issue.year, issue.number, issue.digest, issue.verification_code, issue.issued_at)


def imprint_of_draft(bulletin: Bulletin) -> Imprint:
    """What they say before there is a number: whatever is only known at the issue is a dash."""
    return Imprint("第—期", "—年—月—日", "—", "—", bulletin.drafted_at)


_STATES_BEFORE_ISSUE: dict[str, str] = {
    Bulletin.State.ISSUED: _("它已经签发"),
    Bulletin.State.WITHDRAWN: _("它已经作废"),
}


def _lock_for_number(bulletin: Bulletin) -> Bulletin:
    """Lock every bulletin of the name, so that two issues of it come one after the other."""
    same = Bulletin.objects.filter(name__in=Bulletin.objects.filter(pk=bulletin.pk).values("name"))
    locked = {one.pk: one for one in same.select_for_update().order_by("pk")}
    return locked[bulletin.pk]


def _next_number(name: str, year: int) -> int:
    newest = Issue.objects.filter(name=name, year=year).aggregate(newest=models.Max("number"))["newest"]
    return (newest or 0) + 1


def _numerals(seen: GuardResult) -> list[dict[str, str]]:
    """What is kept of numerals that no record stands behind."""
    passed = [(one, one.reason, "") for one in seen.passed]
    marked = [(one, mark.reason, mark.by) for one, mark in seen.marked]
    return [
        {"text": one.text, "before": one.before, "after": one.after, "reason": reason, "by": by}
        for one, reason, by in [*passed, *marked]
    ]


def _with(by: Actor, writers: Sequence[int]) -> list[int]:
    """The people who wrote, with this one."""
    return sorted({*writers, by.pk}) if by.pk is not None else list(writers)


def _unchecked(_bulletin: Bulletin) -> dict[str, Any]:
    """A draft again, that nobody has checked."""
    return {
        "state": Bulletin.State.DRAFT,
        "checked_at": None,
        "checked_by_id": None,
        "checked_by": "",
        "checked_digest": "",
    }


def _change(
    bulletin: Bulletin,
    verb: str,
    states: tuple[Bulletin.State, ...],
    change: Callable[[Bulletin], dict[str, Any]],
    *,
    by: Actor,
    at: dt.datetime,
    note_reason: str = "",
) -> Bulletin:
    """Change a bulletin in one of these states; `change` sees the stored one, locked."""
    with operation(verb, by=by, at=at, reason=note_reason) as note:
        locked = Bulletin.objects.select_for_update().get(pk=bulletin.pk)
        if locked.state not in states:
            raise UnableInThisState(state=str(Bulletin.State(locked.state).label))
        before = snapshot_of(locked)
        for name, value in change(locked).items():
            setattr(locked, name, value)
        locked.save()
        note.changed(locked, before)
    return locked
