"""Where the table is in a sheet: titles above, one or two rows of header, units in it, totals and notes below."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from yunpu.kernel.money import FEN_PER_UNIT
from yunpu.kernel.text import mark as _
from yunpu.kernel.text import normalise
from yunpu.stages.intake.formats import Column, Format, Type

SEARCHED_ROWS = 40
_BRACKET = re.compile(r"[(\[【（]([^()\[\]【】（）]*)[)\]】）]")
_UNIT_LINE = re.compile(r"(?:金额)?单位\s*[:：]?\s*(分|千元|万元|百万元|亿元|元)")
_TOTAL = re.compile(r"(本页)?(合计|小计|总计|共计|累计)|total", re.IGNORECASE)
_NOTE = re.compile(r"^(注|说明|备注|填表|制表|审核人|负责人|联系|填报|单位负责|附注|资料来源|数据来源)")


@dataclass(frozen=True)
class Header:
    """The header found: its rows (1-based), the text of each column, and the unit each column names."""

    first_row: int
    last_row: int
    titles: tuple[str, ...]
    units: tuple[str, ...]


@dataclass
class Match:
    """How a column of the file was taken for a column of the format, and why (Chinese source)."""

    position: int
    name: str
    title: str
    why: str
    score: float


@dataclass
class Layout:
    """A sheet seen as a format: header, matches, and how sure that is (0–1)."""

    header: Header
    matches: list[Match]
    score: float
    missing: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)

    @property
    def mapping(self) -> dict[str, int]:
        return {match.name: match.position for match in self.matches}


def is_blank(value: Any) -> bool:
    """Whether a cell holds nothing: None, or white space only."""
    return value is None or value == "" or (isinstance(value, str) and value.isspace())


def plain_title(text: str) -> str:
    """A header's text as it is compared: normalised, without blanks, brackets, stars and colons, lower-cased."""
    text = _BRACKET.sub("", normalise(text))
    return re.sub(r"[\s*:：_\-/\\、,，.。]+", "", text).lower()


def find_layout(
    rows: Sequence[Sequence[Any]], format: Format, remembered: dict[str, str] | None = None
) -> Layout | None:
    """The best reading of a sheet's first rows as a format; None where no row looks like its header.

    `remembered` maps header texts of this unit's last file to columns; it wins over every guess.
    """
    best: Layout | None = None
    unit_above = ""
    for index, row in enumerate(rows[:SEARCHED_ROWS]):
        for value in row:
            if isinstance(value, str) and (found := _UNIT_LINE.search(normalise(value))):
                unit_above = found[1]
        texts = [value for value in row if isinstance(value, str) and not is_blank(value)]
        if not texts or (len(texts) == 1 and len(format.columns) > 2):
            continue
        below = rows[index + 1] if index + 1 < len(rows) else ()
        for header in _headers(index, row, below, unit_above):
            layout = _match(header, format, remembered or {})
            if best is None or layout.score > best.score + 1e-9:
                best = layout
    return best if best and best.score >= 0.34 and len(best.matches) >= min(2, len(format.columns)) else None


def _headers(index: int, row: Sequence[Any], below: Sequence[Any], unit_above: str) -> list[Header]:
    """The readings of a row as header: alone, or as the upper one of two rows."""
    titles = [cell_text(value) for value in row]
    single = Header(index + 1, index + 1, tuple(titles), _units(titles, unit_above))
    lower = [cell_text(value) for value in below]
    if not any(lower) or not _looks_like_group(titles, lower):
        return [single]
    width = max(len(titles), len(lower))
    titles += [""] * (width - len(titles))
    lower += [""] * (width - len(lower))
    joined, group = [], ""
    for top, sub in zip(titles, lower, strict=True):
        group = top or (group if sub else "")
        joined.append(f"{group}/{sub}" if group and sub else sub or group)
    return [single, Header(index + 1, index + 2, tuple(joined), _units(joined, unit_above))]


def _looks_like_group(titles: list[str], lower: list[str]) -> bool:
    filled = [i for i, text in enumerate(lower) if text]
    gaps = [i for i in filled if i >= len(titles) or not titles[i]]
    numbers = [lower[i] for i in filled if re.fullmatch(r"[-\d.,%]+", lower[i])]
    return not numbers and (bool(gaps) or len(filled) < len([text for text in titles if text]))


