"""Lists: what a change by htmx shows is what a reload shows; saved views, columns, counts, sums, empty states."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from django.urls import reverse

from yunpu.access.models import Role
from yunpu.domains.outreach.tests.factories import make_enterprise
from yunpu.reference.models import Unit
from yunpu.trail.models import Event
from yunpu.ui.models import SavedView
from yunpu.ui.tests.district import (
    ACTIVITIES,
    District,
    client_of,
    make_activities,
    make_line,
    make_unit,
    text_of,
)

pytestmark = pytest.mark.django_db
VIEWS = reverse("outreach:activities-views")


def part_of(page: str) -> str:
    """The list's part of a whole page."""
    return re.split(r'<div id="list"[^>]*>', page)[1].rsplit("</div>\n\n  </main>", 1)[0]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "?kind=roadshow",
        "?kind=roadshow&held_on=2020-01-05&held_on_to=2020-02-01",
        "?kind=nonsense",
        "?sort=code",
        "?sort=-held_on&last=1",
        "?q=" + quote("第3场"),
        "?q=" + quote("没有的词"),
        "?cols=code,unit&sort=code",
        "?cols=unit&cols=code&cols=name",
    ],
)
def test_an_answer_to_htmx_equals_the_part_of_a_reload(address):
    district = District()
    make_activities(district.here, 60)
    client = district.client()
    whole = client.get(ACTIVITIES + address)
    part = client.get(ACTIVITIES + address, headers={"HX-Request": "true", "HX-Target": "list"})
    assert text_of(part).strip() == part_of(text_of(whole)).strip()
    assert "<html" not in text_of(part)


def test_the_next_page_by_htmx_equals_a_reload_and_names_its_address():
    district = District()
    make_activities(district.here, 60)
    client = district.client()
    following = re.search(r'rel="next" href="([^"]+)"', text_of(client.get(ACTIVITIES)))[1]
    part = client.get(following, headers={"HX-Request": "true", "HX-Target": "list"})
    assert text_of(part).strip() == part_of(text_of(client.get(following))).strip()
    assert len(part.context["rows"]) == 10
    assert part["HX-Push-Url"] == following


def test_an_address_pushed_by_htmx_has_no_empty_parameters():
    client = District().client()
    asked = f"{ACTIVITIES}?kind=&held_on=&q=&sort=code"
    pushed = client.get(asked, headers={"HX-Request": "true", "HX-Target": "list"})["HX-Push-Url"]
    assert pushed == f"{ACTIVITIES}?sort=code"


def test_columns_are_shown_in_the_order_they_were_sent():
    district = District()
    make_activities(district.here, 1)
    response = district.client().get(f"{ACTIVITIES}?cols=unit&cols=held_on&cols=code")
    assert [column.name for column in response.context["query"].columns] == ["unit", "held_on", "code"]
    assert "cols=unit%2Cheld_on%2Ccode" in text_of(response)


def test_the_foot_counts_page_filter_and_all_and_sums_the_filter():
    district = District()
    for year, fen in ((2020, 123_400), (2020, 76_600), (2019, 5_000_000)):
        make_line(district.here, fen, year=year)
    make_line(district.elsewhere, 9_900_000)
    url = reverse("budget:lines-totals")
    text = text_of(district.client().get(f"{url}?year=2020&rows=2"))
    assert "本页 2 · 筛选后 2 · 全部 3" in text
    assert "筛选后合计" in text
    assert ">0.20<" in text  # 2,000.00 yuan in units of ten thousand
    assert "金额（万" in text_of(district.client().get(reverse("budget:lines-list")))


def test_nothing_at_all_and_nothing_that_matches_say_what_to_do():
    district = District()
    client = district.client()
    nothing = text_of(client.get(ACTIVITIES))
    assert "还没有活动" in nothing
    assert "导入第一份表格" in nothing
    make_activities(district.here, 1)
    unmatched = text_of(client.get(f"{ACTIVITIES}?kind=online"))
    assert "没有符合条件的活动" in unmatched
    assert "清除条件" in unmatched
    reader = text_of(District().client(Role.LEADER).get(ACTIVITIES))
    assert "导入第一份表格" not in reader
    assert "您可以查看，但不能登记" in reader


def test_a_view_is_kept_as_a_tab_with_its_count_and_forgotten_by_its_owner():
    district = District()
    make_activities(district.here, 3)
    make_activities(district.here, 2, kind="online")
    user = district.user()
    client = client_of(user)
    client.post(VIEWS, {"name": "网上的", "query": "kind=online&sort=code"})
    assert Event.objects.filter(verb="ui.view-saved", by_id=user.pk).count() == 1
    page = text_of(client.get(f"{ACTIVITIES}?sort=code&kind=online"))
    assert re.search(r'aria-current="true"[^>]*>网上的', page)
    counted = text_of(client.get(reverse("outreach:activities-tabs")))
    assert re.findall(r'<span class="yp-count">(\d+)</span>', counted) == ["5", "2"]
    client.post(VIEWS, {"forget": SavedView.objects.get().pk})
    assert not SavedView.objects.exists()


def test_views_are_ones_own_unless_shared_with_the_unit_and_those_below():
    district = District()
    owner, colleague = district.client(), district.client()
    below = district.client(unit=make_unit("甲局下属", Unit.Level.SUBORDINATE, district.here))
    owner.post(VIEWS, {"name": "自己的", "query": "kind=online"})
    owner.post(VIEWS, {"name": "大家的", "query": "kind=onsite", "shared": "1"})
    for client in (colleague, below):
        seen = text_of(client.get(ACTIVITIES))
        assert "大家的" in seen
        assert "自己的" not in seen
    for unit in (district.elsewhere, district.whole):
        assert "大家的" not in text_of(district.client(unit=unit).get(ACTIVITIES))
    assert colleague.post(VIEWS, {"forget": SavedView.objects.get(name="大家的").pk}).status_code == 404
    assert SavedView.objects.count() == 2


def test_the_selection_is_counted_and_summed_within_scope():
    district = District()
    mine = [make_line(district.here, fen) for fen in (100_000_000, 50_000_000)]
    foreign = make_line(district.elsewhere, 900_000_000)
    url = reverse("budget:lines-sum")
    picked = ",".join(str(one.pk) for one in [mine[0], foreign])
    text = text_of(district.client().post(url, {"picked": picked, "query": ""}))
    assert "已选 1" in text
    assert ">100.00<" in text
    assert "选中全部 2 条符合条件的" in text
    everything = text_of(district.client().post(url, {"all": "1", "query": "year=2020"}))
    assert "已选 2" in everything
    assert ">150.00<" in everything


def test_the_foot_stands_there_without_scripts_too():
    district = District()
    make_activities(district.here, 60)
    client = district.client()
    page = text_of(client.get(f"{ACTIVITIES}?kind=roadshow"))
    address = re.search(r'<noscript><meta http-equiv="refresh" content="0; url=([^"]+)"', page)[1].replace(
        "&amp;", "&"
    )
    counted = text_of(client.get(address))
    assert "本页 50 · 筛选后 60 · 全部 60" in counted
    assert "正在计数" not in counted
    assert "<noscript>" not in counted
    assert "counted" not in counted.replace(address, "")  # what leads on from here asks anew


def test_a_code_is_short_in_a_list_and_whole_where_it_is_pointed_at():
    district = District()
    enterprise = make_enterprise()
    page = text_of(district.client().get(reverse("reference:enterprises-list")))
    code = enterprise.credit_code
    assert f'title="{code}">{code[:9]}…{code[-4:]}<' in page
