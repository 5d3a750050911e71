"""Screens of work from hand to hand: a run, its acts, the bulk step, the pictures of processes, the deadlines."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import View

from yunpu.access.models import User
from yunpu.access.scope import unit_of
from yunpu.kernel.text import mark
from yunpu.stages.records import operations, queries
from yunpu.stages.records.attaching import attach, may_attach, record_of, take_out
from yunpu.stages.records.calendars import digest_of, write_calendar
from yunpu.stages.records.contents import KINDS, UnableToAttach
from yunpu.stages.records.drawing import draw, who_takes
from yunpu.stages.records.home import tone_of
from yunpu.stages.records.models import Attachment, CalendarAddress, Declaration, Opinion, Run
from yunpu.stages.records.operations import (
    find_open,
    list_missing,
    list_targets,
    mark_of,
    may_urge,
    open_turn,
    why_not,
)
from yunpu.stages.records.previewing import count_pages, draw_page
from yunpu.stages.records.registry import find_process, list_processes, processes_of
from yunpu.stages.records.taking import holds, list_askable, list_takers, may_answer, place_of
from yunpu.trail.clock import now, today
from yunpu.trail.operations import operation
from yunpu.ui.base import ScopedView
from yunpu.ui.record_screens import link_of
from yunpu.ui.registers import Action, Column, Register

SANDBOX = "default-src 'none'; sandbox"
FEED_PAST = dt.timedelta(days=60)
FEED_AHEAD = dt.timedelta(days=400)


class Runs(Register):
    model = Run
    slug = "runs"
    title = _("办件")
    icon = "route"
    columns = (
        Column("object_name", link=True),
        Column("process_title", title=_("流程")),
        Column("state_title", title=_("状态")),
        Column("unit"),
        Column("begun_by"),
        Column("begun_at"),
        Column("ended_at"),
    )
    filters = ("outcome", "unit")
    sorts = ("pk",)
    related = ("declaration", "unit")
    record_page = "records:run"
    page_actions = (
        Action(_("流程图"), "records:processes", icon="sitemap"),
        Action(_("期限日历"), "records:calendar", icon="calendar"),
    )
    empty_hint = _("还没有办件。在一条记录的页面上发起它的流程。")


class RunView(ScopedView):
    """One run: what is asked, the one button, who is on until when, every hand it went through."""

    right = "view"
    right_model = Run
    template = "records/run.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        run, user, on = self.get_record(Run, pk), request.user, today()
        record = run.record()
        if record is not None and not self.scoped(run.model()).filter(pk=record.pk).exists():
            raise Http404
        return self.show(
            {
                "run": run,
                "record": record,
                "record_url": link_of(record) if record is not None else "",
                **show_standing(run, record, user, on),
                "moves": list(run.moves.select_related("by").order_by("-number")),
                "picture": picture_of(run),
                **(show_attachments(request, record, run) if record is not None else {"attachments": []}),
            }
        )


_NOWHERE: dict[str, Any] = {
    "turn": None,
    "step": None,
    "can": {},
    "may_take": False,
    "who": "",
    "at_unit": None,
    "tone": "",
    "days_left": "",
    "changed_since": False,
}


def show_standing(run: Run, record: Any, user: Any, on: dt.date) -> dict[str, Any]:
    """Where a run stands and what this person can do about it."""
    turn, step = open_turn(run), run.current
    opinions = run_opinions(run, user, on)
    if turn is None or step is None:
        return {**_NOWHERE, "line": line_of(run, record), "opinions": opinions}
    reason = why_not(turn, record, user, on=on)
    may_take = not reason
    last = operations.find_last_decision(run)
    is_first = step.code == run.process.first.code
    can = {
        "pass": may_take and record is not None,
        "send_back": list_targets(run) if may_take else [],
        "turn_down": may_take and step.may_turn_down,
        "drop": may_take and (is_first or record is None),
        "take_up": may_take and not (turn.taker_id == user.pk and turn.is_begun),
        "hand_over": list(list_takers(turn, on=on).exclude(pk=user.pk)[:50]) if may_take else [],
        "ask": [one for one in list_askable(run, on=on) if one.pk != user.pk][:60] if may_take else [],
        "stop": may_take and step.clock_may_stop and turn.due_on is not None and turn.stopped_on is None,
        "start": may_take and turn.stopped_on is not None,
        "urge": may_urge(run, turn, user, on=on),
        "take_back": last is not None
        and last.kind == "passed"
        and last.by_id == user.pk
        and not turn.is_begun,
    }
    return {
        "turn": turn,
        "step": step,
        "seen": mark_of(run, record),
        "may_take": may_take,
        "why_not": "" if may_take else gettext(reason),
        "missing": list_missing(run, record) if record is not None else [],
        "can": can,
        "tone": tone_of(turn, on),
        "who": turn.taker.name if turn.taker else who_takes(step.who),
        "at_unit": turn.place,
        "days_left": _days_left(turn.due_on, on) if turn.stopped_on is None else "",
        "changed_since": last is not None and last.record_digest not in ("", operations.digest_of(record)),
        "line": line_of(run, record),
        "opinions": opinions,
    }


def line_of(run: Run, record: Any) -> list[tuple[str, str]]:
    """The steps of a run as a line: title, and whether it is done or here; a step that does not apply is left out."""
    steps, been = run.process.steps, set(run.turns.values_list("step", flat=True))
    codes = [step.code for step in steps]
    place = codes.index(run.step) if run.step else len(steps) if run.outcome == Run.Outcome.DONE else -1
    return [
        (step.title, "here" if number == place else "done" if number < place and step.code in been else "")
        for number, step in enumerate(steps)
        if step.code in been or record is None or operations.applies(step, record)
    ]


def run_opinions(run: Run, user: Any, on: dt.date) -> list[tuple[Opinion, bool]]:
    """Every opinion of a run, each with whether this person is asked for it now."""
    found = Opinion.objects.filter(turn__run=run).select_related(
        "turn__run", "turn__place", "person", "place"
    )
    return [(one, may_answer(one, user, on=on)) for one in found.order_by("-id")]


def _days_left(due_on: dt.date | None, on: dt.date) -> str:
    if due_on is None:
        return ""
    days = (due_on - on).days
    if days < 0:
        return gettext("已逾期 %(days)s 天") % {"days": -days}
    return gettext("今天到期") if days == 0 else gettext("还有 %(days)s 天") % {"days": days}


def picture_of(run: Run) -> str:
    """The picture of the declaration a run began with, with how far it is."""
    done = {step.code for step in run.process.before(run.step)} if run.step else set()
    if run.outcome == Run.Outcome.DONE:
        done = {step.code for step in run.process.steps}
    been = set(run.turns.values_list("step", flat=True))
    return draw(run.process, here=run.step, done=frozenset(done & been), is_ended=run.outcome == "done")


class ActView(ScopedView):
    """One act on a run. Whether this person may is decided by the operation, which says why not."""

    right = "view"
    right_model = Run

    def post(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        run = self.get_record(Run, pk)
        if act not in ACTS:
            raise Http404
        act_on, said = ACTS[act]
        ended = act_on(request, run)
        messages.success(request, f"{gettext(said)} · {ended.state_title()}")
        return redirect("records:run", run.pk)


def _by(request: HttpRequest) -> Any:
    return request.user


def _given(request: HttpRequest) -> dict[str, Any]:
    return {"by": request.user, "at": now(), "words": request.POST.get("words", "")[:2000]}


def _seen(request: HttpRequest) -> dict[str, Any]:
    return {**_given(request), "seen": request.POST.get("seen", "")[:80]}


def _without_words(request: HttpRequest) -> dict[str, Any]:
    return {"by": request.user, "at": now()}


def _hand_over(request: HttpRequest, run: Run) -> Run:
    return operations.hand_over(run, _person(request.POST.get("to", "")), **_given(request))


def _ask(request: HttpRequest, run: Run) -> Run:
    people = [_person(number) for number in request.POST.getlist("people")]
    question = request.POST.get("words", "")[:500]
    operations.ask_opinions(run, people, question=question, **_without_words(request))
    return run


def _person(number: str) -> User:
    found = User.objects.filter(pk=int(number)).first() if number.isascii() and number.isdecimal() else None
    if found is None:
        raise Http404
    return found


Act = Callable[[HttpRequest, Run], Run]
ACTS: dict[str, tuple[Act, Any]] = {
    "pass": (lambda r, run: operations.pass_on(run, **_seen(r)), _("已办理")),
    "send-back": (
        lambda r, run: operations.send_back(run, r.POST.get("to", ""), **_seen(r)),
        _("已退回"),
    ),
    "turn-down": (lambda r, run: operations.turn_down(run, **_seen(r)), _("已决定不予通过")),
    "drop": (lambda r, run: operations.drop_run(run, **_seen(r)), _("已撤销")),
    "take-back": (lambda r, run: operations.take_back(run, **_without_words(r)), _("已取回")),
    "take-up": (lambda r, run: operations.take_up(run, **_without_words(r)), _("已接办")),
    "hand-over": (_hand_over, _("已移交")),
    "ask": (_ask, _("已请会签")),
    "urge": (lambda r, run: operations.urge(run, **_given(r)), _("已催办")),
    "stop": (lambda r, run: operations.stop_clock(run, **_given(r)), _("已停计")),
    "start": (lambda r, run: operations.start_clock(run, **_given(r)), _("已恢复计时")),
}


class OpinionView(ScopedView):
    """Give the opinion one was asked for."""

    right = "view"
    right_model = Run

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        opinion = Opinion.objects.select_related("turn__run", "turn__place", "place").filter(pk=pk).first()
        if opinion is None:
            raise Http404
        run = self.get_record(Run, opinion.turn.run_id)
        stance = request.POST.get("stance", "")
        operations.give_opinion(opinion, stance=stance, **_given(request))
        messages.success(request, gettext("已签署会签意见"))
        return redirect("records:run", run.pk)


class BeginView(ScopedView):
    """Begin a process for a record."""

    right = "view"

    def post(self, request: HttpRequest, code: str, pk: int) -> HttpResponse:
        process = find_process(code)
        if process is None:
            raise Http404
        record = self.get_record(apps.get_model(process.model), pk)
        run = operations.begin_run(process, record, **_without_words(request))
        messages.success(request, gettext("已发起“%(process)s”") % {"process": gettext(process.title)})
        return redirect("records:run", run.pk)


class BulkView(ScopedView):
    """Take the same step of many runs at once: chosen rows, one opinion for all, the result of each row."""

    right = "view"
    right_model = Run
    template = "records/bulk.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        code, step = request.GET.get("code", ""), request.GET.get("step", "")
        turns = queries.list_mine(request.user, on=today()).filter(run__code=code, step=step)
        rows = []
        for turn in turns[: queries.MOST]:
            record = turn.run.record()
            if record is not None:
                missing = list_missing(turn.run, record)
                rows.append(
                    (turn, f"{turn.run_id}:{mark_of(turn.run, record)}", missing, tone_of(turn, today()))
                )
        first = rows[0][0].run.process.step(step) if rows else None
        return self.show({"rows": rows, "step": first, "results": None})

    def post(self, request: HttpRequest) -> HttpResponse:
        chosen = []
        for value in request.POST.getlist("runs")[: queries.MOST]:
            number, _colon, seen = value.partition(":")
            if number.isascii() and number.isdecimal():
                chosen.append((self.get_record(Run, int(number)), seen[:80]))
        results = operations.pass_many(chosen, **_given(request))
        return self.show({"rows": [], "step": None, "results": results})


class AttachView(ScopedView):
    """Attach a file to a record that this person sees; whether it may be is decided by the operation."""

    right = "view"

    def post(self, request: HttpRequest, label: str, pk: int) -> HttpResponse:
        if label not in {process.model for process in list_processes()}:
            raise Http404
        record = self.get_record(apps.get_model(label), pk)
        file = request.FILES.get("file")
        if file is None:
            raise UnableToAttach(reason=mark("没有选文件"))
        paper = request.POST.get("paper", "")[:40]
        attach(record, file, name=file.name or "", paper=paper, by=_by(request), at=now())
        messages.success(request, gettext("已附上“%(file)s”") % {"file": file.name})
        return redirect(back_to(request, record))


class AttachmentOf(ScopedView):
    """A view of one attachment: whoever sees its record sees it."""

    right = "view"

    def get_attachment(self, pk: int) -> Attachment:
        """The attachment. Raises Http404 where its record is gone or not seen."""
        found = Attachment.objects.select_related("content").filter(pk=pk).first()
        if found is None:
            raise Http404
        self.get_record(found.model(), found.object_id)
        return found


class AttachmentView(AttachmentOf):
    """The file itself, to be kept: never shown, run or guessed at by the browser. Taking it is an event."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        attachment = self.get_attachment(pk)
        with operation("records.attachment-exported", by=_by(request), at=now()) as note:
            note.act(attachment, sm3=attachment.content.sm3)
        return give_out(attachment, "application/octet-stream", shown=False)


