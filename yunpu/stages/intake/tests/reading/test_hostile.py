"""Hostile files: each gets its one clear sentence and leaves nothing behind – no original, no temporary file, no row."""

import datetime as dt
import io
import json
import struct
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
import xlwt

from yunpu.kernel.codes import credit_code_with_check
from yunpu.reference.models import Enterprise, Unit
from yunpu.stages.intake import operations
from yunpu.stages.intake.compound import NotCompound, decompress
from yunpu.stages.intake.files import Limits, UnableToRead, sniff
from yunpu.stages.intake.models import Load, Original
from yunpu.stages.intake.queries import find_refusal
from yunpu.stages.intake.sheets import open_book
from yunpu.stages.intake.tests.reading.reading import GOOD, TITLES, check, grant
from yunpu.stages.intake.tests.reading.writing import (
    edit_part,
    ods_table,
    read_parts,
    write_compound,
    write_csv,
    write_jsonl,
    write_ods,
    write_ods_content,
    write_xls,
    write_xlsx,
    write_zip,
)
from yunpu.trail.models import Event
from yunpu.trail.operations import System, operation

BY = System("测试")
AT = dt.datetime(2020, 12, 20, 9, tzinfo=dt.UTC)
SHEET = "xl/worksheets/sheet1.xml"


def raw(content: bytes):
    def write(path: Path) -> Path:
        path.write_bytes(content)
        return path

    return write


def cut(write):
    return lambda path: raw(write(path, GOOD).read_bytes()[:-900])(path)


def edited(name: str, old: bytes, new: bytes, write=write_xlsx):
    def make(path: Path) -> Path:
        parts = read_parts(write(path, GOOD))
        assert old in parts[name], "the part holds what is to be replaced"
        return write_zip(path, {**parts, name: parts[name].replace(old, new, 1)})

    return make


def with_part(name: str, content: bytes, write=write_xlsx):
    return lambda path: write_zip(path, read_parts(write(path, GOOD)) | {name: content})


def locked_zip(path: Path) -> Path:
    content = bytearray(write_xlsx(path, GOOD).read_bytes())
    at = content.find(b"PK\x01\x02")
    content[at + 8] |= 1
    return raw(bytes(content))(path)


def locked_xls(path: Path) -> Path:
    """A workbook stream whose second record says that what follows is encrypted."""
    stream = (
        struct.pack("<HHHHHHII", 0x0809, 16, 0x0600, 5, 0, 0, 0, 0)
        + struct.pack("<HH", 0x002F, 54)
        + bytes(54)
    )
    return write_compound(path, {"Workbook": stream})


def twice(path: Path) -> Path:
    write_xlsx(path, GOOD)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning):
        archive.writestr(SHEET, b"<worksheet/>")
    return path


def inflating(path: Path) -> Path:
    """The directory says 10 bytes, the part holds 200 MB."""
    write_zip(path, read_parts(write_xlsx(path, GOOD)) | {"xl/media/a.bin": b"\0" * (200 << 20)})
    content = bytearray(path.read_bytes())
    at = content.rfind(b"PK\x01\x02")
    content[at + 24 : at + 28] = (10).to_bytes(4, "little")
    return raw(bytes(content))(path)


def wide_ods(path: Path) -> Path:
    table = ods_table("申报表", GOOD).replace(
        "<table:table-cell ", '<table:table-cell table:number-columns-repeated="16384" ', 1
    )
    return write_ods_content(path, table)


def tall_ods(path: Path) -> Path:
    table = ods_table("申报表", GOOD).replace(
        "<table:table-row>", '<table:table-row table:number-rows-repeated="1048576">', 2
    )
    return write_ods_content(path, table)


def wide_xls(path: Path) -> Path:
    """The record of a sheet's extent, and one cell, in the last corner that two bytes can name."""
    content = bytearray(write_xls(path, GOOD).read_bytes())
    at = content.find(struct.pack("<HH", 0x0200, 14))
    content[at + 4 : at + 16] = struct.pack("<IIHH", 0, 65_535, 0, 65_535)
    return raw(bytes(content))(path)


