"""What a file is, by its content and never by its name alone; and what is refused before it is read."""

from __future__ import annotations

import codecs
import csv
import io
import json
import lzma
import mmap
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from xml.parsers import expat

from yunpu.kernel.refusals import Reasoned
from yunpu.kernel.text import mark as _
from yunpu.stages.intake.compound import CompoundFile, NotCompound

_BLOCK = 1 << 20
_FIRST = 64 << 20  # below this much, a high ratio is no bomb

# What a broken zip file fails with, part by part of the library: its own error, those of each compression, of a name
# that is missing, of an encoding, of a size or an offset that leads nowhere, of a method or a version not known.
BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    KeyError,
    ValueError,
    OverflowError,
    RuntimeError,
)

DAMAGED = _("文件不完整或已损坏，请重新导出一份")
RENAMED = _("它不是表格文件，只是改了扩展名")
LOCKED = _("文件加了密码，请去掉密码再上传")
MACROS = _("文件含有宏，请另存为不含宏的 .xlsx")
ENTITIES = _("文件里有不允许的 XML 实体声明，请在 Excel 里另存一份")
BOMB = _("文件解压后大得不合理，请另存一份再上传")
LONG_CELL = _("有单元格的内容过长")
TOO_WIDE = _("列数超过 %(limit)s，不是一张表")
TOO_TALL = _("行数太多，请拆成几个文件")
TOO_BIG = _("文件太大，请拆成几个文件")


class UnableToRead(Reasoned):
    """A file that cannot be read, in one sentence that says why; `words` fill the sentence."""

    code = "INT-100"
    headline = _("不能读取这个文件：%(reason)s")
    why = _("没有导入任何一行。")
    ways_out = ((_("改好后重新上传"), ""),)


class Kind(StrEnum):
    """The kinds of file that are read."""

    XLSX = "xlsx"
    XLS = "xls"
    ODS = "ods"
    CSV = "csv"
    JSONL = "jsonl"


@dataclass(frozen=True)
class Limits:
    """How much one file may hold. `cells` bounds a sheet's whole rectangle, for a reader lays it out in memory."""

    file_bytes: int = 512 << 20
    inflated_bytes: int = 1 << 30
    ratio: int = 400
    parts: int = 5_000
    columns: int = 500
    cell_characters: int = 32_767
    line_bytes: int = 8 << 20
    rows: int = 2_000_000
    cells: int = 20_000_000
    sheets: int = 100


LIMITS = Limits()


@dataclass(frozen=True)
class Sniffed:
    """What a file turned out to be. Encoding and delimiter for text files only."""

    kind: Kind
    encoding: str = ""
    delimiter: str = ""


def sniff(path: Path, limits: Limits = LIMITS) -> Sniffed:
    """Tell what a file is. Raises UnableToRead."""
    size = path.stat().st_size
    if size == 0:
        raise UnableToRead(reason=_("文件是空的"))
    if size > limits.file_bytes:
        raise UnableToRead(reason=TOO_BIG)
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"PK"):
        return Sniffed(_sniff_zip(path, limits))
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return Sniffed(_sniff_ole(path))
    if head.startswith(
        (
            b"%PDF",
            b"\x89PNG",
            b"\xff\xd8\xff",
            b"Rar!",
            b"7z\xbc\xaf",
            b"\x1f\x8b",
            b"{\\rtf",
            b"GIF8",
            b"BM6",
        )
    ):
        raise UnableToRead(reason=RENAMED)
    words = head.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if words.startswith((b"<?xml", b"<html", b"<!doctype", b"<table", b"<meta", b"<head")):
        raise UnableToRead(reason=_("它是网页或 XML，请在 Excel 里另存为 .xlsx"))
    return _sniff_text(path, limits)


def _sniff_zip(path: Path, limits: Limits) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            _refuse_parts(parts, path.stat().st_size, limits)
            kind = _zip_kind(archive, names)
            _inflate(archive, parts, path.stat().st_size, limits)
            return kind
    except BROKEN_ZIP:
        raise UnableToRead(reason=DAMAGED) from None


