"""Screens of bulletins: write beside the printed page, repair what is typed by hand, check, issue, open every figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yunpu.access.scope import may
from yunpu.kernel.periods import Period
from yunpu.reference.models import Unit
from yunpu.stages.bulletins import guard, operations
from yunpu.stages.bulletins.forms import START_TEXT, CreateForm, WordForm
from yunpu.stages.bulletins.guard import Sighting
from yunpu.stages.bulletins.models import Bulletin, FixedWord, Issue
from yunpu.stages.bulletins.neutral import FigureSpan, read_document
from yunpu.stages.bulletins.operations import (
    Built,
    UnableToAddWord,
    UnableToChange,
    build,
    build_text,
    imprint_of_draft,
    imprint_of_issue,
)
from yunpu.stages.bulletins.queries import list_steps
from yunpu.stages.bulletins.render_html import render_html
from yunpu.stages.bulletins.render_pdf import Place, UnableToPrint, render_pages
from yunpu.stages.bulletins.render_text import render_text
from yunpu.stages.bulletins.repairs import list_repairs
from yunpu.stages.bulletins.templatetags.bulletins import figure_title
from yunpu.stages.bulletins.verifying import verify_issue
from yunpu.stages.snapshots.models import Snapshot
from yunpu.trail.clock import now
from yunpu.trail.operations import operation
from yunpu.ui.base import ScopedView
from yunpu.ui.registers import Action, Column, Register

Found = TypeVar("Found")
TONES = {"draft": "idle", "submitted": "info", "checked": "info", "issued": "good", "withdrawn": "idle"}
STEPS = {
    "submit": ("draft", operations.submit_bulletin, _("已送核稿")),
    "recall": ("draft", operations.recall_bulletin, _("已撤回，可以继续修改")),
    "check": ("check", operations.check_bulletin, _("已核稿")),
    "issue": ("issue", operations.issue_bulletin, _("已签发")),
}
STEPS_WITH_REASON = {
    "return": ("check", operations.return_bulletin, _("已退回")),
    "withdraw": ("draft", operations.withdraw_bulletin, _("已作废")),
}


class Drafts(Register):
    model = Bulletin
    slug = "drafts"
    title = _("简报")
    columns = (
        Column("name", link=True),
        Column("period_code"),
        Column("snapshot_number"),
        Column("state", badge=TONES),
        Column("unit"),
        Column("drafted_by"),
        Column("checked_by"),
        Column("drafted_at"),
    )
    filters = ("state", "unit")
    sorts = ("drafted_at",)
    default_sort = "-drafted_at"
    related = ("unit",)
    actions = (Action(_("打开简报"), "bulletins:bulletin", icon="news"),)
    page_actions = (Action(_("写一份简报"), "bulletins:create", right="draft", icon="plus", primary=True),)
    shows_steps = True
    empty_hint = _("还没有简报。先冻结快照并计算指标，再写一份简报。")

    @classmethod
    def url_name(cls, screen: str) -> str:
        """A bulletin opens as its own page."""
        return "bulletins:bulletin" if screen == "record" else super().url_name(screen)


class Issues(Register):
    model = Issue
    slug = "issues"
    title = _("已签发的各期")
    columns = (
        Column("name", link=True),
        Column("year"),
        Column("number"),
        Column("verification_code"),
        Column("snapshot_number"),
        Column("issued_by"),
        Column("issued_at"),
        Column("digest", shown=False),
    )
    filters = ("year",)
    year_field = "year"
    sorts = ("issued_at",)
    default_sort = "-issued_at"
    actions = (Action(_("打开这一期"), "bulletins:issue", icon="news"),)
    empty_hint = _("还没有签发过。")

    @classmethod
    def url_name(cls, screen: str) -> str:
        """An issue opens as its reading page."""
        return "bulletins:issue" if screen == "record" else super().url_name(screen)


class Words(Register):
    model = FixedWord
    slug = "words"
    title = _("固定词")
    columns = (Column("word", link=True), Column("reason"), Column("added_by"), Column("added_at"))
    sorts = ("word",)
    default_sort = "word"
    page_actions = (Action(_("增补固定词"), "bulletins:add-word", right="check", icon="plus", primary=True),)
    actions = (Action(_("取消这个固定词"), "bulletins:remove-word", right="check", icon="trash"),)
    empty_hint = _("还没有本单位的固定词。自带的词表在“增补固定词”页上。")


class Create(ScopedView):
    """Begin a bulletin."""

    right = "draft"
    template = "bulletins/create.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        newest = self.scoped(Snapshot).order_by("-id").first()
        before = self.scoped(Bulletin).order_by("-id").first()
        initial = {
            "snapshot": newest,
            "name": before.name if before else gettext("改革工作简报"),
            "unit": _user(request).unit,
        }
        if newest is not None:
            initial["period"] = str(newest.as_of.year)
        return self.show({"form": self._form(initial=initial), "snapshots": newest is not None})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self._form(request.POST)
        if not form.is_valid():
            return self.show({"form": form, "snapshots": True}, status=422)
        values, by = form.cleaned_data, _user(request)
        bulletin = operations.create_bulletin(
            name=values["name"],
            unit=values["unit"],
            period=values["period"],
            snapshot=values["snapshot"],
            text=START_TEXT.format(name=values["name"], office=values["unit"]),
            by=by,
            at=now(),
        )
        return redirect("bulletins:bulletin", pk=bulletin.pk)

    def _form(self, *args: Any, **kwargs: Any) -> CreateForm:
        return CreateForm(*args, units=self.scoped(Unit, "draft"), snapshots=self.scoped(Snapshot), **kwargs)


class BulletinView(ScopedView):
    """A view of one bulletin in scope."""

    right = "view"

    def bulletin(self, pk: int, action: str = "view") -> Bulletin:
        found: Bulletin = self.get_record(Bulletin, pk, action)
        return found


class BulletinPage(BulletinView):
    """The text, its figures, what the guard says, and the printed page beside it."""

    template = "bulletins/bulletin.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        bulletin = self.bulletin(pk)
        if bulletin.state == Bulletin.State.ISSUED:
            return redirect("bulletins:issue", pk=bulletin.issue.pk)
        built = build(bulletin)
        rights = _rights(bulletin, request.user)
        context = {
            **_checks(bulletin, built, rights["may_edit"]),
            **rights,
            "tone": TONES[bulletin.state],
            "html": render_html(built.document, imprint_of_draft(bulletin), _link),
            "figures": list(built.document.figures()),
            "offered": [
                {"code": one.code, "title": figure_title(one.title), "shown": one.shown}
                for one in sorted(built.figures.values(), key=lambda one: one.code)
                if one.value is not None
            ],
            "pages": _page_numbers(bulletin, built),
            "steps": list_steps(bulletin),
        }
        return self.show(context)


class Look(BulletinView):
    """What the guard and the template say to a text that is being written; nothing is kept."""

    right = "draft"
    template = "bulletins/checks.html"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        bulletin = self.bulletin(pk, "draft")
        text = _text_of(request)
        built = build_text(bulletin, text, operations.list_marks(bulletin))
        return self.show({**_checks(bulletin, built, True), "unsaved": text != bulletin.text})


class ChangeText(BulletinView):
    """Save the text."""

    right = "draft"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        bulletin = self.bulletin(pk, "draft")
        operations.change_bulletin(bulletin, by=_user(request), at=now(), text=_text_of(request))
        return redirect("bulletins:bulletin", pk=pk)


class ChangeSnapshot(BulletinView):
    """Count from the newest snapshot from now on."""

    right = "draft"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        bulletin = self.bulletin(pk, "draft")
        newest = self.scoped(Snapshot).order_by("-id").first()
        assert newest is not None, "a bulletin has its snapshot"
        operations.change_bulletin(bulletin, by=_user(request), at=now(), snapshot_number=newest.number)
        return redirect("bulletins:bulletin", pk=pk)


class Repair(BulletinView):
    """Repair one numeral: link a figure, mark it as no figure, or take a mark back. A text sent with it is saved first."""

    right = "draft"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        bulletin, by = self.bulletin(pk, "draft"), _user(request)
        if "text" in request.POST and _text_of(request) != bulletin.text:
            bulletin = operations.change_bulletin(bulletin, by=by, at=now(), text=_text_of(request))
        seen = build(bulletin).guard
        if "unmark" in request.POST:
            marks = {_key(one): mark for one, mark in seen.marked}
            operations.unmark(bulletin, _find(marks, request.POST["unmark"]), by=by, at=now())
            return redirect("bulletins:bulletin", pk=pk)
        sighting = _find({_key(one): one for one in seen.offenders}, request.POST.get("place", ""))
        if request.POST.get("figure"):
            operations.link_figure(bulletin, sighting, request.POST["figure"], by=by, at=now())
        else:
            reason = request.POST.get("reason", "")
            operations.mark_not_a_figure(bulletin, sighting, reason=reason, by=by, at=now())
        return redirect("bulletins:bulletin", pk=pk)


class Step(BulletinView):
    """Submit, recall, check, issue, return or withdraw; each with its own right."""

    def post(self, request: HttpRequest, pk: int, step: str) -> HttpResponse:
        by: Any = _user(request)
        if step in STEPS_WITH_REASON:
            right, act, done = STEPS_WITH_REASON[step]
            act(self.bulletin(pk, right), reason=request.POST.get("reason", ""), by=by, at=now())
        elif step in STEPS:
            right, step_on, done = STEPS[step]
            step_on(self.bulletin(pk, right), by=by, at=now())
        else:
            raise Http404
        messages.success(request, str(done))
        return redirect("bulletins:bulletin", pk=pk)


class PreviewPage(BulletinView):
    """A page as it would print now, what is typed by hand in red."""

    def get(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        bulletin = self.bulletin(pk)
        pages = _pages(bulletin, build(bulletin))
        if not 1 <= number <= len(pages):
            raise Http404
        return HttpResponse(pages[number - 1], content_type="image/png")


class IssueView(ScopedView):
    """A view of one issue in scope."""

    right = "view"

    def issue(self, pk: int) -> Issue:
        found: Issue = self.get_record(Issue, pk)
        return found


class IssuePage(IssueView):
    """An issue: every figure opens; and whether it is still what was issued."""

    template = "bulletins/issue.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        issue = self.issue(pk)
        document = read_document(issue.document)
        context = {
            "issue": issue,
            "html": render_html(document, imprint_of_issue(issue), _link),
            "figures": list(document.figures()),
            "findings": verify_issue(issue),
            "steps": list_steps(issue.bulletin),
            "corrections": Issue.objects.filter(bulletin__corrects=issue),
            "corrected": issue.bulletin.corrects,
            "may_correct": may(request.user, "draft", on=now().date(), unit=issue.bulletin.unit),
        }
        return self.show(context)


class IssueFile(IssueView):
    """The issue as PDF or text."""

    right = "export"

    def get(self, request: HttpRequest, pk: int, kind: str) -> HttpResponse:
        issue = self.issue(pk)
        if kind == "pdf":
            response = HttpResponse(bytes(issue.pdf), content_type="application/pdf")
        elif kind == "txt":
            text = render_text(read_document(issue.document), imprint_of_issue(issue))
            response = HttpResponse(text, content_type="text/plain; charset=utf-8")
        else:
            raise Http404
        with operation("bulletins.issue-exported", by=_user(request), at=now()) as note:
            note.act(issue, kind=kind)
        name = quote(f"{issue.name}{issue.year}年第{issue.number}期.{kind}")
        plain = f"bulletin-{issue.year}-{issue.number}.{kind}"
        response["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{name}"
        return response


class Correct(IssueView):
    """Begin a new issue that corrects this one; this one stays as it is."""

    right = "draft"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        issue = self.issue(pk)
        old = issue.bulletin
        self.get_record(Bulletin, old.pk, "draft")
        snapshot = self.scoped(Snapshot).order_by("-id").first()
        assert snapshot is not None, "an issue has its snapshot"
        bulletin = operations.create_bulletin(
            name=old.name,
            unit=old.unit,
            period=Period.parse(old.period_code),
            snapshot=snapshot,
            text=old.text,
            by=_user(request),
            at=now(),
            corrects=issue,
        )
        return redirect("bulletins:bulletin", pk=bulletin.pk)


class AddWord(ScopedView):
    """Add a word of the district's own to the fixed words; the shipped list to look at beside."""

    right = "check"
    template = "bulletins/word.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show({"form": WordForm(), "shipped": _shipped_by_reason()})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = WordForm(request.POST)
        if form.is_valid():
            try:
                operations.add_fixed_word(**form.cleaned_data, by=_user(request), at=now())
            except UnableToAddWord as refusal:
                form.add_error("word", refusal.in_full(gettext))
            else:
                return redirect("bulletins:words-list")
        return self.show({"form": form, "shipped": _shipped_by_reason()}, status=422)


