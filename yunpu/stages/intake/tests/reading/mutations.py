"""Generated mutations of good files through the real receive, check and keep: never a server error, never a part.

    python -m yunpu.stages.intake.tests.reading.mutations --count 2000 --seed 7

A case is made from seed and number alone, so that one that failed can be tried again (`--only 1234`). After each case
the records are what they were, or the file is kept in full; kept files are withdrawn again, which must restore the
records byte for byte. Nothing of a refused file stays.
"""

from __future__ import annotations

import argparse
import base64
import datetime as dt
import io
import os
import random
import re
import signal
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

SECONDS = 120  # a case that takes longer hangs
MEGABYTES = 512  # that one case may take
Mutation = Callable[[random.Random, bytes], bytes]
MUTATIONS: dict[str, tuple[frozenset[str], Mutation]] = {}
ZIPS = ("xlsx", "ods")
TEXTS = ("csv", "jsonl")
ALL = (*ZIPS, *TEXTS, "xls")


def mutation(*kinds: str) -> Callable[[Mutation], Mutation]:
    """Register a mutation of files of these kinds."""

    def register(mutate: Mutation) -> Mutation:
        MUTATIONS[mutate.__name__] = (frozenset(kinds), mutate)
        return mutate

    return register


# Values

ODD_VALUES = (
    "18446744073709551616", "-9223372036854775809", "9" * 400, "1e400", "NaN", "Infinity", "-0", "0x1F", "٣", "１２３",
    "2020-02-30", "0000-00-00", "99999-01-01", "2020年13月1日", "=1+1", '=HYPERLINK("http://localhost:9")', "@SUM(A1)",
    "-2+3+cmd|' /C calc'!A0", "\u202e反", "\ufeff", "\u0000", "😀" * 300, "NULL", "None", "{}", "<script>", "%s%n%(x)s",
    "'; DROP TABLE x; --", "a\u0301" * 100, "1,2,3", "(5", "5)", "((5))", "１，２３４．５", "1 2 3", "--5", "+", ".", "%", "5%%",
)  # fmt: skip


@mutation(*ZIPS)
def odd_values_in_cells(draw: random.Random, content: bytes) -> bytes:
    """Texts of cells replaced where the container keeps them, so that the file itself stays whole."""

    def edit(part: bytes) -> bytes:
        texts = list(re.finditer(rb"(<t[^>]*>|<text:p>)([^<]*)<", part))
        for _again in range(draw.choice((1, 3))):
            if texts:
                found = draw.choice(texts)
                odd = escape(draw.choice(ODD_VALUES).replace("\0", "")).encode()
                part = part.replace(found[0], found[1] + odd + b"<", 1)
        return part

    return _edited(content, edit, lambda name: name in ("xl/sharedStrings.xml", "content.xml"))


@mutation("xlsx")
def odd_numbers_in_cells(draw: random.Random, content: bytes) -> bytes:
    """Numbers of cells replaced: serials of no day, more digits than a number has, texts where a number stands."""
    odd = draw.choice(
        (
            b"1e999",
            b"-1",
            b"60",
            b"99999999",
            b"9.9e17",
            b"x",
            b"",
            b" ",
            b"0",
            b"44159.5",
            b"1.7976931348623157e308",
        )
    )

    def edit(part: bytes) -> bytes:
        cells = list(re.finditer(rb"<v>[^<]*</v>", part))
        found = draw.choice(cells)
        return part[: found.start()] + b"<v>" + odd + b"</v>" + part[found.end() :]

    return _edited(content, edit)


@mutation(*ALL)
def as_it_is(draw: random.Random, content: bytes) -> bytes:
    return content


# Bytes


@mutation(*ALL)
def flip_bytes(draw: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _again in range(draw.choice((1, 3, 20, 200))):
        changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)


@mutation(*ALL)
def cut_off(draw: random.Random, content: bytes) -> bytes:
    return content[: draw.randrange(len(content))]


@mutation(*ALL)
def cut_out(draw: random.Random, content: bytes) -> bytes:
    start = draw.randrange(len(content))
    return content[:start] + content[start + draw.randrange(1, 2_000) :]


@mutation(*ALL)
def repeat_piece(draw: random.Random, content: bytes) -> bytes:
    start = draw.randrange(len(content))
    piece = content[start : start + draw.randrange(1, 2_000)]
    return content[:start] + piece * draw.choice((2, 3, 50)) + content[start + len(piece) :]


