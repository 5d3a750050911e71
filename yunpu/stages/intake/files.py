"""What a file is, by its content and never by its name alone; and what is refused before it is read."""

from __future__ import annotations

import codecs
import csv
import io
import json
import zipfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from xml.parsers import expat

from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _

_BLOCK = 1 << 20


class UnableToRead(Refusal):
    """A file that cannot be read, in one sentence that says why."""

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
    """How much one file may hold."""

    file_bytes: int = 512 << 20
    inflated_bytes: int = 2 << 30
    ratio: int = 400
    columns: int = 500
    cell_characters: int = 32_767
    rows: int = 2_000_000
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
        raise UnableToRead(reason=_("文件太大，请拆成几个文件"))
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"PK"):
        return Sniffed(_sniff_zip(path, limits))
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return Sniffed(_sniff_ole(path))
    if head.startswith(
        (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"{\\rtf")
    ):
        raise UnableToRead(reason=_("它不是表格文件，只是改了扩展名"))
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"<?xml", b"<html", b"<!DOCTYPE", b"<table")):
        raise UnableToRead(reason=_("它是网页或 XML，请在 Excel 里另存为 .xlsx"))
    return _sniff_text(path)


def _sniff_zip(path: Path, limits: Limits) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if any(part.flag_bits & 1 for part in parts):
                raise UnableToRead(reason=_("文件加了密码，请去掉密码再上传"))
            if any(name.lower().endswith("vbaproject.bin") for name in names):
                raise UnableToRead(reason=_("文件含有宏，请另存为不含宏的 .xlsx"))
            kind = _zip_kind(archive, names)
            _inflate(archive, parts, path.stat().st_size, limits)
            return kind
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, ValueError):
        raise UnableToRead(reason=_("文件不完整或已损坏，请重新导出一份")) from None


def _zip_kind(archive: zipfile.ZipFile, names: set[str]) -> Kind:
    if "xl/workbook.xml" in names:
        return Kind.XLSX
    if "mimetype" in names and archive.read("mimetype").startswith(
        b"application/vnd.oasis.opendocument.spreadsheet"
    ):
        return Kind.ODS
    if "xl/workbook.bin" in names:
        raise UnableToRead(reason=_("它是 .xlsb，请另存为 .xlsx"))
    raise UnableToRead(reason=_("它不是表格文件，只是改了扩展名"))


def _inflate(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo], size: int, limits: Limits) -> None:
    """Inflate every part once, counting: neither the directory's word nor a document type is trusted."""
    total = 0
    bomb = UnableToRead(reason=_("文件解压后大得不合理，请另存一份再上传"))
    for part in parts:
        carry = b""
        with archive.open(part) as stream:
            while block := stream.read(_BLOCK):
                total += len(block)
                if total > limits.inflated_bytes or (total > 64 << 20 and total > size * limits.ratio):
                    raise bomb
                if part.filename.endswith((".xml", ".rels")):
                    window = carry + block
                    if b"<!DOCTYPE" in window or b"<!ENTITY" in window:
                        raise UnableToRead(reason=_("文件里有不允许的 XML 实体声明，请在 Excel 里另存一份"))
                    carry = block[-16:]
    if archive.testzip() is not None:
        raise UnableToRead(reason=_("文件不完整或已损坏，请重新导出一份"))


def _sniff_ole(path: Path) -> Kind:
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise UnableToRead(reason=_("文件加了密码，请去掉密码再上传"))
    if "_VBA_PROJECT".encode("utf-16-le") in content:
        raise UnableToRead(reason=_("文件含有宏，请另存为不含宏的 .xlsx"))
    if not any(name.encode("utf-16-le") in content for name in ("Workbook", "Book")):
        raise UnableToRead(reason=_("它不是表格文件，只是改了扩展名"))
    return Kind.XLS


def _sniff_text(path: Path) -> Sniffed:
    encoding = _find_encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        sample = file.read(1 << 16)
    if not sample.strip():
        raise UnableToRead(reason=_("文件是空的"))
    if sample.lstrip().startswith("{"):
        first = sample.lstrip().splitlines()[0]
        try:
            json.loads(first)
        except ValueError:
            raise UnableToRead(reason=_("第 1 行不是完整的 JSON，应每行一个对象")) from None
        return Sniffed(Kind.JSONL, encoding)
    controls = sum(c < " " and c not in "\r\n\t\f\x0b" for c in sample)
    if controls > len(sample) // 200:
        raise UnableToRead(reason=_("它不是表格文件，只是改了扩展名"))
    return Sniffed(Kind.CSV, encoding, _find_delimiter(sample))


def _find_encoding(path: Path) -> str:
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
        line = _first_bad_line(path, candidate)
        if line == 0:
            return candidate
        failed_line = max(failed_line, line)
    raise UnableToRead(
        reason=_("文字编码混杂（第 %(line)s 行附近既不是 UTF-8 也不是 GB18030），请另存为 UTF-8")
        % {"line": failed_line}
    )


def _first_bad_line(path: Path, encoding: str) -> int:
    """0 where the whole file decodes; else the line near which it does not. Refuses NUL bytes."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    lines = 1
    with path.open("rb") as file:
        while True:
            block = file.read(_BLOCK)
            if encoding != "utf-16" and b"\0" in block:
                raise UnableToRead(reason=_("文件含有空字节，不是文本表格"))
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                return lines + block[: error.start].count(b"\n")
            if "\0" in text:
                raise UnableToRead(reason=_("文件含有空字节，不是文本表格"))
            if not block:
                return 0
            lines += block.count(b"\n")


def _find_delimiter(sample: str) -> str:
    lines = sample.splitlines()[:40]
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
            common = max(set(wide), key=wide.count)
            score = wide.count(common) * common
            if score > best_score:
                best, best_score = delimiter, score
    return best


def parse_xml_safely(parser_input: io.BufferedIOBase, start: object, end: object, text: object) -> None:
    """Run expat over a stream with handlers; a document type is refused."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text

    def refuse(*_arguments: object) -> None:
        raise UnableToRead(reason=_("文件里有不允许的 XML 实体声明，请在 Excel 里另存一份"))

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        while block := parser_input.read(_BLOCK):
            parser.Parse(block, False)
        parser.Parse(b"", True)
    except expat.ExpatError:
        raise UnableToRead(reason=_("文件不完整或已损坏，请重新导出一份")) from None
