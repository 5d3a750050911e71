"""Which characters the fonts can print: a missing one is told before a page is set, not found on paper.

Reads the character maps (cmap) of OpenType fonts and collections.
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

FONT_ENDINGS = (".otf", ".ttf", ".ttc", ".otc")


def list_fonts(folders: Iterable[Path]) -> list[Path]:
    """The font files of the folders, the first folder's first."""
    return [
        path
        for folder in folders
        if folder.is_dir()
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in FONT_ENDINGS and path.is_file()
    ]


def find_missing(text: str, folders: Iterable[Path]) -> list[str]:
    """The characters of a text that no font has, each once, in order."""
    wanted = dict.fromkeys(
        char for char in text if unicodedata.category(char) not in ("Cc", "Cf", "Zs", "Zl", "Zp")
    )
    for path in list_fonts(folders):
        if not wanted:
            break
        known = read_characters(path, path.stat().st_mtime_ns)
        wanted = dict.fromkeys(char for char in wanted if ord(char) not in known)
    return list(wanted)


@cache
def read_characters(path: Path, _changed: int) -> frozenset[int]:
    """Every code point that a font file has a glyph for; none where it is no font."""
    content = path.read_bytes()
    try:
        return frozenset(point for offset in _faces(content) for point in _read_face(content, offset))
    except struct.error:
        return frozenset()


def _faces(content: bytes) -> tuple[int, ...]:
    """Where each font of a file begins: a collection has several."""
    if content[:4] != b"ttcf":
        return (0,)
    (count,) = struct.unpack_from(">I", content, 8)
    return struct.unpack_from(f">{count}I", content, 12)


def _read_face(content: bytes, face: int) -> Iterator[int]:
    (tables,) = struct.unpack_from(">H", content, face + 4)
    for number in range(tables):
        tag, _sum, offset, _length = struct.unpack_from(">4sIII", content, face + 12 + 16 * number)
        if tag == b"cmap":
            yield from _read_map(content, offset)


def _read_map(content: bytes, start: int) -> Iterator[int]:
    (count,) = struct.unpack_from(">H", content, start + 2)
    for number in range(count):
        platform, _encoding, offset = struct.unpack_from(">HHI", content, start + 4 + 8 * number)
        if platform not in (0, 3):
            continue
        (shape,) = struct.unpack_from(">H", content, start + offset)
        if shape == 4:
            yield from _read_segments(content, start + offset)
        elif shape == 12:
            yield from _read_groups(content, start + offset)


def _read_segments(content: bytes, start: int) -> Iterator[int]:
    """Format 4: segments of the first 65,536 code points."""
    (doubled,) = struct.unpack_from(">H", content, start + 6)
    count = doubled // 2
    ends = struct.unpack_from(f">{count}H", content, start + 14)
    starts_at = start + 16 + doubled
    starts = struct.unpack_from(f">{count}H", content, starts_at)
    deltas = struct.unpack_from(f">{count}H", content, starts_at + doubled)
    ranges_at = starts_at + 2 * doubled
    ranges = struct.unpack_from(f">{count}H", content, ranges_at)
    for place, (first, last, delta, shift) in enumerate(zip(starts, ends, deltas, ranges, strict=True)):
        for point in range(first, min(last, 0xFFFE) + 1):
            glyph = point
            if shift:
                (glyph,) = struct.unpack_from(
                    ">H", content, ranges_at + 2 * place + shift + 2 * (point - first)
                )
            if (glyph + delta) % 65536 if glyph or not shift else 0:
                yield point


def _read_groups(content: bytes, start: int) -> Iterator[int]:
    """Format 12: groups of all code points."""
    (count,) = struct.unpack_from(">I", content, start + 12)
    for number in range(count):
        first, last, glyph = struct.unpack_from(">III", content, start + 16 + 12 * number)
        yield from range(first if glyph else first + 1, last + 1)
