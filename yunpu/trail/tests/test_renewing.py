"""Renewing keys: everything opens before, during and after; nobody's work is lost; a killed run goes on."""

import pytest
from django.db import connection

from yunpu.config.cli import DONE, main
from yunpu.domains.outreach.models import Attendance
from yunpu.domains.outreach.tests.factories import make_activity, make_enterprise, make_unit
from yunpu.trail import renewing
from yunpu.trail.data_keys import forget_keys
from yunpu.trail.models import DataKey, Event
from yunpu.trail.operations import System, change_record, create_record
from yunpu.trail.renewing import count_older, finish_renewing, renew_field_key, renew_master_key
from yunpu.trail.tests.test_personal import AT

BY = System("测试")
WHY = {"by": BY, "at": AT, "reason": "每年更换"}
PHONE = Attendance._meta.get_field("phone")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def people():
    activity, enterprise = make_activity(make_unit("甲局")), make_enterprise()
    for seat in range(1, 6):
        values = {"activity": activity, "enterprise": enterprise, "seat": seat, "phone": f"1380000000{seat}"}
        create_record(Attendance, values, by=BY, at=AT)


def told():
    return [record.phone.reveal() for record in Attendance.objects.order_by("seat")]


def texts():
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone FROM outreach_attendance ORDER BY seat")
        return [text for (text,) in cursor.fetchall()]


ALL = [f"1380000000{seat}" for seat in range(1, 6)]


def test_a_new_data_key_encrypts_every_value_again(monkeypatch):
    monkeypatch.setattr(renewing, "CHUNK", 2)
    before, seen = texts(), []
    assert renew_field_key(PHONE, **WHY, progress=lambda done, total, _label: seen.append((done, total))) == 5
    assert seen == [(2, 5), (4, 5), (5, 5)]
    assert not set(texts()) & set(before)
    assert [text.split(".")[0] for text in texts()] == [text.split(".")[0] for text in before]  # still found
    assert told() == ALL
    assert Attendance.objects.get(phone=ALL[2]).seat == 3
    assert Event.objects.latest("id").verb == "trail.field-keys-renewed"
    assert DataKey.objects.filter(field=PHONE.key, kind="value", in_use=True).count() == 1


def test_a_killed_run_goes_on_where_it_stopped():
    class Killed(Exception):
        pass

    def stop(_done, _total, _label):
        raise Killed

    renewing.CHUNK, chunk = 2, renewing.CHUNK
    try:
        with pytest.raises(Killed):
            renew_field_key(PHONE, **WHY, progress=stop)
        assert (count_older(PHONE), told()) == (3, ALL)
        assert finish_renewing(PHONE) == 3
    finally:
        renewing.CHUNK = chunk
    assert (count_older(PHONE), told(), finish_renewing(PHONE)) == (0, ALL, 0)


def test_what_somebody_writes_meanwhile_stays(monkeypatch):
    monkeypatch.setattr(renewing, "CHUNK", 1)
    last = Attendance.objects.get(seat=5)

    def meanwhile(done, _total, _label):
        if done == 1:
            change_record(last, {"phone": "13900000000"}, by=BY, at=AT)

    assert renew_field_key(PHONE, **WHY, progress=meanwhile) == 4
    assert told() == [*ALL[:4], "13900000000"]


def test_a_new_master_key_wraps_every_data_key_and_no_value_changes():
    before = texts()
    count = renew_master_key(**WHY)
    assert count == DataKey.objects.count() > 0
    assert len(set(DataKey.objects.values_list("master", flat=True))) == 1
    forget_keys()
    assert (texts(), told()) == (before, ALL)


def test_the_command_tells_and_renews(capsys):
    assert main(["--lang", "zh", "keys", "renew-data", "--reason", "每年更换"]) == DONE
    assert "重新加密 5 条" in capsys.readouterr().out
    assert main(["--lang", "zh", "keys", "renew-master", "--reason", "每年更换"]) == DONE
    assert main(["--lang", "zh", "keys", "list"]) == DONE
    shown = capsys.readouterr().out
    assert "outreach.attendance.phone" in shown
    assert "旧密钥加密" not in shown
    assert told() == ALL
