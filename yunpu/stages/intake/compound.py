"""Compound files (OLE2), the container of .xls: streams by name, and whether macros are in it.

Every chain is bounded by the file's size, so that a broken file ends.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LAST = 0xFFFFFFFA  # this and above are no sector numbers
_NO_CODE = (b"attribute ", b"option ")


class NotCompound(ValueError):
    """Bytes that are no whole compound file."""


@dataclass(frozen=True)
class _Entry:
    name: str
    path: tuple[str, ...]
    kind: int
    start: int
    size: int


class CompoundFile:
    """The streams of a compound file over bytes or a map of them. Raises NotCompound."""

    def __init__(self, content: bytes | mmap.mmap) -> None:
        self._content = content
        if len(content) < 512 or content[:8] != _MAGIC:
            raise NotCompound("no compound file")
        self._sector = 1 << min(12, int.from_bytes(content[30:32], "little"))
        if self._sector not in (512, 4096):
            raise NotCompound("odd sectors")
        self._sectors = len(content) // self._sector + 1
        try:
            self._fat = self._read_fat()
            directory = self._chain(self._long(48), self._fat, self._sector, 0)
            self._entries = list(self._read_directory(directory))
            root = next(entry for entry in self._entries if entry.kind == 5)
            self._mini_fat = self._longs(self._chain(self._long(60), self._fat, self._sector, 0))
            self._mini = self._chain(root.start, self._fat, self._sector, 0)
        except (struct.error, IndexError, StopIteration) as error:
            raise NotCompound(str(error)) from None

    @property
    def names(self) -> list[str]:
        """The names of all streams, wherever they stand."""
        return [entry.name for entry in self._entries if entry.kind == 2]

    def stream(self, name: str) -> bytes:
        """The bytes of the first stream of a name. Raises NotCompound."""
        for entry in self._entries:
            if entry.kind == 2 and entry.name == name:
                return self._read(entry)
        raise NotCompound(f"no stream {name}")

    def has_macros(self) -> bool:
        """Whether a VBA project holds a line of code; the empty shells that Excel adds by itself are none."""
        modules = [entry for entry in self._entries if entry.kind == 2 and "VBA" in entry.path]
        if not modules:
            return False
        try:
            directory = next(entry for entry in modules if entry.name == "dir")
            offsets = _module_offsets(decompress(self._read(directory)))
            if not offsets:
                return True
            for entry in modules:
                if entry.name in offsets:
                    source = decompress(self._read(entry)[offsets[entry.name] :])
                    if _holds_code(source):
                        return True
        except (NotCompound, StopIteration, IndexError, struct.error):
            return True
        return False

    def _long(self, at: int) -> int:
        return int.from_bytes(self._content[at : at + 4], "little")

    @staticmethod
    def _longs(raw: bytes) -> tuple[int, ...]:
        return struct.unpack(f"<{len(raw) // 4}I", raw[: len(raw) // 4 * 4])

    def _block(self, number: int) -> bytes:
        start = (number + 1) * self._sector
        block = self._content[start : start + self._sector]
        if not block:
            raise NotCompound("a sector is missing")
        return block

    def _read_fat(self) -> list[int]:
        numbers = list(self._longs(self._content[76:512]))
        following, seen = self._long(68), 0
        while following < _LAST:
            more = self._longs(self._block(following))
            numbers += more[:-1]
            following, seen = more[-1], seen + 1
            if seen > self._sectors:
                raise NotCompound("a chain without end")
        fat: list[int] = []
        for number in numbers:
            if number < _LAST:
                if len(fat) > self._sectors + self._sector:
                    raise NotCompound("more sectors than bytes")
                fat += self._longs(self._block(number))
        return fat

    def _chain(self, start: int, table: tuple[int, ...] | list[int], size: int, limit: int) -> bytes:
        parts: list[bytes] = []
        number = start
        while number < _LAST:
            if len(parts) > self._sectors or number >= len(table):
                raise NotCompound("a chain without end")
            parts.append(self._block(number))
            number = table[number]
        return b"".join(parts)

    def _read_directory(self, raw: bytes) -> Iterator[_Entry]:
        """Entries with the names of their storages, found by walking the tree from each storage's child."""
        flat: list[tuple[str, int, int, int, int, int, int]] = []
        for at in range(0, len(raw) - 127, 128):
            one = raw[at : at + 128]
            length = int.from_bytes(one[64:66], "little")
            name = one[: max(0, min(64, length) - 2)].decode("utf-16-le", "replace")
            left, right, child = struct.unpack("<III", one[68:80])
            start, size = struct.unpack("<II", one[116:124])
            flat.append((name, one[66], left, right, child, start, size))
        paths: dict[int, tuple[str, ...]] = {}
        waiting: list[tuple[int, tuple[str, ...]]] = [(0, ())] if flat else []
        visited: set[int] = set()
        while waiting:
            index, path = waiting.pop()
            if index >= len(flat) or index in visited:
                continue
            visited.add(index)
            name, kind, left, right, child, _start, _size = flat[index]
            paths[index] = path
            waiting += [(left, path), (right, path)]
            inside = path if kind == 5 else (*path, name)
            waiting.append((child, inside))
        for index, (name, kind, _left, _right, _child, start, size) in enumerate(flat):
            if kind in (1, 2, 5):
                yield _Entry(name, paths.get(index, ()), kind, start, size)

    def _read(self, entry: _Entry) -> bytes:
        if entry.size >= self._long(56):
            return self._chain(entry.start, self._fat, self._sector, entry.size)[: entry.size]
        parts: list[bytes] = []
        number = entry.start
        while number < _LAST:
            if len(parts) * 64 > len(self._mini) or number >= len(self._mini_fat):
                raise NotCompound("a chain without end")
            parts.append(self._mini[number * 64 : number * 64 + 64])
            number = self._mini_fat[number]
        return b"".join(parts)[: entry.size]