def xls_that_ends_its_reader(path: Path) -> Path:
    """A sheet that begins below its end: the reader of values would ask for more memory than there is, and abort."""
    content = bytearray(write_xls(path, GOOD).read_bytes())
    at = content.find(struct.pack("<HH", 0x0200, 14))
    content[at + 4 : at + 16] = struct.pack("<IIHH", 0xD600, 13, 0, 5)
    return raw(bytes(content))(path)


def tall_sheet(path: Path) -> Path:
    corner = b'<row r="1048576"><c r="AZ1048576"><v>1</v></c></row></sheetData>'
    return edited(SHEET, b"</sheetData>", corner)(path)


def many_sheets(path: Path) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        for number in range(101):
            book.add_worksheet(f"表{number}").write(0, 0, "x")
    return path


LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
AFTER = b"?>"

DAMAGED = "文件不完整或已损坏，请重新导出一份"
RENAMED = "它不是表格文件，只是改了扩展名"
LOCKED = "文件加了密码，请去掉密码再上传"
MACROS = "文件含有宏，请另存为不含宏的 .xlsx"
ENTITIES = "文件里有不允许的 XML 实体声明，请在 Excel 里另存一份"
BOMB = "文件解压后大得不合理，请另存一份再上传"
WIDE = "列数超过 500，不是一张表"
TALL = "行数太多，请拆成几个文件"
LONG = "有单元格的内容过长"
NUL = "文件含有空字节，不是文本表格"
MIXED = "文字编码混杂（第 %s 行附近），请另存为 UTF-8"

