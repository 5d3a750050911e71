"""One streaming pass over the XML of an .ods: repeated cells and rows are counted, never laid out."""

from __future__ import annotations

import zipfile
from pathlib import Path

from yunpu.stages.intake.facts import Facts, Runs, local_name, whole
from yunpu.stages.intake.files import BROKEN_ZIP, DAMAGED, Limits, UnableToRead, parse_xml_safely


def read_ods(path: Path, limits: Limits) -> dict[str, Facts]:
    """Facts by sheet. Raises UnableToRead."""
    reader = _Content(limits)
    try:
        with zipfile.ZipFile(path) as archive, archive.open("content.xml") as stream:
            parse_xml_safely(stream, reader.start, reader.end)
    except BROKEN_ZIP:
        raise UnableToRead(reason=DAMAGED) from None
    return reader.sheets


class _Content:
    """The state of the pass over an .ods: repeated cells and rows are counted, never laid out."""

    def __init__(self, limits: Limits) -> None:
        self.sheets: dict[str, Facts] = {}
        self.limits = limits
        self.facts = Facts()
        self.row, self.rows, self.column = 0, 1, 0
        self.corner = 0, 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        local = local_name(tag)
        if local == "table":
            name = attributes.get("table:name", "")
            if name in self.sheets:  # which of them is read, nobody could tell
                raise UnableToRead(reason=DAMAGED)
            self.facts = self.sheets[name] = Facts()
            self.row, self.rows, self.column = 0, 1, 0
        elif local == "table-row":
            self.row, self.column = self.row + self.rows, 0
            self.rows = max(1, whole(attributes.get("table:number-rows-repeated", "1")))
            if attributes.get("table:visibility", "visible") != "visible":
                last = min(self.row + self.rows - 1, self.row + 1_000)
                self.facts.hidden_rows += [number + 1 for number in range(self.row - 1, last)]
        elif local in ("table-cell", "covered-table-cell"):
            self._cell(attributes)
        elif local == "table-column":
            if attributes.get("table:visibility", "visible") != "visible":
                self.facts.hidden_columns += max(
                    1, whole(attributes.get("table:number-columns-repeated", "1"))
                )
        elif local == "p":  # a text without a type is a value to the reader too
            self.facts.reach(*self.corner)
            self.facts.measure(self.limits)
        elif local == "a":
            self.facts.links += 1

    def end(self, tag: str) -> None:
        if local_name(tag) == "table":
            self.facts.measure(self.limits)

    def _cell(self, attributes: dict[str, str]) -> None:
        repeated = max(1, whole(attributes.get("table:number-columns-repeated", "1")))
        kind = attributes.get("office:value-type", "")
        facts = self.facts
        self.corner = self.row + self.rows - 1, self.column + repeated - 1
        if kind or "table:formula" in attributes:
            facts.reach(*self.corner)
            facts.measure(self.limits)
            if kind == "percentage":
                self._note(facts.percent, repeated)
            if "table:formula" in attributes:
                facts.add_formula(self.row, self.column)
                if not kind:
                    self._note(facts.uncached, repeated)
            if attributes.get("calcext:value-type") == "error":
                self._note(facts.errors, repeated)
        self.column += repeated

    def _note(self, cells: Runs, repeated: int) -> None:
        for column in range(self.column, self.column + repeated):
            for row in range(self.row, self.row + self.rows):
                cells.add(row, column)
