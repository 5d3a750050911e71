"""A bulletin's whole way in a browser: typed numeral, refusal, repair, check, issue, origin, changed row, correction."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from yunpu.access.models import User
from yunpu.config import district
from yunpu.domains.outreach.models import HandOut
from yunpu.stages.bulletins.models import Bulletin, Issue
from yunpu.stages.bulletins.verifying import verify_issue
from yunpu.stages.snapshots.models import Snapshot

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
AT = dt.datetime(2020, 12, 20, 1, tzinfo=dt.UTC)
CLOCK = dt.date(2020, 12, 20)


@pytest.fixture
def demo(settings: Any, tmp_path: Path, transactional_db: None) -> Issue:
    """The demo district with its first issue."""
    for name, below in (("FOLDER", ""), ("ORIGINALS_FOLDER", "originals"), ("MEDIA_ROOT", "originals")):
        setattr(settings, name, tmp_path / below)
    settings.SNAPSHOTS_FOLDER = tmp_path / "snapshots"
    settings.CLOCK_DATE = CLOCK
    district.build(at=AT, tell=lambda _line: None)
    User.objects.update(must_change_password=False)
    return Issue.objects.get()


def open_as(new_page: Any, username: str, url: str, **options: Any) -> Page:
    page: Page = new_page(User.objects.get(username=username), **options)
    page.goto(url)
    return page


def write(page: Page, text: str) -> None:
    """Type at the end of the text, as a person does."""
    page.locator("[data-editor] > div").last.click()
    page.keyboard.press("Control+End")
    page.keyboard.press("Enter")
    page.keyboard.type(text)


def test_from_a_typed_numeral_to_an_issue_and_its_correction(demo: Issue, new_page: Any) -> None:
    bulletin = write_and_be_refused(new_page)
    issue = check_and_issue(new_page, bulletin)
    open_figure_down_to_its_cell(new_page, issue)
    change_a_row(new_page)
    freeze_and_compute(new_page)
    correct(new_page, issue)


def write_and_be_refused(new_page: Any) -> Bulletin:
    page = open_as(new_page, "bianji", reverse("bulletins:create"))
    expect(page.get_by_label("编发单位").locator("option:checked")).to_have_text("区政府办")
    page.get_by_role("button", name="开始写").click()
    expect(page.get_by_role("button", name="送核稿")).to_be_visible()
    page.locator("[data-editor]").click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.type("## 政策直达企业")
    page.keyboard.press("Enter")
    page.keyboard.type("科技活动周发放宣传资料521份，组织")
    page.keyboard.press("/")
    page.keyboard.type("参加网上培训企业")
    page.keyboard.press("Enter")
    page.keyboard.type("参加培训。")
    told = page.locator("[data-offence]")
    expect(told).to_have_count(1)  # while one writes
    expect(told).to_contain_text("521份")
    expect(page.locator("[data-editor] .yp-figure-chip")).to_have_text("近100家")
    page.get_by_role("button", name="保存正文并核对").click()
    expect(page.get_by_text("1 处手写，不能送核稿")).to_be_visible()
    bulletin = Bulletin.objects.latest("id")
    assert "{{innovation.training_enterprises}}参加培训。" in bulletin.text
    refusal = page.request.post(
        reverse("bulletins:step", args=[bulletin.pk, "submit"]),
        form={"csrfmiddlewaretoken": page.locator("[name=csrfmiddlewaretoken]").first.input_value()},
        headers={"Referer": page.url},
    )
    assert refusal.status == 409
    assert "2:12“动周发放宣传资料521份，组织" in refusal.text()
    page.locator("[data-offence] [data-go]").click()
    assert page.evaluate("getSelection().toString()") == "521份"
    expect(told.get_by_text("+21")).to_be_visible()
    told.get_by_role("button", name="换成 500余份").click()
    expect(page.get_by_text("每个数字都能打开到记录")).to_be_visible()
    assert "宣传资料{{innovation.materials_handed_out}}，组织" in Bulletin.objects.get(pk=bulletin.pk).text
    page.get_by_role("button", name="送核稿").click()
    expect(page.get_by_text("已送核稿")).to_be_visible()
    expect(page.get_by_role("button", name="核稿通过")).to_have_count(0)
    return bulletin


def check_and_issue(new_page: Any, bulletin: Bulletin) -> Issue:
    url = reverse("bulletins:bulletin", args=[bulletin.pk])
    page = open_as(new_page, "shenhe", url)
    expect(page.get_by_alt_text("第 1 页")).to_be_visible()
    page.get_by_role("button", name="核稿通过").click()
    expect(page.get_by_text("待签发")).to_be_visible()
    page = open_as(new_page, "lingdao", url)
    page.get_by_role("button", name="签发", exact=True).click()
    expect(page.get_by_role("heading", name="惠企政策专报 2020 年第 1 期")).to_be_visible()
    expect(page.get_by_text("核验通过")).to_be_visible()
    issue = Issue.objects.latest("id")
    expect(page.locator(".yp-proof")).to_contain_text(issue.verification_code)
    for who in ("吴编辑", "李审核", "赵区长"):
        expect(page.locator(".yp-trail")).to_contain_text(who)
    with page.expect_download() as downloading:
        page.get_by_role("link", name="PDF").click()
    assert Path(downloading.value.path()).read_bytes() == bytes(issue.pdf)
    return issue


def open_figure_down_to_its_cell(new_page: Any, issue: Issue) -> None:
    page = open_as(new_page, "lingdao", reverse("bulletins:issue", args=[issue.pk]))
    page.locator(".yp-paper").get_by_role("link", name="500余份").click()
    chain = page.locator("#drawer .yp-chain")
    expect(chain).to_contain_text(issue.snapshot_digest)
    expect(chain).to_contain_text("等于数字")
    expect(chain).to_contain_text("512")
    chain.get_by_role("link", name=re.compile(r"第 \d+ 行")).first.click()
    expect(page.get_by_role("heading", name=re.compile(r"发放资料2020\.xlsx 第 \d+ 行"))).to_be_visible()
    expect(page.locator(".yp-cell-here").first).to_be_visible()


def change_a_row(new_page: Any) -> None:
    handed = HandOut.objects.filter(activity__name__contains="科技活动周").order_by("pk").first()
    assert handed is not None
    page = open_as(new_page, "jingban", reverse("outreach:handouts-change", args=[handed.pk]))
    page.get_by_label("发放份数").fill(str(handed.quantity + 100))
    page.get_by_role("button", name=re.compile("保存")).click()
    expect(page.get_by_text(str(handed.quantity + 100)).first).to_be_visible()


def freeze_and_compute(new_page: Any) -> None:
    page = open_as(new_page, "caizheng", reverse("snapshots:freeze"))
    page.get_by_role("button", name="冻结全部台账").click()
    expect(page.get_by_role("link", name=re.compile("S-20201220-02")).first).to_be_visible()
    page.goto(reverse("indicators:compute"))
    page.get_by_role("button", name="计算这一期的数字").click()
    page.get_by_role("link", name="打开 2020 的数字").click()
    expect(page.get_by_text("600余份").first).to_be_visible()


def correct(new_page: Any, old: Issue) -> None:
    page = open_as(new_page, "bianji", reverse("bulletins:issue", args=[old.pk]))
    page.get_by_role("button", name="新出一期更正").click()
    expect(page.locator("[data-editor] .yp-figure-chip").first).to_have_text("600余份")
    page.get_by_role("button", name="送核稿").click()
    expect(page.get_by_text("已送核稿")).to_be_visible()
    new = check_and_issue_again(new_page, Bulletin.objects.latest("id"))
    page = open_as(new_page, "shenji", reverse("bulletins:issue", args=[new.pk]))
    expect(page.locator(".yp-paper")).to_contain_text("本期更正《惠企政策专报》2020年第1期")
    expect(page.locator(".yp-paper")).to_contain_text("600余份")
    page.get_by_role("link", name="惠企政策专报 2020 年第 1 期").click()
    expect(page.get_by_text("这一期已被更正")).to_be_visible()
    expect(page.locator(".yp-paper")).to_contain_text("500余份")
    expect(page.get_by_text("核验通过")).to_be_visible()
    assert Snapshot.objects.count() == 2
    assert [verify_issue(one) for one in Issue.objects.order_by("id")] == [[], [], []]


def check_and_issue_again(new_page: Any, bulletin: Bulletin) -> Issue:
    url = reverse("bulletins:bulletin", args=[bulletin.pk])
    open_as(new_page, "shenhe", url).get_by_role("button", name="核稿通过").click()
    page = open_as(new_page, "lingdao", url)
    page.get_by_role("button", name="签发", exact=True).click()
    expect(page.get_by_role("heading", name="惠企政策专报 2020 年第 2 期")).to_be_visible()
    return Issue.objects.latest("id")


def test_on_a_phone_in_english_nothing_runs_over_the_edge(demo: Issue, new_page: Any) -> None:
    User.objects.filter(username__in=["bianji", "lingdao"]).update(language="en")
    page = open_as(
        new_page,
        "lingdao",
        reverse("bulletins:issue", args=[demo.pk]),
        viewport={"width": 390, "height": 844},
    )
    expect(page.get_by_text("Verified", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page = open_as(new_page, "bianji", reverse("bulletins:create"), viewport={"width": 390, "height": 844})
    page.locator("button[type=submit]").last.click()
    expect(page.get_by_role("button", name="Send to be checked")).to_be_visible()
    write(page, "共四家企业。")
    expect(page.locator("[data-offence]")).to_contain_text("四家")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_without_scripts_the_text_is_a_plain_field(demo: Issue, new_page: Any) -> None:
    page = open_as(new_page, "bianji", reverse("bulletins:create"), java_script_enabled=False)
    page.get_by_role("button", name="开始写").click()
    page.get_by_label("正文").last.fill("## 标题\n组织{{innovation.training_enterprises}}和四家企业。\n")
    page.get_by_role("button", name="保存正文并核对").click()
    expect(page.locator("[data-offence]")).to_contain_text("四家")
    expect(page.get_by_role("link", name="近100家")).to_be_visible()