class RemoveWord(ScopedView):
    """Take a word of the district's own off the list; one that is off already leads back to it."""

    right = "check"
    template = "bulletins/remove_word.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        word = self.scoped(FixedWord, "check").filter(pk=pk).first()
        return self.show({"word": word}) if word else redirect("bulletins:words-list")

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        word = self.scoped(FixedWord, "check").filter(pk=pk).first()
        if word:
            operations.remove_fixed_word(word, by=_user(request), at=now())
        return redirect("bulletins:words-list")


def _shipped_by_reason() -> dict[str, list[str]]:
    words: dict[str, list[str]] = {}
    for word, reason in guard.shipped_words().items():
        words.setdefault(reason, []).append(word)
    return words


def _rights(bulletin: Bulletin, person: Any) -> dict[str, bool]:
    """What a person may do with a bulletin where it stands."""
    on = now().date()
    writes, checks, issues = (
        may(person, right, on=on, model=Bulletin, unit=bulletin.unit) for right in ("draft", "check", "issue")
    )
    own, state = person.pk in bulletin.writer_ids, bulletin.state
    waits = state in (Bulletin.State.SUBMITTED, Bulletin.State.CHECKED)
    return {
        "may_edit": state == Bulletin.State.DRAFT and writes,
        "may_recall": state == Bulletin.State.SUBMITTED and writes,
        "may_check": state == Bulletin.State.SUBMITTED and checks and not own,
        "may_issue": state == Bulletin.State.CHECKED and issues and not own,
        "may_return": waits and checks,
        "may_withdraw": state == Bulletin.State.DRAFT and writes,
        "own_waits": waits and checks and own,
    }


