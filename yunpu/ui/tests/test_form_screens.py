"""Forms: all findings at once, nothing typed is lost, many choices are typed, nobody's change is overwritten unseen."""

from __future__ import annotations

import pytest
from django.urls import reverse

from yunpu.domains.budget.models import BudgetLine
from yunpu.domains.outreach.models import Activity, Attendance
from yunpu.domains.outreach.tests.factories import make_enterprise
from yunpu.trail.models import Event
from yunpu.ui.forms import SELECT_MOST
from yunpu.ui.tests.district import District, index, make_activities, make_line, text_of

pytestmark = pytest.mark.django_db
NEW = reverse("outreach:activities-create")


def change_url(record):
    return reverse("outreach:activities-change", args=[record.pk])


def values_of(record, **changes):
    given = {
        "code": record.code,
        "name": record.name,
        "kind": record.kind,
        "held_on": record.held_on.isoformat(),
        "place": record.place,
        "lecturer": record.lecturer,
        "unit": record.unit_id,
    }
    return {**given, **changes}


def test_all_findings_stand_on_top_with_links_and_under_their_fields():
    response = District().client().post(NEW, {"name": "写好的名称", "held_on": "没有这一天"})
    text = text_of(response)
    assert response.status_code == 422
    for name in ("code", "kind", "held_on", "unit"):
        assert f'<a href="#id_{name}">' in text
        assert f'id="id_{name}_error"' in text
    assert 'value="写好的名称"' in text
    assert 'value="没有这一天"' in text
    assert 'aria-invalid="true"' in text


def test_what_may_be_left_empty_says_so_and_amounts_have_their_unit_inside():
    text = text_of(District().client().get(NEW))
    assert text.count("选填") == 3  # series, place, lecturer
    money = text_of(District().client().get(reverse("budget:lines-create")))
    assert '<span class="yp-unit">万元</span>' in money


def test_an_amount_is_typed_in_the_unit_of_its_column():
    district = District()
    line = make_line(district.here, 123_400)
    page = district.client().get(reverse("budget:lines-change", args=[line.pk]))
    form = page.context["form"]
    given = {name: form[name].value() or "" for name in form.fields} | {
        "amount_fen": "2.5",
        "unit": line.unit_id,
    }
    url = reverse("budget:lines-change", args=[line.pk])
    assert district.client().post(url, given | {"state": page.context["state"]}).status_code == 302
    assert BudgetLine.objects.get(pk=line.pk).amount_fen == 2_500_000


def test_a_change_by_somebody_else_is_shown_beside_ones_own_and_not_overwritten():
    district = District()
    (activity,) = make_activities(district.here, 1)
    first, second = district.client(), district.client()
    opened = first.get(change_url(activity)).context["state"]
    other = second.get(change_url(activity)).context["state"]
    second.post(change_url(activity), values_of(activity, place="乙处", state=other))
    refused = first.post(change_url(activity), values_of(activity, place="甲处", state=opened))
    text = text_of(refused)
    assert refused.status_code == 409
    assert "打开之后有人改过它" in text
    assert "乙处" in text
    assert "甲处" in text
    assert Activity.objects.get(pk=activity.pk).place == "乙处"
    again = values_of(activity, place="甲处", state=refused.context["state"])
    assert first.post(change_url(activity), again).status_code == 302
    assert Activity.objects.get(pk=activity.pk).place == "甲处"


def test_the_mark_of_the_opened_record_survives_a_refused_form():
    """Else the second try would overwrite what somebody changed during the first."""
    district = District()
    (activity,) = make_activities(district.here, 1)
    client = district.client()
    opened = client.get(change_url(activity)).context["state"]
    district.client().post(change_url(activity), values_of(activity, place="别人写的"))
    refused = client.post(change_url(activity), values_of(activity, name="", state=opened))
    assert refused.status_code == 422
    assert refused.context["state"] == opened
    assert client.post(change_url(activity), values_of(activity, state=opened)).status_code == 409


@pytest.fixture
def many():
    """A district with more enterprises than a drop-down takes."""
    district = District()
    enterprises = [make_enterprise() for _number in range(SELECT_MOST + 1)]
    index(enterprises)
    (activity,) = make_activities(district.here, 1)
    return district, activity, enterprises


def attend(client, activity, number="", text=""):
    given = {"activity": activity.pk, "enterprise": number, "enterprise-text": text, "seat": "1"}
    return client.post(reverse("outreach:attendance-create"), given)


def test_one_of_many_is_chosen_by_number_or_found_by_what_is_written(many):
    district, activity, enterprises = many
    client = district.client()
    assert "data-picker" in text_of(client.get(reverse("outreach:attendance-create")))
    chosen = enterprises[7]
    attend(client, activity, str(chosen.pk), str(chosen))
    attend(client, activity, "", enterprises[9].credit_code)  # as somebody without scripts types it
    named = Attendance.objects.order_by("pk").values_list("enterprise_id", flat=True)
    assert list(named) == [chosen.pk, enterprises[9].pk]


def test_what_names_none_or_several_is_a_finding_and_stays_typed(many):
    district, activity, enterprises = many
    unknown = attend(district.client(), activity, "", "没有这一家")
    several = attend(district.client(), activity, "", "企业")
    assert "没有找到" in text_of(unknown)
    assert "不止一条" in text_of(several)
    assert 'value="没有这一家"' in text_of(unknown)
    stale = attend(district.client(), activity, str(enterprises[0].pk), "没有这一家")
    assert stale.status_code == 422  # what is written counts, not the number left from before


def test_choices_are_looked_up_by_a_part_of_the_name(many):
    district, _activity, enterprises = many
    url = reverse("outreach:attendance-choices", args=["enterprise"])
    found = district.client().get(url, {"q": enterprises[3].credit_code}).json()["choices"]
    assert [one["value"] for one in found] == [str(enterprises[3].pk)]
    assert district.client().get(url, {"q": "没有"}).json() == {
        "choices": [],
        "note": "没有找到，换一个词试试",
    }
    assert len(district.client().get(url).json()["choices"]) == 20
    assert district.client().get(reverse("outreach:attendance-choices", args=["seat"])).status_code == 404


def test_one_save_is_one_event():
    district = District()
    client = district.client()
    given = {
        "code": "HD-1",
        "name": "宣讲",
        "kind": "roadshow",
        "held_on": "2020-06-11",
        "unit": district.here.pk,
    }
    assert client.post(NEW, given).status_code == 302
    assert Event.objects.filter(verb="outreach.activity-created").count() == 1
