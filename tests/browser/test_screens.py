"""The generic screens in a browser: keys, selection, columns, drawers, phones, accessibility, nothing inline.

Few and quick: each page is opened once and asked several things.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.urls import reverse

from yunpu.access.models import Role
from yunpu.domains.outreach.models import Activity
from yunpu.domains.outreach.tests.factories import make_enterprise
from yunpu.ui.forms import SELECT_MOST
from yunpu.ui.tests.district import ACTIVITIES, District, index, make_activities

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
PHONE = {"viewport": {"width": 390, "height": 844}}
OFFICE = {"viewport": {"width": 1366, "height": 768}}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
TOO_SMALL = """() => [...document.querySelectorAll('a[href], button, summary, select, input:not([type=hidden])')]
  .filter((one) => one.offsetParent !== null && !one.closest('p, .yp-skip, .yp-crumbs, label, li .yp-quiet'))
  .map((one) => [one.outerHTML.slice(0, 120), one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && box.height < 43.5)
  .map(([html, box]) => `${Math.round(box.height)} ${html}`)"""


@pytest.fixture
def district():
    district = District()
    make_activities(district.here, 60)
    return district


def faults_of(page):
    """What axe-core finds on a page, by rule."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("(tags) => window.axe.run(document, {runOnly: {type: 'tag', values: tags}})", RULES)
    return [
        f"{page.url} {one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def screens_of(district):
    activity = Activity.objects.order_by("pk").first()
    return [
        reverse("home"),
        reverse("overview"),
        reverse("tasks"),
        reverse("intake:loads-list"),
        reverse("indicators:figures-list"),
        reverse("search") + "?q=宣讲",
        ACTIVITIES,
        f"{ACTIVITIES}?kind=online",
        reverse("outreach:activities-record", args=[activity.pk]),
        reverse("outreach:activities-change", args=[activity.pk]),
        reverse("outreach:activities-remove", args=[activity.pk]),
        reverse("access:profile"),
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_the_main_screens(new_page, district, theme):
    page = new_page(district.user(theme=theme))
    faults = []
    for url in screens_of(district):
        page.goto(url)
        page.wait_for_load_state("networkidle")
        if url == ACTIVITIES:
            for pop in page.locator(".yp-toolbar details.yp-pop > summary").all():
                pop.click()
                faults += faults_of(page)
        faults += faults_of(page)
    assert faults == []


def test_axe_finds_nothing_where_one_signs_in(page):
    page.goto(reverse("access:sign-in"))
    assert faults_of(page) == []


def test_nothing_scrolls_sideways_and_a_thumb_hits_everything(new_page, district):
    page, office = new_page(district.user(), **PHONE), new_page(district.user(), **OFFICE)
    for url in screens_of(district):
        page.goto(url)
        page.wait_for_load_state("networkidle")
        assert page.evaluate(SIDEWAYS) <= 0, url
        assert page.evaluate(TOO_SMALL) == [], url
        office.goto(url)
        assert office.evaluate(SIDEWAYS) <= 0, url
    page.click("[data-menu-button]")
    assert page.evaluate("document.getElementById('side').contains(document.activeElement)")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.getElementById('side').contains(document.activeElement)")
    page.keyboard.press("Escape")
    assert page.get_attribute("[data-menu-button]", "aria-expanded") == "false"
    assert page.evaluate("document.activeElement.hasAttribute('data-menu-button')")


def test_a_list_is_worked_by_keyboard_alone(new_page, district):
    page = new_page(district.user())
    page.goto(ACTIVITIES)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "yp-skip"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.wait_for_selector("#picked-sum >> text=已选 1")
    page.keyboard.press("Escape")
    assert page.locator("[data-bulk]").is_hidden()
    assert "筛选后 60" in page.inner_text("#list-said")
    page.keyboard.press("?")
    assert page.locator("#shortcuts").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("jx?")  # in a field these are letters
    assert page.input_value("#q") == "jx?"
    assert not page.locator("#shortcuts").is_visible()
    page.keyboard.press("Control+k")
    assert page.evaluate("document.activeElement.id") == "global-search"
    page.evaluate("document.activeElement.blur()")
    # while an input method is composing, a letter is part of a word
    page.evaluate(
        "document.dispatchEvent(new KeyboardEvent('keydown', {key: '?', isComposing: true, bubbles: true}))"
    )
    assert not page.locator("#shortcuts").is_visible()
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url("**" + reverse("tasks"))
    page.keyboard.press("g")
    page.keyboard.press("l")
    page.wait_for_url("**" + reverse("indicators:figures-list") + "*")


def test_the_year_is_chosen_by_keyboard_and_the_list_follows(new_page, district):
    page = new_page(district.user())
    page.goto(ACTIVITIES)
    year = int(page.text_content(".yp-year .yp-only-narrow"))
    page.focus(".yp-year summary")
    page.keyboard.press("Enter")
    page.click(f".yp-year button[value='{year - 1}']")
    page.wait_for_url(f"**held_on={year - 1}-01-01**")
    assert page.text_content(".yp-year .yp-only-narrow") == str(year - 1)
    assert page.locator(".yp-chip").count() == 1
    page.click(".yp-chip")
    page.wait_for_selector("text=筛选后 60")


def test_a_list_counts_without_scripts(new_page, district):
    page = new_page(district.user(), java_script_enabled=False)
    page.goto(ACTIVITIES)
    page.wait_for_url("**counted=1")
    assert "本页 50 · 筛选后 60 · 全部 60" in page.inner_text("tfoot")


def test_what_was_removed_is_put_back_from_the_toast(new_page, district):
    page = new_page(district.user())
    activity = Activity.objects.order_by("pk").first()
    page.goto(reverse("outreach:activities-remove", args=[activity.pk]))
    page.fill("textarea[name=reason]", "重复登记")
    page.click("text=写明理由并删除")
    page.click(".yp-toast a")
    assert faults_of(page) == []
    page.fill("textarea[name=reason]", "删错了")
    page.click("text=写明理由并恢复")
    page.wait_for_selector(".yp-toast >> text=已恢复 1 条")
    assert Activity.objects.get(pk=activity.pk).code == activity.code


def test_picking_goes_over_pages_and_to_all_that_match_then_changes_them(new_page, district):
    page = new_page(district.user())
    page.goto(ACTIVITIES)
    page.locator("[data-pick]").first.check()
    page.click("a[rel=next]")
    page.wait_for_url("**after=**")
    page.locator("[data-pick]").first.check()
    page.wait_for_selector("#picked-sum >> text=已选 2")
    page.reload()
    page.wait_for_selector("#picked-sum >> text=已选 2")
    page.click("[data-pick-matching]")
    page.wait_for_selector("#picked-sum >> text=已选 60")
    page.click("[data-bulk] >> text=批量修改")
    page.check("input[name=field][value=place]")
    page.click("text=填新的值")
    page.fill("input[name=place]", "集聚区")
    page.fill("textarea[name=reason]", "统一写法")
    page.click("text=先看会改什么")
    page.click("button:has-text('修改 60 条')")
    page.wait_for_selector(".yp-toast >> text=已修改 60 条")
    assert page.locator("[data-bulk]").is_hidden()
    page.click(".yp-toast a")
    page.fill("textarea[name=reason]", "改错了")
    page.click("text=写明理由并撤销修改")
    page.wait_for_selector(".yp-toast >> text=已恢复 60 条")


def test_columns_move_by_keyboard_and_views_are_kept(new_page, district):
    page = new_page(district.user())
    page.goto(ACTIVITIES)
    page.click("summary:has-text('列 ')")
    page.locator("[data-column]:has-text('主办单位') [data-column-move=up]").press("Enter")
    page.locator("[data-column]:has-text('地点') input[type=checkbox]").uncheck()
    page.click("text=显示这些列")
    page.wait_for_url("**cols=**")
    heads = page.locator("[data-list] thead th[aria-sort]").all_inner_texts()
    assert heads[-2:] == ["主办单位", "所属系列"]
    assert "地点" not in heads
    page.click("text=存为视图")
    page.fill("#view-name", "我的列")
    page.click("text=保存视图")
    page.wait_for_selector(".yp-tabs a[aria-current] >> text=我的列")


def test_one_of_many_is_found_by_typing_and_a_refusal_takes_the_focus(new_page, district):
    enterprises = [make_enterprise() for _number in range(SELECT_MOST + 1)]
    index(enterprises)
    page = new_page(district.user())
    page.goto(reverse("outreach:attendance-create"))
    page.fill("#id_enterprise", "没有")
    page.click("text=保存参加记录")
    page.wait_for_selector("[role=alert]")
    assert page.evaluate("document.activeElement.id") == "id_activity"
    assert page.input_value("#id_enterprise") == "没有"
    page.fill("#id_enterprise", enterprises[5].credit_code)
    page.wait_for_selector("[role=option][data-value]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.input_value("#id_enterprise") == str(enterprises[5])
    assert page.input_value("input[name=enterprise]") == str(enterprises[5].pk)


def test_the_leader_on_a_phone_finds_the_way(new_page, district, settings):
    settings.CLOCK_DATE = dt.date(2020, 6, 1)
    page = new_page(district.user(Role.LEADER), **PHONE)
    page.goto(reverse("home"))
    page.click("[data-menu-button]")
    page.click("#side >> text=企业")
    page.click("#side >> text=宣讲活动")
    page.wait_for_url(f"**{ACTIVITIES}?held_on=2020-01-01**")
    assert page.locator("[data-list] tbody tr[data-pk]").first.is_visible()