def _checks(bulletin: Bulletin, built: Built, may_edit: bool) -> dict[str, Any]:
    """What a writer is told: the faults of the template, every offender with its repairs, marks and passes."""
    figures = [one for one in built.figures.values() if one.value is not None]
    offenders = [
        {
            "seen": one,
            "place": built.place(one),
            "key": _key(one),
            "repairs": list_repairs(one, figures) if may_edit else [],
        }
        for one in built.guard.offenders
    ]
    return {
        "bulletin": bulletin,
        "built": built,
        "may_edit": may_edit,
        "offenders": offenders,
        "marked": [(one, mark, _key(one)) for one, mark in built.guard.marked],
        "unsaved": False,
    }


def _key(sighting: Sighting) -> str:
    """How a numeral is named in a form."""
    return f"{sighting.block}:{sighting.offset}:{sighting.text}"


def _find(known: Mapping[str, Found], key: str) -> Found:
    if key not in known:
        raise UnableToChange(reason=gettext("正文已经改过，请重新打开"))
    return known[key]


def _text_of(request: HttpRequest) -> str:
    """The text that was sent; a form sends line ends of its own."""
    return request.POST.get("text", "").replace("\r\n", "\n")


def _link(span: FigureSpan) -> str:
    return reverse("indicators:figure", args=[span.figure_id])


def _pages(bulletin: Bulletin, built: Built) -> list[bytes]:
    offenders = [Place(one.block, one.offset, one.offset + len(one.text)) for one in built.guard.offenders]
    return render_pages(
        built.document, imprint_of_draft(bulletin), settings.FONT_FOLDERS, offenders=offenders
    )


def _page_numbers(bulletin: Bulletin, built: Built) -> list[int]:
    """The preview's pages; none where no font is there to set them."""
    try:
        return list(range(1, len(_pages(bulletin, built)) + 1))
    except UnableToPrint:
        return []


def _user(request: HttpRequest) -> Any:
    return request.user
