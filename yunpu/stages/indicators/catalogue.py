"""The catalogue of indicators: what is declared, and the definitions that figures were computed by."""

from __future__ import annotations

from dataclasses import dataclass

from yunpu.kernel.periods import PeriodKind
from yunpu.kernel.text import Translate, fill, untranslated
from yunpu.kernel.text import mark as _
from yunpu.stages.indicators.definitions import Indicator
from yunpu.stages.indicators.models import Definition
from yunpu.stages.indicators.publishing import rule_text, showing_of
from yunpu.stages.indicators.registry import list_indicators
from yunpu.stages.indicators.sources import definition_digest, definition_text
from yunpu.stages.snapshots.registry import find_table
from yunpu.stages.snapshots.tables import FrozenTable

_PERIODS = {
    PeriodKind.YEAR: _("每年"),
    PeriodKind.HALF: _("每半年"),
    PeriodKind.QUARTER: _("每季"),
    PeriodKind.MONTH: _("每月"),
    PeriodKind.MONTHS: _("任意期间"),
    PeriodKind.DAYS: _("任意期间"),
}


@dataclass(frozen=True)
class Entry:
    """One declared indicator, ready to be shown. `used` are its definitions in use, the newest first."""

    indicator: Indicator
    digest: str
    measure: str
    rule: str
    growth_rule: str
    text: str
    table: FrozenTable | None
    used: tuple[Definition, ...]

    @property
    def shown_unit(self) -> str:
        """The unit in which values are published."""
        return self.indicator.shown_unit or self.indicator.unit

    @property
    def period(self) -> str:
        """For which periods the indicator answers, as a marked text."""
        if self.indicator.at:
            return _("截至快照的日期")
        return _PERIODS[PeriodKind(self.indicator.natural_period)]

    @property
    def is_used(self) -> bool:
        """Whether figures were computed by the definition as it is declared now."""
        return any(definition.digest == self.digest for definition in self.used)


def list_entries(translate: Translate = untranslated, *, query: str = "") -> list[Entry]:
    """The declared indicators by code; with `query` those whose code, title or words hold it."""
    definitions: dict[str, list[Definition]] = {}
    for definition in Definition.objects.order_by("code", "-id"):
        definitions.setdefault(definition.code, []).append(definition)
    chosen = [
        item
        for item in list_indicators()
        if query in f"{item.code} {translate(item.title)} {translate(item.words)}"
    ]
    return [_entry(item, tuple(definitions.get(item.code, ())), translate) for item in chosen]


def _entry(indicator: Indicator, used: tuple[Definition, ...], translate: Translate) -> Entry:
    table = find_table(indicator.table)
    showing = showing_of(indicator)
    column = indicator.measure.column
    title = translate(table.column(column).title) if table and column else column
    return Entry(
        indicator,
        definition_digest(indicator),
        fill(indicator.measure.words(), {"column": title}, translate),
        rule_text(showing, growth=False, translate=translate),
        rule_text(showing, growth=True, translate=translate) if indicator.growth else "",
        definition_text(indicator),
        table,
        used,
    )
