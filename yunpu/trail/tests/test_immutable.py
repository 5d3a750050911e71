"""What is written once stays as it was written: the database itself refuses, whoever asks."""

import datetime as dt

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from yunpu.trail.models import Change, Event
from yunpu.trail.operations import System, operation

AT = dt.datetime(2020, 12, 20, 9, tzinfo=dt.UTC)

pytestmark = pytest.mark.django_db

WRITTEN_ONCE = {
    "trail_event": "id",
    "trail_change": "id",
    "snapshots_snapshot": "id",
    "snapshots_snapshottable": "id",
    "indicators_definition": "id",
    "indicators_figure": "id",
    "bulletins_issue": "id",
}


@pytest.fixture
def event():
    with operation("test.act", by=System("测试"), at=AT) as note:
        note.act(name="甲")
    return Event.objects.get()


@pytest.fixture
def change():
    return Change.objects.create(
        batch_id=1, object_type="a.b", object_id=1, before={"name": "甲"}, after={"name": "乙"}
    )


def refused(act):
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
        act()


def test_an_event_is_neither_changed_nor_removed(event):
    refused(lambda: Event.objects.filter(pk=event.pk).update(by_name="别人"))
    refused(event.delete)
    refused(lambda: Event.objects.all()._raw_delete("default"))
    assert Event.objects.get().by_name == "测试"


def test_a_change_is_neither_changed_nor_removed(change):
    refused(lambda: Change.objects.update(after={"name": "丙"}))
    refused(lambda: Change.objects.all().delete())
    assert Change.objects.get().after == {"name": "乙"}


@pytest.mark.parametrize("verb", ["UPDATE", "DELETE"])
@pytest.mark.parametrize("table", WRITTEN_ONCE)
def test_every_table_that_is_written_once_has_its_guard(table, verb):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT count(*) FROM information_schema.triggers WHERE event_object_table = %s"
                " AND event_manipulation = %s AND action_timing = 'BEFORE'",
                [table, verb],
            )
        else:
            cursor.execute(
                "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s AND sql LIKE %s",
                [table, f"%BEFORE {verb}%"],
            )
        assert cursor.fetchone()[0] == 1


def test_the_trail_points_nowhere_so_that_nothing_takes_it_away():
    for model in (Event, Change):
        assert [stored.name for stored in model._meta.get_fields() if stored.is_relation] == []


def test_no_table_of_events_is_missing_from_the_list():
    assert set(WRITTEN_ONCE) <= {model._meta.db_table for model in apps.get_models()}