def cell_text(value: Any) -> str:
    if is_blank(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return normalise(str(value))


def _units(titles: Sequence[str], unit_above: str) -> tuple[str, ...]:
    units = []
    for title in titles:
        named = [part.removeprefix("单位:") for part in _BRACKET.findall(title)]
        named = [part for part in named if part in FEN_PER_UNIT or part == "%"]
        units.append(named[-1] if named else unit_above)
    return tuple(units)


def _match(header: Header, format: Format, remembered: dict[str, str]) -> Layout:
    plain = [plain_title(title) for title in header.titles]
    last = [plain_title(title.rsplit("/", 1)[-1]) for title in header.titles]
    free = {i for i, text in enumerate(plain) if text}
    matches: list[Match] = []
    taken: set[str] = set()

    def take(position: int, column: Column, why: str, score: float) -> None:
        matches.append(Match(position, column.name, header.titles[position], why, score))
        free.discard(position)
        taken.add(column.name)

    by_name = {column.name: column for column in format.columns}
    for position in sorted(free):
        name = remembered.get(header.titles[position], "")
        if name in by_name and name not in taken:
            take(position, by_name[name], _("本单位上次就是这样对应的"), 1.0)
    for texts, why, score in ((plain, _("列名相同"), 1.0), (last, _("下级列名相同"), 0.95)):
        for column in format.columns:
            if column.name in taken:
                continue
            wanted = [plain_title(title) for title in column.titles]
            position = next((i for title in wanted for i in sorted(free) if texts[i] == title), None)
            if position is not None:
                take(position, column, why, score)
    for column in format.columns:
        if column.name not in taken and free:
            position, likeness = max(
                ((i, _likeness(plain[i], column)) for i in sorted(free)), key=lambda p: p[1]
            )
            if likeness >= 0.75:
                take(position, column, _("列名相近"), likeness * 0.9)
    matches.sort(key=lambda match: match.position)
    required = [column for column in format.columns if column.required]
    weight = sum(2 if column.required else 1 for column in format.columns)
    got = sum((2 if by_name[match.name].required else 1) * match.score for match in matches)
    counts: dict[str, int] = {}
    for text in plain:
        counts[text] = counts.get(text, 0) + 1
    return Layout(
        header,
        matches,
        got / weight,
        missing=[column.name for column in required if column.name not in taken],
        extra=[header.titles[i] for i in sorted(free)],
        duplicates=[
            title for title, text in zip(header.titles, plain, strict=True) if text and counts[text] > 1
        ],
    )


def _likeness(text: str, column: Column) -> float:
    best = 0.0
    for title in column.titles:
        wanted = plain_title(title)
        if not wanted or not text:
            continue
        if len(wanted) >= 2 and len(text) >= 2 and (wanted in text or text in wanted):
            best = max(best, 0.6 + 0.4 * min(len(wanted), len(text)) / max(len(wanted), len(text)))
        best = max(best, SequenceMatcher(None, wanted, text).ratio())
    return best


def is_total(row: Sequence[Any]) -> str:
    """The word (合计, 小计 …) by which a row calls itself a total; empty where it does not."""
    for value in row[:4]:
        if isinstance(value, str) and value and not value.isspace():
            if len(value) > 12:
                return ""
            word = re.sub(r"[\s\u3000:：]", "", value)
            return word if len(word) <= 6 and _TOTAL.fullmatch(word) else ""
    return ""


def is_note(row: Sequence[Any], width: int) -> bool:
    """A row under the table that is not data: 注：…, 填表人：…, or one text alone."""
    filled = sum(1 for value in row if not is_blank(value))
    if filled > max(2, width // 2):
        return False
    first = next(value for value in row if not is_blank(value))
    if _NOTE.match(normalise(first)):
        return True
    return filled == 1 and width >= 3 and len(first) > 12


def column_unit(header: Header, position: int, column: Column) -> str:
    """The unit in which a column's numbers stand: the header's word, else the format's."""
    named = header.units[position] if position < len(header.units) else ""
    return named if column.type is Type.MONEY and named in FEN_PER_UNIT else column.unit
