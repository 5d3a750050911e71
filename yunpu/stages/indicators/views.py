"""Screens of the indicators: catalogue, figures of a period, one figure with its lineage."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views import View
from django.views.generic import TemplateView

from yunpu.access.rights import Action
from yunpu.kernel.periods import NotAPeriod, Period
from yunpu.stages.indicators.catalogue import list_entries
from yunpu.stages.indicators.chains import open_chain
from yunpu.stages.indicators.exporting import export_chain
from yunpu.stages.indicators.forms import ComputeForm, FiguresFilter
from yunpu.stages.indicators.models import Figure
from yunpu.stages.indicators.queries import figures_csv, list_figures
from yunpu.stages.indicators.tasks import compute_later
from yunpu.stages.snapshots.models import Snapshot
from yunpu.stages.snapshots.queries import find_newest
from yunpu.stages.snapshots.views import Guarded
from yunpu.trail import clock
from yunpu.trail.operations import operation

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Catalogue(Guarded, TemplateView):
    """All indicators: definition, source, versions in use."""

    template_name = "indicators/catalogue.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        query = self.request.GET.get("q", "").strip()
        return super().get_context_data(entries=list_entries(gettext, query=query), query=query, **kwargs)


class IndicatorPage(Guarded, TemplateView):
    """One indicator: its definition in words and as written, its versions, its figures."""

    template_name = "indicators/indicator.html"

    def get_context_data(self, code: str, **kwargs: Any) -> dict[str, Any]:
        entry = next((entry for entry in list_entries(gettext) if entry.indicator.code == code), None)
        if entry is None:
            raise Http404
        figures = Figure.objects.filter(definition__code=code).select_related("snapshot", "definition")
        return super().get_context_data(entry=entry, figures=figures.order_by("-id")[:50], **kwargs)


class Figures(Guarded, View):
    """The figures of a period on a snapshot: table, filters, export."""

    def get(self, request: HttpRequest, period: str) -> HttpResponse:
        asked = _period(period)
        form = FiguresFilter(request.GET)
        snapshot = (form.cleaned_data.get("snapshot") if form.is_valid() else None) or find_newest()
        if request.GET.get("format") == "csv":
            return self._csv(snapshot, asked)
        context = {
            "period": asked,
            "title": asked.title_in(gettext),
            "form": form,
            "snapshot": snapshot,
            "figures": _chosen(snapshot, asked, form),
            "compute_form": self._compute_form(snapshot, asked),
        }
        return render(request, "indicators/figures.html", context)

    def _compute_form(self, snapshot: Snapshot | None, period: Period) -> ComputeForm | None:
        if snapshot is None or not self.allows(Action.COMPUTE):
            return None
        return ComputeForm(initial={"snapshot": snapshot.number, "period": period.code})

    def _csv(self, snapshot: Snapshot | None, period: Period) -> HttpResponse:
        """The figures as CSV with a mark of UTF-8, so that spreadsheets read the Chinese."""
        if snapshot is None or not self.allows(Action.EXPORT):
            raise Http404
        with operation("indicators.figures-exported", by=self.request.user, at=clock.now()) as note:  # type: ignore[arg-type]
            note.act(snapshot, period=period.code)
        response = HttpResponse(
            "\ufeff" + figures_csv(snapshot, period), content_type="text/csv; charset=utf-8"
        )
        response["Content-Disposition"] = (
            f'attachment; filename="figures-{period.code}-{snapshot.number}.csv"'
        )
        return response


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
    return [figure for figure in figures if word in f"{figure.code} {figure.title} {gettext(figure.title)}"]


class Compute(Guarded, View):
    """Ask for the figures of a period; they are computed in the background."""

    action = Action.COMPUTE

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ComputeForm(request.POST)
        if not form.is_valid():
            return render(request, "indicators/compute.html", {"form": form}, status=422)
        chosen = form.cleaned_data
        compute_later(chosen["snapshot"], chosen["period"], by=request.user, at=clock.now())
        address = reverse("indicators:figures", kwargs={"period": chosen["period"].code})
        return redirect(f"{address}?snapshot={chosen['snapshot'].number}")


class FigurePage(Guarded, View):
    """One figure with its whole chain: a page of its own, or the drawer of the page it was opened from."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        figure = get_object_or_404(_figures(), pk=pk)
        start = request.GET.get("start", "0")
        chain = open_chain(
            figure,
            user=request.user,
            on=clock.today(),
            start=int(start) if start.isdecimal() and len(start) < 12 else 0,
            translate=gettext,
        )
        context = {
            "chain": chain,
            "figure": figure,
            "period_title": Period.parse(figure.period_code).title_in(gettext),
            "checked_at": clock.now(),
            "may_export": self.allows(Action.EXPORT),
        }
        part = "drawer" if request.headers.get("HX-Request") else "figure"
        return render(request, f"indicators/{part}.html", context)


class ChainExport(Guarded, View):
    """The whole chain of a figure as a workbook."""

    action = Action.EXPORT

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        figure = get_object_or_404(_figures(), pk=pk)
        today: dt.date = clock.today()
        content = export_chain(figure, by=request.user, at=clock.now(), on=today, translate=gettext)  # type: ignore[arg-type]
        response = HttpResponse(content, content_type=XLSX)
        name = f"{figure.code.replace(':', '-')}-{figure.period_code}-{figure.snapshot.number}.xlsx"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


def _figures() -> Any:
    return Figure.objects.select_related(
        "definition", "snapshot", "of", "base", "of__definition", "base__definition"
    )
