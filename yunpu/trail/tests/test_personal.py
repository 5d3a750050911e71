"""Personal fields: encrypted where they lie, masked where they are seen, found exactly, told with a reason."""

import copy
import datetime as dt
import io
import logging
import pickle
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.db import connection
from django.urls import reverse

from yunpu.access.models import Role
from yunpu.access.tests.factories import make_user
from yunpu.domains.outreach.models import Attendance
from yunpu.domains.outreach.tests.factories import make_activity, make_enterprise, make_unit
from yunpu.kernel.ciphers import Tampered
from yunpu.stages.intake import operations as intake
from yunpu.trail.models import Change, DataKey, Event
from yunpu.trail.operations import System, change_record, create_record, remove_record, snapshot_of
from yunpu.trail.personal import personal_fields

AT = dt.datetime(2020, 12, 20, 9, tzinfo=dt.UTC)
BY = System("测试")
PHONE, NAME = "13877776666", "欧阳植标"

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return make_unit("甲局")


@pytest.fixture
def attendance(unit):
    return enter(unit, PHONE)


def enter(unit, phone, seat=1, name=NAME):
    activity = Attendance.objects.first().activity if Attendance.objects.exists() else make_activity(unit)
    enterprise = Attendance.objects.first().enterprise if Attendance.objects.exists() else make_enterprise()
    values = {
        "activity": activity,
        "enterprise": enterprise,
        "seat": seat,
        "phone": phone,
        "person_name": name,
    }
    return create_record(Attendance, values, by=BY, at=AT)


