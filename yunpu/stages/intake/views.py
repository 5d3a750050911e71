"""Screens of the intake: hand in a file, see all findings at once, preview, keep, withdraw; open a record's cell."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yunpu.kernel.findings import Finding, Place, Severity
from yunpu.reference.models import Unit
from yunpu.stages.intake import operations, queries, tasks
from yunpu.stages.intake.annotation import write_annotated
from yunpu.stages.intake.blank import write_template
from yunpu.stages.intake.forms import KeepForm, ReadingForm, UploadForm, WithdrawForm
from yunpu.stages.intake.models import Load
from yunpu.stages.intake.registry import get_format, list_formats
from yunpu.trail.clock import now
from yunpu.trail.jobs import ask_to_cancel, find_job
from yunpu.trail.models import Job
from yunpu.trail.operations import operation
from yunpu.ui.base import ScopedView
from yunpu.ui.registers import Action, Column, Register

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
        Column("format_code"),
        Column("state", badge=STATE_TONES),
        Column("error_count"),
        Column("warning_count"),
        Column("by_name"),
        Column("at"),
    )
    filters = ("state", "unit", "at")
    sorts = ("at",)
    default_sort = "-at"
    related = ("unit",)
    actions = (Action(_("打开核对页"), "intake:load", icon="table-import"),)
    page_actions = (
        Action(_("空白模板"), "intake:formats", right="import", icon="file-download"),
        Action(_("上传文件"), "intake:upload", right="import", icon="upload"),
    )
    empty_hint = _("还没有上传过文件。先下载空白模板，或直接上传手头的表格。")


class Upload(ScopedView):
    """Hand in a file; a small one is checked at once."""

    right = "import"
    template = "intake/upload.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        unit = getattr(request.user, "unit_id", None)
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
        return UploadForm(*args, units=self.scoped(Unit, "import"), **kwargs)

    def _show(self, form: UploadForm, status: int = 200) -> HttpResponse:
        return self.show({"form": form, "formats": list_formats()}, status=status)


class LoadView(ScopedView):
    """A view of one load in scope."""

    right = "import"

    def load(self, pk: int) -> Load:
        found: Load = self.get_record(Load, pk, self.right)
        return found


class LoadPage(LoadView):
    """The one page of a file: what it is, what is wrong, what keeping it would do."""

    right = "view"
    template = "intake/load.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.show(self.context(self.load(pk)))

    def context(self, load: Load, **more: Any) -> dict[str, Any]:
        severity = self.request.GET.get("severity", "")
        groups = [
            (one, [merged for merged in queries.list_findings(load) if merged.finding.severity == one])
            for one in Severity
            if severity in ("", one)
        ]
        batch = queries.get_batch(load)
        earlier = Load.objects.filter(unit=load.unit, format_code=load.format_code).exclude(pk=load.pk)
        return {
            "load": load,
            "refusal": queries.tell_refusal(load),
            "tone": STATE_TONES[load.state],
            "format": get_format(load.format_code) if load.format_code else None,
            "groups": [(one, found) for one, found in groups if found],
            "counts": [(one, count) for one, count in queries.count_by_severity(load).items() if count],
            "severity": severity,
            "questions": _questions(load),
            "mapping": queries.list_mapping(load) if load.format_code else [],
            "sums": queries.list_sums(load),
            "preview": load.preview,
            "reading_form": ReadingForm(load=load),
            "keep_form": KeepForm(),
            "withdraw_form": WithdrawForm(),
            "batch": batch,
            "earlier": self.scoped(earlier)[:5] if load.format_code else [],
            "job": find_job(load)
            if load.state in (Load.State.CHECKING, Load.State.LOADING, Load.State.UPLOADED)
            else None,
            "progress_url": reverse("intake:progress", args=[load.pk]),
            "may_load": load.state == Load.State.CHECKED and not load.error_count and not load.question_count,
            "first_cell": _first_cell(load),
            **more,
        }


class ChangeReading(LoadView):
    """Choose sheet, format, columns; answer questions; then check again."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        load = self.load(pk)
        by: Any = request.user
        answers = {
            key.removeprefix("answer-"): value
            for key, value in request.POST.items()
            if key.startswith("answer-") and value in ("ratio", "percent")
        }
        if answers:
            operations.change_reading(load, by=by, at=now(), answers={**load.answers, **answers})
        else:
            form = ReadingForm(request.POST, load=load)
            if form.is_valid():
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
        load.refresh_from_db()
        if load.state == Load.State.KEPT:
            messages.success(request, gettext("已入账，批次 %(batch)s") % {"batch": load.batch_id})
        elif load.state == Load.State.UNCHANGED:
            messages.success(request, gettext("与台账完全相同，没有改动"))
        return redirect("intake:load", pk=pk)


class Withdraw(LoadView):
    """Take the batch back out of the records."""

    right = "withdraw"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        load = self.load(pk)
        by: Any = request.user
        operations.withdraw_load(load, by=by, at=now(), reason=request.POST.get("reason", ""))
        messages.success(request, gettext("已撤回，台账恢复到导入之前"))
        return redirect("intake:load", pk=pk)


class ProgressPart(LoadView):
    """The progress line, asked for every second; when the work has ended, the page is loaded again."""

    right = "view"
    template = "ui/progress.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        load = self.load(pk)
        job = find_job(load)
        if job is None or job.state not in (Job.State.WAITING, Job.State.RUNNING):
            response = HttpResponse(status=204)
            response["HX-Refresh"] = "true"
            return response
        return self.show({"job": job, "progress_url": reverse("intake:progress", args=[pk])})


class Cancel(LoadView):
    """Ask long work to stop."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        job = find_job(self.load(pk))
        if job is not None:
            ask_to_cancel(job)
        return redirect("intake:load", pk=pk)


class CellPart(LoadView):
    """A finding's cell in its surroundings."""

    right = "view"
    template = "intake/cell_part.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        load = self.load(pk)
        row, column = request.GET.get("row", ""), request.GET.get("column", "")
        if not row.isdecimal():
            raise Http404
        view = queries.read_cell(
            load, request.GET.get("sheet", ""), int(row), int(column) if column.isdecimal() else 0
        )
        return self.show({"cell": view, "load": load})


class Cell(ScopedView):
    """A record's row in its original file, by batch and row."""

    right = "view"
    template = "intake/cell.html"

    def get(self, request: HttpRequest, batch: int, row: int) -> HttpResponse:
        found = queries.find_load_of_batch(batch)
        if found is None:
            raise Http404
        load: Load = self.get_record(Load, found.pk)
        sheet = request.GET.get("sheet", load.sheet_name)
        return self.show({"load": load, "cell": queries.read_cell(load, sheet, row, 0), "row": row})


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
            write_annotated(
                load.path,
                target,
                findings,
                int(load.facts.get("rows", 0)),
                gettext,
                header_row=int(load.facts.get("header_row", 1)),
            )
            content = target.read_bytes()
        _note_download(request, load, "annotated")
        response = HttpResponse(content, content_type=XLSX)
        response["Content-Disposition"] = f'attachment; filename="annotated-{load.pk}.xlsx"'
        return response


class Formats(ScopedView):
    """All formats, each with its blank template."""

    right = "view"
    template = "intake/formats.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show({"formats": list_formats()})


class Template(ScopedView):
    """A blank template."""

    right = "view"

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        target = io.BytesIO()
        write_template(get_format(code), target, gettext)
        response = HttpResponse(target.getvalue(), content_type=XLSX)
        response["Content-Disposition"] = f'attachment; filename="{code}.xlsx"'
        return response


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