HOSTILE = {
    "empty": (raw(b""), "文件是空的"),
    "empty-blank": (raw(b"\r\n \r\n"), "文件是空的"),
    "truncated-xlsx": (cut(write_xlsx), DAMAGED),
    "truncated-xls": (cut(write_xls), DAMAGED),
    "truncated-ods": (cut(write_ods), DAMAGED),
    "encrypted-xlsx": (
        lambda path: write_compound(path, {"EncryptionInfo": b"\4\0\4\0", "EncryptedPackage": b"\1" * 9000}),
        LOCKED,
    ),
    "encrypted-zip": (locked_zip, LOCKED),
    "encrypted-xls": (locked_xls, LOCKED),
    "encrypted-ods": (with_part("META-INF/manifest.xml", b"<m><encryption-data/></m>", write_ods), LOCKED),
    "macros-xlsx": (with_part("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0"), MACROS),
    "macros-type": (
        edited("[Content_Types].xml", b"spreadsheetml.sheet.main", b"ms-excel.sheet.macroEnabled.main"),
        MACROS,
    ),
    "macros-ods": (with_part("Basic/Standard/Module1.xml", b"<x/>", write_ods), MACROS),
    "macros-xls": (
        lambda path: write_compound(
            path, {"Workbook": b"\x09\x08\0\0", "VBA/dir": b"\1", "VBA/Module1": b"\1"}
        ),
        MACROS,
    ),
    "renamed-pdf": (raw(b"%PDF-1.7 ..."), RENAMED),
    "renamed-picture": (raw(b"\x89PNG\r\n\x1a\n" + bytes(40)), RENAMED),
    "renamed-word": (
        lambda path: write_zip(path, {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}),
        RENAMED,
    ),
    "renamed-old-word": (lambda path: write_compound(path, {"WordDocument": b"x"}), RENAMED),
    "renamed-program": (raw(b"MZ" + b"\x01\x02\x03" * 300), RENAMED),
    "renamed-web-page": (
        raw(b"<html><table><tr><td>1</td></tr></table></html>"),
        "它是网页或 XML，请在 Excel 里另存为 .xlsx",
    ),
    "renamed-xlsb": (lambda path: write_zip(path, {"xl/workbook.bin": b"x"}), "它是 .xlsb，请另存为 .xlsx"),
    "zip-bomb": (with_part("xl/media/a.bin", b"\0" * (200 << 20)), BOMB),
    "zip-bomb-that-lies": (inflating, DAMAGED),
    "zip-many-parts": (lambda path: write_zip(path, {f"p{n}": b"" for n in range(5_001)}), BOMB),
    "a-part-twice": (twice, DAMAGED),
    "a-part-missing": (
        lambda path: write_zip(
            path, {k: v for k, v in read_parts(write_xlsx(path, GOOD)).items() if k != SHEET}
        ),
        DAMAGED,
    ),
    "million-columns-csv": (raw(b"," * 10**6 + b"\n"), WIDE),
    "million-columns-jsonl": (raw(json.dumps({f"f{n}": n for n in range(100_000)}).encode()), WIDE),
    "wide-xlsx": (
        edited(SHEET, b"</sheetData>", b'<row r="9"><c r="XFD9"><v>1</v></c></row></sheetData>'),
        WIDE,
    ),
    "wide-ods": (wide_ods, WIDE),
    "tall-xlsx": (tall_sheet, TALL),
    "tall-ods": (tall_ods, TALL),
    "wide-ods-of-untyped-text": (
        edited(
            "content.xml",
            b"</table:table-row>",
            b'<table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell></table:table-row>',
            write_ods,
        ),
        WIDE,
    ),
    "address-without-end": (edited(SHEET, b'r="A2"', b'r="AAAAAA2"'), DAMAGED),
    "row-without-end": (
        edited(SHEET, b"</sheetData>", b'<row r="99999999999"><c><v>1</v></c></row></sheetData>'),
        DAMAGED,
    ),
    "two-sheets-of-one-name": (
        edited(
            "xl/workbook.xml",
            b"</sheets>",
            '<sheet name="申报表" sheetId="2" r:id="rId1"/></sheets>'.encode(),
        ),
        DAMAGED,
    ),
    "repeated-without-end": (
        edited(
            "content.xml",
            b"<table:table-row>",
            b'<table:table-row table:number-rows-repeated="1000000000000">',
            write_ods,
        ),
        DAMAGED,
    ),
    "wide-xls": (wide_xls, WIDE),
    "xls-that-ends-its-reader": (xls_that_ends_its_reader, DAMAGED),
    "many-sheets": (many_sheets, "工作表太多，请拆成几个文件"),
    "entities-laughs": (edited(SHEET, AFTER, AFTER + LAUGHS), ENTITIES),
    "entities-outside": (edited("xl/sharedStrings.xml", AFTER, AFTER + OUTSIDE), ENTITIES),
    "entities-ods": (edited("content.xml", AFTER, AFTER + OUTSIDE, write_ods), ENTITIES),
    "entities-utf16": (
        lambda path: edit_part(
            write_xlsx(path, GOOD), SHEET, lambda part: (LAUGHS + part[55:]).decode().encode("utf-16")
        ),
        ENTITIES,
    ),
    "nul-bytes": (raw("编号,名称\n1,甲\0乙\n".encode()), NUL),
    "nul-bytes-late": (raw(b"a,b\n" + b"1,2\n" * 400_000 + b"\0\0"), NUL),
    "mixed-encodings": (raw("编号,名称\n1,甲单位\n".encode() + "2,乙单位\n".encode("gb18030")), MIXED % 3),
    "mixed-encodings-back": (
        raw("编号,名称\n1,甲单位\n".encode("gb18030") + "2,信息单位\n".encode()),
        MIXED % 3,
    ),
    "ten-megabyte-cell-csv": (raw(b"a,b\n1," + b"x" * (10 << 20) + b"\n"), "有一行长得不合理，不是一张表"),
    "long-cell-csv": (raw(b"a,b\n1," + b"x" * 40_000 + b"\n"), LONG),
    "ten-megabyte-cell-xlsx": (edited("xl/sharedStrings.xml", "单位1".encode(), b"x" * (10 << 20)), LONG),
    "ten-megabyte-cell-ods": (edited("content.xml", "单位1".encode(), b"x" * (10 << 20), write_ods), LONG),
    "long-cell-jsonl": (lambda path: write_jsonl(path, [["a"], ["x" * 40_000]]), LONG),
    "json-array": (raw(b'[{"a": 1}]'), "它是一个 JSON 数组，应改为每行一个对象"),
    "json-broken": (raw(b'{"a": 1}\n{"a": '), "第 2 行不是完整的 JSON"),
    "json-deep": (raw(b'{"a": 1}\n' + b"[" * 100_000), "第 2 行不是完整的 JSON"),
    "json-nested": (raw(b'{"a": 1}\n{"a": [1]}'), "第 2 行有嵌套的内容"),
    "json-twice": (raw(b'{"a": 1, "a": 2}'), "第 1 行的字段 a 写了两次"),
    "json-new-field": (raw(b'{"a": 1}\n{"b": 2}'), "第 2 行有前面没有的字段 b"),
    "json-surrogate": (raw(b'{"a": 1}\n{"\\ud800": 2}'), "第 2 行有前面没有的字段 \ufffd"),
    "open-quote": (raw('编号,名称\n1,"甲\n2,乙\n'.encode()), "第 2 行的引号没有配对，后面的内容无法分列"),
}


