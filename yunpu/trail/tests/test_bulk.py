"""Bulk changes as operations: the one place of writers, personal data, what is not there any more."""

from __future__ import annotations

import datetime as dt

import pytest

from yunpu.domains.outreach.models import Activity
from yunpu.trail import bulk
from yunpu.trail.models import Batch, Change, Event
from yunpu.trail.operations import System
from yunpu.ui import search
from yunpu.ui.tests.district import District, make_activities

pytestmark = pytest.mark.django_db
BY = System("测试")
AT = dt.datetime(2020, 12, 20, 9, tzinfo=dt.UTC)
WHY = {"by": BY, "at": AT, "reason": "统一写法"}


@pytest.fixture
def activities():
    return make_activities(District().here, 3)


def numbers(records):
    return [one.pk for one in records]


def test_what_holds_the_value_already_is_counted_not_written(activities):
    Activity.objects.filter(pk=activities[0].pk).update(place="集聚区")
    batch = bulk.change_many(Activity, numbers(activities), {"place": "集聚区"}, **WHY)
    assert (batch.changed_count, batch.unchanged_count) == (2, 1)
    assert set(Change.objects.values_list("object_id", flat=True)) == set(numbers(activities[1:]))


def test_while_a_file_is_written_nothing_is_changed_by_hand(activities):
    Batch.objects.create(verb="outreach.activity-loaded", target="outreach.activity", started_at=AT)
    with pytest.raises(bulk.UnableToChangeMany, match="正有一个文件写入"):
        bulk.change_many(Activity, numbers(activities), {"place": "集聚区"}, **WHY)
    assert not Event.objects.exists()


def test_two_records_of_one_key_stop_all(activities):
    with pytest.raises(bulk.UnableToChangeMany, match="关键字相同"):
        bulk.change_many(Activity, numbers(activities), {"code": "HD-0"}, **WHY)
    assert not Activity.objects.filter(code="HD-0").exists()
    assert not Batch.objects.exists()


def test_one_record_that_may_not_become_so_is_named(activities):
    with pytest.raises(bulk.UnableToChangeMany, match="宣讲第0场"):
        bulk.change_many(Activity, numbers(activities), {"kind": "没有这一类"}, **WHY)


def test_the_words_of_changed_records_are_found_again(activities):
    bulk.change_many(Activity, numbers(activities[:1]), {"place": "象湖片区"}, **WHY)
    assert list(search.search(Activity.objects.all(), "象湖")) == [activities[0]]


def test_nothing_left_to_restore_is_refused(activities):
    batch = bulk.change_many(Activity, numbers(activities[:1]), {"place": "集聚区"}, **WHY)
    Activity.objects.filter(pk=activities[0].pk).update(place="后来改的")
    with pytest.raises(bulk.UnableToUndo):
        bulk.undo_many(Activity, batch.pk, **WHY)


def test_a_load_or_another_models_batch_is_no_bulk_change(activities):
    batch = bulk.change_many(Activity, numbers(activities), {"place": "集聚区"}, **WHY)
    assert bulk.find_bulk_change(Activity, batch.pk).numbers == numbers(activities)
    undone = bulk.undo_many(Activity, batch.pk, **WHY)
    assert undone == (3, 0)
    assert bulk.find_bulk_change(Activity, batch.pk + 1) is None
    assert bulk.find_bulk_change(type(activities[0].unit), batch.pk) is None
