"""Screens of the snapshots: list, manifest, verification, freezing."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.mixins import LoginRequiredMixin, UserPassesTestMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views import View
from django.views.generic import DetailView, ListView

from yunpu.access.rights import Action
from yunpu.access.scope import may
from yunpu.stages.snapshots.forms import FreezeForm
from yunpu.stages.snapshots.models import Snapshot
from yunpu.stages.snapshots.queries import list_snapshots
from yunpu.stages.snapshots.tasks import freeze_later
from yunpu.stages.snapshots.verifying import UnableToUseSnapshot, read_manifest, verify
from yunpu.trail import clock
from yunpu.trail.models import Job


class Guarded(LoginRequiredMixin, UserPassesTestMixin):
    """A screen for those who may do `action` somewhere."""

    action: ClassVar[Action] = Action.VIEW
    request: HttpRequest

    def test_func(self) -> bool:
        return may(self.request.user, self.action, on=clock.today())

    def allows(self, action: Action) -> bool:
        return may(self.request.user, action, on=clock.today())


class SnapshotList(Guarded, ListView[Snapshot]):
    """All snapshots, the newest first."""

    paginate_by = 50
    template_name = "snapshots/list.html"

    def get_queryset(self) -> QuerySet[Snapshot]:
        return list_snapshots()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = FreezeForm(initial={"as_of": clock.today()}) if self.allows(Action.FREEZE) else None
        return super().get_context_data(form=form, **kwargs)


class SnapshotDetail(Guarded, DetailView[Snapshot]):
    """One snapshot: its manifest, table by table; the manifest is checked on every look."""

    slug_field = slug_url_kwarg = "number"
    model = Snapshot
    template_name = "snapshots/detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        try:
            entries, fault = read_manifest(self.object).stored["tables"], None
        except UnableToUseSnapshot as refusal:
            entries, fault = [], refusal
        tables = self.object.tables.order_by("name")
        return super().get_context_data(entries=entries, fault=fault, tables=tables, **kwargs)


class Verify(Guarded, View):
    """Check everything of one snapshot again, and say so."""

    def post(self, request: HttpRequest, number: str) -> HttpResponse:
        snapshot = get_object_or_404(Snapshot, number=number)
        found = [
            {"what": finding.what(gettext), "why": finding.why(gettext), "remedy": finding.remedy(gettext)}
            for finding in verify(snapshot)
        ]
        context = {"snapshot": snapshot, "findings": found, "checked_at": clock.now()}
        part = "_verified" if request.headers.get("HX-Request") else "verified"
        return render(request, f"snapshots/{part}.html", context)


class Freeze(Guarded, View):
    """Ask for a freeze; it runs in the background."""

    action = Action.FREEZE

    def post(self, request: HttpRequest) -> HttpResponse:
        form = FreezeForm(request.POST)
        if not form.is_valid():
            context = {"form": form, "object_list": list_snapshots()[:50]}
            return render(request, "snapshots/list.html", context, status=422)
        job = freeze_later(form.cleaned_data["as_of"], by=request.user, at=clock.now())
        return redirect("snapshots:job", pk=job.pk)


class JobProgress(Guarded, View):
    """How far a background work has come; polled by the page."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        job = get_object_or_404(Job, pk=pk, by_id=request.user.pk)
        part = "snapshots/_job.html" if request.headers.get("HX-Request") else "snapshots/job.html"
        return render(
            request, part, {"job": job, "number": job.message if job.state == Job.State.DONE else ""}
        )