def _refuse_parts(parts: list[zipfile.ZipInfo], size: int, limits: Limits) -> None:
    """What the central directory alone gives away."""
    names = [part.filename.lower() for part in parts]
    if any(part.flag_bits & 1 for part in parts):
        raise UnableToRead(reason=LOCKED)
    if any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in names):
        raise UnableToRead(reason=MACROS)
    total = sum(part.file_size for part in parts)
    if len(parts) > limits.parts or total > limits.inflated_bytes or total > max(_FIRST, size * limits.ratio):
        raise UnableToRead(reason=BOMB)
    if len(names) != len(set(names)):  # two readers could take different ones
        raise UnableToRead(reason=DAMAGED)


def _zip_kind(archive: zipfile.ZipFile, names: set[str]) -> Kind:
    if "xl/workbook.xml" in names:
        types = archive.read("[Content_Types].xml") if "[Content_Types].xml" in names else b""
        if b"macroenabled" in types.lower():
            raise UnableToRead(reason=MACROS)
        return Kind.XLSX
    if "mimetype" in names and archive.read("mimetype").startswith(
        b"application/vnd.oasis.opendocument.spreadsheet"
    ):
        _refuse_ods(archive, names)
        return Kind.ODS
    if "xl/workbook.bin" in names:
        raise UnableToRead(reason=_("它是 .xlsb，请另存为 .xlsx"))
    raise UnableToRead(reason=RENAMED)


def _refuse_ods(archive: zipfile.ZipFile, names: set[str]) -> None:
    if "META-INF/manifest.xml" in names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise UnableToRead(reason=LOCKED)
    if any(name.startswith(("Basic/", "Scripts/")) and not name.endswith(("/", "-lc.xml")) for name in names):
        raise UnableToRead(reason=MACROS)


def _inflate(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo], size: int, limits: Limits) -> None:
    """Inflate every part once, counting: neither the directory's word nor a document type is trusted."""
    total = 0
    for part in parts:
        carry = b""
        is_xml = part.filename.lower().endswith((".xml", ".rels"))
        with archive.open(part) as stream:
            while block := stream.read(_BLOCK):
                total += len(block)
                if total > limits.inflated_bytes or total > max(_FIRST, size * limits.ratio):
                    raise UnableToRead(reason=BOMB)
                if is_xml:
                    window = carry + block
                    # XML in UTF-16 would hide its document type from this search; no office program writes it.
                    if (
                        b"<!DOCTYPE" in window
                        or b"<!ENTITY" in window
                        or b"<\0" in window
                        or b"\0<" in window
                    ):
                        raise UnableToRead(reason=ENTITIES)
                    carry = block[-16:]


def _sniff_ole(path: Path) -> Kind:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        try:
            compound = CompoundFile(content)  # a map of the file, sliced like bytes
            names = set(compound.names)
            if "EncryptedPackage" in names:
                raise UnableToRead(reason=LOCKED)
            if not names & {"Workbook", "Book"}:
                raise UnableToRead(reason=RENAMED)
            if compound.has_macros():
                raise UnableToRead(reason=MACROS)
        except NotCompound:
            raise UnableToRead(reason=DAMAGED) from None
    return Kind.XLS


