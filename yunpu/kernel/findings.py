"""Findings (问题): the family "the data is wrong". Values, returned in a list, all at once; never raised.

    NEGATIVE_AREA = declare(
        FindingKind(
            code="LND-003",
            severity=Severity.ERROR,
            what=_("%(parcel)s 的面积是负数：%(value)s"),
            why=_("面积计入盘活总量，负数会使总量变小。"),
            remedy=_("请按不动产权证改正面积。"),
            example=_("把面积填成 -5"),
        )
    )
    finding = NEGATIVE_AREA.at(Place("申报表", row=17, column=8), parcel="DK-7", value="-5")

A finding never holds its words, only the kind's code and the parameters: it can be shown in any language,
later.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from yunpu.kernel.text import Translate, fill, parameters, untranslated
from yunpu.kernel.text import mark as _

Param = str | int | tuple[str, ...] | None

_CODE = re.compile(r"[A-Z]{3}-[0-9]{3}")
_ADDRESS = re.compile(r"(?:(?P<sheet>[^'!]+|'(?:[^']|'')+')!)?(?P<letters>[A-Z]{1,3})?(?P<row>[1-9][0-9]*)?")
_PLAIN_SHEET = re.compile(r"[^\W\d]\w*")


class Severity(StrEnum):
    """How much a finding weighs, the heaviest first."""

    ERROR = "error"  # the batch cannot be kept
    WARNING = "warning"  # kept, if somebody takes it on themselves
    QUESTION = "question"  # kept, and asked back
    NOTE = "note"  # told, nothing asked

    @property
    def rank(self) -> int:
        """0 for the heaviest; for sorting."""
        return list(Severity).index(self)

    @property
    def label(self) -> str:
        """The Chinese word, marked for translation."""
        return _SEVERITY_LABELS[self]


_SEVERITY_LABELS = {
    Severity.ERROR: _("错误"),
    Severity.WARNING: _("警告"),
    Severity.QUESTION: _("待核"),
    Severity.NOTE: _("提示"),
}


def column_letters(column: int) -> str:
    """The letters of a spreadsheet column counted from 1: 8 is H, 27 is AA."""
    assert column > 0, "columns count from 1"
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """The column of spreadsheet letters, counted from 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


@dataclass(frozen=True)
class Place:
    """Where in a file: row and column count from 1, as the spreadsheet shows them; `title` heads the column.

    What is not known is empty: a finding on a whole row has no column, one on the whole file nothing. A check of a
    format does not know the cell and says `Place(title="area_ha")`, the column's name; the stage puts the cell in.
    """

    sheet: str = ""
    row: int | None = None
    column: int | None = None
    title: str = ""

    @property
    def cell(self) -> str:
        """The address within the sheet: H17, H, 17 or nothing."""
        return (column_letters(self.column) if self.column else "") + (str(self.row) if self.row else "")

    @property
    def address(self) -> str:
        """The address as the spreadsheet writes it: 申报表!H17; the sheet alone where there is no cell."""
        if not self.sheet or not self.cell:
            return self.sheet or self.cell
        plain = _PLAIN_SHEET.fullmatch(self.sheet)
        sheet = self.sheet if plain else "'" + self.sheet.replace("'", "''") + "'"
        return f"{sheet}!{self.cell}"

    @classmethod
    def parse(cls, address: str) -> Place:
        """Read an address such as 申报表!H17, '一 区'!H17 or H17. Raises ValueError."""
        found = _ADDRESS.fullmatch(address)
        if found is None or not (found["letters"] or found["row"]):
            raise ValueError(f"{address!r} is no cell address")
        sheet = found["sheet"] or ""
        if sheet.startswith("'"):
            sheet = sheet[1:-1].replace("''", "'")
        return cls(
            sheet,
            int(found["row"]) if found["row"] else None,
            column_number(found["letters"]) if found["letters"] else None,
        )

    @property
    def sort_key(self) -> tuple[str, int, int]:
        """By sheet, row, column; what is unknown comes first."""
        return self.sheet, self.row or 0, self.column or 0

    def __str__(self) -> str:
        return self.address


NOWHERE = Place()