class PreviewView(AttachmentOf):
    """A picture as it is, or one page of a PDF as a picture."""

    template = "records/preview.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        attachment = self.get_attachment(pk)
        kind = KINDS[attachment.content.kind]
        if not kind.preview:
            raise Http404
        pages = count_pages(attachment.content.path) if kind.preview == "pages" else 1
        asked = request.GET.get("page", "1")
        number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 1
        record = record_of(attachment)
        return self.show(
            {
                "attachment": attachment,
                "record": record,
                "record_url": link_of(record),
                "pages": pages,
                "number": min(max(1, number), max(1, pages)),
            }
        )


class PageView(AttachmentOf):
    """The picture of a preview."""

    def get(self, request: HttpRequest, pk: int, number: int) -> HttpResponseBase:
        attachment = self.get_attachment(pk)
        kind = KINDS[attachment.content.kind]
        if kind.preview == "picture" and number == 1:
            return give_out(attachment, kind.media_type, shown=True)
        picture = draw_page(attachment.content.path, number) if kind.preview == "pages" and number else None
        if picture is None:
            raise Http404
        response = HttpResponse(picture, content_type="image/png")
        response["Content-Security-Policy"] = SANDBOX
        return response


class TakeOutView(AttachmentOf):
    """Take an attachment out, with a reason."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        attachment = self.get_attachment(pk)
        take_out(attachment, reason=request.POST.get("words", "")[:500], by=_by(request), at=now())
        messages.success(request, gettext("已移除“%(file)s”") % {"file": attachment.name})
        return redirect(back_to(request, record_of(attachment)))


def give_out(attachment: Attachment, media_type: str, *, shown: bool) -> FileResponse:
    """The bytes of an attachment: as a file to keep, or as a picture; in a sandbox without any right."""
    response = FileResponse(
        attachment.content.path.open("rb"),
        as_attachment=not shown,
        filename=attachment.name,
        content_type=media_type,
    )
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    return response


def back_to(request: HttpRequest, record: Any) -> str:
    """The page an attachment was added or taken out on: that of the run, else that of the record."""
    number = request.POST.get("run", "")
    if number.isascii() and number.isdecimal() and len(number) < 19:
        return reverse("records:run", args=[int(number)])
    return link_of(record) or reverse("home")


def show_attachments(request: HttpRequest, record: Any, run: Run | None) -> dict[str, Any]:
    """What a page says of a record's attachments, and which papers the present step asks for."""
    found = Attachment.objects.filter(object_type=record._meta.label_lower, object_id=record.pk)
    papers = (
        {paper.code: gettext(paper.title) for step in run.process.steps for paper in step.papers}
        if run
        else {}
    )
    shown = [
        (one, papers.get(one.paper, ""), bool(KINDS[one.content.kind].preview))
        for one in found.select_related("content").order_by("id")
    ]
    return {
        "attachments": shown,
        "papers": list(papers.items()),
        "may_attach": may_attach(record, request.user, on=today()),
        "label": record._meta.label_lower,
    }