def stored(record, column="phone"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM outreach_attendance WHERE id = %s", [record.pk])
        return cursor.fetchone()[0]


def write(record, text, column="phone"):
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE outreach_attendance SET {column} = %s WHERE id = %s", [text, record.pk])


def test_a_value_is_encrypted_masked_and_told_when_asked(attendance):
    again = Attendance.objects.get(pk=attendance.pk)
    assert (str(again.phone), str(again.person_name)) == ("138****6666", "欧*")
    assert (again.phone.reveal(), again.person_name.reveal()) == (PHONE, NAME)
    assert PHONE not in stored(attendance)
    assert re.fullmatch(r"[0-9a-f]{32}\.\d+\.[A-Za-z0-9+/=]+", stored(attendance))


def test_equal_values_are_encrypted_differently(unit, attendance):
    other = enter(unit, PHONE, seat=2)
    index, _number, sealed = stored(attendance).split(".")
    assert stored(other).split(".")[0] == index
    assert stored(other).split(".")[2] != sealed


def test_every_way_of_printing_gives_the_mask(attendance, caplog):
    value = Attendance.objects.get(pk=attendance.pk).phone
    with caplog.at_level(logging.WARNING):
        logging.getLogger("yunpu").warning("value %s %r %s", value, value, [value])
    assert PHONE not in caplog.text
    assert PHONE not in f"{value} {value!r} {[value]}"
    assert PHONE not in repr(copy.deepcopy(value))
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(value)
    [alone] = Attendance.objects.values_list("phone", flat=True)
    assert str(alone) == "****"  # without its record a value opens for nobody


def test_a_value_moved_to_another_record_or_field_does_not_open(unit, attendance):
    other = enter(unit, "13900000000", seat=2)
    write(other, stored(attendance))
    with pytest.raises(Tampered):
        Attendance.objects.get(pk=other.pk).phone.reveal()
    write(attendance, stored(attendance), column="person_name")
    with pytest.raises(Tampered):
        Attendance.objects.get(pk=attendance.pk).person_name.reveal()


def test_a_changed_value_does_not_open(attendance):
    text = stored(attendance)
    write(attendance, text[:-6] + ("A" if text[-6] != "A" else "B") + text[-5:])
    with pytest.raises(Tampered):
        Attendance.objects.get(pk=attendance.pk).phone.reveal()


def test_exact_values_are_found_and_nothing_else_can_be_asked(unit, attendance):
    enter(unit, "13900000000", seat=2)
    enter(unit, "", seat=3)
    assert Attendance.objects.get(phone=PHONE) == attendance
    assert Attendance.objects.get(phone=f" {PHONE} ") == attendance
    assert Attendance.objects.filter(phone="").count() == 1
    assert not Attendance.objects.filter(phone=PHONE[:-1]).exists()
    assert not Attendance.objects.filter(person_name=PHONE).exists()
    for lookup in ("contains", "startswith", "gt", "regex", "in"):
        with pytest.raises(FieldError):
            Attendance.objects.filter(**{f"phone__{lookup}": PHONE}).exists()


def test_the_search_for_a_value_uses_an_index(attendance):
    plan = Attendance.objects.filter(phone=PHONE).order_by().explain()
    if connection.vendor == "sqlite":
        assert "outreach_attendance_phone" in plan


def test_values_are_written_one_record_at_a_time(attendance):
    with pytest.raises(TypeError, match="one record at a time"):
        Attendance.objects.update(phone="13900000000")
    attendance.phone = "13900000000"
    with pytest.raises((TypeError, ValueError)):
        Attendance.objects.bulk_update([attendance], ["phone"])


def test_a_mask_that_is_sent_back_changes_nothing(attendance):
    before = stored(attendance)
    change_record(attendance, {"phone": "138****6666", "position": "经理"}, by=BY, at=AT)
    assert stored(attendance) == before
    with pytest.raises(ValidationError):
        change_record(attendance, {"phone": "139****6666"}, by=BY, at=AT)
    change_record(attendance, {"phone": "13900000000"}, by=BY, at=AT)
    assert Attendance.objects.get().phone.reveal() == "13900000000"
    change_record(attendance, {"phone": ""}, by=BY, at=AT)
    assert stored(attendance) == ""


def test_a_value_given_from_another_record_is_encrypted_anew(unit, attendance):
    other = enter(unit, "", seat=2)
    other = change_record(other, {"phone": Attendance.objects.get(pk=attendance.pk).phone}, by=BY, at=AT)
    assert Attendance.objects.get(pk=other.pk).phone.reveal() == PHONE


def test_the_trail_keeps_a_digest(attendance):
    change_record(attendance, {"phone": "13900000000"}, by=BY, at=AT)
    created, changed = Event.objects.filter(object_type="outreach.attendance").order_by("id")
    assert changed.before["phone"] == created.after["phone"] != changed.after["phone"]
    assert created.after["phone"].startswith("HMAC-SM3:")
    assert PHONE not in str(created.after)
    assert "指纹" in changed.changes()
    remove_record(Attendance.objects.get(), by=BY, at=AT)
    assert PHONE not in str(snapshot_of(attendance))


def test_a_key_that_is_rolled_back_is_not_remembered(unit, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks():  # not run: as if the transaction had been rolled back
        first = enter(unit, PHONE)
    assert first.phone.reveal() == PHONE
    assert {key.kind for key in DataKey.objects.filter(field="outreach.attendance.phone")} == {
        "value",
        "index",
    }


def test_no_personal_field_is_searched_or_in_a_natural_key():
    assert personal_fields(), "the walk below would prove nothing"
    for field in personal_fields():
        assert field.name not in getattr(field.model, "search_fields", ())
        assert not field.unique
        assert field.name not in {
            name for one in field.model._meta.constraints for name in getattr(one, "fields", ())
        }


@pytest.fixture
def staff(client, unit):
    client.force_login(make_user(unit, Role.STAFF))
    return client


def test_screens_and_files_show_the_mask(staff, attendance):
    for url in (
        reverse("outreach:attendance-record", args=[attendance.pk]),
        reverse("outreach:attendance-change", args=[attendance.pk]),
        reverse("outreach:attendance-list") + "?columns=phone,person_name",
        reverse("trail:object", args=["outreach.attendance", attendance.pk]),
    ):
        shown = staff.get(url).content.decode()
        assert PHONE not in shown and NAME not in shown, url
    assert (
        "138****6666"
        in staff.get(reverse("outreach:attendance-record", args=[attendance.pk])).content.decode()
    )
    export = staff.get(reverse("outreach:attendance-export", args=["csv"]) + "?columns=enterprise,phone")
    assert PHONE not in b"".join(export.streaming_content).decode()


def test_a_form_that_was_not_touched_keeps_the_value(staff, attendance):
    url = reverse("outreach:attendance-change", args=[attendance.pk])
    values = {
        "activity": attendance.activity_id,
        "activity-text": str(attendance.activity),
        "enterprise": attendance.enterprise_id,
        "enterprise-text": str(attendance.enterprise),
        "seat": 1,
        "position": "经理",
        "phone": "138****6666",
        "person_name": "欧*",
    }
    assert staff.post(url, values).status_code == 302
    again = Attendance.objects.get()
    assert (again.position, again.phone.reveal(), again.person_name.reveal()) == ("经理", PHONE, NAME)
    assert staff.post(url, values | {"phone": "1**"}).status_code == 422


def test_a_value_is_told_with_a_reason_and_each_time_is_an_event(staff, attendance):
    url = reverse("trail:reveal", args=["outreach.attendance", attendance.pk, "phone"])
    assert url in staff.get(reverse("outreach:attendance-record", args=[attendance.pk])).content.decode()
    assert PHONE not in staff.get(url).content.decode()
    without = staff.post(url, {"reason": " "})
    assert (without.status_code, PHONE in without.content.decode()) == (422, False)
    told = staff.post(url, {"reason": "回访"})
    assert PHONE in told.content.decode()
    assert told["Cache-Control"] == "no-store"
    event = Event.objects.latest("id")
    assert (event.verb, event.reason, event.after) == (
        "outreach.attendance-revealed",
        "回访",
        {"field": "phone"},
    )
    assert event.object_id == attendance.pk


@pytest.mark.parametrize("name", ["position", "id", "activity", "nothing"])
def test_other_fields_are_not_revealed(staff, attendance, name):
    assert (
        staff.get(reverse("trail:reveal", args=["outreach.attendance", attendance.pk, name])).status_code
        == 404
    )


def test_who_may_not_reveal_cannot(client, unit, attendance):
    client.force_login(make_user(unit, Role.AUDITOR))
    url = reverse("trail:reveal", args=["outreach.attendance", attendance.pk, "phone"])
    assert client.post(url, {"reason": "看看"}).status_code in (403, 404)
    assert url not in client.get(reverse("outreach:attendance-record", args=[attendance.pk])).content.decode()
    client.force_login(make_user(make_unit("乙局"), Role.STAFF))
    assert client.post(url, {"reason": "看看"}).status_code == 404


def hand_in(unit, phone):
    activity = Attendance.objects.first().activity if Attendance.objects.exists() else make_activity(unit)
    enterprise = Attendance.objects.first().enterprise if Attendance.objects.exists() else make_enterprise()
    text = (
        "活动编号,统一社会信用代码,代表序号,姓名,手机\n"
        f"{activity.code},{enterprise.credit_code},1,{NAME},{phone}\n"
    )
    values = {"name": "名单.csv", "unit": unit, "by": BY, "at": AT, "format_code": "outreach.attendance"}
    load = intake.receive_file(io.BytesIO(text.encode()), **values)
    intake.check_load(load, by=BY, at=AT)
    assert not load.error_count, load.findings
    return intake.keep_load(load, by=BY, at=AT, acknowledgement="测试")


def test_values_from_a_file_are_bound_to_their_record(unit):
    hand_in(unit, PHONE)
    record = Attendance.objects.get()
    assert (record.phone.reveal(), record.person_name.reveal()) == (PHONE, NAME)
    hand_in(unit, "13811112222")
    assert Attendance.objects.get().phone.reveal() == "13811112222"
    [change] = Change.objects.all()
    assert set(change.after) == {"phone"}
    assert change.after["phone"].startswith("HMAC-SM3:")
    assert hand_in(unit, "13811112222").batch_id is None or Change.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_no_file_of_the_database_holds_a_value(unit):
    """What is planted is looked for in every byte that the database keeps: tables, indexes, log, dump."""
    hand_in(unit, PHONE)
    record = Attendance.objects.get()
    change_record(record, {"phone": "13811112222", "person_name": "诸葛植标"}, by=BY, at=AT)
    hand_in(unit, "13833334444")
    planted = [text.encode() for text in (PHONE, "13811112222", "13833334444", NAME, "诸葛植标")]
    kept = database_bytes()
    assert any("甲局".encode() in content for content in kept.values()), (
        "the files looked through are the right ones"
    )
    for name, content in kept.items():
        assert not [text for text in planted if text in content], name


def database_bytes():
    if connection.vendor == "sqlite":
        path = Path(connection.settings_dict["NAME"])
        files = {one.name: one.read_bytes() for one in path.parent.glob(f"{path.name}*")}
        return files | {"dump": "\n".join(connection.connection.iterdump()).encode()}
    dump = shutil.which("pg_dump") or str(next(Path("/usr/lib/postgresql").glob("*/bin/pg_dump")))
    given = connection.settings_dict
    host = given["HOST"] or given["OPTIONS"].get("host", "")
    command = [dump, "-h", host, "-U", given["USER"], given["NAME"]]
    return {"dump": subprocess.run(command, capture_output=True, check=True).stdout}
