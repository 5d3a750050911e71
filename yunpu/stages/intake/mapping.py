"""Which column of a file is which column of a format (列对应), and why. A person's or a unit's earlier word wins."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache

from yunpu.kernel.text import mark as _
from yunpu.kernel.text import normalise
from yunpu.stages.intake.formats import Column, Format

Take = Callable[[int, Column, str, float], None]
LIKE = 0.75
_LONGEST = 60  # a longer text is no column title
_BRACKET = re.compile(r"[(\[【（]([^()\[\]【】（）]*)[)\]】）]")
_UNIT_AT_END = re.compile(r"(?<=.)[:/,、 ](?:人民币)?(?:分|元|千元|万元|百万元|亿元)$")


@dataclass
class Match:
    """How a column of the file was taken for a column of the format, and why (Chinese source)."""

    position: int
    name: str
    title: str
    why: str
    score: float


@dataclass
class Mapped:
    """All matches of one header: required columns not found, titles not used, titles that stand twice."""

    matches: list[Match]
    score: float
    missing: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)


@lru_cache(maxsize=65_536)
def plain_title(text: str) -> str:
    """A header's text as it is compared: normalised, without blanks, brackets, units, stars and colons, lower-cased."""
    text = _UNIT_AT_END.sub("", _BRACKET.sub("", normalise(text[:1_000])).strip())
    return re.sub(r"[\s*:：_\-/\\、,，.。]+", "", text).lower()


def match_titles(
    titles: Sequence[str], format: Format, remembered: Mapping[str, str], *, guess: bool = True
) -> Mapped:
    """Take titles for columns: as remembered, by equal titles or aliases, then (`guess`) by likeness.

    `remembered` maps header texts of this unit's last file to column names.
    """
    plain = [plain_title(title) for title in titles]
    last = [plain_title(title.rsplit("/", 1)[-1]) for title in titles]
    free = {i for i, text in enumerate(plain) if text}
    matches: list[Match] = []
    taken: set[str] = set()

    def take(position: int, column: Column, why: str, score: float) -> None:
        matches.append(Match(position, column.name, titles[position], why, score))
        free.discard(position)
        taken.add(column.name)

    by_name = {column.name: column for column in format.columns}
    for position in sorted(free) if remembered else ():
        name = remembered.get(titles[position], "")
        if name in by_name and name not in taken:
            take(position, by_name[name], _("本单位上次就是这样对应的"), 1.0)
    for texts, why, score in ((plain, _("列名相同"), 1.0), (last, _("下级列名相同"), 0.95)):
        places: dict[str, int] = {}
        for i in sorted(free, reverse=True):
            places[texts[i]] = i
        for column in format.columns:
            if column.name in taken:
                continue
            found = (places.get(plain_title(title)) for title in column.titles)
            here = next((i for i in found if i is not None and i in free), None)
            if here is not None:
                take(here, column, why, score)
    if guess:
        _match_by_likeness(plain, free, taken, format, take)
    matches.sort(key=lambda match: match.position)
    return _judge(titles, plain, free, taken, matches, format)


def _match_by_likeness(plain: list[str], free: set[int], taken: set[str], format: Format, take: Take) -> None:
    """The likest pairs first, so that a good pair is not lost to a fair one."""
    pairs = []
    for order, column in enumerate(format.columns):
        if column.name in taken:
            continue
        for position in free:
            if len(plain[position]) <= _LONGEST:
                likeness = max(_likeness(plain[position], plain_title(title)) for title in column.titles)
                if likeness >= LIKE:
                    pairs.append((-likeness, order, position))
    for minus, order, position in sorted(pairs):
        column = format.columns[order]
        if column.name not in taken and position in free:
            take(position, column, _("列名相近"), -minus * 0.9)


def _judge(
    titles: Sequence[str],
    plain: list[str],
    free: set[int],
    taken: set[str],
    matches: list[Match],
    format: Format,
) -> Mapped:
    by_name = {column.name: column for column in format.columns}
    required = [column for column in format.columns if column.required]
    weight = sum(2 if column.required else 1 for column in format.columns)
    got = sum((2 if by_name[match.name].required else 1) * match.score for match in matches)
    counts: dict[str, int] = {}
    for text in plain:
        counts[text] = counts.get(text, 0) + 1
    return Mapped(
        matches,
        got / weight,
        missing=[column.name for column in required if column.name not in taken],
        extra=[titles[i] for i in sorted(free)],
        duplicates=[title for title, text in zip(titles, plain, strict=True) if text and counts[text] > 1],
    )


@lru_cache(maxsize=65_536)
def _likeness(text: str, wanted: str) -> float:
    """How alike two plain titles are, 0–1. Cheap bounds first: a hostile file has many long titles."""
    if not wanted or not text:
        return 0.0
    short, long = sorted((len(text), len(wanted)))
    best = 0.0
    if short >= 2 and (wanted in text or text in wanted):
        best = 0.6 + 0.4 * short / long
    if 2 * short / (short + long) < LIKE or set(text).isdisjoint(wanted):
        return best
    return max(best, SequenceMatcher(None, wanted, text).ratio())
