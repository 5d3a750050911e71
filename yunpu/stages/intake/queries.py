"""Reads of the intake: loads in scope, findings as they are shown, cells of the original."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext

from yunpu.kernel.findings import Finding, MergedFinding, Severity, column_letters, merge
from yunpu.kernel.money import FEN_PER_UNIT, show_money
from yunpu.kernel.text import fill
from yunpu.stages.intake.files import sniff
from yunpu.stages.intake.formats import Type
from yunpu.stages.intake.models import Load
from yunpu.stages.intake.registry import get_format
from yunpu.stages.intake.sheets import open_book
from yunpu.trail.models import Batch

SURROUNDING = 2
NEIGHBOURS = 4


@dataclass(frozen=True)
class CellView:
    """A cell of the original in its surroundings: letters of the columns, numbered rows, the cell itself."""

    sheet: str
    address: str
    letters: list[str]
    rows: list[tuple[int, list[str]]]
    row: int
    column: int


def list_loads(visible: QuerySet[Load]) -> QuerySet[Load]:
    """Loads the caller may see, the newest first."""
    return visible.select_related("unit", "original").order_by("-id")


def find_load_of_batch(batch_id: int) -> Load | None:
    """The load that wrote a batch."""
    return Load.objects.filter(batch_id=batch_id).select_related("original").first()


def get_batch(load: Load) -> Batch | None:
    return Batch.objects.filter(pk=load.batch_id).first() if load.batch_id else None


def list_findings(load: Load, severity: str = "") -> list[MergedFinding]:
    """The findings of a load, equal ones merged, the heaviest first."""
    found = [Finding.from_json(stored) for stored in load.findings]
    if severity:
        found = [finding for finding in found if finding.severity == severity]
    return merge(found)


def tell_refusal(load: Load) -> str:
    """Why a file could not be read, in the reader's language; empty where it could."""
    return fill(load.refusal, load.facts.get("refusal", {}), gettext) if load.refusal else ""


def count_by_severity(load: Load) -> dict[str, int]:
    """How many findings of each severity the check told, also beyond those that were kept."""
    return {
        Severity.ERROR: load.error_count,
        Severity.WARNING: load.warning_count,
        Severity.QUESTION: load.question_count,
        Severity.NOTE: load.facts.get("notes", 0),
    }


def list_sums(load: Load) -> list[tuple[str, str]]:
    """Title with unit, and the sum of each number column, as the check added it."""
    if not load.format_code:
        return []
    format = get_format(load.format_code)
    shown = []
    for name, total in load.facts.get("sums", {}).items():
        column = format.column(name)
        if column.type is Type.MONEY:
            unit = "万元" if abs(total) >= FEN_PER_UNIT["万元"] else "元"
            shown.append((f"{gettext(column.title)}（{gettext(unit)}）", show_money(total, unit)))
        else:
            shown.append((gettext(column.title), f"{total:,}"))
    return shown


def list_mapping(load: Load) -> list[dict[str, Any]]:
    """Each column of the format with the column of the file it was taken for, and why."""
    format = get_format(load.format_code)
    taken = {name: (position, title, why) for position, title, name, why in load.columns}
    rows = []
    for column in format.columns:
        position, title, why = taken.get(column.name, (None, "", ""))
        rows.append(
            {
                "column": column,
                "position": position,
                "title": title,
                "why": gettext(why) if why else "",
                "letters": column_letters(position + 1) if position is not None else "",
            }
        )
    return rows


def list_choices(load: Load) -> list[tuple[int, str]]:
    """The file's columns by position, as a person chooses among them."""
    titles: Sequence[str] = load.facts.get("titles", [])
    return [(i, f"{column_letters(i + 1)}　{title}") for i, title in enumerate(titles) if title]


def read_cell(load: Load, sheet_name: str, row: int, column: int) -> CellView | None:
    """A cell of the original with two rows above and below it; None where the file has no such row.

    `row` and `column` count from 1; column 0 shows the row from its beginning. Reading a later row of a large file
    takes as long as reading up to it.
    """
    if load.original is None:
        return None
    path = load.path
    book = open_book(path, sniff(path))
    sheet = next((one for one in book.sheets if one.name[:64] == sheet_name[:64]), None)
    if sheet is None or row < 1:
        return None
    first = max(1, row - SURROUNDING)
    rows = list(islice(sheet.rows(), first - 1, row + SURROUNDING))
    if len(rows) <= row - first:
        return None
    left = max(0, column - 1 - NEIGHBOURS) if column else 0
    right = left + 2 * NEIGHBOURS + 1 if column else max(len(one) for one in rows)
    width = min(right, max((len(one) for one in rows), default=0))
    return CellView(
        sheet.name,
        f"{column_letters(column)}{row}" if column else str(row),
        [column_letters(i + 1) for i in range(left, width)],
        [
            (first + offset, [_shown(one[i]) if i < len(one) else "" for i in range(left, width)])
            for offset, one in enumerate(rows)
        ],
        row,
        column - 1 - left if column else -1,
    )


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = str(value)
    return text if len(text) <= 30 else text[:29] + "…"