@dataclass(frozen=True)
class FindingKind:
    """What can be wrong: templates with named parameters, marked for translation, and how to provoke it.

    `what` says what is wrong, `why` why it matters, `remedy` what to do, `example` how a tester brings it
    about. `quoted` names the parameters that are words of the file and no texts of ours: nobody translates them.
    """

    code: str
    severity: Severity
    what: str
    why: str
    remedy: str
    example: str
    quoted: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        assert _CODE.fullmatch(self.code), f"{self.code!r}: a code is three letters, a hyphen, three digits"
        for name in ("what", "why", "remedy", "example"):
            assert getattr(self, name).strip(), f"{self.code}: {name} is missing"
        for template in (self.what, self.why, self.remedy):
            fill(template, dict.fromkeys(self.names, 0))

    @property
    def names(self) -> frozenset[str]:
        """The parameters a finding of this kind must give."""
        return parameters(self.what) | parameters(self.why) | parameters(self.remedy)

    def at(self, place: Place = NOWHERE, /, **params: Param) -> Finding:
        """A finding of this kind at a place."""
        missing = self.names - set(params)
        assert not missing, f"{self.code}: parameters missing: {', '.join(sorted(missing))}"
        return Finding(self.code, place, tuple(sorted(params.items())))


@dataclass(frozen=True)
class Finding:
    """One thing wrong: the code of its kind, where, and the parameters of its words, sorted by name."""

    kind: str
    place: Place = NOWHERE
    params: tuple[tuple[str, Param], ...] = ()

    @property
    def declared(self) -> FindingKind:
        """Its kind. Raises KeyError for a code nobody declared."""
        return kinds[self.kind]

    @property
    def severity(self) -> Severity:
        """How much it weighs."""
        return self.declared.severity

    def what(self, translate: Translate = untranslated) -> str:
        """What is wrong."""
        return self._fill(self.declared.what, translate)

    def why(self, translate: Translate = untranslated) -> str:
        """Why it matters."""
        return self._fill(self.declared.why, translate)

    def remedy(self, translate: Translate = untranslated) -> str:
        """What to do."""
        return self._fill(self.declared.remedy, translate)

    def _fill(self, template: str, translate: Translate) -> str:
        return fill(template, dict(self.params), translate, quoted=self.declared.quoted)

    @property
    def sort_key(self) -> tuple[int, tuple[str, int, int], str, str]:
        """The heaviest first, then by place, code and parameters."""
        return self.severity.rank, self.place.sort_key, self.kind, repr(self.params)

    def to_json(self) -> dict[str, Any]:
        """The finding as a JSON object; empty parts are left out."""
        place = {
            name: value
            for name in ("sheet", "row", "column", "title")
            if (value := getattr(self.place, name)) not in ("", None)
        }
        stored: dict[str, Any] = {"kind": self.kind}
        if place:
            stored["place"] = place
        if self.params:
            stored["params"] = dict(self.params)
        return stored

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Finding:
        """The finding that `to_json` stored."""
        place = Place(**stored.get("place", {}))
        params = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in stored.get("params", {}).items()
        }
        return cls(stored["kind"], place, tuple(sorted(params.items())))


@dataclass(frozen=True)
class MergedFinding:
    """Equal findings told once: the first of them, and all their places in order."""

    finding: Finding
    places: tuple[Place, ...] = field(default=())

    def others(self, at_most: int = 20) -> str:
        """The addresses of the further places, "、" between them ("C23、C24"), "…" where there are more.

        The sheet is named only where it differs from that of the place before.
        """
        words = []
        sheet = self.places[0].sheet
        for place in self.places[1 : at_most + 1]:
            words.append(place.cell if place.cell and place.sheet == sheet else place.address)
            sheet = place.sheet
        more = "…" if len(self.places) > at_most + 1 else ""
        return "、".join(word for word in words if word) + more


def merge(findings: Iterable[Finding]) -> list[MergedFinding]:
    """Group findings equal but for their place; groups and places stand in order of appearance."""
    groups: dict[Finding, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(replace(finding, place=NOWHERE), []).append(finding)
    return [
        MergedFinding(group[0], tuple(dict.fromkeys(finding.place for finding in group)))
        for group in groups.values()
    ]


kinds: dict[str, FindingKind] = {}


def declare(kind: FindingKind) -> FindingKind:
    """Register a kind and return it. Raises ValueError for a code that is taken."""
    if kind.code in kinds:
        raise ValueError(f"finding code {kind.code} is declared twice")
    kinds[kind.code] = kind
    return kind


def all_kinds() -> list[FindingKind]:
    """Every kind declared so far, by code."""
    return sorted(kinds.values(), key=lambda kind: kind.code)
