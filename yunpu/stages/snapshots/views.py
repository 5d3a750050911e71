"""Screens of the snapshots: the register, one snapshot's manifest, verification, freezing."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from yunpu.kernel.text import mark as _
from yunpu.stages.snapshots.forms import FreezeForm
from yunpu.stages.snapshots.models import Snapshot
from yunpu.stages.snapshots.operations import refuse_unless_for_all
from yunpu.stages.snapshots.tasks import freeze_later
from yunpu.stages.snapshots.verifying import UnableToUseSnapshot, read_manifest, verify
from yunpu.trail import clock
from yunpu.trail.models import Job
from yunpu.ui.base import ScopedView
from yunpu.ui.registers import Action, Column, Register


class Snapshots(Register):
    model = Snapshot
    slug = "snapshots"
    title = _("快照")
    icon = "camera"
    columns = (
        Column("number", link=True),
        "as_of",
        Column("rows", numeric=True),
        Column("digest", code=True),
        "at",
        "by_name",
        Column("manifest_digest", shown=False, code=True),
        Column("code_version", shown=False),
    )
    filters = ("as_of",)
    sorts = ("at", "as_of", "number")
    default_sort = "-at"
    page_actions = (Action(_("冻结台账"), "snapshots:freeze", right="freeze", icon="camera", primary=True),)
    shows_steps = True
    empty_hint = _("还没有快照。先导入台账，再冻结一次；数字只从快照计算。")

    @classmethod
    def url_name(cls, screen: str) -> str:
        return "snapshots:detail" if screen == "record" else super().url_name(screen)


class SnapshotPage(ScopedView):
    """One snapshot: its manifest, table by table; the manifest is checked on every look."""

    right = "view"
    right_model = Snapshot
    template = "snapshots/detail.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        snapshot = self.get_record(Snapshot, pk)
        return self.show(_page(snapshot))


def _page(snapshot: Snapshot) -> dict[str, Any]:
    try:
        entries, fault = read_manifest(snapshot).stored["tables"], None
    except UnableToUseSnapshot as refusal:
        entries, fault = [], refusal
    return {
        "snapshot": snapshot,
        "entries": entries,
        "fault": fault,
        "tables": snapshot.tables.order_by("name"),
    }


class Verify(ScopedView):
    """Check everything of one snapshot again, and say so."""

    right = "view"
    right_model = Snapshot

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        snapshot = self.get_record(Snapshot, pk)
        context = {"findings": verify(snapshot), "checked_at": clock.now(), "verified": True}
        if request.headers.get("HX-Request"):
            return self.show({"snapshot": snapshot, **context}, "snapshots/_verified.html")
        return self.show({**_page(snapshot), **context}, "snapshots/detail.html")


class Freeze(ScopedView):
    """Ask for a freeze; it runs in the background. Who may not freeze for all units is told before the date is asked."""

    right = "freeze"
    right_model = Snapshot
    template = "snapshots/freeze.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        refuse_unless_for_all(_user(request), on=clock.today())
        return self.show({"form": FreezeForm(initial={"as_of": clock.today()})})

    def post(self, request: HttpRequest) -> HttpResponse:
        refuse_unless_for_all(_user(request), on=clock.today())
        form = FreezeForm(request.POST)
        if not form.is_valid():
            return self.show({"form": form}, status=422)
        job = freeze_later(form.cleaned_data["as_of"], by=request.user, at=clock.now())
        return redirect("snapshots:job", pk=job.pk)


class JobPage(ScopedView):
    """How far a background work of one's own has come; the page asks again every second."""

    right = "view"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        job = get_object_or_404(Job, pk=pk, by_id=request.user.pk)
        made = Snapshot.objects.filter(number=job.message).first() if job.state == Job.State.DONE else None
        context = {"job": job, "snapshot": made, "progress_url": reverse("snapshots:job", args=[pk])}
        return self.show(
            context, "snapshots/_job.html" if request.headers.get("HX-Request") else "snapshots/job.html"
        )


def _user(request: HttpRequest) -> Any:
    return request.user
