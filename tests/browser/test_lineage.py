"""A figure opened in a browser down to its rows, and the chart of the budget book. Each page is asked several things."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from tests.browser.test_screens import PHONE, SIDEWAYS, faults_of
from yunpu.access.models import Grant, User
from yunpu.domains.budget.tests.factories import make_line
from yunpu.domains.outreach.models import Attendance
from yunpu.domains.outreach.tests.factories import make_activity, make_enterprise, make_unit
from yunpu.kernel.periods import Period
from yunpu.stages.indicators.models import Figure
from yunpu.stages.indicators.operations import compute
from yunpu.stages.snapshots.operations import freeze
from yunpu.trail.operations import System

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BY, AT = System("测试"), dt.datetime(2020, 12, 20, 9, tzinfo=dt.UTC)


@pytest.fixture
def unit(settings):
    settings.CLOCK_DATE = AT.date()
    return make_unit()


@pytest.fixture
def officer(unit):
    user = User.objects.create(username="f", name="财政", unit=unit, must_change_password=False)
    Grant.objects.create(user=user, role="finance", unit=unit, valid_from=dt.date(2020, 1, 1))
    return user


@pytest.fixture
def figure(unit):
    activity = make_activity(unit)
    firms = [make_enterprise() for _n in range(30)]
    Attendance.objects.bulk_create(
        Attendance(activity=activity, enterprise=firm, seat=seat) for firm in firms for seat in (1, 2)
    )
    snapshot = freeze(AT.date(), by=BY, at=AT)
    compute(snapshot, Period.year(2020), ["innovation.roadshow_enterprises"], by=BY, at=AT)
    Attendance.objects.filter(enterprise=firms[0], seat=2).delete()
    return Figure.objects.get(code="innovation.roadshow_enterprises", period_code="2020")


def test_a_figure_opens_in_a_drawer_down_to_its_rows(new_page, officer, figure):
    page = new_page(officer, accept_downloads=True)
    page.goto(reverse("indicators:period", args=["2020"]))
    page.click(f"a[href='{reverse('indicators:figure', args=[figure.pk])}'] >> nth=0")
    drawer = page.locator("[data-drawer]")
    drawer.locator(".yp-breakdown").wait_for()
    assert "30家" in drawer.locator("h1").inner_text()
    total = drawer.locator(".yp-breakdown tfoot").inner_text().split()
    assert total == ["合计", "60", "30"]
    assert drawer.get_by_text("✓ 等于数字").count() == 1
    assert drawer.get_by_text("已删").count() == 1
    assert faults_of(page) == []

    drawer.get_by_role("link", name="下一页").click()
    drawer.get_by_text("第 21—40 条，共 60 条").wait_for()
    name = drawer.locator(".yp-traced tbody tr").first.locator("td").nth(6).inner_text()
    drawer.locator("input[name=q]").fill(name)
    drawer.locator("input[name=q]").press("Enter")
    drawer.get_by_text(f"含“{name}”的").wait_for()
    assert drawer.locator(".yp-traced tbody tr").count() in (1, 2)

    drawer.get_by_role("button", name="重算一次").click()
    drawer.get_by_text("重读全部文件，重算一致").wait_for()
    with page.expect_download() as given:
        drawer.get_by_role("link", name="导出 Excel").click()
    book = CalamineWorkbook.from_filelike(io.BytesIO(given.value.path().read_bytes()))
    assert book.sheet_names == ["数字", "定义", "快照", "记录", "来源"]
    drawer.get_by_role("link", name="复制链接").click()
    drawer.get_by_text("已复制").wait_for()
    page.keyboard.press("Escape")
    assert drawer.count() == 0


def test_the_same_chain_is_a_page_that_fits_a_phone(new_page, officer, figure):
    for body, year in (("区改革办", 2019), ("区财政局", 2020)):
        make_line(officer.unit, year=year, body_code=body, body_name=body)
    page = new_page(officer, **PHONE, color_scheme="dark")
    for address in (
        reverse("indicators:figure", args=[figure.pk]),
        reverse("indicators:period", args=["2020"]),
        reverse("indicators:catalogue"),
        reverse("snapshots:detail", args=[figure.snapshot.pk]),
        reverse("indicators:indicator", args=["innovation.roadshow_enterprises"]),
        reverse("outreach:calendar-month", args=[2020, 6]),
        reverse("outreach:sign-in-sheet", args=[Attendance.objects.first().activity_id]),
        reverse("budget:pivot"),
        reverse("budget:compare"),
    ):
        page.goto(address)
        assert page.evaluate(SIDEWAYS) <= 0, address
        assert faults_of(page) == []


def test_the_budgets_chart_is_drawn_and_switched_to_its_table(new_page, officer, unit):
    for body, amount in (("区改革办", 300_000_000), ("区财政局", 500_000_000)):
        make_line(unit, year=2020, body_code=body, body_name=body, amount_fen=amount)
    page = new_page(officer)
    page.goto(reverse("budget:pivot"))
    page.locator("[data-book] canvas").wait_for()
    assert faults_of(page) == []
    page.click("[data-view=table]")
    table = page.locator("[data-book] table")
    assert "500.00" in table.inner_text()
    assert not page.locator(".yp-book-chart").is_visible()
    page.click("[data-view=chart]")
    assert page.locator("[data-book] canvas").is_visible()