class ProcessesView(ScopedView):
    """Every declared process: how many runs are open, late, done."""

    right = "view"
    right_model = Run
    template = "records/processes.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = [(one, *queries.counts_of(one, request.user, on=today())) for one in list_processes()]
        return self.show({"rows": rows})


class ProcessView(ScopedView):
    """One declared process as a picture, with where things stand and how long each step takes."""

    right = "view"
    right_model = Run
    template = "records/process.html"

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        process = find_process(code)
        if process is None:
            raise Http404
        on = today()
        standings = queries.standings(process, request.user, on=on)
        versions = Declaration.objects.filter(code=code).order_by("-id")
        return self.show(
            {
                "process": process,
                "picture": draw(process, standings),
                "steps": [(step, who_takes(step.who), standings[step.code]) for step in process.steps],
                "late": process.late,
                "head": who_takes(process.late.head),
                "versions": versions,
                "present": process.digest,
            }
        )


class CalendarView(ScopedView):
    """The deadlines of a month: one's own, and those of one's units."""

    right = "view"
    right_model = Run
    template = "records/calendar.html"

    def get(self, request: HttpRequest, year: int = 0, month: int = 0) -> HttpResponse:
        first = first_day(year, month) if year else today().replace(day=1)
        weeks = calendar.Calendar(firstweekday=0).monthdatescalendar(first.year, first.month)
        due: dict[dt.date, list[Any]] = {}
        for turn, is_mine in queries.list_due(request.user, weeks[0][0], weeks[-1][-1], on=today()):
            assert turn.due_on is not None
            state = gettext(turn.run.process.step(turn.step).state)
            due.setdefault(turn.due_on, []).append((turn, state, is_mine, tone_of(turn, today())))
        return self.show(
            {
                "weeks": [
                    [(day, day.month == first.month, due.get(day, [])) for day in week] for week in weeks
                ],
                "found": bool(due),
                "first": first,
                "previous": (first - dt.timedelta(days=1)).replace(day=1),
                "next": (first + dt.timedelta(days=31)).replace(day=1),
                "today": today(),
                "address": CalendarAddress.objects.filter(person_id=request.user.pk).first(),
                "secret": "",
            }
        )


