"""Findings (核对结果): the data is wrong. Values, returned in a list, all at once – never raised.

A kind of finding is declared once with its code; its texts are Chinese sources with named parameters and are
translated where they are shown. `docs/findings.md` is generated from the kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from yunpu.kernel.text import mark as _

Translate = Callable[[str], str]


class Severity(StrEnum):
    """An error stops; a warning needs a written word; a question needs an answer; a note is said."""

    ERROR = "error"
    WARNING = "warning"
    QUESTION = "question"
    NOTE = "note"


SEVERITY_TITLES = {
    Severity.ERROR: _("必须改"),
    Severity.WARNING: _("提醒"),
    Severity.QUESTION: _("待答复"),
    Severity.NOTE: _("说明"),
}


@dataclass(frozen=True)
class Place:
    """Where: sheet, row (1-based), column letters, field. Empty or 0 where it does not apply."""

    sheet: str = ""
    row: int = 0
    column: str = ""
    field: str = ""

    @property
    def cell(self) -> str:
        """The address as an office writes it: 申报表!H17."""
        address = f"{self.column}{self.row or ''}"
        return f"{self.sheet}!{address}" if self.sheet and address else address or self.sheet


@dataclass(frozen=True)
class FindingKind:
    """One kind of finding: what, why it matters, what to do, and an example that provokes it."""

    code: str
    severity: Severity
    what: str
    why: str
    remedy: str
    example: str


@dataclass(frozen=True)
class Finding:
    """One finding at one place."""

    code: str
    place: Place = Place()
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> FindingKind:
        return _kinds[self.code]

    @property
    def severity(self) -> Severity:
        return self.kind.severity

    def what(self, translate: Translate = str) -> str:
        return translate(self.kind.what) % self.params

    def why(self, translate: Translate = str) -> str:
        return translate(self.kind.why) % self.params

    def remedy(self, translate: Translate = str) -> str:
        return translate(self.kind.remedy) % self.params

    def to_json(self) -> dict[str, Any]:
        place = self.place
        return {
            "code": self.code,
            "sheet": place.sheet,
            "row": place.row,
            "column": place.column,
            "field": place.field,
            "params": {key: value if isinstance(value, int) else str(value) for key, value in self.params.items()},
        }


def from_json(stored: Mapping[str, Any]) -> Finding:
    """The finding that `to_json` stored."""
    place = Place(stored["sheet"], stored["row"], stored["column"], stored["field"])
    return Finding(stored["code"], place, stored["params"])


_kinds: dict[str, FindingKind] = {}


def declare(kind: FindingKind) -> FindingKind:
    """Make a kind known. A code stands for one kind only."""
    assert kind.code not in _kinds or _kinds[kind.code] == kind, f"finding code {kind.code} is declared twice"
    _kinds[kind.code] = kind
    return kind


def all_kinds() -> list[FindingKind]:
    """Every declared kind, by code."""
    return sorted(_kinds.values(), key=lambda kind: kind.code)


def merge(findings: Iterable[Finding]) -> list[tuple[Finding, list[Place]]]:
    """Equal findings as one with all its places (另 C23、C24), in order of first appearance."""
    groups: dict[tuple[Any, ...], tuple[Finding, list[Place]]] = {}
    for finding in findings:
        key = (finding.code, finding.place.sheet, finding.place.column, tuple(sorted(finding.params.items())))
        groups.setdefault(key, (finding, []))[1].append(finding.place)
    return list(groups.values())
