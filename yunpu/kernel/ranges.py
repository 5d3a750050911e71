"""Whole numbers as ranges (号段): `1-500,502` – how a seal says which events it covers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

Range = tuple[int, int]


def ranges_of(numbers: Iterable[int]) -> list[Range]:
    """Rising numbers as ranges, both ends inclusive."""
    found: list[Range] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            assert not found or number > found[-1][1], "numbers must rise"
            found.append((number, number))
    return found


def write_ranges(ranges: Iterable[Range]) -> str:
    """Ranges as text."""
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)


def read_ranges(text: str) -> list[Range]:
    """The ranges of a text. Raises ValueError for a text that `write_ranges` would not have written."""
    found = []
    for piece in text.split(",") if text else ():
        first, _dash, last = piece.partition("-")
        found.append((int(first), int(last or first)))
    rising = all(one[1] < two[0] - 1 for one, two in pairwise(found))
    if write_ranges(found) != text or not rising or any(first > last for first, last in found):
        raise ValueError(f"no ranges: {text[:80]!r}")
    return found


def numbers_of(ranges: Iterable[Range]) -> Iterator[int]:
    """Every number of some ranges."""
    for first, last in ranges:
        yield from range(first, last + 1)


def joined(ranges: Iterable[Range]) -> list[Range]:
    """Ranges in any order, brought together where they touch or overlap."""
    found: list[Range] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def outside(numbers: Iterable[int], ranges: list[Range]) -> Iterator[int]:
    """Those of rising numbers that stand in none of the joined ranges."""
    place = 0
    for number in numbers:
        while place < len(ranges) and ranges[place][1] < number:
            place += 1
        if place == len(ranges) or number < ranges[place][0]:
            yield number
