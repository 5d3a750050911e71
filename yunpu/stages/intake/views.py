"""Screens of the intake: hand in a file, see all findings at once, preview, keep, withdraw; open a record's cell."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yunpu.kernel.findings import Finding, Place, Severity
from yunpu.reference.models import Unit
from yunpu.stages.intake import operations, queries, tasks
from yunpu.stages.intake.annotation import write_annotated
from yunpu.stages.intake.blank import write_template
from yunpu.stages.intake.forms import ReadingForm, UploadForm
from yunpu.stages.intake.models import Load
from yunpu.stages.intake.registry import get_format, list_formats
from yunpu.trail.clock import now
from yunpu.trail.jobs import ask_to_cancel, find_live_job
from yunpu.trail.models import Job
from yunpu.trail.operations import operation
from yunpu.ui.base import ScopedView
from yunpu.ui.hooks import hooks
from yunpu.ui.registers import Action, Column, Register, find_register

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STATE_TONES = {
    "uploaded": "idle",
    "checking": "info",
    "checked": "info",
    "refused": "bad",
    "loading": "info",
    "kept": "good",
    "unchanged": "idle",
    "cancelled": "idle",
    "withdrawn": "warn",
}


class Loads(Register):
    model = Load
    slug = "loads"
    title = _("数据接入")
    columns = (
        Column("name", link=True),
        Column("unit"),
        Column("format_title", title=_("格式")),
        Column("state", badge=STATE_TONES),
        Column("row_count", title=_("行数"), numeric=True),
        Column("error_count"),
        Column("warning_count"),
        Column("new_count", title=_("新增"), numeric=True),
        Column("changed_count", title=_("更新"), numeric=True),
        Column("by_name"),
        Column("at"),
    )
    filters = ("state", "unit", "at")
    sorts = ("at",)
    default_sort = "-at"
    related = ("unit",)
    record_page = "intake:load"
    shows_steps = True
    page_actions = (
        Action(_("空白模板"), "intake:formats", icon="file-download"),
        Action(_("上传文件"), "intake:upload", right="import", icon="upload", primary=True),
    )
    empty_hint = _("还没有上传过文件。先下载空白模板，或直接上传手头的表格。")


class Upload(ScopedView):
    """Hand in a file; a small one is checked at once."""

    right = "import"
    template = "intake/upload.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        unit = request.GET.get("unit") or getattr(request.user, "unit_id", None)
        return self._show(self._form(initial={"format_code": request.GET.get("format", ""), "unit": unit}))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self._form(request.POST, request.FILES)
        if not form.is_valid():
            return self._show(form, 422)
        values, by = form.cleaned_data, request.user
        load = operations.receive_file(
            values["file"].file,
            name=values["file"].name,
            unit=values["unit"],
            by=by,  # type: ignore[arg-type]
            at=now(),
            format_code=values["format_code"],
        )
        tasks.check_now_or_later(load, by=by, at=now())
        return redirect("intake:load", pk=load.pk)

    def _form(self, *args: Any, **kwargs: Any) -> UploadForm:
        units = hooks.scope(self.request, Unit.objects.all(), "import", Load)
        return UploadForm(*args, units=units, **kwargs)

    def _show(self, form: UploadForm, status: int = 200) -> HttpResponse:
        return self.show({"form": form, "formats": list_formats()}, status=status)


class LoadView(ScopedView):
    """A view of one load in scope, for people with the right to do this at its unit."""

    right = "import"

    def load(self, pk: int) -> Load:
        found: Load = self.get_record(Load, pk, self.right)
        return found

    def may(self, action: str, load: Load) -> bool:
        allowed: bool = (
            hooks.may(self.request, action) and self.scoped(Load, action).filter(pk=load.pk).exists()
        )
        return allowed


class LoadPage(LoadView):
    """The one page of a file: what it is, what is wrong, what keeping it would do, what it did."""

    right = "view"
    template = "intake/load.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        load = self.load(pk)
        return self.page(load, ReadingForm(load=load))

    def page(self, load: Load, form: ReadingForm, status: int = 200) -> HttpResponse:
        request, batch = self.request, queries.get_batch(load)
        severity, kind = request.GET.get("severity", ""), request.GET.get("kind", "")
        may_import = self.may("import", load)
        missing = queries.list_missing(load)
        context = {
            "load": load,
            "tone": STATE_TONES[load.state],
            "batch": batch,
            "steps": queries.list_steps(load, batch),
            "findings": queries.page_findings(load, severity=severity, kind=kind, page=_page(request)),
            "questions": _questions(load),
            "missing": missing,
            "may_import": may_import,
            "may_keep": may_import and load.state == Load.State.CHECKED and not missing,
            "may_check": may_import and load.state in operations.CHECKABLE,
            "may_withdraw": load.state == Load.State.KEPT
            and find_live_job(load) is None
            and self.may("withdraw", load),
            "refusal": queries.find_refusal(load),
            "first_cell": _first_cell(load),
            "sums": queries.list_sums(load),
            **self.reading(load, form),
            **self.result(load),
            **self.work(load),
            **self.earlier(load),
        }
        return self.show(context, status=status)

    def reading(self, load: Load, form: ReadingForm) -> dict[str, Any]:
        """Which sheet, format and columns, and why."""
        mapping = queries.list_mapping(load)
        taken = [row for row in mapping if row["title"]]
        lost = [row for row in mapping if row["column"].required and not row["title"]]
        return {
            "form": form,
            "mapping": [(row, form[f"map-{row['column'].name}"]) for row in mapping],
            "taken": len(taken),
            "is_sure": bool(taken) and not lost,
            "unused": queries.list_unused(load),
            "guesses": queries.list_guesses(load),
            "is_guessed": queries.is_guessed(load),
        }

    def result(self, load: Load) -> dict[str, Any]:
        """What keeping would do, or what it did: records and differences within the reader's scope."""
        if load.state != Load.State.KEPT:
            return {"examples": queries.list_examples(load), "register": None, "records": []}
        found = _records(self, load)
        return {"examples": {}, "register": find_register(found.model), "records": found[:10]}

    def work(self, load: Load) -> dict[str, Any]:
        """Work under way, or that was interrupted."""
        job = find_live_job(load)
        return {
            "job": job,
            "elapsed": _elapsed(job),
            "is_interrupted": job is None and queries.is_interrupted(load),
        }

    def earlier(self, load: Load) -> dict[str, Any]:
        """Other loads of the same unit and format; the same file that is in the records; the withdrawal."""
        same = Load.objects.filter(unit=load.unit, format_code=load.format_code).exclude(pk=load.pk)
        return {
            "earlier": self.scoped(same)[:5] if load.format_code else [],
            "same_file": queries.find_same_file(load) if load.state == Load.State.CHECKED else None,
            "withdrawal": queries.find_withdrawal(load) if load.state == Load.State.WITHDRAWN else None,
        }


