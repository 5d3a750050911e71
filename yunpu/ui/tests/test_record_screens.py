"""A record's page: facts, related lists, neighbours of the list it was opened from, why it is seen."""

from __future__ import annotations

import pytest
from django.urls import reverse

from yunpu.domains.outreach.tests.factories import make_attendance, make_enterprise
from yunpu.ui.record_screens import PANEL_ROWS
from yunpu.ui.registers import list_registers
from yunpu.ui.tests.district import ACTIVITIES, District, make_activities, make_line, text_of

pytestmark = pytest.mark.django_db


def page_of(client, record, address=""):
    return client.get(reverse("outreach:activities-record", args=[record.pk]) + address)


def test_next_and_previous_follow_the_list_it_was_opened_from():
    district = District()
    activities = make_activities(district.here, 4)
    make_activities(district.elsewhere, 4)
    type(activities[0]).objects.filter(pk=activities[2].pk).update(kind="online")
    page = page_of(district.client(), activities[1], "?list=kind%3Droadshow%26sort%3Dheld_on")
    assert f"/{activities[0].pk}/?list=" in page.context["previous_url"]
    assert f"/{activities[3].pk}/?list=" in page.context["next_url"]
    assert page.context["list_back"] == f"{ACTIVITIES}?kind=roadshow&sort=held_on"
    first = page_of(district.client(), activities[0], "?list=sort%3Dheld_on")
    assert first.context["previous_url"] == ""
    assert "已经是第一条" in text_of(first)


def test_links_of_a_list_carry_what_it_showed():
    district = District()
    (activity,) = make_activities(district.here, 1)
    text = text_of(district.client().get(f"{ACTIVITIES}?kind=roadshow"))
    assert f'/{activity.pk}/?list=kind%3Droadshow"' in text


def test_related_lists_show_some_and_lead_to_all():
    district = District()
    (activity,) = make_activities(district.here, 1)
    for _number in range(PANEL_ROWS + 2):
        make_attendance(activity, make_enterprise())
    page = page_of(district.client(), activity)
    panel = page.context["panels"][0]
    assert (panel["count"], len(panel["rows"])) == (PANEL_ROWS + 2, PANEL_ROWS)
    more = reverse("outreach:attendance-list") + f"?activity={activity.pk}"
    assert more in text_of(page)
    assert "您看得到它，因为您是甲局的经办人" in text_of(page)
    assert "没有来源文件" in text_of(page)


def test_a_fact_that_names_a_record_leads_to_it():
    district = District()
    (activity,) = make_activities(district.here, 1)
    assert reverse("reference:units-record", args=[district.here.pk]) in text_of(
        page_of(district.client(), activity)
    )


@pytest.mark.parametrize("register", list_registers(), ids=lambda register: register.code())
def test_facts_stand_under_headings_that_name_what_is_there(register):
    there = {column.name for column in register.list_columns()} | set(register.fields)
    named = [name for _title, names in register.groups for name in names]
    assert set(named) <= there
    assert len(named) == len(set(named))


def test_every_fact_of_a_grouped_record_is_shown_once():
    district = District()
    line = make_line(district.here, 100)
    groups = district.client().get(reverse("budget:lines-record", args=[line.pk])).context["fact_groups"]
    titles = [fact.title for _title, facts in groups for fact in facts]
    assert len(titles) == len(set(titles)) >= 14
    assert [title for title, _facts in groups] == ["", "功能分类", "经济分类", "资金与填报"]
