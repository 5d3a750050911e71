"""Reading figures."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from django.db.models import Max, Q, QuerySet

from yunpu.kernel.periods import Period, PeriodKind
from yunpu.stages.indicators.models import Figure
from yunpu.stages.indicators.publishing import exact_text
from yunpu.stages.indicators.registry import GROWTH
from yunpu.stages.snapshots.models import Snapshot

CSV_COLUMNS = ("id", "value", "unit", "shown", "definition", "snapshot", "records")


@dataclass(frozen=True)
class PublishedFigure:
    """One figure as a bulletin takes it. `value` is None where there is none to publish; `reason` says why."""

    code: str
    title: str
    value: Fraction | None
    unit: str
    shown: str
    state: str
    reason: str
    records: int
    figure_id: int
    definition: str
    definition_digest: str
    snapshot: str

    @property
    def is_defined(self) -> bool:
        return self.state == Figure.State.DEFINED


def list_figures(snapshot: Snapshot, period: Period) -> QuerySet[Figure]:
    """What is computed where a period is asked for, the newest of each, by code and period.

    These are the figures of the period itself, and those of its parts whose indicators have a shorter natural period.
    """
    inside = [code for code in _period_codes(snapshot) if _within(code, period)]
    newest = (
        Figure.objects.filter(snapshot=snapshot, period_code__in=inside)
        .values("code", "period_code")
        .annotate(newest=Max("id"))
        .values("newest")
    )
    found = Figure.objects.filter(pk__in=newest).select_related("definition", "snapshot", "base")
    found = found.filter(Q(period_code=period.code) | ~Q(definition__showing__period=PeriodKind.DAYS.value))
    return found.order_by("code", "period_code", "id")


@dataclass(frozen=True)
class FigureRow:
    """One figure beside its growth against the same period last year, where it has one."""

    figure: Figure
    growth: Figure | None

    @property
    def before(self) -> Figure | None:
        """The figure of the same period last year."""
        return self.growth.base if self.growth else None


def beside_growth(figures: Iterable[Figure]) -> list[FigureRow]:
    """Figures of a period with their growth beside them; a growth whose figure is not among them stands alone.

    What is not defined comes last.
    """
    found = list(figures)
    growths = {figure.of_id: figure for figure in found if figure.of_id}
    plain = [figure for figure in found if figure.of_id is None]
    listed = {figure.pk for figure in plain}
    alone = [FigureRow(growth, None) for growth in growths.values() if growth.of_id not in listed]
    rows = [*(FigureRow(figure, growths.get(figure.pk)) for figure in plain), *alone]
    return sorted(rows, key=lambda row: row.figure.state == Figure.State.UNDEFINED)


def _period_codes(snapshot: Snapshot) -> Iterable[str]:
    return snapshot.figures.order_by().values_list("period_code", flat=True).distinct()


def _within(code: str, period: Period) -> bool:
    inner = Period.parse(code)
    return period.first_on <= inner.first_on and inner.last_on <= period.last_on


def figure_id(figure: Figure, period: Period) -> str:
    """How a figure is named where a period is given: by its code, with its own period where that is another one."""
    return figure.code if figure.period_code == period.code else f"{figure.code}@{figure.period_code}"


def read_figures(
    snapshot: Snapshot, period: Period, codes: Iterable[str] | None = None
) -> Mapping[str, PublishedFigure]:
    """The figures of a period on a snapshot by id, as bulletins use them; `codes` limits it to some indicators."""
    figures = list_figures(snapshot, period)
    if codes is not None:
        figures = figures.filter(definition__code__in=[code.removesuffix(GROWTH) for code in codes])
    return {figure_id(figure, period): publish(figure, period) for figure in figures}


def publish(figure: Figure, period: Period) -> PublishedFigure:
    """One figure as it is published."""
    defined = figure.state == Figure.State.DEFINED
    return PublishedFigure(
        code=figure_id(figure, period),
        title=figure.title,
        value=figure.exact if defined else None,
        unit=figure.unit,
        shown=published(figure),
        state=figure.state,
        reason=figure.get_reason_display(),
        records=figure.records,
        figure_id=figure.pk,
        definition=f"{figure.definition.code}@{figure.definition.version}",
        definition_digest=figure.definition.digest,
        snapshot=figure.snapshot.number,
    )


def published(figure: Figure) -> str:
    """The text of a figure as it is published."""
    return figure.shown


def figures_csv(snapshot: Snapshot, period: Period, codes: Iterable[str] | None = None) -> str:
    """The figures of a period, or of some indicators in it: id, exact value in the base unit, unit, shown, definition, snapshot, records."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for key, figure in read_figures(snapshot, period, codes).items():
        value = "" if figure.value is None else exact_text(figure.value)
        records = (
            "" if figure.state == Figure.State.HIDDEN else figure.records
        )  # the number would tell the value
        writer.writerow((key, value, figure.unit, figure.shown, figure.definition, figure.snapshot, records))
    return out.getvalue()
