"""Drafts: what is typed is kept until it is saved, is its owner's alone, and loses nobody's change."""

from __future__ import annotations

import pytest
from django.urls import reverse

from yunpu.access.models import Role, User
from yunpu.domains.outreach.models import Activity
from yunpu.trail.models import Event
from yunpu.ui.models import Draft
from yunpu.ui.tests.district import District, make_activities, text_of

NEW, NEW_DRAFT = reverse("outreach:activities-create"), reverse("outreach:activities-create-draft")


def urls_of(activity):
    return [reverse(f"outreach:activities-{name}", args=[activity.pk]) for name in ("change", "draft")]


@pytest.mark.django_db
def test_a_draft_is_kept_offered_and_taken_up_again_half_finished_as_it_is():
    district = District()
    client = district.client()
    events = Event.objects.count()
    assert client.post(NEW_DRAFT, {"name": "写了一半", "held_on": "2020-1"}).status_code == 204
    client.post(NEW_DRAFT, {"name": "写了一大半", "held_on": "2020-1", "evil": "x"})
    assert Draft.objects.get().typed == {"name": "写了一大半", "held_on": "2020-1"}
    assert Event.objects.count() == events
    offered = text_of(client.get(NEW))
    assert "草稿还在" in offered
    assert 'value="写了一大半"' not in offered
    taken_up = text_of(client.get(NEW, {"draft": "1"}))
    assert 'value="写了一大半"' in taken_up
    assert 'value="2020-1"' in taken_up


@pytest.mark.django_db
def test_a_draft_is_its_owners_alone():
    district = District()
    activity = make_activities(district.here, 1)[0]
    change, draft = urls_of(activity)
    district.client().post(draft, {"name": "我写的"})
    other = district.client(Role.FINANCE)
    assert "草稿还在" not in text_of(other.get(change))
    assert "我写的" not in text_of(other.get(change, {"draft": "1"}))
    assert district.client(Role.STAFF, district.elsewhere).post(draft, {"name": "x"}).status_code == 404
    assert district.client(Role.AUDITOR).post(draft, {"name": "x"}).status_code == 403


@pytest.mark.django_db
def test_a_draft_is_gone_once_the_form_is_saved_or_it_is_not_wanted():
    district = District()
    activity = make_activities(district.here, 1)[0]
    change, draft = urls_of(activity)
    client = district.client()
    client.post(draft, {"name": "我写的"})
    assert client.post(draft, {"drop": "1"})["Location"] == change
    assert not Draft.objects.exists()
    client.post(draft, {"name": "我写的"})
    form = client.get(change).context["form"]
    given = {name: form[name].value() or "" for name in form.fields} | {"name": "存下的"}
    assert client.post(change, given).status_code == 302
    assert not Draft.objects.exists()
    assert Activity.objects.get().name == "存下的"


@pytest.mark.django_db
def test_an_old_draft_overwrites_nobodys_change_unseen_and_says_whose_it_was():
    district = District()
    activity = make_activities(district.here, 1)[0]
    change, draft = urls_of(activity)
    client, other = district.client(), district.client(Role.FINANCE)
    page = client.get(change)
    form, state = page.context["form"], page.context["state"]
    given = {name: form[name].value() or "" for name in form.fields}
    client.post(draft, {**given, "name": "我写的", "state": state})
    other.post(change, {**given, "name": "同事改的", "state": state})
    taken_up = client.get(change, {"draft": "1"})
    assert taken_up.context["state"] == state
    answer = client.post(change, {**given, "name": "我写的", "state": state})
    assert answer.status_code == 409
    text = text_of(answer)
    assert "同事改的" in text
    assert 'value="我写的"' in text
    assert Event.objects.latest("id").by_name in text
    assert Activity.objects.get().name == "同事改的"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_what_is_typed_and_left_is_there_again_in_the_browser(new_page):
    district = District()
    user = User.objects.get(pk=int(district.client().session["_auth_user_id"]))
    page = new_page(user)
    page.goto(NEW)
    page.fill("input[name=name]", "打字打到一半")
    page.wait_for_selector("[data-draft-said]:not([hidden])")
    page.fill("input[name=place]", "礼堂")  # left at once: kept on leaving
    page.goto(reverse("home"))
    page.goto(NEW)
    page.click("text=接着草稿填")
    assert page.input_value("input[name=name]") == "打字打到一半"
    assert page.input_value("input[name=place]") == "礼堂"