@pytest.fixture
def unit(db, settings, tmp_path):
    settings.FOLDER = tmp_path / "var"
    settings.ORIGINALS_FOLDER = tmp_path / "var" / "originals"
    with operation("reference.unit-created", by=BY, at=AT) as note:
        unit = Unit.objects.create(code="YP", name="云谱区", level="district", path="/1/")
        note.created(unit)
    return unit


def hand_in(path: Path, unit: Unit, code: str = "reference.enterprises") -> Load:
    with path.open("rb") as stream:
        load = operations.receive_file(stream, name="报表.xlsx", unit=unit, by=BY, at=AT, format_code=code)
    return operations.check_load(load, by=BY, at=AT)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", HOSTILE)
def test_one_clear_sentence_and_nothing_left_behind(tmp_path, unit, name):
    make, sentence = HOSTILE[name]
    path = make(tmp_path / "hostile")
    load = hand_in(path, unit)
    refusal = find_refusal(load)
    assert (load.state, refusal and refusal.params["reason"]) == (Load.State.REFUSED, sentence)
    assert load.original is None
    assert not Original.objects.exists()
    assert not files_in(tmp_path / "var")
    assert not Enterprise.every.exists()
    assert Event.objects.get(verb="intake.file-refused").after["reason"] == sentence


def test_a_refused_file_stays_refused_and_says_so(tmp_path, unit):
    load = hand_in(raw(b"%PDF")(tmp_path / "a"), unit)
    with pytest.raises(operations.UnableToKeep, match="无法读取"):
        operations.check_load(load, by=BY, at=AT)
    with pytest.raises(operations.UnableToKeep, match="无法读取"):
        operations.keep_load(load, by=BY, at=AT)


def test_the_bytes_of_a_refused_file_stay_while_another_load_has_them(tmp_path, unit):
    path = write_csv(tmp_path / "a.csv", [["统一社会信用代码"], ["x"]])
    with path.open("rb") as stream:
        other = operations.receive_file(stream, name="a", unit=unit, by=BY, at=AT)
    mine = hand_in(path, unit)
    operations._refuse(mine, UnableToRead(reason="试"), by=BY, at=AT)
    assert other.path.read_bytes() == path.read_bytes()
    operations._refuse(other, UnableToRead(reason="试"), by=BY, at=AT)
    assert not files_in(tmp_path / "var" / "originals")


def test_a_stream_that_is_too_large_or_breaks_leaves_nothing(tmp_path, unit):
    class Breaks(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, _buffer):
            raise OSError("cable pulled")

    given = {"name": "a.csv", "unit": unit, "by": BY, "at": AT}
    with pytest.raises(OSError, match="cable pulled"):
        operations.receive_file(io.BufferedReader(Breaks()), **given)
    with pytest.raises(UnableToRead, match="文件太大"):
        operations.receive_file(io.BytesIO(b"x" * 100), limits=Limits(file_bytes=50), **given)
    assert not files_in(tmp_path / "var")
    assert not Load.objects.exists()


def test_names_of_files_are_made_harmless(tmp_path, unit):
    load = operations.receive_file(
        io.BytesIO(b"a"), name="../../etc/\x00pass\u202ewd.xlsx", unit=unit, by=BY, at=AT
    )
    assert load.name == "passwd.xlsx"
    long = operations.receive_file(io.BytesIO(b"a"), name="长" * 400, unit=unit, by=BY, at=AT)
    assert len(long.name) == 255


