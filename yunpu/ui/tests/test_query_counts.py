"""How many queries each screen asks: exactly so many, however many rows there are. Who adds one, says it here."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from yunpu.access.models import Role
from yunpu.domains.outreach.tests.factories import make_attendance, make_enterprise
from yunpu.ui import search
from yunpu.ui.tests.district import ACTIVITIES, District, make_activities

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true", "HX-Target": "list"}
PINS = {
    "home": 20,
    "tasks": 12,
    "overview": 21,
    "search": 28,
    "list": 18,
    "filtered": 19,
    "searched": 19,
    "part": 12,
    "totals": 9,
    "tabs": 9,
    "record": 34,
    "form": 19,
    "removal": 13,
}
if connection.vendor == "postgresql":  # the planner's estimate of a word; a sum's memory in a transaction
    PINS |= {"searched": 20, "totals": 12}


def addresses(activity):
    return {
        "home": reverse("home"),
        "tasks": reverse("tasks"),
        "overview": reverse("overview"),
        "search": reverse("search") + "?q=宣讲",
        "list": ACTIVITIES,
        "filtered": f"{ACTIVITIES}?kind=roadshow",
        "searched": f"{ACTIVITIES}?q=宣讲",
        "part": ACTIVITIES,
        "totals": reverse("outreach:activities-totals"),
        "tabs": reverse("outreach:activities-tabs"),
        "record": reverse("outreach:activities-record", args=[activity.pk]),
        "form": reverse("outreach:activities-change", args=[activity.pk]),
        "removal": reverse("outreach:activities-remove", args=[activity.pk]),
    }


@pytest.mark.parametrize("rows", [3, 60])
def test_a_screen_asks_so_many_queries_and_no_more_with_more_rows(rows):
    district = District()
    activity, *_others = make_activities(district.here, rows)
    for _number in range(rows):
        make_attendance(activity, make_enterprise())
    client = district.client(Role.STAFF)
    client.get(ACTIVITIES)  # the session notes that its person is here
    asked = {}
    for name, address in addresses(activity).items():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address, headers=PART if name == "part" else {}).status_code == 200
        asked[name] = len(
            [one for one in queries if search._BLURRED not in one["sql"]]
        )  # asked on SQLite only
    assert asked == PINS
