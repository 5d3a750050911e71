"""The annotated file, read back: every finding is in it, the original's look is kept, nothing in it is a formula of others."""

import datetime as dt
import io
import zipfile

import openpyxl
import pytest
import xlsxwriter

from yunpu.kernel.findings import Severity
from yunpu.stages.intake import annotation
from yunpu.stages.intake.annotation import neutralise, write_annotated
from yunpu.stages.intake.tests.reading.reading import TITLES, check, grant
from yunpu.stages.intake.tests.reading.writing import WRITERS, edit_part, write_csv, write_xlsx

BAD = [TITLES, grant(1, amount="待定"), grant(2, people=-1, paid_on="某日"), grant(3, share=0.4)]


def annotate(source, tmp_path, **options):
    """Check a file, write its annotated twin, open that; also the findings told."""
    told = check(source)
    target = tmp_path / "annotated.xlsx"
    write_annotated(source, target, told.findings, told.checked.rows, **options)
    return openpyxl.load_workbook(target), told


def colour_of(cell):
    return cell.fill.fgColor.rgb[-6:] if cell.fill.fill_type == "solid" else ""


@pytest.mark.parametrize("kind", WRITERS)
def test_every_finding_is_a_comment_with_colour_and_a_line_of_the_list(tmp_path, kind):
    book, told = annotate(WRITERS[kind](tmp_path / f"a.{kind}", BAD), tmp_path)
    listed, page = book.worksheets[0], book.worksheets[1]
    assert [cell.value for cell in listed[1]] == ["位置", "级别", "问题", "为什么要紧", "怎么改", "代码"]
    assert sorted(row[5].value for row in listed.iter_rows(min_row=2)) == told.codes
    assert {row[0].value for row in listed.iter_rows(min_row=2)} == {
        one.place.address for one in told.findings
    }
    for finding in told.findings:
        cell = page.cell(finding.place.row, finding.place.column)
        for words in (finding.what(), finding.why(), finding.remedy(), finding.kind):
            assert words in cell.comment.text
        assert colour_of(cell) == annotation.COLOURS[finding.severity]
    assert page.cell(2, 1).comment is None
    assert colour_of(page.cell(2, 1)) == ""
    assert [cell.value for cell in page[1]][:4] == TITLES[:4]
    assert book.active is listed


def styled(path):
    """An original with widths, colours, formats, merged titles, a formula, a chart-free second sheet, a filter."""
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet("申报表")
        bold = book.add_format({"bold": True, "bg_color": "#00FF00", "font_name": "仿宋"})
        money = book.add_format({"num_format": "#,##0.00"})
        page.merge_range("A1:F1", "补助发放表", bold)
        for number, row in enumerate([TITLES, grant(1, paid_on="2020-11-24"), grant(2, paid_on="某日")], 1):
            page.write_row(number, 0, row)
        page.write_number("D3", 1234.5, money)
        page.write_formula("E3", "=1+1", None, 2)
        page.set_column("B:B", 40)
        page.freeze_panes(2, 0)
        page.data_validation("F3:F9", {"validate": "list", "source": ["40%"]})
        page.conditional_format("D3:D9", {"type": "cell", "criteria": ">", "value": 5, "format": bold})
        book.add_worksheet("别的").write("A1", "不动")
    return path


def test_the_original_keeps_its_formats(tmp_path):
    book, told = annotate(
        styled(tmp_path / "a.xlsx").rename(tmp_path / "5f3c"), tmp_path
    )  # as originals are stored
    page = book["申报表"]
    assert told.where("INT-006") == ["申报表!C4"]
    assert "INT-006" in page["C4"].comment.text
    assert page["A1"].font.b and page["A1"].font.name == "仿宋" and colour_of(page["A1"]) == "00FF00"
    assert "A1:F1" in page.merged_cells
    assert page["D3"].number_format == "#,##0.00"
    assert page["E3"].value == "=1+1"
    assert page.column_dimensions["B"].width > 35
    assert page.freeze_panes == "A3"
    assert len(page.data_validations.dataValidation) == 1
    assert len(page.conditional_formatting) == 1
    assert book["别的"]["A1"].value == "不动"


def test_it_can_be_mended_and_handed_in_again(tmp_path):
    annotate(write_xlsx(tmp_path / "a.xlsx", [TITLES, grant(1), grant(2, amount="待定")]), tmp_path)
    book = openpyxl.load_workbook(tmp_path / "annotated.xlsx")
    book["申报表"]["D3"] = 2000
    book.save(tmp_path / "mended.xlsx")
    told = check(tmp_path / "mended.xlsx")
    assert told.checked.sheet == "申报表"
    assert told.checked.may_load
    assert told.column("amount_fen") == [100_000, 200_000]


def test_an_older_comment_stays_beside_the_new_one(tmp_path):
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    page = book.active
    page.title = "申报表"
    for row in [TITLES, grant(1, amount="待定")]:
        page.append(row)
    page["D2"].comment = openpyxl.comments.Comment("等通知", "某人")
    book.save(path)
    annotated, _told = annotate(path, tmp_path)
    assert "INT-011" in annotated["申报表"]["D2"].comment.text
    assert "等通知" in annotated["申报表"]["D2"].comment.text