def decompress(packed: bytes) -> bytes:
    """Inflate a VBA container (MS-OVBA 2.4.1). Raises NotCompound."""
    if not packed or packed[0] != 1:
        raise NotCompound("no container")
    out = bytearray()
    at = 1
    while at + 2 <= len(packed):
        header = int.from_bytes(packed[at : at + 2], "little")
        end = min(len(packed), at + (header & 0x0FFF) + 3)
        at += 2
        begin = len(out)
        if not header & 0x8000:
            out += packed[at : at + 4096]
            at += 4096
            continue
        while at < end:
            flags = packed[at]
            at += 1
            for bit in range(8):
                if at >= end:
                    break
                if not flags >> bit & 1:
                    out.append(packed[at])
                    at += 1
                    continue
                token = int.from_bytes(packed[at : at + 2], "little")
                at += 2
                offset_bits = max(4, (len(out) - begin - 1).bit_length())
                length = (token & (0xFFFF >> offset_bits)) + 3
                offset = (token >> (16 - offset_bits)) + 1
                if offset > len(out):
                    raise NotCompound("a copy from before the beginning")
                if len(out) - begin + length > 4096:  # no chunk holds more: a bomb does
                    raise NotCompound("a chunk without end")
                for _again in range(length):
                    out.append(out[-offset])
    return bytes(out)


def _module_offsets(directory: bytes) -> dict[str, int]:
    """Stream name and offset of the source of each module (MS-OVBA 2.3.4.2.3)."""
    offsets: dict[str, int] = {}
    name, at = "", 0
    while at + 6 <= len(directory):
        tag, size = struct.unpack("<HI", directory[at : at + 6])
        if tag == 0x0009:  # the version record counts its size otherwise
            size = 6
        body = directory[at + 6 : at + 6 + size]
        if tag == 0x0032:  # the module's stream name in Unicode
            name = body.decode("utf-16-le", "replace")
        elif tag == 0x0031 and len(body) == 4:
            offsets[name] = int.from_bytes(body, "little")
        at += 6 + size
    return offsets


def _holds_code(source: bytes) -> bool:
    lines = [line.strip().lower() for line in source.splitlines()]
    return any(line and not line.startswith((*_NO_CODE, b"'", b"rem ")) for line in lines)
