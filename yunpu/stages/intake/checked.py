"""What a check told (核对结果): findings, counts, sums, and the typed rows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from yunpu.kernel.findings import Finding, FindingKind, Place, Severity
from yunpu.stages.intake.formats import Format
from yunpu.stages.intake.layout import Layout

KEPT_FINDINGS = 10_000


@dataclass(frozen=True)
class CheckedRow:
    """One typed row: values in the order of the format's columns, its row in the sheet."""

    values: tuple[Any, ...]
    number: int


@dataclass
class Checked:
    """What a check told: findings (the first 10,000, all counted), counts, sums of the number columns of good rows."""

    sheet: str = ""
    layout: Layout | None = None
    findings: list[Finding] = field(default_factory=list)
    counts: dict[Severity, int] = field(default_factory=lambda: dict.fromkeys(Severity, 0))
    rows: int = 0
    good_rows: int = 0
    blank_rows: int = 0
    total_rows: int = 0
    note_rows: int = 0
    sums: dict[str, int | float] = field(default_factory=dict)

    def add(self, finding: Finding) -> None:
        self.counts[finding.severity] += 1
        if len(self.findings) < KEPT_FINDINGS:
            self.findings.append(finding)

    def say(self, kind: FindingKind, place: Place, **params: Any) -> None:
        self.add(kind.at(place, **params))

    @property
    def may_load(self) -> bool:
        return not self.counts[Severity.ERROR] and not self.counts[Severity.QUESTION]


def placed(finding: Finding, format: Format, seen: Layout, sheet: str, number: int | None) -> Finding:
    """A check names the column only; here it gets its cell."""
    named = finding.place.title
    assert not named or any(column.name == named for column in format.columns), (
        f"{finding.kind}: Place(title={named!r}) must be the name of a column of {format.code}, not its head"
    )
    position = seen.mapping.get(named, -1)
    title = format.column(named).title if position >= 0 else ""
    return replace(finding, place=Place(sheet, number, position + 1 if position >= 0 else None, title))
