"""Computing figures: the one way to store a value. A value is computed once; computed again it must be the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

from django.utils import timezone

from yunpu.access.rights import Action
from yunpu.kernel.periods import Period
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.stages.indicators.computing import Computer, Value, periods_of
from yunpu.stages.indicators.context import Tables
from yunpu.stages.indicators.definitions import Indicator
from yunpu.stages.indicators.measures import name_measure
from yunpu.stages.indicators.models import Definition, Figure
from yunpu.stages.indicators.publishing import base_unit, showing_of, title_of
from yunpu.stages.indicators.registry import GROWTH, list_indicators
from yunpu.stages.indicators.sources import definition_digest, definition_text
from yunpu.stages.snapshots.models import Snapshot
from yunpu.stages.snapshots.queries import reaches_every_record
from yunpu.trail.operations import Actor, operation

Progress = Callable[[int, int, str], None]


class UnableToFindIndicator(Refusal):
    """A code that no domain declares."""

    code = "IND-102"
    headline = _("没有编码为 %(code)s 的指标")
    why = _("指标由各业务模块登记，编码须与指标目录一致。")
    ways_out = ((_("查看指标目录"), "/indicators/catalogue/"),)


class UnableToChangeDefinition(Refusal):
    """A definition that was edited without a new version."""

    code = "IND-105"
    headline = _("指标 %(code)s 的口径改了，版本还是第 %(version)s 版")
    why = _("这一版已经算过数字。同一版有两种口径，就说不清数字是按哪一种算的。没有存下任何数字。")
    ways_out = (
        (_("在定义里写 version=%(next)s，再计算；旧口径算出的数字不变"), ""),
        (_("查看算过数字的口径原文"), "/indicators/catalogue/%(code)s/"),
    )


class UnableToComputeForAll(Refusal):
    """A person whose right to compute ends below the district."""

    code = "IND-103"
    headline = _("不能计算：数字按全区的记录计算，您的计算权限只到一部分单位")
    why = _("算出的数字供全区发布，要由负责全区的人计算。本次没有写入任何内容。")
    ways_out = ((_("请全区的财政经办计算"), ""), (_("或请系统管理员授予全区的角色"), ""))


def refuse_unless_for_all(by: Actor, *, on: dt.date) -> None:
    """A figure counts the records of every unit: so must the right reach. Raises UnableToComputeForAll."""
    if not reaches_every_record(by, Action.COMPUTE, on=on):
        raise UnableToComputeForAll


def compute(
    snapshot: Snapshot,
    period: Period,
    codes: Iterable[str] | None = None,
    *,
    by: Actor,
    at: dt.datetime,
    progress: Progress | None = None,
) -> list[Figure]:
    """Compute and store the figures of a period on a snapshot; those stored already are computed again and compared.

    `codes` limits it to some indicators (a growth's code stands for its indicator). Returns the figures by code
    and period, growth bases included. Raises UnableToComputeForAll, UnableToFindIndicator, UnableToChangeDefinition,
    UnableToApplyDefinition, UnableToFindTable, UnableToUseSnapshot.
    """
    refuse_unless_for_all(by, on=timezone.localdate(at))
    indicators = _choose(codes)
    _refuse_edited(indicators)
    values = _compute_values(snapshot, period, indicators, progress or (lambda done, total, label: None))
    with operation("indicators.figures-computed", by=by, at=at) as note:
        stored = _Store(snapshot, by, at)
        figures = {figure.pk: figure for figure in map(stored.keep, values)}
        note.act(snapshot, period=period.code, figures=len(figures), new=stored.new)
    return sorted(figures.values(), key=lambda figure: (figure.code, figure.period_code))


def _choose(codes: Iterable[str] | None) -> list[Indicator]:
    indicators = list_indicators()
    if codes is None:
        return indicators
    wanted = {code.removesuffix(GROWTH) for code in codes}
    unknown = wanted - {indicator.code for indicator in indicators}
    if unknown:
        raise UnableToFindIndicator(code=min(unknown))
    return [indicator for indicator in indicators if indicator.code in wanted]


def _refuse_edited(indicators: list[Indicator]) -> None:
    """A version has one wording, that of the figures computed by it."""
    used: dict[str, list[Definition]] = {}
    for definition in Definition.objects.filter(code__in=[one.code for one in indicators]).defer("text"):
        used.setdefault(definition.code, []).append(definition)
    for indicator in indicators:
        known = used.get(indicator.code, [])
        newest = max((one.version for one in known), default=0)
        if newest >= indicator.version and definition_digest(indicator) not in {one.digest for one in known}:
            raise UnableToChangeDefinition(code=indicator.code, version=indicator.version, next=newest + 1)


def _compute_values(
    snapshot: Snapshot, period: Period, indicators: list[Indicator], progress: Progress
) -> list[Value]:
    values: list[Value] = []
    with Tables(snapshot) as tables:
        computer = Computer(tables)
        for done, indicator in enumerate(indicators, 1):
            for piece in periods_of(indicator, period):
                values += computer.values(indicator, piece)
            progress(done, len(indicators), indicator.title)
    return values


class _Store:
    """Keeps values as figures within one operation, each once."""

    def __init__(self, snapshot: Snapshot, by: Actor, at: dt.datetime) -> None:
        self.snapshot, self.by, self.at = snapshot, by, at
        self.new = 0
        self._definitions: dict[str, Definition] = {}

    def keep(self, value: Value) -> Figure:
        """The stored figure of a value. A stored value that differs is a defect: nobody may paint over it."""
        figure, created = Figure.objects.get_or_create(
            snapshot=self.snapshot,
            definition=self._definition(value.indicator),
            code=value.code,
            period_code=value.period.code,
            defaults=self._content(value),
        )
        self.new += created
        expected = (value.state, value.reason, "" if value.value is None else str(value.value), value.records)
        actual = (figure.state, figure.reason, figure.value, figure.records)
        assert actual == expected, (
            f"{figure.code} {figure.period_code}: stored {actual}, computed again {expected}"
        )
        return figure

    def _content(self, value: Value) -> dict[str, object]:
        return {
            "title": title_of(value.indicator, self.snapshot.as_of, growth=value.of is not None),
            "state": value.state,
            "reason": value.reason,
            "value": "" if value.value is None else str(value.value),
            "unit": value.unit,
            "shown": value.shown,
            "records": value.records,
            "sql": value.sql,
            "of": self.keep(value.of) if value.of else None,
            "base": self.keep(value.base) if value.base else None,
            "by_id": self.by.pk,
            "at": self.at,
        }

    def _definition(self, indicator: Indicator) -> Definition:
        digest = definition_digest(indicator)
        if digest not in self._definitions:
            self._definitions[digest] = Definition.objects.get_or_create(
                digest=digest, defaults=_definition_content(indicator, self.at)
            )[0]
        return self._definitions[digest]


def _definition_content(indicator: Indicator, at: dt.datetime) -> dict[str, object]:
    return {
        "code": indicator.code,
        "version": indicator.version,
        "title": indicator.title,
        "unit": base_unit(indicator),
        "table_name": indicator.table,
        "measure": name_measure(indicator.measure),
        "words": indicator.words,
        "text": definition_text(indicator),
        "source": indicator.source,
        "showing": showing_of(indicator),
        "at": at,
    }