def test_the_same_bad_file_again_is_refused_again(tmp_path, unit):
    path = raw(b"%PDF-1.7 again")(tmp_path / "a")
    assert hand_in(path, unit).state == hand_in(path, unit).state == Load.State.REFUSED
    assert not Original.objects.exists()


def test_two_people_hand_in_the_same_good_file(tmp_path, unit):
    rows = [["统一社会信用代码", "企业名称"], [credit_code_with_check("91360199MA0000001"), "甲公司"]]
    path = write_xlsx(tmp_path / "a.xlsx", rows)
    first, second = hand_in(path, unit), hand_in(path, unit)
    assert first.original == second.original
    assert operations.keep_load(first, by=BY, at=AT).state == Load.State.KEPT
    assert operations.keep_load(second, by=BY, at=AT).state == Load.State.UNCHANGED
    assert Enterprise.every.count() == 1


# What is no reason to refuse the file, but to tell its places


def test_duplicate_headers(tmp_path):
    titles = [*TITLES[:4], "金额", "完成率"]
    assert check(write_csv(tmp_path / "a.csv", [titles, grant(1)])).where("INT-033") == ["1"]


def test_ids_over_64_bits(tmp_path):
    for text in (str(2**64), str(-(2**63) - 1), "9" * 300):
        assert check(write_csv(tmp_path / "a.csv", [TITLES, grant(1, people=text)])).where("INT-004") == [
            "E2"
        ]


@pytest.mark.parametrize("date", ["2020-02-30", "2020-00-10", "99999-01-01", "2019-02-29", "2020年6月31日"])
def test_impossible_dates(tmp_path, date):
    assert check(write_csv(tmp_path / "a.csv", [TITLES, grant(1, paid_on=date)])).where("INT-006") == ["C2"]


def test_formulas_in_text_stay_text(tmp_path):
    hostile = '=HYPERLINK("http://localhost:9","点我")'
    told = check(write_csv(tmp_path / "a.csv", [TITLES, grant(1, unit_name=hostile)]))
    assert told.column("unit_name") == [hostile]
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet()
        for number, row in enumerate([TITLES, grant(1, paid_on="2020-11-24")]):
            page.write_row(number, 0, row)
        page.write_formula("B2", '=WEBSERVICE("http://localhost:9/")', None, "取来的")
    told = check(path)
    assert (told.column("unit_name"), told.codes) == (["取来的"], ["INT-040"])


def test_a_good_xls_with_the_empty_shells_of_a_macro_project_is_read(tmp_path):
    book = xlwt.Workbook()
    page = book.add_sheet("申报表")
    page.write(0, 0, "x")
    book.save(str(tmp_path / "a.xls"))
    assert sniff(tmp_path / "a.xls").kind == "xls"


def test_a_macro_project_that_inflates_without_end_is_taken_for_macros():
    """Two bytes may stand for 4,098: a chunk is stopped where it must end."""
    assert len(decompress(b"\1" + struct.pack("<H", 0xB001) + b"\0a")) == 1
    bomb = b"\1" + struct.pack("<H", 0xBFFF) + (b"\xfe" + b"a" + b"\xff\x0f" * 7) * 200
    with pytest.raises(NotCompound):
        decompress(bomb)


def test_a_far_cell_that_is_only_coloured_is_no_table_without_end(tmp_path):
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        page = book.add_worksheet("申报表")
        for number, row in enumerate([TITLES, grant(1, paid_on="2020-11-24")]):
            page.write_row(number, 0, row)
        page.write_blank("XFD1048576", None, book.add_format({"bg_color": "#FF0000"}))
    assert len(check(tmp_path / "a.xlsx").rows) == 1


def test_a_sheet_name_that_no_program_gives_is_refused(tmp_path):
    path = edited("xl/workbook.xml", 'name="申报表"'.encode(), ('name="' + "长" * 300 + '"').encode())(
        tmp_path / "a.xlsx"
    )
    with pytest.raises(UnableToRead, match=DAMAGED):
        open_book(path, sniff(path))