def test_a_finding_on_a_merged_cell_stands_at_its_first(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet("申报表")
        for number, row in enumerate([TITLES, *(grant(n, paid_on="2020-11-24") for n in (1, 2, 3))]):
            page.write_row(number, 0, row)
        page.merge_range("D2:D3", 9, book.add_format({"bold": True}))
    annotated, told = annotate(path, tmp_path)
    assert told.where("INT-001") == ["申报表!D3"]
    assert "INT-001" in annotated["申报表"]["D2"].comment.text


def test_a_merged_area_without_end_is_not_laid_out(tmp_path):
    path = write_xlsx(tmp_path / "a.xlsx", BAD)
    merged = b'</sheetData><mergeCells><mergeCell ref="A5:XFD1048576"/></mergeCells>'
    edit_part(path, "xl/worksheets/sheet1.xml", lambda part: part.replace(b"</sheetData>", merged))
    book, told = annotate(path, tmp_path)
    assert not book.worksheets[1].merged_cells.ranges
    assert sorted(row[5].value for row in book.worksheets[0].iter_rows(min_row=2)) == told.codes
    assert "INT-011" in book.worksheets[1]["D2"].comment.text


@pytest.mark.parametrize("kind", ["xls", "ods", "csv", "jsonl"])
def test_other_kinds_become_a_workbook_with_their_values(tmp_path, kind):
    hostile = '=HYPERLINK("http://localhost:9","x")'
    book, _told = annotate(
        WRITERS[kind](
            tmp_path / f"a.{kind}",
            [TITLES, grant(1, unit_name="@甲" if kind == "xls" else hostile, amount="x")],
        ),
        tmp_path,
    )
    cell = book.worksheets[1]["B2"]
    assert cell.data_type == "s"
    assert cell.value.startswith("'")


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@x", "\t=1", "|x", "%x"])
def test_texts_that_would_compute_are_made_plain(value):
    assert neutralise(value) == "'" + value
    assert neutralise("甲=1") == "甲=1"
    assert neutralise(-1) == -1


def test_words_of_findings_that_would_compute_are_plain_texts(tmp_path):
    book, _told = annotate(write_xlsx(tmp_path / "a.xlsx", [TITLES, grant(1), ["=", "=x"]]), tmp_path)
    for row in book.worksheets[0].iter_rows():
        assert all(cell.data_type != "f" for cell in row)


def test_only_rows_with_findings_above_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(annotation, "LARGE", 20)
    rows = [["补助发放表"], TITLES, *(grant(n, amount="待定" if n in (7, 30) else n) for n in range(1, 41))]
    path = write_csv(tmp_path / "a.csv", rows)
    told = check(path)
    target = tmp_path / "annotated.xlsx"
    write_annotated(path, target, told.findings, told.checked.rows, header_row=2)
    page = openpyxl.load_workbook(target).worksheets[1]
    assert [page.cell(row, 1).value for row in range(1, page.max_row + 1)] == [1, "原行号", 9, 32]
    assert [page.cell(2, column).value for column in range(2, 8)] == TITLES
    assert "INT-011" in page["E3"].comment.text


def test_a_workbook_the_writer_does_not_understand_loses_no_finding(tmp_path):
    path = write_xlsx(tmp_path / "a.xlsx", BAD)
    odd = b'<pageSetup orientation="sideways"/></worksheet>'
    edit_part(path, "xl/worksheets/sheet1.xml", lambda part: part.replace(b"</worksheet>", odd))
    with pytest.raises(ValueError, match="Unable to read workbook"):
        openpyxl.load_workbook(path)
    told = check(path)
    target = tmp_path / "annotated.xlsx"
    write_annotated(path, target, told.findings, told.checked.rows)
    book = openpyxl.load_workbook(target)
    assert sorted(row[5].value for row in book.worksheets[0].iter_rows(min_row=2)) == told.codes
    assert "INT-011" in book.worksheets[1]["D2"].comment.text


def test_names_of_sheets_that_excel_does_not_take(tmp_path):
    book, _told = annotate(WRITERS["ods"](tmp_path / "a.ods", BAD), tmp_path)
    assert book.sheetnames == ["问题清单", "申报表"]
    path = tmp_path / "b.xlsx"
    with xlsxwriter.Workbook(str(path)) as written:
        page = written.add_worksheet("问题清单")
        for number, row in enumerate([TITLES, grant(1, paid_on="某日")]):
            page.write_row(number, 0, row)
    book, _told = annotate(path, tmp_path)
    assert book.sheetnames == ["问题清单2", "问题清单"]


def test_it_opens_in_the_language_of_its_reader(tmp_path):
    from django.utils import translation
    from django.utils.translation import gettext

    with translation.override("en"):
        book, _told = annotate(write_xlsx(tmp_path / "a.xlsx", BAD), tmp_path, translate=gettext)
    assert [cell.value for cell in book.worksheets[0][1]][:3] == ["Place", "Weight", "What"]


def test_dates_stay_dates_in_a_new_workbook(tmp_path):
    book, _told = annotate(WRITERS["xls"](tmp_path / "a.xls", [TITLES, grant(1, amount="待定")]), tmp_path)
    assert book.worksheets[1]["C2"].value == dt.datetime.combine(dt.date(2020, 11, 24), dt.time())


def test_two_runs_give_no_two_texts(tmp_path):
    """The parts of the workbook hold no time and no chance but the document's own."""
    path = write_csv(tmp_path / "a.csv", BAD)
    told = check(path)
    parts = []
    for name in ("one.xlsx", "two.xlsx"):
        write_annotated(path, tmp_path / name, told.findings, told.checked.rows)
        with zipfile.ZipFile(io.BytesIO((tmp_path / name).read_bytes())) as archive:
            parts.append({one: archive.read(one) for one in archive.namelist() if "core.xml" not in one})
    assert parts[0] == parts[1]


def test_each_weight_has_its_colour():
    assert annotation.COLOURS.keys() == set(Severity)
