"""Files as offices make them: one table in five kinds of file, and workbooks put together part by part."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import xlsxwriter
import xlwt

Rows = Sequence[Sequence[Any]]

_ODS_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:xlink="http://www.w3.org/1999/xlink" office:version="1.2">'
    "<office:body><office:spreadsheet>"
)
_ODS_TAIL = "</office:spreadsheet></office:body></office:document-content>"
ODS_MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"


def write_xlsx(path: Path, rows: Rows, *, sheet: str = "申报表", dates: str = "yyyy-mm-dd") -> Path:
    """A workbook of one sheet with typed cells."""
    with xlsxwriter.Workbook(str(path), {"strings_to_urls": False, "strings_to_formulas": False}) as book:
        book.set_properties({"created": dt.datetime.combine(dt.date(2020, 1, 1), dt.time())})
        page, day = book.add_worksheet(sheet), book.add_format({"num_format": dates})
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, dt.date):
                    page.write_datetime(number, column, value, day)
                elif value is not None:
                    page.write(number, column, value)
    return path


def write_xls(path: Path, rows: Rows, *, sheet: str = "申报表") -> Path:
    """The same as the old binary kind."""
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet(sheet)
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, dt.date):
                page.write(number, column, value, day)
            elif value is not None:
                page.write(number, column, value)
    book.save(str(path))
    return path


def write_ods(path: Path, rows: Rows, *, sheet: str = "申报表") -> Path:
    """The same as LibreOffice keeps it."""
    return write_ods_content(path, ods_table(sheet, rows))


def ods_table(name: str, rows: Rows, *, attributes: str = "") -> str:
    """One table of an .ods as XML; a cell that is a `str` subclass `Raw` is put in as it stands."""
    lines = "".join(
        f"<table:table-row>{''.join(_ods_cell(value) for value in row)}</table:table-row>" for row in rows
    )
    return f"<table:table table:name={quoteattr(name)}{attributes}>{lines}</table:table>"


class Raw(str):
    """XML that stands for itself."""

    __slots__ = ()


def _ods_cell(value: Any) -> str:
    if isinstance(value, Raw):
        return value
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, bool):
        word = str(value).lower()
        return f'<table:table-cell office:value-type="boolean" office:boolean-value="{word}"/>'
    if isinstance(value, int | float):
        return f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{value}</text:p></table:table-cell>'
    if isinstance(value, dt.date):
        return (
            f'<table:table-cell office:value-type="date" office:date-value="{value.isoformat()}"><text:p>{value}</text:p>'
            "</table:table-cell>"
        )
    return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'


def write_ods_content(path: Path, tables: str) -> Path:
    """An .ods around the XML of its tables."""
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS_MIMETYPE}"/></manifest:manifest>'
    )
    parts = {
        "mimetype": ODS_MIMETYPE,
        "content.xml": _ODS_HEAD + tables + _ODS_TAIL,
        "META-INF/manifest.xml": manifest,
    }
    return write_zip(path, parts)


def write_csv(path: Path, rows: Rows, *, encoding: str = "utf-8", delimiter: str = ",") -> Path:
    """The same as text, as a spreadsheet program saves it."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(
        ["" if value is None else value for value in row] for row in rows
    )
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def write_jsonl(path: Path, rows: Rows) -> Path:
    """The same as JSON lines: the first row names the fields."""
    names, *others = rows
    lines = [
        json.dumps(dict(zip(names, row, strict=False)), ensure_ascii=False, default=str) + "\n"
        for row in others
    ]
    path.write_text("".join(lines), encoding="utf-8")
    return path


WRITERS: Mapping[str, Callable[[Path, Rows], Path]] = {
    "xlsx": write_xlsx,
    "xls": write_xls,
    "ods": write_ods,
    "csv": write_csv,
    "jsonl": write_jsonl,
}


def write_zip(path: Path, parts: Mapping[str, str | bytes]) -> Path:
    """A zip file of these parts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def read_parts(path: Path) -> dict[str, bytes]:
    """The parts of a zip file."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def edit_part(path: Path, name: str, edit: Callable[[bytes], bytes]) -> Path:
    """Change one part of a workbook in place."""
    parts = read_parts(path)
    parts[name] = edit(parts[name])
    return write_zip(path, parts)


# Compound files (OLE2) from nothing, for what no library here writes

_SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def write_compound(path: Path, streams: Mapping[str, bytes]) -> Path:
    """A compound file with streams in its root, or under one storage where the name holds a slash."""
    body: list[bytes] = []
    fat: list[int] = []

    def add(content: bytes) -> int:
        start, count = len(fat), max(1, -(-len(content) // _SECTOR))
        body.append(content.ljust(count * _SECTOR, b"\0"))
        fat.extend([*range(start + 1, start + count), _END])
        return start

    storages = sorted({name.rpartition("/")[0] for name in streams} - {""})
    entries = [("Root Entry", 5, _FREE, _END, 0, [])]
    index_of = {"": 0}
    for name in storages:
        index_of[name] = len(entries)
        entries.append((name, 1, _FREE, 0, 0, []))
        entries[0][5].append(index_of[name])
    for name, content in streams.items():
        folder, _slash, last = name.rpartition("/")
        padded = content.ljust(4096, b"\0")  # nothing is small enough for the mini stream
        entries[index_of[folder]][5].append(len(entries))
        entries.append((last, 2, _FREE, add(padded), len(padded), []))
    directory = b""
    right_of: dict[int, int] = {}
    for *_rest, inside in entries:
        right_of |= dict(pairwise(inside))
    for index, (name, kind, _child, start, size, inside) in enumerate(entries):
        raw = name.encode("utf-16-le") + b"\0\0"
        child = inside[0] if inside else _FREE
        directory += raw.ljust(64, b"\0") + len(raw).to_bytes(2, "little") + bytes([kind, 1])
        directory += _longs(_FREE, right_of.get(index, _FREE), child) + bytes(36) + _longs(start, size, 0)
    directory_start = add(directory)
    fat_sectors = -(-(len(fat) + 1) // (_SECTOR // 4))
    fat_start = len(fat)
    fat.extend([_FAT] * fat_sectors)
    fat_bytes = _longs(*fat).ljust(fat_sectors * _SECTOR, b"\xff")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + b"\x3e\0\x03\0\xfe\xff\x09\0\x06\0" + bytes(6)
    head += _longs(0, fat_sectors, directory_start, 0, 4096, _END, 0, _END, 0)
    head += _longs(*range(fat_start, fat_start + fat_sectors)).ljust(436, b"\xff")
    path.write_bytes(head + b"".join(body) + fat_bytes)
    return path


def _longs(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(4, "little") for number in numbers)