def first_day(year: int, month: int) -> dt.date:
    """The first day of a month asked for in an address. Raises Http404."""
    if not (1900 <= year <= 2200 and 1 <= month <= 12):
        raise Http404
    return dt.date(year, month, 1)


class AddressView(ScopedView):
    """Open or close the secret address of one's own calendar; a new one is shown once."""

    right = "view"
    right_model = Run
    template = "records/address.html"

    def post(self, request: HttpRequest) -> HttpResponse:
        person: Any = request.user
        if request.POST.get("close"):
            operations.close_calendar(person, at=now())
            messages.success(request, gettext("日历订阅已关闭，原来的地址打不开了"))
            return redirect("records:calendar")
        secret = operations.open_calendar(person, at=now())
        return self.show({"url": request.build_absolute_uri(reverse("records:feed", args=[secret]))})


class Feed(View):
    """The deadlines of whoever's secret stands in the address, for calendar programs that cannot sign in."""

    def get(self, request: HttpRequest, secret: str) -> HttpResponse:
        found = CalendarAddress.objects.select_related("person").filter(digest=digest_of(secret)).first()
        if found is None or not found.person.is_active:
            raise Http404
        on = today()
        turns = queries.list_mine(found.person, on=on).filter(due_on__range=(on - FEED_PAST, on + FEED_AHEAD))
        events = [
            (
                f"turn-{turn.pk}",
                turn.due_on or on,
                f"{turn.run.object_name} · {gettext(turn.run.process.step(turn.step).title)}",
                request.build_absolute_uri(reverse("records:run", args=[turn.run_id])),
                turn.arrived_at,
            )
            for turn in turns.filter(stopped_on=None)[: queries.MOST]
        ]
        content = write_calendar(gettext("云谱办理期限"), events)
        return HttpResponse(content, content_type="text/calendar; charset=utf-8")


