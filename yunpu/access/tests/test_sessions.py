"""Where somebody is signed in: seen, ended, and for administrators only one place at a time."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from yunpu.access.models import Role, SignedIn
from yunpu.access.sessions import SEEN, list_places, name_browser
from yunpu.access.tests.factories import make_unit, make_user
from yunpu.trail.models import Event

PASSWORD = "Correct-horse-9"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36"

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return make_unit("区")


@pytest.fixture
def clerk(unit):
    return make_user(unit, Role.STAFF, username="clerk", password=PASSWORD)


def signed_in(username="clerk"):
    client = Client(headers={"user-agent": CHROME})
    client.post("/access/sign-in/", {"username": username, "password": PASSWORD})
    assert client.get("/").status_code == 200
    return client


def test_the_page_shows_each_place_and_which_is_here(clerk):
    here, _there = signed_in(), signed_in()
    page = here.get("/access/security/")
    places = page.context["places"]
    assert [place.is_here for place in places] == [True, False]
    assert "Chrome 109 · Windows" in page.content.decode()
    assert places[0].row.address == "127.0.0.1"


def test_another_place_is_signed_out_and_only_one_s_own(clerk, unit):
    make_user(unit, Role.STAFF, username="other", password=PASSWORD)
    here, there, stranger = signed_in(), signed_in(), signed_in("other")
    row = SignedIn.objects.get(session_key=there.session.session_key)
    url = reverse("access:end-place", args=[row.pk])
    assert stranger.post(url).status_code == 404
    assert here.get(url).status_code == 405
    here.post(url)
    assert there.get("/").status_code == 302
    assert here.get("/").status_code == 200
    event = Event.objects.get(verb="access.session-ended")
    assert (event.by_id, event.after["browser"]) == (clerk.pk, "Chrome 109 · Windows")


@pytest.mark.parametrize(
    ("setting", "role", "stays"),
    [
        ("administrators", Role.SECURITY, False),
        ("administrators", Role.STAFF, True),
        ("all", Role.STAFF, False),
        ("none", Role.SECURITY, True),
    ],
)
def test_whoever_may_be_at_one_place_only_leaves_the_former(unit, settings, setting, role, stays):
    settings.ONE_SESSION = setting
    make_user(unit, role, username="somebody", password=PASSWORD)
    former, later = signed_in("somebody"), signed_in("somebody")
    assert (former.get("/").status_code == 200) is stays
    assert later.get("/").status_code == 200


def test_a_new_password_ends_the_other_places_and_keeps_this_one(clerk):
    here, there = signed_in(), signed_in()
    given = {"present": PASSWORD, "password": "Another-horse-9", "again": "Another-horse-9"}
    here.post("/access/password/", given)
    assert there.get("/").status_code == 302
    (place,) = here.get("/access/security/").context["places"]
    assert place.is_here


def test_what_is_gone_or_idle_is_not_shown(clerk, settings):
    here, gone, idle = signed_in(), signed_in(), signed_in()
    gone.post("/access/sign-out/")
    session = idle.session
    session[SEEN] -= settings.SESSION_IDLE_SECONDS + 1
    session.save()
    assert len(list_places(clerk, here.session.session_key)) == 1
    assert Session.objects.count() == 2
    signed_in()
    assert SignedIn.objects.filter(user=clerk).count() == 3, "the row without a session is gone"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (CHROME, "Chrome 109 · Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox 128 · Linux"),
        ("curl/8", ""),
        ("", ""),
    ],
)
def test_a_browser_is_named_as_people_call_it(agent, name):
    assert name_browser(agent) == name
