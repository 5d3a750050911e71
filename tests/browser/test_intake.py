"""A person's way through the intake in a real browser: from the blank template to a record and its source row.

Once in Chinese on an office screen, once in English on a phone.
"""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from yunpu.access.models import Grant, Role, User
from yunpu.domains.outreach.models import Activity
from yunpu.reference.models import Unit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ROWS = (
    ("XJ2020-01", "政策宣讲第一场", "宣讲", "2020-06-11", "集聚区"),
    ("XJ2020-02", "政策宣讲第二场", "宣讲", "2020-07-12", "象湖片区"),
)
ORDER = ("活动编号", "活动名称", "类型", "举办日期", "地点")
CHINESE = {
    "upload": "上传并核对",
    "blocked": "还没有导入任何一行。",
    "annotated": "下载批注文件",
    "again": "重新上传",
    "passed": "全部通过。",
    "keep": "导入 2 行",
    "kept": "新增 2，更新 0，未变 0",
    "sheet": "原文件，只读",
    "template": "下载模板",
}
ENGLISH = {
    "upload": "Upload and check",
    "blocked": "Not one row was imported yet.",
    "annotated": "Download annotated file",
    "again": "Upload again",
    "passed": "Everything passes.",
    "keep": "Import 2 rows",
    "kept": "2 new, 0 changed, 0 unchanged",
    "sheet": "Original, read only",
    "template": "Download template",
}


@pytest.fixture
def clerk():
    district = Unit.objects.create(code="YP", name="云谱区", level=Unit.Level.DISTRICT, path="/")
    Unit.objects.filter(pk=district.pk).update(path=f"/{district.pk}/")
    user = User.objects.create(username="jingban", name="陈经办", unit=district, must_change_password=False)
    Grant.objects.create(user=user, role=Role.STAFF, unit=district, valid_from=dt.date(2000, 1, 1))
    return user


def fill(template: bytes, rows: tuple[tuple[str, ...], ...]) -> bytes:
    """The downloaded template with rows typed below its header, as a clerk does."""
    book = openpyxl.load_workbook(io.BytesIO(template))
    sheet = book.worksheets[0]
    heads = next(
        row for row in sheet.iter_rows() if any(str(cell.value or "").startswith(ORDER[0]) for cell in row)
    )
    columns = {str(cell.value).split("（")[0].strip(" *"): cell.column for cell in heads if cell.value}
    first = (
        max(number for number in range(heads[0].row, sheet.max_row + 1) if sheet.cell(number, 1).value) + 1
    )
    for offset, row in enumerate(rows):
        for name, value in zip(ORDER, row, strict=True):
            sheet.cell(first + offset, columns[name], value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def hand_in(page: Page, content: bytes, words: dict[str, str]) -> None:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    page.set_input_files("input[type=file]", {"name": "活动.xlsx", "mimeType": kind, "buffer": content})
    page.get_by_role("button", name=words["upload"]).click()


def walk(page: Page, words: dict[str, str]) -> None:
    page.goto("/intake/formats/")
    with page.expect_download() as download:
        page.locator('[id="outreach.activities"]').get_by_role("link", name=words["template"]).click()
    template = Path(download.value.path()).read_bytes()

    page.goto("/intake/upload/?format=outreach.activities")
    hand_in(page, fill(template, (*ROWS, ("XJ2020-03", "第三场", "庙会", "2020-13-40", ""))), words)
    expect(page.get_by_role("alert")).to_contain_text(words["blocked"])
    places = page.locator(".in-place").all_inner_texts()
    wrong = [place for place in places if place.rpartition("!")[2][:1] in "CE"]
    assert len(wrong) == 2, places
    page.get_by_role("link", name=wrong[0], exact=True).click()
    expect(page.locator("#cell .yp-cell-here")).to_have_text("庙会")
    assert Activity.objects.count() == 0
    with page.expect_download() as download:
        page.get_by_role("link", name=words["annotated"]).click()
    annotated = openpyxl.load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
    cells = [cell for sheet in annotated.worksheets for row in sheet.iter_rows() for cell in row]
    comments = [cell for cell in cells if cell.comment]
    assert {cell.coordinate for cell in comments} >= {place.rpartition("!")[2] for place in wrong}

    page.get_by_role("link", name=words["again"]).click()
    hand_in(page, fill(template, ROWS), words)
    expect(page.get_by_text(words["passed"])).to_be_visible()
    expect(page.locator("#keep")).to_contain_text("政策宣讲第二场")
    page.get_by_role("button", name=words["keep"]).first.click()
    expect(page.get_by_role("status").filter(has_text=words["kept"])).to_be_visible()
    assert Activity.objects.count() == 2

    page.get_by_role("link", name="政策宣讲第二场").click()
    page.locator(".yp-column-side").get_by_role("link", name="活动.xlsx").first.click()
    expect(page.get_by_text(words["sheet"])).to_be_visible()
    expect(page.locator(".yp-cell-here").first).to_have_text("XJ2020-02")
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width == 0


def test_from_template_to_source_row_in_chinese_on_an_office_screen(new_page, clerk):
    walk(new_page(clerk), CHINESE)


def test_from_template_to_source_row_in_english_on_a_phone(new_page, clerk):
    page = new_page(clerk, viewport={"width": 390, "height": 844}, has_touch=True)
    page.goto("/")
    page.locator(".yp-me summary").click()
    page.get_by_role("button", name="English").click()
    page.wait_for_load_state()
    walk(page, ENGLISH)