def show_on_record(request: HttpRequest, record: Any) -> str:
    """The part of a record's page: its processes, who is on until when, and the one button."""
    parts: list[dict[str, Any]] = []
    for process in processes_of(type(record)):
        run = find_open(process.code, record) or (
            Run.objects.filter(code=process.code, object_type=process.model, object_id=record.pk)
            .order_by("-id")
            .first()
        )
        parts.append(_show_run(request, record, run) if run else {})
        if run is None or not run.is_open:
            parts[-1] |= _show_start(request, record, process)
    if not parts:
        return ""
    of_papers = next((part["run"] for part in parts if part.get("run")), None)
    context = {"parts": parts, "record": record, "run": None}
    return render_to_string(
        "records/on_record.html", {**context, **show_attachments(request, record, of_papers)}, request
    )


def _show_run(request: HttpRequest, record: Any, run: Run) -> dict[str, Any]:
    return {
        "run": run,
        "moves": list(run.moves.order_by("-number")),
        **show_standing(run, record, request.user, today()),
    }


def _show_start(request: HttpRequest, record: Any, process: Any) -> dict[str, Any]:
    unit = unit_of(record)
    assert unit is not None
    who = process.first.who
    may_begin = holds(request.user, who.role, place_of(who, unit), on=today(), model=type(record))
    return {"process": process, "may_begin": may_begin}
