"""Screens of the indicators: catalogue, figures of a period, one figure with its lineage."""

from __future__ import annotations

import io
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext

from yunpu.kernel.periods import NotAPeriod, Period
from yunpu.kernel.text import mark as _
from yunpu.stages.indicators.catalogue import list_entries
from yunpu.stages.indicators.chains import open_chain, recompute
from yunpu.stages.indicators.exporting import MOST_ROWS, count_lines, export_chain
from yunpu.stages.indicators.forms import ComputeForm, FiguresFilter
from yunpu.stages.indicators.models import Figure
from yunpu.stages.indicators.operations import refuse_unless_for_all
from yunpu.stages.indicators.queries import beside_growth, figures_csv, list_figures
from yunpu.stages.indicators.tasks import compute_later, export_later, find_export, is_small, workbook_of
from yunpu.stages.snapshots.models import Snapshot
from yunpu.stages.snapshots.queries import find_newest
from yunpu.trail import clock
from yunpu.trail.jobs import ask_to_cancel
from yunpu.trail.models import Job
from yunpu.trail.operations import operation
from yunpu.ui.base import ScopedView
from yunpu.ui.hooks import hooks
from yunpu.ui.registers import Action, Column, Register

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Figures(Register):
    model = Figure
    slug = "figures"
    title = _("数字")
    icon = "chart-bar"
    columns = (
        Column("shown_title", title=_("数字"), link=True),
        "code",
        "period_code",
        "shown",
        Column("state", badge={"defined": "good", "undefined": "idle", "hidden": "warn"}),
        Column("reason", shown=False),
        Column("records", numeric=True),
        "snapshot",
        Column("definition__version", title=_("口径版本")),
        Column("unit", shown=False),
        Column("at", shown=False),
    )
    filters = ("snapshot", "period_code", "state")
    sorts = ("code", "period_code", "at")
    default_sort = "code"
    year_field = "period_code"
    related = ("snapshot", "definition")
    page_actions = (
        Action(_("计算数字"), "indicators:compute", right="compute", icon="chart-bar", primary=True),
    )
    shows_steps = True
    empty_hint = _("还没有数字。先冻结一次，再从快照计算。")

    @classmethod
    def url_name(cls, screen: str) -> str:
        return "indicators:figure" if screen == "record" else super().url_name(screen)


class Catalogue(ScopedView):
    """All indicators: definition, source, versions in use."""

    right = "view"
    template = "indicators/catalogue.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        query = request.GET.get("q", "").strip()
        return self.show({"entries": list_entries(gettext, query=query), "query": query})


class IndicatorPage(ScopedView):
    """One indicator: its definition in words and as written, its versions, its figures."""

    right = "view"
    template = "indicators/indicator.html"

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        entry = next((entry for entry in list_entries(gettext) if entry.indicator.code == code), None)
        if entry is None:
            raise Http404
        figures = self.scoped(Figure).filter(definition__code=code).select_related("snapshot", "definition")
        return self.show({"entry": entry, "figures": figures.order_by("-id")[:50]})


class PeriodFigures(ScopedView):
    """The figures of a period on a snapshot: table, filters, export as `yunpu figures` prints it."""

    right = "view"
    right_model = Figure
    template = "indicators/figures.html"

    @classmethod
    def in_year(cls, address: str, year: int) -> str:
        return reverse("indicators:period", args=[str(year)])

    def get(self, request: HttpRequest, period: str) -> HttpResponse:
        asked = _period(period)
        form = FiguresFilter({"period": period, **request.GET.dict()})
        if form.is_valid() and form.cleaned_data["period"] != asked:
            other = reverse("indicators:period", args=[form.cleaned_data["period"].code])
            return redirect(f"{other}?{_without_period(request)}")
        snapshot = (form.cleaned_data.get("snapshot") if form.is_valid() else None) or find_newest()
        context = {
            "period": asked,
            "title": asked.title_in(gettext),
            "form": form,
            "snapshot": snapshot,
            "rows": beside_growth(_chosen(snapshot, asked, form)),
            "may_compute": hooks.may(request, "compute", Figure),
            "may_export": hooks.may(request, "export", Figure),
        }
        return self.show(context)