@mutation(*ALL)
def put_noise_before_or_behind(draw: random.Random, content: bytes) -> bytes:
    noise = draw.randbytes(draw.randrange(1, 4_000))
    return noise + content if draw.random() < 0.5 else content + noise


@mutation(*ALL)
def put_nul_bytes(draw: random.Random, content: bytes) -> bytes:
    at = draw.randrange(len(content))
    return content[:at] + b"\0" * draw.choice((1, 2, 512)) + content[at:]


@mutation(*ALL)
def empty(draw: random.Random, content: bytes) -> bytes:
    return draw.choice((b"", b"\n", b" ", b"\xef\xbb\xbf", b"\xff\xfe", b"\0", b"\r\n\r\n", b"{}", b"PK"))


@mutation(*ALL)
def other_program(draw: random.Random, content: bytes) -> bytes:
    heads = (
        b"%PDF-1.7\n",
        b"\x89PNG\r\n\x1a\n",
        b"Rar!\x1a\x07",
        b"<html><table>",
        b"MZ\x90",
        b"\x7fELF",
        b"\x1f\x8b",
    )
    return draw.choice(heads) + content


@mutation(*ALL)
def swap_blocks(draw: random.Random, content: bytes) -> bytes:
    size = draw.choice((16, 128, 512))
    blocks = [content[at : at + size] for at in range(0, len(content), size)]
    for _again in range(draw.randrange(1, 6)):
        one, two = draw.randrange(len(blocks)), draw.randrange(len(blocks))
        blocks[one], blocks[two] = blocks[two], blocks[one]
    return b"".join(blocks)


# Zip parts


