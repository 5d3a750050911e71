"""Screens of bulletins: write beside the printed page, repair what is typed by hand, check, issue, open every figure."""

from __future__ import annotations

from typing import Any

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
from yunpu.stages.bulletins import operations
from yunpu.stages.bulletins.forms import START_TEXT, CreateForm
from yunpu.stages.bulletins.models import Bulletin, Issue
from yunpu.stages.bulletins.neutral import FigureSpan, read_document
from yunpu.stages.bulletins.operations import Built, UnableToChange, build, imprint_of
from yunpu.stages.bulletins.render_html import render_html
from yunpu.stages.bulletins.render_pdf import UnableToPrint, render_pages
from yunpu.stages.bulletins.render_text import render_text
from yunpu.stages.bulletins.verifying import verify_issue
from yunpu.stages.snapshots.models import Snapshot
from yunpu.trail.clock import now
from yunpu.trail.operations import operation
from yunpu.ui.base import ScopedView
from yunpu.ui.registers import Action, Column, Register

TONES = {"draft": "idle", "submitted": "info", "checked": "info", "issued": "good"}
STEPS = {
    "submit": ("draft", operations.submit_bulletin),
    "check": ("check", operations.check_bulletin),
    "issue": ("issue", operations.issue_bulletin),
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
    page_actions = (Action(_("写一份简报"), "bulletins:create", right="draft", icon="plus"),)
    empty_hint = _("还没有简报。先冻结快照并计算指标，再写一份简报。")


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
    sorts = ("issued_at",)
    default_sort = "-issued_at"
    actions = (Action(_("打开这一期"), "bulletins:issue", icon="news"),)
    empty_hint = _("还没有签发过。")


class Create(ScopedView):
    """Begin a bulletin."""

    right = "draft"
    template = "bulletins/create.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        newest = self.scoped(Snapshot).order_by("-id").first()
        initial = {"snapshot": newest, "name": gettext("改革工作简报")}
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
        on, person = now().date(), request.user
        own = bulletin.drafted_by_id == person.pk
        context = {
            "bulletin": bulletin,
            "tone": TONES[bulletin.state],
            "built": built,
            "html": render_html(built.document, _link),
            "figures": list(built.document.figures()),
            "offered": sorted(built.figures.values(), key=lambda one: one.code),
            "pages": _page_numbers(bulletin, built),
            "may_edit": bulletin.state == Bulletin.State.DRAFT
            and may(person, "draft", on=on, unit=bulletin.unit),
            "may_check": bulletin.state == Bulletin.State.SUBMITTED
            and not own
            and may(person, "check", on=on, unit=bulletin.unit),
            "may_issue": bulletin.state == Bulletin.State.CHECKED
            and may(person, "issue", on=on, unit=bulletin.unit),
        }
        return self.show(context)


class ChangeText(BulletinView):
    """Save the text."""

    right = "draft"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        bulletin = self.bulletin(pk, "draft")
        operations.change_bulletin(bulletin, by=_user(request), at=now(), text=request.POST.get("text", ""))
        return redirect("bulletins:bulletin", pk=pk)


class MarkNumeral(BulletinView):
    """Say that a numeral is no figure; or take that back."""

    right = "draft"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        bulletin, by = self.bulletin(pk, "draft"), _user(request)
        if request.POST.get("unmark", "").isdecimal():
            operations.unmark(bulletin, int(request.POST["unmark"]), by=by, at=now())
            return redirect("bulletins:bulletin", pk=pk)
        place = (request.POST.get("block", ""), request.POST.get("offset", ""))
        offenders = build(bulletin).guard.offenders
        sighting = next((one for one in offenders if (str(one.block), str(one.offset)) == place), None)
        if sighting is None:
            raise UnableToChange(reason=gettext("正文已经改过，请重新打开"))
        reason = request.POST.get("reason", "")
        operations.mark_not_a_figure(bulletin, sighting, reason=reason, by=by, at=now())
        return redirect("bulletins:bulletin", pk=pk)


class Step(BulletinView):
    """Submit, check, issue or return; each with its own right."""

    def post(self, request: HttpRequest, pk: int, step: str) -> HttpResponse:
        by: Any = _user(request)
        if step == "return":
            bulletin = self.bulletin(pk, "check")
            operations.return_bulletin(bulletin, reason=request.POST.get("reason", ""), by=by, at=now())
            return redirect("bulletins:bulletin", pk=pk)
        if step not in STEPS:
            raise Http404
        right, act = STEPS[step]
        act(self.bulletin(pk, right), by=by, at=now())
        messages.success(
            request,
            {"submit": gettext("已送核稿"), "check": gettext("已核稿"), "issue": gettext("已签发")}[step],
        )
        return redirect("bulletins:bulletin", pk=pk)


class PreviewPage(BulletinView):
    """A page as it would print now."""

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
            "html": render_html(document, _link),
            "figures": list(document.figures()),
            "findings": verify_issue(issue),
            "corrections": Issue.objects.filter(bulletin__corrects=issue),
            "corrected": issue.bulletin.corrects,
            "may_correct": may(request.user, "draft", on=now().date(), unit=issue.bulletin.unit),
        }
        return self.show(context)


class IssueFile(IssueView):
    """The issue as PDF or text."""

    def get(self, request: HttpRequest, pk: int, kind: str) -> HttpResponse:
        issue = self.issue(pk)
        if kind == "pdf":
            response = HttpResponse(bytes(issue.pdf), content_type="application/pdf")
        elif kind == "txt":
            foot = (f"核验码 {issue.verification_code}", f"摘要（SM3）{issue.digest}")
            number = f"{issue.year}年第{issue.number}期"
            text = render_text(read_document(issue.document), number_line=number, foot=foot)
            response = HttpResponse(text, content_type="text/plain; charset=utf-8")
        else:
            raise Http404
        by: Any = _user(request)
        with operation("bulletins.issue-exported", by=by, at=now()) as note:
            note.act(issue, kind=kind)
        response["Content-Disposition"] = (
            f'attachment; filename="bulletin-{issue.year}-{issue.number}.{kind}"'
        )
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


def _link(span: FigureSpan) -> str:
    return reverse("indicators:figure", args=[span.figure_id])


def _pages(bulletin: Bulletin, built: Built) -> list[bytes]:
    moment = bulletin.drafted_at
    imprint = imprint_of(now().year, 0, built.document.digest, "—", moment)
    return render_pages(built.document, imprint, settings.FONT_FOLDERS)


def _page_numbers(bulletin: Bulletin, built: Built) -> list[int]:
    """The preview's pages; none where no font is there to set them."""
    try:
        return list(range(1, len(_pages(bulletin, built)) + 1))
    except UnableToPrint:
        return []


def _user(request: HttpRequest) -> Any:
    return request.user