class Records(LoadView):
    """What a load put into the records: new ones and changed ones with their differences, a page at a time."""

    right = "view"
    template = "intake/records.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        load = self.load(pk)
        if load.state != Load.State.KEPT:
            raise Http404
        found, page = _records(self, load), _page(request)
        batch = queries.get_batch(load)
        assert batch is not None, "a kept load has its batch"
        part = "changed" if request.GET.get("part") == "changed" else "all"
        total = batch.changed_count if part == "changed" else found.count()
        start = (page - 1) * queries.RECORDS_A_PAGE
        context = {
            "load": load,
            "batch": batch,
            "part": part,
            "register": find_register(found.model),
            "records": found[start : start + queries.RECORDS_A_PAGE] if part == "all" else [],
            "changes": queries.list_changes(load, self.scoped(found.model), page)
            if part == "changed"
            else [],
            "page": page,
            "pages": max(1, -(-total // queries.RECORDS_A_PAGE)),
            "may_import": self.may("import", load),
        }
        return self.show(context)


class ChangeReading(LoadPage):
    """Choose sheet, format, columns; answer questions; then check again."""

    right = "import"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        load = self.load(pk)
        by: Any = request.user
        answers = {
            key.removeprefix("answer-"): value
            for key, value in request.POST.items()
            if key.startswith("answer-") and value in ("ratio", "percent")
        }
        choices: dict[str, Any] = {"answers": {**load.answers, **answers}}
        if not answers:
            form = ReadingForm(request.POST, load=load)
            if not form.is_valid():
                return self.page(load, form, 422)
            choices = form.read_choices()
        if choices:
            operations.change_reading(load, by=by, at=now(), **choices)
        tasks.check_now_or_later(load, by=by, at=now())
        return redirect("intake:load", pk=pk)


class CheckAgain(LoadView):
    """Check again, after records or rights have changed."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        tasks.check_now_or_later(self.load(pk), by=request.user, at=now())
        return redirect("intake:load", pk=pk)


class Keep(LoadView):
    """Write the file into the records."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        load = self.load(pk)
        tasks.keep_now_or_later(
            load, by=request.user, at=now(), acknowledgement=request.POST.get("acknowledgement", "")
        )
        return redirect("intake:load", pk=pk)


class Withdraw(LoadView):
    """Take the batch back out of the records."""

    right = "withdraw"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        by: Any = request.user
        tasks.withdraw_now_or_later(self.load(pk), by=by, at=now(), reason=request.POST.get("reason", ""))
        return redirect("intake:load", pk=pk)


class ProgressPart(LoadView):
    """The progress line, asked for every second; when the work has ended, the page is loaded again."""

    right = "view"
    template = "intake/progress.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        load = self.load(pk)
        job = find_live_job(load)
        if job is None:
            response = HttpResponse(status=204)
            response["HX-Refresh"] = "true"
            return response
        return self.show(
            {"job": job, "load": load, "elapsed": _elapsed(job), "may_import": self.may("import", load)}
        )


class Cancel(LoadView):
    """Ask long work to stop; what has not begun does not begin."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        job = find_live_job(self.load(pk))
        if job is not None:
            ask_to_cancel(job)
        return redirect("intake:load", pk=pk)


class CellPart(LoadView):
    """A finding's cell in its surroundings: a part of the load's page, or a page of its own."""

    right = "view"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        load = self.load(pk)
        row, column = request.GET.get("row", ""), request.GET.get("column", "")
        if not row.isdecimal() or len(row) > 9 or len(column) > 6:
            raise Http404
        cell = queries.read_cell(
            load, request.GET.get("sheet", ""), int(row), int(column) if column.isdecimal() else 0
        )
        part = request.headers.get("HX-Request") == "true"
        context = {"cell": cell, "load": load, "row": row, "back": request.GET.get("back", "")[:20]}
        return self.show(context, "intake/cell_part.html" if part else "intake/cell.html")


class Cell(ScopedView):
    """A record's row in its original file, by batch and row."""

    right = "view"
    template = "intake/cell.html"

    def get(self, request: HttpRequest, batch: int, row: int) -> HttpResponse:
        found = queries.find_load_of_batch(batch)
        if found is None:
            raise Http404
        load: Load = self.get_record(Load, found.pk)
        cell = queries.read_cell(load, request.GET.get("sheet", load.sheet_name), row, 0)
        return self.show({"load": load, "cell": cell, "row": row, "back": ""})


class OriginalFile(LoadView):
    """The original, unchanged."""

    right = "view"

    def get(self, request: HttpRequest, pk: int) -> FileResponse:
        load = self.load(pk)
        if load.original is None:
            raise Http404
        _note_download(request, load, "original")
        return FileResponse(load.path.open("rb"), as_attachment=True, filename=load.name)


class Annotated(LoadView):
    """The original with its findings written into it."""

    right = "view"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        load = self.load(pk)
        if load.original is None:
            raise Http404
        findings = [Finding.from_json(stored) for stored in load.findings]
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "annotated.xlsx"
            rows, header_row = int(load.facts.get("rows", 0)), int(load.facts.get("header_row", 0)) or 1
            write_annotated(load.path, target, findings, rows, gettext, header_row=header_row)
            content = target.read_bytes()
        _note_download(request, load, "annotated")
        response = HttpResponse(content, content_type=XLSX)
        name = gettext("%(name)s-批注.xlsx") % {"name": Path(load.name).stem}
        response["Content-Disposition"] = content_disposition_header(True, name)
        return response


class Formats(ScopedView):
    """All formats: what each is for, its columns, its blank template, and who may hand it in."""

    right = "view"
    template = "intake/formats.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        units = hooks.scope(request, Unit.objects.all(), "import", Load)
        newest: dict[str, Load] = {}
        for load in self.scoped(Load).filter(state=Load.State.KEPT).select_related("unit").order_by("id"):
            newest[load.format_code] = load
        context = {
            "formats": [
                (format, find_register(apps.get_model(format.model)), newest.get(format.code))
                for format in list_formats()
            ],
            "units": units.order_by("path")[:6],
            "unit_count": units.count(),
            "may_import": hooks.may(request, "import"),
        }
        return self.show(context)


class Template(ScopedView):
    """A blank template."""

    right = "view"

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        target, format = io.BytesIO(), get_format(code)
        write_template(format, target, gettext)
        response = HttpResponse(target.getvalue(), content_type=XLSX)
        name = gettext("%(title)s-模板.xlsx") % {"title": gettext(format.title)}
        response["Content-Disposition"] = content_disposition_header(True, name)
        return response


def _records(view: ScopedView, load: Load) -> QuerySet[Any]:
    """The records that carry this load's batch, within the reader's scope."""
    model = apps.get_model(get_format(load.format_code).model)
    register = find_register(model)
    found = view.scoped(model).filter(batch_id=load.batch_id).order_by("pk")
    return found.select_related(*register.related) if register and register.related else found


def _page(request: HttpRequest) -> int:
    given = request.GET.get("page", "")
    return max(1, int(given[:9])) if given.isdecimal() else 1


def _elapsed(job: Job | None) -> int:
    """Seconds since the work was asked for, on the district's clock."""
    return max(0, int((now() - job.asked_at).total_seconds())) if job else 0


def _questions(load: Load) -> list[tuple[str, Finding]]:
    """Unanswered questions: column name and finding."""
    if not load.format_code:
        return []
    by_title = {column.title: column.name for column in get_format(load.format_code).columns}
    found = [Finding.from_json(stored) for stored in load.findings]
    return [
        (by_title[finding.place.title], finding)
        for finding in found
        if finding.severity is Severity.QUESTION and finding.place.title in by_title
    ]


def _first_cell(load: Load) -> Place | None:
    """The place of the first finding that has a cell."""
    for stored in load.findings:
        place = Finding.from_json(stored).place
        if place.row and place.column:
            return place
    return None


def _note_download(request: HttpRequest, load: Load, what: str) -> None:
    user: Any = request.user
    with operation(f"intake.{what}-exported", by=user, at=now()) as note:
        note.act(load, name=load.name)