class FiguresExport(ScopedView):
    """The figures of a period as CSV with a mark of UTF-8, so that spreadsheets read the Chinese."""

    right = "export"
    right_model = Figure

    def get(self, request: HttpRequest, period: str, snapshot: int) -> HttpResponse:
        asked, chosen = _period(period), self.get_record(Snapshot, snapshot)
        by: Any = request.user
        with operation("indicators.figures-exported", by=by, at=clock.now()) as note:
            note.act(chosen, period=asked.code)
        response = HttpResponse("\ufeff" + figures_csv(chosen, asked), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="figures-{asked.code}-{chosen.number}.csv"'
        return response


def _without_period(request: HttpRequest) -> str:
    """The filters of a page, its period being in the address."""
    kept = request.GET.copy()
    kept.pop("period", None)
    return kept.urlencode()


def _period(code: str) -> Period:
    try:
        return Period.parse(code)
    except NotAPeriod as fault:
        raise Http404(str(fault)) from fault


def _chosen(snapshot: Snapshot | None, period: Period, form: FiguresFilter) -> list[Figure]:
    """The figures that pass the filters."""
    if snapshot is None:
        return []
    figures = list_figures(snapshot, period)
    chosen = form.cleaned_data if form.is_valid() else {}
    if chosen.get("state"):
        figures = figures.filter(state=chosen["state"])
    word = chosen.get("q", "")
    return [figure for figure in figures if word in f"{figure.code} {figure.title} {figure.shown_title}"]


class Compute(ScopedView):
    """Ask for the figures of a period; they are computed in the background."""

    right = "compute"
    right_model = Figure
    template = "indicators/compute.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        refuse_unless_for_all(_user(request), on=clock.today())
        period = request.GET.get("period") or str(clock.today().year)
        initial = {"snapshot": request.GET.get("snapshot") or find_newest(), "period": period}
        return self.show({"form": ComputeForm(initial=initial)})

    def post(self, request: HttpRequest) -> HttpResponse:
        refuse_unless_for_all(_user(request), on=clock.today())
        form = ComputeForm(request.POST)
        if not form.is_valid():
            return self.show({"form": form}, status=422)
        chosen = form.cleaned_data
        job = compute_later(chosen["snapshot"], chosen["period"], by=request.user, at=clock.now())
        return redirect("indicators:job", pk=job.pk, period=chosen["period"].code)


class FigurePage(ScopedView):
    """One figure with its whole chain: a page of its own, or the drawer of the page it was opened from."""

    right = "view"
    right_model = Figure

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        figure = self.get_record(_figures(), pk)
        start = request.GET.get("start", "")
        chain = open_chain(
            figure,
            user=request.user,
            on=clock.today(),
            start=int(start) if start.isdecimal() and len(start) < 12 else 0,
            query=request.GET.get("q", "").strip()[:100],
            translate=gettext,
        )
        context = {
            "chain": chain,
            "figure": figure,
            "period_title": Period.parse(figure.period_code).title_in(gettext),
            "checked_at": clock.now(),
            "may_export": hooks.may(request, "export", Figure),
            "most_rows": MOST_ROWS,
        }
        part = {"drawer": "indicators/drawer.html", "chain-rows": "indicators/_rows.html"}
        return self.show(context, part.get(request.headers.get("HX-Target", ""), "indicators/figure.html"))


class Recompute(ScopedView):
    """Compute a figure again from the snapshot's bytes, and say whether it is the same."""

    right = "view"
    right_model = Figure

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        figure = self.get_record(_figures(), pk)
        agrees, findings = recompute(figure, user=request.user, on=clock.today())
        if not request.headers.get("HX-Request"):
            messages.info(request, gettext("重算一致") if agrees else gettext("重算不符"))
            return redirect("indicators:figure", pk=pk)
        context = {"agrees": agrees, "findings": findings, "checked_at": clock.now()}
        return self.show(context, "indicators/_recomputed.html")


class ChainExport(ScopedView):
    """The whole chain of a figure as a workbook, where a person can wait for it."""

    right = "export"
    right_model = Figure

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        figure = self.get_record(_figures(), pk)
        if not is_small(figure):
            return redirect("indicators:chain-later", pk=pk)
        out = io.BytesIO()
        export_chain(figure, out, by=_user(request), at=clock.now(), on=clock.today(), translate=gettext)
        return FileResponse(
            io.BytesIO(out.getvalue()), content_type=XLSX, filename=_name(figure), as_attachment=True
        )


class ChainLater(ScopedView):
    """The workbook of a large figure: asked for here, written in the background, fetched here."""

    right = "export"
    right_model = Figure

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        figure = self.get_record(_figures(), pk)
        context = {
            "figure": figure,
            "lines": count_lines(figure),
            "job": find_export(figure, by=_user(request)),
        }
        part = (
            "indicators/_chain_job.html" if request.headers.get("HX-Request") else "indicators/chain_job.html"
        )
        return self.show(context, part)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        figure, by = self.get_record(_figures(), pk), _user(request)
        job = find_export(figure, by=by)
        if "cancel" in request.POST and job is not None:
            ask_to_cancel(job)
        elif job is None or job.ended_at:
            export_later(figure, by=by, at=clock.now())
        return redirect("indicators:chain-later", pk=pk)


class ChainFile(ScopedView):
    """The finished workbook, for the person who asked for it."""

    right = "export"
    right_model = Figure

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        figure = self.get_record(_figures(), pk)
        job = find_export(figure, by=_user(request))
        if job is None or job.state != Job.State.DONE:
            return redirect("indicators:chain-later", pk=pk)
        return FileResponse(
            workbook_of(job).open("rb"), content_type=XLSX, filename=_name(figure), as_attachment=True
        )


def _name(figure: Figure) -> str:
    return f"{figure.code.replace(':', '-')}-{figure.period_code}-{figure.snapshot.number}.xlsx"


def _user(request: HttpRequest) -> Any:
    return request.user


def _figures() -> Any:
    return Figure.objects.select_related(
        "definition", "snapshot", "of", "base", "of__definition", "base__definition"
    )


class JobPage(ScopedView):
    """How far the computing has come; the page asks again every second."""

    right = "view"

    def get(self, request: HttpRequest, pk: int, period: str) -> HttpResponse:
        job = get_object_or_404(Job, pk=pk, by_id=request.user.pk)
        part = "indicators/_job.html" if request.headers.get("HX-Request") else "indicators/job.html"
        return self.show({"job": job, "period": period}, part)
