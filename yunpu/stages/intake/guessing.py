"""Which sheet of a file is which format, with the reason (格式判断)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from yunpu.stages.intake import layout
from yunpu.stages.intake.formats import Format
from yunpu.stages.intake.sheets import Book


@dataclass(frozen=True)
class Guess:
    """A sheet that looks like a format, with how sure that is and why: columns known, required columns missing."""

    sheet: str
    format: str
    score: float
    known: int
    missing: int


def guess(book: Book, formats: Sequence[Format]) -> list[Guess]:
    """Which sheet is which format, the likeliest first. Hidden sheets come last."""
    found = []
    for sheet in book.sheets:
        for format in formats:
            seen = layout.find_layout(sheet.head, format)
            if seen:
                known, missing = len(seen.matches), len(seen.missing)
                score = seen.score - 0.1 * missing - (0.5 if sheet.hidden else 0)
                found.append(Guess(sheet.name, format.code, round(score, 4), known, missing))
    return sorted(found, key=lambda one: -one.score)
