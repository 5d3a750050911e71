"""What the figures show at a glance (区情一览): the year's numbers, their growth, and what the largest is made of."""

from __future__ import annotations

from fractions import Fraction

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from yunpu.kernel.periods import Period
from yunpu.kernel.text import mark as _
from yunpu.stages.indicators.chains import read_breakdown
from yunpu.stages.indicators.models import Figure
from yunpu.stages.indicators.queries import FigureRow, beside_growth, list_figures
from yunpu.stages.snapshots.queries import find_newest
from yunpu.stages.snapshots.verifying import UnableToUseSnapshot
from yunpu.ui.home import Bar, Line, Number, Signal, Signals, Step, View, Views, YearNumbers
from yunpu.ui.hooks import hooks
from yunpu.ui.years import chosen_year

LINES = 4
REMEMBERED = "yunpu_year_figures"


def read_numbers(request: HttpRequest) -> list[Number]:
    """The figures of the year beside those of the year before; those that can be compared come first."""
    rows = sorted(_rows(request), key=lambda row: row.growth is None)
    return [
        Number(row.figure.shown_title, row.figure.shown, _note(row), _url(row.figure), _unit(row.figure))
        for row in rows
    ]


def read_signals(request: HttpRequest) -> list[Signal]:
    """How the figure with the most records behind it moved against last year."""
    grown = [row for row in _rows(request) if _growth(row) is not None]
    if not grown:
        return []
    row = max(grown, key=lambda one: one.figure.records)
    assert row.growth is not None and row.before is not None
    grows = (_growth(row) or 0) >= 0
    words = gettext("%(title)s比上年增长 %(growth)s") if grows else gettext("%(title)s比上年变化 %(growth)s")
    headline = words % {"title": row.figure.shown_title, "growth": row.growth.shown}
    note = gettext("上年 %(before)s，本年 %(now)s。") % {"before": row.before.shown, "now": row.figure.shown}
    return [Signal("info", headline, note, _url(row.growth))]


def read_views(request: HttpRequest) -> list[View]:
    """What the largest sum is made of, and how comparable figures moved."""
    return [*_parts(request), *_moves(request)]


def _parts(request: HttpRequest) -> list[View]:
    summed = [row.figure for row in _rows(request) if _is_of_money(row.figure)]
    if not summed:
        return []
    figure = max(summed, key=lambda one: one.exact or 0)
    title = gettext("%(title)s的构成") % {"title": figure.shown_title}
    try:
        parts = read_breakdown(figure, user=request.user, on=hooks.now().date(), translate=gettext)
    except UnableToUseSnapshot as refusal:
        return [View(title, "", fault=refusal.headline_in(gettext))]
    if parts is None:
        return []
    bars = [Bar(line.label, line.value, line.bar, _url(figure)) for line in parts.lines]
    more = gettext("打开 %(value)s 的全部记录") % {"value": figure.shown}
    return [View(title, gettext(_unit(figure)), bars=bars, more_url=_url(figure), more=more)]


def _moves(request: HttpRequest) -> list[View]:
    """Last year to this one. Each is drawn to its own height: people and money do not stand in one drawing."""
    rows = [row for row in _rows(request) if row.before is not None and row.before.exact is not None][:LINES]
    if not rows:
        return []
    year = chosen_year(request)
    return [
        View(
            gettext("上年到今年"),
            gettext("从零画起，各按自己的高低"),
            lines=[_line(row) for row in rows],
            years=(year - 1, year),
        )
    ]


def _line(row: FigureRow) -> Line:
    assert row.before is not None
    before, now = row.before.exact or Fraction(0), row.figure.exact or Fraction(0)
    highest = max(before, now, Fraction(1))
    return Line(
        row.figure.shown_title,
        row.before.shown,
        row.figure.shown,
        max(0, int(before * 100 / highest)),
        max(0, int(now * 100 / highest)),
        _url(row.growth or row.figure),
    )


def _unit(figure: Figure) -> str:
    return str(figure.definition.showing["unit"])


def _rows(request: HttpRequest) -> list[FigureRow]:
    """The defined figures of the chosen year in the newest snapshot; read once a request."""
    if REMEMBERED not in request.__dict__:
        snapshot, period = find_newest(), Period.parse(str(chosen_year(request)))
        found = list_figures(snapshot, period).filter(period_code=period.code) if snapshot else []
        request.__dict__[REMEMBERED] = [
            row for row in beside_growth(found) if row.figure.state == Figure.State.DEFINED
        ]
    rows: list[FigureRow] = request.__dict__[REMEMBERED]
    return rows


def _note(row: FigureRow) -> str:
    if row.growth is not None and row.before is not None and row.growth.state == Figure.State.DEFINED:
        told = {"before": row.before.shown, "growth": row.growth.shown}
        return gettext("上年 %(before)s · 增长 %(growth)s") % told
    return gettext("%(count)s 条记录") % {"count": f"{row.figure.records:,}"}


def _growth(row: FigureRow) -> Fraction | None:
    defined = row.growth is not None and row.growth.state == Figure.State.DEFINED
    return row.growth.exact if defined and row.growth is not None and row.before is not None else None


def _is_of_money(figure: Figure) -> bool:
    return (
        figure.of_id is None and bool(figure.definition.showing.get("by")) and figure.unit in ("分", "欧分")
    )


def _url(figure: Figure) -> str:
    return reverse("indicators:figure", args=[figure.pk])


def _done(request: HttpRequest) -> str:
    count = Figure.objects.filter(state=Figure.State.DEFINED).count()
    return gettext("已有 %(count)s 个数字") % {"count": f"{count:,}"} if count else ""


NUMBERS = YearNumbers(read_numbers, order=10)
CHANGED = Signals(read_signals, order=90)
VIEWS = Views(read_views, order=10)
COMPUTE = Step(
    _("计算数字"),
    _("按定义从快照算出，每个都能打开"),
    "indicators:compute",
    _("计算数字"),
    "compute",
    _done,
    order=40,
)