def _sniff_text(path: Path, limits: Limits) -> Sniffed:
    encoding = _find_encoding(path, limits)
    with path.open(encoding=encoding, newline="") as file:
        sample = file.read(1 << 16)
    if not sample.strip():
        raise UnableToRead(reason=_("文件是空的"))
    start = sample.lstrip()
    if start.startswith("{"):
        _refuse_unless_object(path, encoding, limits)
        return Sniffed(Kind.JSONL, encoding)
    if start.startswith("[") and start[1:].lstrip().startswith(("{", "[")):
        raise UnableToRead(reason=_("它是一个 JSON 数组，应改为每行一个对象"))
    controls = sum(c < " " and c not in "\r\n\t\f\x0b" for c in sample)
    if controls > max(3, len(sample) // 200):
        raise UnableToRead(reason=RENAMED)
    return Sniffed(Kind.CSV, encoding, _find_delimiter(sample))


def _refuse_unless_object(path: Path, encoding: str, limits: Limits) -> None:
    with path.open(encoding=encoding) as file:
        first = ""
        while not first.strip():
            first = file.readline(limits.line_bytes)
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        raise UnableToRead(reason=_("第 1 行不是完整的 JSON，应每行一个对象")) from None


def _find_encoding(path: Path, limits: Limits) -> str:
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    elif head.startswith(codecs.BOM_UTF8):
        candidates = ["utf-8-sig"]
    else:
        candidates = ["utf-8", "gb18030"]
    failed_line = 0
    for candidate in candidates:
        line = _first_bad_line(path, candidate, limits)
        if line == 0 and candidate == "gb18030":
            line = _first_line_of_utf8(path)
        if line == 0:
            return candidate
        failed_line = max(failed_line, line)
    raise UnableToRead(reason=_("文字编码混杂（第 %(line)s 行附近），请另存为 UTF-8"), line=failed_line)


def _first_bad_line(path: Path, encoding: str, limits: Limits) -> int:
    """0 where the whole file decodes; else the line near which it does not. Refuses NUL bytes and endless lines."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    lines, unbroken = 1, 0
    with path.open("rb") as file:
        while True:
            block = file.read(_BLOCK)
            if encoding != "utf-16" and b"\0" in block:
                raise UnableToRead(reason=_("文件含有空字节，不是文本表格"))
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                return lines + block[: max(0, error.start)].count(b"\n")
            except UnicodeError:  # utf-16 without its mark of order
                return lines
            if "\0" in text:
                raise UnableToRead(reason=_("文件含有空字节，不是文本表格"))
            if not block:
                return 0
            lines += block.count(b"\n")
            last = max(block.rfind(b"\n"), block.rfind(b"\r"))
            unbroken = unbroken + len(block) if last < 0 else len(block) - last
            if unbroken > limits.line_bytes:
                raise UnableToRead(reason=_("有一行长得不合理，不是一张表"))


def _first_line_of_utf8(path: Path) -> int:
    """The line at which a GB18030 file holds UTF-8 text; 0 where it holds none.

    GB18030 decodes nearly everything, also Chinese in UTF-8, to rare characters. So a line that could be both is
    taken for what gives the commoner characters.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.isascii():
                continue
            try:
                as_utf8 = line.decode("utf-8")
            except UnicodeDecodeError:
                continue
            try:
                as_gb = line.decode("gb18030")
            except UnicodeDecodeError:
                return number
            if _share_of_common(as_utf8) > _share_of_common(as_gb):
                return number
    return 0


def _share_of_common(text: str) -> float:
    """How much of a text's Chinese is of the 3,755 commonest characters (first level of GB 2312)."""
    wide = [character for character in text if character > "\x7f"]
    common = 0
    for character in wide:
        encoded = character.encode("gb2312", "ignore")
        common += len(encoded) == 2 and (0xB0 <= encoded[0] <= 0xD7 or encoded[0] in (0xA1, 0xA3))
    return common / len(wide) if wide else 0.0


def _find_delimiter(sample: str) -> str:
    lines = sample.splitlines()[:40]
    if lines[0].lower().startswith("sep=") and lines[0][4:5] in (",", ";", "\t"):
        return lines[0][4:5]
    best, best_score = ",", 0
    for delimiter in (",", ";", "\t"):
        try:
            widths = [
                len(row) for row in csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter) if row
            ]
        except csv.Error:
            continue
        wide = [width for width in widths if width > 1]
        if wide:
            common = max(sorted(set(wide)), key=wide.count)
            score = wide.count(common) * common
            if score > best_score:
                best, best_score = delimiter, score
    return best


def parse_xml_safely(
    stream: Any,
    start: Callable[[str, Any], None] | None,
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
    *,
    ordered: bool = False,
) -> None:
    """Run expat over a stream with handlers; a document type is refused. Raises UnableToRead.

    `ordered` gives attributes as a flat list of names and values, which is faster.
    """
    parser = expat.ParserCreate()
    parser.ordered_attributes = ordered
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text

    def refuse(*_arguments: object) -> None:
        raise UnableToRead(reason=ENTITIES)

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        while block := stream.read(_BLOCK):
            parser.Parse(block, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, *BROKEN_ZIP):
        raise UnableToRead(reason=DAMAGED) from None