def _parts(content: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def _zipped(parts: Sequence[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, part in parts:
            if name in archive.namelist():
                archive.filelist.append(archive.filelist[archive.namelist().index(name)])
            else:
                archive.writestr(name, part)
    return out.getvalue()


def _is_table(name: str) -> bool:
    return "worksheets/sheet" in name or name == "content.xml"


def _edited(
    content: bytes, edit: Callable[[bytes], bytes], wanted: Callable[[str], bool] = _is_table
) -> bytes:
    return _zipped([(name, edit(part) if wanted(name) else part) for name, part in _parts(content)])


@mutation(*ZIPS)
def shuffle_parts(draw: random.Random, content: bytes) -> bytes:
    parts = _parts(content)
    draw.shuffle(parts)
    return _zipped(
        parts, draw.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2))
    )


@mutation(*ZIPS)
def shuffle_part_contents(draw: random.Random, content: bytes) -> bytes:
    parts = _parts(content)
    bodies = [part for _name, part in parts]
    draw.shuffle(bodies)
    return _zipped([(name, body) for (name, _old), body in zip(parts, bodies, strict=True)])


@mutation(*ZIPS)
def remove_a_part(draw: random.Random, content: bytes) -> bytes:
    parts = _parts(content)
    del parts[draw.randrange(len(parts))]
    return _zipped(parts)


@mutation(*ZIPS)
def rename_a_part(draw: random.Random, content: bytes) -> bytes:
    parts = _parts(content)
    at = draw.randrange(len(parts))
    name = draw.choice(
        ("../../evil", "xl/vbaProject.bin", "a" * 300, "XL/WORKBOOK.XML", "Basic/x.xml", "", "表")
    )
    parts[at] = (name, parts[at][1])
    return _zipped(parts)


@mutation(*ZIPS)
def double_a_part(draw: random.Random, content: bytes) -> bytes:
    parts = _parts(content)
    name, part = draw.choice(parts)
    return _zipped([*parts, (name, part)])


@mutation(*ZIPS)
def empty_a_part(draw: random.Random, content: bytes) -> bytes:
    parts = _parts(content)
    at = draw.randrange(len(parts))
    parts[at] = (parts[at][0], draw.choice((b"", b"<", b"<a/>", b"<a>", draw.randbytes(500))))
    return _zipped(parts)


@mutation(*ZIPS)
def flip_bytes_inside(draw: random.Random, content: bytes) -> bytes:
    """Well-packed parts with broken XML: the checksum is right, the content is not."""
    parts = _parts(content)
    at = draw.randrange(len(parts))
    name, part = parts[at]
    parts[at] = (name, flip_bytes(draw, part) if part else part)
    return _zipped(parts)


@mutation(*ZIPS)
def lie_about_sizes(draw: random.Random, content: bytes) -> bytes:
    """The central directory tells other sizes than the parts have."""
    changed = bytearray(content)
    at = -1
    for _again in range(draw.randrange(1, 5)):
        at = content.find(b"PK\x01\x02", at + 1)
        if at < 0:
            break
        field = at + draw.choice((10, 16, 20, 24, 42))
        changed[field : field + 4] = draw.choice((b"\0\0\0\0", b"\xff\xff\xff\xff", draw.randbytes(4)))
    return bytes(changed)


@mutation(*ZIPS)
def bomb(draw: random.Random, content: bytes) -> bytes:
    size = draw.choice((70, 120)) << 20
    fill = draw.choice((b" ", b"0", b"<row/>"))
    if draw.random() < 0.5:
        return _zipped([*_parts(content), ("xl/media/big.bin", fill * (size // len(fill)))])
    return _edited(content, lambda part: part + fill * (size // len(fill)))


@mutation(*ZIPS)
def entities(draw: random.Random, content: bytes) -> bytes:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    outside = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    remote = b'<!DOCTYPE x SYSTEM "http://localhost:9/x.dtd">'
    declared = draw.choice((laughs, outside, remote))
    parts = _parts(content)
    at = draw.choice([i for i, (name, _part) in enumerate(parts) if name.endswith((".xml", ".rels"))])
    name, part = parts[at]
    cut = part.find(b"?>") + 2 if part.startswith(b"<?xml") else 0
    inside = part[cut:].replace(b"</", b"&a;</", 3) if draw.random() < 0.5 else part[cut:]
    parts[at] = (name, part[:cut] + declared + inside)
    return _zipped(parts)


@mutation(*ZIPS)
def other_encoding_of_xml(draw: random.Random, content: bytes) -> bytes:
    encoding = draw.choice(("utf-16", "utf-16-le", "utf-32", "gb18030", "utf-7", "cp037"))
    return _edited(content, lambda part: part.decode("utf-8").encode(encoding))


@mutation("xlsx")
def giant_dimensions(draw: random.Random, content: bytes) -> bytes:
    corner = draw.choice(
        ("XFD1048576", "A1048576", "XFD1", "AMJ1", "ZZZ9999999", "A99999999999", "A0", "AAAAAA1")
    )

    def edit(part: bytes) -> bytes:
        part = part.replace(b"<dimension ref=", b'<dimension ref="A1:' + corner.encode() + b'" was=')
        if draw.random() < 0.7:
            row = f'<row r="{draw.choice((1, 1048576, 0, 99999999999))}"><c r="{corner}"><v>1</v></c></row>'
            part = part.replace(b"</sheetData>", row.encode() + b"</sheetData>")
        return part

    return _edited(content, edit)


@mutation("ods")
def repeated_cells(draw: random.Random, content: bytes) -> bytes:
    times = draw.choice((2, 1_000, 1_048_576, 10**12, -1, 0)), draw.choice((2, 16_384, 10**9, -5))

    def edit(part: bytes) -> bytes:
        rows, columns = times
        part = part.replace(
            b"<table:table-row>", b'<table:table-row table:number-rows-repeated="%d">' % rows, 2
        )
        cell = b'<table:table-cell table:number-columns-repeated="%d"' % columns
        return part.replace(b"<table:table-cell", cell, draw.choice((1, 30)))

    return _edited(content, edit)


@mutation("xlsx")
def odd_cells(draw: random.Random, content: bytes) -> bytes:
    odd = draw.choice(
        (
            '<c r="A2" t="s"><v>99999999</v></c>',
            '<c r="A2" t="s"><v>-1</v></c>',
            '<c r="A2" t="b"><v>7</v></c>',
            '<c r="A2" t="d"><v>2020-13-45</v></c>',
            '<c r="A2" t="e"><v>#REF!</v></c>',
            '<c r="A2" t="n"><v>1e999</v></c>',
            '<c r="A2" t="n"><v>NaN</v></c>',
            '<c r="A2"><f>HYPERLINK("http://localhost:9","x")</f></c>',
            '<c r="A2"><f>1/0</f><v>5</v></c>',
            '<c r="A2" t="str"><f>cmd|"/c calc"!A1</f><v>x</v></c>',
            '<c r="A2" t="inlineStr"><is><t>_x0000_&#x10FFFF;</t></is></c>',
            '<c r="A2" s="99999"><v>44000</v></c>',
            '<c r="A2" s="1"><v>99999999999</v></c>',
            '<c r="A2" s="1"><v>-5</v></c>',
            "<c><v>18446744073709551616</v></c>",
            '<c r="A2" t="zzz"><v>1</v></c>',
        )
    )
    return _edited(
        content, lambda part: part.replace(b'<row r="2"', f'<row r="2">{odd}</row><row r="3"'.encode(), 1)
    )


@mutation("xlsx")
def odd_workbook(draw: random.Random, content: bytes) -> bytes:
    edits = (
        (b'name="', b'name="' + b"n" * 300),
        (b"<sheets>", b"<sheets>" + b'<sheet name="x" sheetId="9" r:id="rId99"/>'),
        (b"<sheets>", b"<sheets>" + b'<sheet name="x" sheetId="9" r:id="rId1"/>'),
        (b"<workbookPr", b'<workbookPr date1904="1"'),
        (b"<sheet ", b'<sheet state="veryHidden" '),
        (b"<sheet ", b'<sheet state="what" '),
        (b"rId1", b"rId2"),
        (
            b"<sheets>",
            b"<sheets>"
            + b"".join(b'<sheet name="s%d" sheetId="%d" r:id="rId1"/>' % (i, i) for i in range(200)),
        ),
    )
    old, new = draw.choice(edits)
    return _edited(content, lambda part: part.replace(old, new), lambda name: name == "xl/workbook.xml")


@mutation("xlsx")
def outside_targets(draw: random.Random, content: bytes) -> bytes:
    target = draw.choice(
        (b"../../../../etc/passwd", b"file:///etc/passwd", b"http://localhost:9/x", b"", b"/xl/workbook.xml")
    )
    return _edited(
        content,
        lambda part: part.replace(b'Target="worksheets/sheet1.xml"', b'Target="' + target + b'"'),
        lambda name: name.endswith("workbook.xml.rels"),
    )


@mutation("xlsx")
def many_merges(draw: random.Random, content: bytes) -> bytes:
    refs = ("A1:XFD1048576", "A2:A99999", "B5:A1", "A:A", "Z1", "A2:B3")
    merges = "".join(
        f'<mergeCell ref="{draw.choice(refs)}"/>' for _again in range(draw.choice((1, 3, 2_000)))
    )
    tail = f"</sheetData><mergeCells>{merges}</mergeCells>".encode()
    return _edited(content, lambda part: part.replace(b"</sheetData>", tail))


@mutation("xlsx")
def macros(draw: random.Random, content: bytes) -> bytes:
    if draw.random() < 0.5:
        return _zipped([*_parts(content), ("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0")])
    plain, macro = b"spreadsheetml.sheet.main", b"ms-excel.sheet.macroEnabled.main"
    return _edited(
        content, lambda part: part.replace(plain, macro), lambda name: name == "[Content_Types].xml"
    )


@mutation(*ZIPS)
def encrypted_parts(draw: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    at = content.find(b"PK\x01\x02")
    changed[at + 8] |= 1
    return bytes(changed)


@mutation(*ALL)
def encrypted_package(draw: random.Random, content: bytes) -> bytes:
    from yunpu.stages.intake.tests.reading.writing import write_compound

    streams = {"EncryptionInfo": draw.randbytes(300), "EncryptedPackage": draw.randbytes(5_000)}
    with tempfile.TemporaryDirectory() as folder:
        return write_compound(Path(folder) / "locked.xlsx", streams).read_bytes()


@mutation(*ZIPS)
def long_cell(draw: random.Random, content: bytes) -> bytes:
    long = b"x" * draw.choice((40_000, 10 << 20))
    return _edited(
        content, lambda part: part.replace("一号单位".encode(), long), lambda name: name.endswith(".xml")
    )


# The old binary kind


@mutation("xls")
def odd_records(draw: random.Random, content: bytes) -> bytes:
    """Broken sizes, kinds and numbers inside the stream of records; the container stays whole."""
    changed = bytearray(content)
    starts = [at for at in range(512, len(changed) - 8, 2) if changed[at + 1] in (0, 2, 4, 8) and changed[at]]
    for _again in range(draw.choice((1, 5, 40))):
        at = draw.choice(starts)
        changed[at + draw.randrange(4)] = draw.randrange(256)
    return bytes(changed)


@mutation("xls")
def odd_sectors(draw: random.Random, content: bytes) -> bytes:
    """Chains that end nowhere, or in themselves."""
    changed = bytearray(content)
    for _again in range(draw.choice((1, 4))):
        at = draw.choice((30, 44, 48, 56, 60, 64, 68, 72, 76, 80, *range(512, min(len(changed), 4_096), 4)))
        changed[at : at + 4] = draw.choice((b"\0\0\0\0", b"\1\0\0\0", b"\xfe\xff\xff\xff", draw.randbytes(4)))
    return bytes(changed)


# Text


def _lines(content: bytes) -> list[bytes]:
    return content.split(b"\n")


@mutation(*TEXTS)
def mixed_encodings(draw: random.Random, content: bytes) -> bytes:
    other = "另一种编码的文字".encode(draw.choice(("utf-8", "gb18030", "utf-16", "big5", "shift-jis")))
    lines = _lines(content)
    at = draw.randrange(len(lines))
    lines[at] = lines[at].replace(b",", b"," + other, 1) + other
    return b"\n".join(lines)


@mutation(*TEXTS)
def invalid_utf8(draw: random.Random, content: bytes) -> bytes:
    at = draw.randrange(len(content))
    return (
        content[:at]
        + draw.choice((b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80"))
        + content[at:]
    )


@mutation("csv")
def quotes(draw: random.Random, content: bytes) -> bytes:
    at = draw.randrange(len(content))
    return content[:at] + draw.choice((b'"', b'""', b'","', b'"\n', b"'")) + content[at:]


@mutation("csv")
def million_columns(draw: random.Random, content: bytes) -> bytes:
    lines = _lines(content)
    at = draw.randrange(len(lines))
    lines[at] += b"," * draw.choice((600, 10**6))
    return b"\n".join(lines)


@mutation(*TEXTS)
def long_line(draw: random.Random, content: bytes) -> bytes:
    at = draw.randrange(len(content))
    return (
        content[:at]
        + draw.choice((b"x", b"9", b" ", b"[", b"\t")) * draw.choice((40_000, 10 << 20))
        + content[at:]
    )


@mutation("csv")
def duplicate_headers(draw: random.Random, content: bytes) -> bytes:
    lines = _lines(content)
    titles = lines[0].split(b",")[:600]  # another mutation may have made a million of them
    one = titles[0][:1_000]
    lines[0] = b",".join([*titles[:-1], draw.choice(titles)] if draw.random() < 0.5 else [one] * len(titles))
    return b"\n".join(lines)


@mutation(*TEXTS)
def odd_values(draw: random.Random, content: bytes) -> bytes:
    odd = draw.choice(ODD_VALUES).encode()
    lines = _lines(content)
    at = draw.randrange(1, max(2, len(lines) - 1))
    if lines[at].startswith(b"{"):
        fields = lines[at].split(b'"')
        fields[draw.randrange(3, len(fields), 4) if len(fields) > 4 else 1] = odd
        lines[at] = b'"'.join(fields)
    else:
        cells = lines[at].split(b",")
        cells[draw.randrange(len(cells))] = odd
        lines[at] = b",".join(cells)
    return b"\n".join(lines)


@mutation("jsonl")
def odd_json(draw: random.Random, content: bytes) -> bytes:
    odd = draw.choice(
        (
            b"[" * 100_000, b'{"a":' * 50_000, b"null", b"1", b"[]", b'{"a": {"b": 1}}', b'{"a": 1, "a": 2}', b'{"\\ud800": 1}',
            b'{"a": "\\u0000"}', b"{", b'{"a": 1e400}', b'{"a": ' + b"9" * 5_000 + b"}", b"{}", b'{"": 1}', b'{"a": NaN}',
            b'{"a": true}', b'{' + b",".join(b'"f%d":1' % i for i in range(600)) + b"}",
        )
    )  # fmt: skip
    lines = _lines(content)
    lines.insert(draw.randrange(len(lines)), odd)
    return b"\n".join(lines)


@mutation("jsonl")
def odd_json_values(draw: random.Random, content: bytes) -> bytes:
    lines = _lines(content)
    at = draw.randrange(len(lines) - 1)
    field = lines[at].split(b'": ')
    place = draw.randrange(1, len(field))
    rest = field[place].partition(b', "')
    odd = draw.choice(
        (
            b"1e400",
            b"NaN",
            b"-Infinity",
            b"9" * 4_400,
            b"true",
            b"null",
            b"[1]",
            b'"\\ud83d"',
            b'"\\u0000"',
            b"0.1",
        )
    )
    field[place] = odd + (rest[1] + rest[2] if rest[1] else b"}")
    lines[at] = b'": '.join(field)
    return b"\n".join(lines)


@mutation(*ALL)
def wrap_in_something(draw: random.Random, content: bytes) -> bytes:
    """A file inside another kind of file."""
    wrapped = (
        base64.b64encode(content),
        zlib.compress(content),
        _zipped([("a.xlsx", content)]),
        content.hex().encode(),
    )
    return draw.choice(wrapped)


# Cases


@dataclass(frozen=True)
class Good:
    """A file that is kept as it stands."""

    kind: str
    format_code: str
    content: bytes


@dataclass(frozen=True)
class Case:
    """One mutated file: what was done to it, and the name it is handed in by."""

    number: int
    label: str
    name: str
    format_code: str
    content: bytes


_GENTLE = (
    "as_it_is",
    "duplicate_headers",
    "quotes",
    "repeated_cells",
    "many_merges",
    "giant_dimensions",
    "shuffle_parts",
)


@cache
def good_files() -> tuple[Good, ...]:
    """Small good files of every kind in two formats of the platform."""
    from yunpu.kernel.codes import credit_code_with_check
    from yunpu.stages.intake.tests.reading.writing import WRITERS, write_csv

    codes = [credit_code_with_check(f"91360199MA{number:07}") for number in range(12)]
    names = ["一号单位", *(f"企业{number}" for number in range(1, 12))]
    firms = [["统一社会信用代码", "企业名称", "所在地", "行业"]]
    firms += [[code, name, "360111", "制造业"] for code, name in zip(codes, names, strict=True)]
    activities: list[list[Any]] = [["活动编号", "活动名称", "类型", "举办日期", "地点"]]
    for number, name in enumerate(names, 1):
        activities.append(
            [f"HD2020-{number:02}", name, "网上培训", dt.date(2020, 1 + number % 12, 15), "政务大厅"]
        )
    made = []
    with tempfile.TemporaryDirectory() as folder:
        for code, rows in (("reference.enterprises", firms), ("outreach.activities", activities)):
            for kind, write in WRITERS.items():
                made.append(Good(kind, code, write(Path(folder) / f"a.{kind}", rows).read_bytes()))
            for encoding, delimiter in (("gb18030", ","), ("utf-8-sig", ";"), ("utf-16", "\t")):
                path = write_csv(Path(folder) / "b.csv", rows, encoding=encoding, delimiter=delimiter)
                made.append(Good("csv", code, path.read_bytes()))
    return tuple(made)


def make_case(seed: int, number: int) -> Case:
    """The case of a seed and a number: one good file, one to three mutations, a name that may lie."""
    from yunpu.stages.intake.files import BROKEN_ZIP

    draw = random.Random(f"{seed}/{number}")
    good = draw.choice(good_files())
    fitting = sorted(name for name, (kinds, _mutate) in MUTATIONS.items() if good.kind in kinds)
    content, labels = good.content, []
    gentle = [name for name in fitting if name.startswith("odd_") or name in _GENTLE]
    for _again in range(draw.choice((1, 1, 1, 2, 3))):
        label = draw.choice(gentle if draw.random() < 0.4 else fitting)
        try:
            content = MUTATIONS[label][1](draw, content)
        except (IndexError, *BROKEN_ZIP):  # the file is too broken by now for this one
            continue
        labels.append(label)
        if not content:
            break
    suffix = good.kind if draw.random() < 0.8 else draw.choice((*ALL, "txt", "xlsm", "exe", ""))
    code = draw.choice((good.format_code, good.format_code, ""))
    return Case(number, "+".join(labels), f"名单{number}.{suffix}", code, content)


# The proof


class Broken(AssertionError):
    """A case after which something is not as it must be."""


class World:
    """Where the cases are tried: the records that may change, and the folders in which nothing may stay."""

    def __init__(self) -> None:
        from django.apps import apps
        from django.conf import settings

        from yunpu.reference.models import Unit
        from yunpu.trail.operations import System, operation

        self.by = System("测试")
        self.at = dt.datetime(2020, 12, 20, 9, tzinfo=dt.UTC)
        self.models = [
            apps.get_model(name)
            for name in ("reference.Enterprise", "outreach.Activity", "budget.BudgetLine")
        ]
        self.folders = [Path(settings.ORIGINALS_FOLDER), Path(settings.FOLDER) / "staged"]
        with operation("reference.unit-created", by=self.by, at=self.at) as note:
            self.unit = Unit.objects.create(code="YP", name="云谱区", level=Unit.Level.DISTRICT, path="/0/")
            self.unit.path = f"/{self.unit.pk}/"
            self.unit.save()
            note.created(self.unit)
        self.counts: dict[str, int] = {}
        self.most = 0
        self._sign_in()
        self._load_earlier_records()

    def _sign_in(self) -> None:
        from django.test import Client

        from yunpu.access.models import Grant, Role, User
        from yunpu.trail.operations import preparing

        with preparing("access.user-created"):
            user = User.objects.create(
                username="jingban", name="经办", unit=self.unit, must_change_password=False
            )
            Grant.objects.create(user=user, role=Role.STAFF, unit=self.unit, valid_from=dt.date(2020, 1, 1))
        self.client = Client()
        self.client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    def _load_earlier_records(self) -> None:
        """Some records are there already, some of them with other values."""
        from yunpu.stages.intake import operations

        for good in good_files():
            if good.kind == "csv" and not good.content.startswith((b"\xff", b"\xef")):
                text = b"\n".join(good.content.split(b"\n")[:8]).replace("企业2,".encode(), "旧名,".encode())
                load = operations.receive_file(
                    io.BytesIO(text),
                    name="先前.csv",
                    unit=self.unit,
                    by=self.by,
                    at=self.at,
                    format_code=good.format_code,
                )
                operations.check_load(load, by=self.by, at=self.at)
                operations.keep_load(load, by=self.by, at=self.at, acknowledgement="测试")

    def records(self) -> list[Any]:
        """Every record the files could touch, hidden rows of loads included."""
        return [list(model.every.order_by("pk").values_list()) for model in self.models]

    def files(self) -> set[Path]:
        return {path for folder in self.folders for path in folder.rglob("*") if path.is_file()}

    def try_case(self, case: Case) -> str:
        """Hand the case in as a user does; give the state it ended in. Raises Broken."""
        from yunpu.kernel.refusals import Refusal
        from yunpu.stages.intake import operations

        before, files = self.records(), self.files()
        load = operations.receive_file(
            io.BytesIO(case.content),
            name=case.name,
            unit=self.unit,
            by=self.by,
            at=self.at,
            format_code=case.format_code,
        )
        operations.check_load(load, by=self.by, at=self.at)
        told = load.refused or load.findings or load.error_count or load.preview
        if not told:
            raise Broken(f"{case.label}: nothing was said")
        try:
            operations.keep_load(load, by=self.by, at=self.at, acknowledgement="测试")
        except Refusal as refusal:
            if not str(refusal):
                raise Broken(f"{case.label}: refused without a word") from refusal
        load.refresh_from_db()
        return self.judge(case, load, before, files)

    def judge(self, case: Case, load: Any, before: list[Any], files: set[Path]) -> str:
        """Give the state it ended in. The records are as before or hold the whole file; what a refused file left, nobody finds."""
        from yunpu.stages.intake import operations
        from yunpu.stages.intake.models import Load
        from yunpu.trail.models import Batch

        if load.state == Load.State.KEPT:
            batch = Batch.objects.get(pk=load.batch_id)
            written = sum(model.objects.filter(batch_id=batch.pk).count() for model in self.models)
            if (
                written != batch.created_count + batch.changed_count
                or written != load.facts["good_rows"] - batch.unchanged_count
            ):
                raise Broken(f"{case.label}: a part was kept: {written} of {load.facts}")
            operations.withdraw_load(load, by=self.by, at=self.at, reason="测试")
        if self.records() != before:
            raise Broken(f"{case.label}: records differ")
        left = self.files() - files
        if load.state == Load.State.REFUSED and left:
            raise Broken(f"{case.label}: refused, but {left} stayed")
        if [path for path in left if path.name.startswith("part-")]:
            raise Broken(f"{case.label}: a temporary file stayed")
        state = str(load.state)
        self.counts[state] = self.counts.get(state, 0) + 1
        return state

    def try_through_page(self, case: Case) -> str:
        """The same through the upload page, as a person signed in would; give the state it ended in."""
        from django.core.files.uploadedfile import SimpleUploadedFile

        from yunpu.stages.intake.models import Load

        before, files = self.records(), self.files()
        newest = Load.objects.order_by("-id").values_list("id", flat=True).first() or 0
        handed = SimpleUploadedFile(case.name, case.content)
        form = {"file": handed, "unit": self.unit.pk, "format_code": case.format_code}
        answer = self.client.post("/intake/upload/", form)
        if answer.status_code not in (302, 422):
            raise Broken(f"{case.label}: the upload page answered {answer.status_code}")
        load = Load.objects.filter(id__gt=newest).first()
        if load is None:
            return "422"
        asked = ["", "annotated.xlsx"] if load.original_id else [""]
        for part in asked:
            page = self.client.get(answer["Location"] + part)
            if page.status_code != 200:
                raise Broken(f"{case.label}: {part or 'the page'} answered {page.status_code}")
        if load.state == Load.State.CHECKED and not load.error_count and not load.question_count:
            self.client.post(f"{answer['Location']}keep/", {"acknowledgement": "测试"})
        load.refresh_from_db()
        return self.judge(case, load, before, files)


def peak_megabytes(*, forget: bool = False) -> int:
    """The most memory the process held since it was last forgotten, as Linux tells it; 0 elsewhere."""
    status, marks = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not (status.exists() and marks.exists()):
        return 0
    if forget:
        marks.write_text("5")
    found = re.search(r"VmHWM:\s+([0-9]+) kB", status.read_text())
    return int(found[1]) // 1024 if found else 0


@contextmanager
def in_time(case: Case) -> Iterator[None]:
    """A case that hangs is a failure, not a proof that never ends."""

    def hangs(*_arguments: object) -> None:
        raise Broken(f"{case.label}: longer than {SECONDS} seconds")

    former = signal.signal(signal.SIGALRM, hangs)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, former)


def run_cases(world: World, seed: int, numbers: Sequence[int], *, keep_in: Path | None = None) -> list[str]:
    """Try the cases; give a line for each that failed."""
    failed = []
    for number in numbers:
        case = make_case(seed, number)
        before = peak_megabytes(forget=True)
        try:
            with in_time(case):
                world.try_case(case) if number % 4 else world.try_through_page(case)
            world.most = max(world.most, peak_megabytes() - before)
            if peak_megabytes() - before > MEGABYTES:
                raise Broken(f"{case.label}: took {peak_megabytes() - before} MB")
        except Exception as fault:
            failed.append(
                f"seed {seed} case {number} ({case.label}): {type(fault).__name__}: {str(fault)[:300]}"
            )
            if keep_in is not None:
                (keep_in / f"{seed}-{number}").write_bytes(case.content)
    return failed


@contextmanager
def test_database() -> Iterator[None]:
    """Django and an empty database of the tests' settings, gone afterwards."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yunpu.config.settings_test")
    import django
    from django.test.utils import (
        setup_databases,
        setup_test_environment,
        teardown_databases,
        teardown_test_environment,
    )

    django.setup()
    setup_test_environment()
    created = setup_databases(verbosity=0, interactive=False)
    try:
        yield
    finally:
        teardown_databases(created, verbosity=0)
        teardown_test_environment()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("YUNPU_SEED") or 1))
    parser.add_argument("--only", type=int, help="try one case again")
    parser.add_argument("--keep-in", type=Path, help="put the files of failed cases into this folder")
    options = parser.parse_args()
    numbers = range(options.count) if options.only is None else [options.only]
    with test_database():
        world = World()
        failed = run_cases(world, options.seed, numbers, keep_in=options.keep_in)
    for line in failed:
        print(line)
    states = ", ".join(f"{state} {count}" for state, count in sorted(world.counts.items()))
    print(f"{states}; one case took at most {world.most} MB; failed {len(failed)}")
    print(f"{len(numbers)} cases, seed {options.seed}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
