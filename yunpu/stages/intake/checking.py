"""Check a whole file against a format: typed rows out, and all findings at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from yunpu.kernel.findings import Place
from yunpu.kernel.text import mark as _
from yunpu.stages.intake import kinds, layout
from yunpu.stages.intake.checked import Checked, CheckedRow, placed
from yunpu.stages.intake.formats import Format
from yunpu.stages.intake.layout import Layout
from yunpu.stages.intake.mapping import Match
from yunpu.stages.intake.rows import RowReader
from yunpu.stages.intake.sheets import Book, Sheet


def check_rows(
    book: Book,
    sheet: Sheet,
    format: Format,
    checked: Checked,
    *,
    mapping: Mapping[str, int] | None = None,
    answers: Mapping[str, str] | None = None,
    remembered: Mapping[str, str] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Iterator[CheckedRow]:
    """Go through a sheet: yields the good rows, fills `checked`. Raises UnableToRead.

    `mapping` (column name to position) is a person's word and replaces the guesses; `answers` maps column names to
    how bare fractions of a percent column are meant. `progress` gets the row reached, and may raise to stop.
    """
    checked.sheet = sheet.name
    seen = layout.find_layout(sheet.head, format, dict(remembered or {}))
    if seen is not None and mapping is not None:
        seen = _apply_mapping(seen, format, mapping)
    checked.layout = seen
    if seen is None:
        checked.say(kinds.NO_HEADER, Place(sheet.name), format=format.title)
        return
    _say_about_columns(checked, sheet, seen, format)
    _say_about_sheet(checked, book, sheet)
    reader = RowReader(book, sheet, format, checked, seen, answers or {})
    for number, row in enumerate(sheet.rows(), 1):
        if number <= seen.header.last_row:
            continue
        if progress and number % 2000 == 0:
            progress(number)
        values = reader.read(number, row)
        if values is not None:
            yield CheckedRow(values, number)
    reader.compare_leading_total()
    yield from reader.settle_duplicates(progress)
    checked.sums = {format.columns[index].name: _storable(total) for index, total in reader.sums.items()}
    if not checked.rows:
        checked.say(kinds.NO_ROWS, Place(sheet.name, seen.header.last_row))
    _check_table(book, sheet, format, checked, mapping, answers, remembered)


def _check_table(
    book: Book,
    sheet: Sheet,
    format: Format,
    checked: Checked,
    mapping: Mapping[str, int] | None,
    answers: Mapping[str, str] | None,
    remembered: Mapping[str, str] | None,
) -> None:
    """Let each table check go through the good rows once more."""
    assert checked.layout is not None
    alone = replace(format, table_checks=())
    names = [column.name for column in format.columns]
    for check in format.table_checks:
        again = check_rows(
            book, sheet, alone, Checked(), mapping=mapping, answers=answers, remembered=remembered
        )
        for finding in check((row.number, dict(zip(names, row.values, strict=True))) for row in again):
            checked.add(placed(finding, format, checked.layout, sheet.name, finding.place.row))


def _storable(total: int | Decimal) -> int | float:
    """A sum as JSON holds it. Money and counts are whole; only measures may have decimals."""
    return int(total) if total == int(total) else float(total)


def _apply_mapping(seen: Layout, format: Format, mapping: Mapping[str, int]) -> Layout:
    """The layout with a person's mapping instead of the guesses."""
    titles = seen.header.titles
    known = {column.name for column in format.columns}
    matches = [
        Match(position, name, titles[position], _("由经办人指定"), 1.0)
        for name, position in sorted(mapping.items(), key=lambda pair: pair[1])
        if 0 <= position < len(titles) and name in known
    ]
    taken = {match.name for match in matches}
    used = {match.position for match in matches}
    return Layout(
        seen.header,
        matches,
        seen.score,
        missing=[column.name for column in format.columns if column.required and column.name not in taken],
        extra=[title for i, title in enumerate(titles) if title and i not in used],
        duplicates=[],
    )


def _say_about_columns(checked: Checked, sheet: Sheet, seen: Layout, format: Format) -> None:
    row = seen.header.last_row
    for name in seen.missing:
        title = format.column(name).title
        checked.say(kinds.MISSING_COLUMN, Place(sheet.name, row, None, title), title=title)
    used = {match.title for match in seen.matches}
    for title in dict.fromkeys(seen.duplicates):
        kind = kinds.SAME_HEADER if title in used else kinds.EXTRA_COLUMN
        checked.say(kind, Place(sheet.name, row), title=title)
    for title in seen.extra:
        if title not in seen.duplicates:
            position = seen.header.titles.index(title)
            checked.say(kinds.EXTRA_COLUMN, Place(sheet.name, row, position + 1), title=title)


def _say_about_sheet(checked: Checked, book: Book, sheet: Sheet) -> None:
    facts = sheet.facts
    if facts.hidden_rows:
        place = Place(sheet.name, facts.hidden_rows[0])
        checked.say(kinds.HIDDEN_ROWS, place, count=len(facts.hidden_rows), row=facts.hidden_rows[0])
    if facts.hidden_columns:
        checked.say(kinds.HIDDEN_COLUMNS, Place(sheet.name), count=facts.hidden_columns)
    if facts.formulas:
        checked.say(kinds.FORMULAS, Place(sheet.name), count=facts.formulas, cell=facts.first_formula)
    if facts.links:
        checked.say(kinds.LINKS, Place(sheet.name), count=facts.links)
    for other in book.sheets:
        if other.hidden and other.name != sheet.name:
            checked.say(kinds.HIDDEN_SHEET, Place(other.name), name=other.name)
