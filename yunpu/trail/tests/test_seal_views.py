"""The screens of seals: what waits, what is sealed, one to print, one to take away."""

import datetime as dt
import json

import pytest
from django.urls import reverse

from yunpu.access.models import Role
from yunpu.access.tests.factories import make_unit, make_user
from yunpu.trail.keyring import key_provider
from yunpu.trail.models import Event, Seal
from yunpu.trail.operations import System, operation
from yunpu.trail.sealing import seal_trail

AT = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(client):
    client.force_login(make_user(make_unit("区"), Role.AUDITOR))
    return client


def act():
    with operation("test.act", by=System("测试"), at=AT) as note:
        note.act(name="甲")


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_tells_what_waits_and_then_that_all_is_sealed(auditor):
    assert "还没有签封。" in text(auditor.get(reverse("trail:seals")))
    act()
    assert "还没有签封。请看后台任务是否在运行" in text(auditor.get(reverse("trail:seals")))
    seal_trail(at=AT, keys=key_provider())
    shown = text(auditor.get(reverse("trail:seals")))
    assert "全部留痕都已签封" in shown
    assert Seal.objects.get().digest[:16] in shown


def test_old_seals_are_paged(auditor):
    for _n in range(32):
        act()
        seal_trail(at=AT, keys=key_provider())
    first = text(auditor.get(reverse("trail:seals")))
    assert "?before=3" in first
    assert reverse("trail:seal", args=[1]) not in first
    assert reverse("trail:seal", args=[1]) in text(auditor.get(reverse("trail:seals") + "?before=3"))
    assert "全部" in text(auditor.get(reverse("trail:seals") + "?before=' OR 1=1"))


def test_one_seal_is_printed_with_the_line_that_checks_it(auditor):
    act()
    seal_trail(at=AT, keys=key_provider())
    digest = Seal.objects.get().digest
    assert f"yunpu trail verify --printed 1:{digest[:32]}" in text(
        auditor.get(reverse("trail:seal", args=[1]))
    )


def test_taking_a_seal_away_is_an_event(auditor):
    act()
    seal_trail(at=AT, keys=key_provider())
    response = auditor.get(reverse("trail:seal-file", args=[1]))
    [line] = b"".join(response.streaming_content).decode().splitlines()
    assert json.loads(line)["digest"] == Seal.objects.get().digest
    assert Event.objects.latest("id").verb == "trail.seal-exported"


def test_who_may_not_read_the_trail_sees_no_seal(client):
    client.force_login(make_user(make_unit("区"), Role.STAFF))
    assert client.get(reverse("trail:seals")).status_code == 403
