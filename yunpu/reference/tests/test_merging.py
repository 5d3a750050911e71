"""Merging enterprises: everything moves, moves back exactly, or is refused with what stands against it."""

import datetime as dt

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from yunpu.domains.outreach.models import Attendance
from yunpu.domains.outreach.tests.factories import make_activity, make_attendance
from yunpu.reference import queries
from yunpu.reference.merging import (
    UnableToMerge,
    UnableToUndoMerge,
    count_children,
    list_child_fields,
    merge_enterprises,
    undo_merge,
)
from yunpu.reference.models import Enterprise, Merge, MergeUndo, Move
from yunpu.reference.tests.factories import AT, BY, make_enterprise, make_unit
from yunpu.trail.history import history
from yunpu.trail.models import Batch, Event
from yunpu.trail.operations import change_record, preparing, remove_record

pytestmark = pytest.mark.django_db


def merge(kept, duplicate, reason="同一家企业换了代码"):
    return merge_enterprises(kept=kept, duplicate=duplicate, reason=reason, by=BY, at=AT)


def undo(merged, reason="认错了"):
    return undo_merge(merged, reason=reason, by=BY, at=AT)


def state():
    """Everything that a merge may touch."""
    return (
        sorted(Attendance.every.values_list("pk", "activity", "enterprise", "seat", "position")),
        sorted(Enterprise.every.values_list("pk", "credit_code", "name", "merged_into")),
    )


@pytest.fixture
def two():
    """Two records of one enterprise, each with attendance at activities of its own."""
    unit = make_unit("D", level="district")
    kept, duplicate = make_enterprise("甲公司"), make_enterprise("甲公司（旧）")
    for enterprise in (kept, duplicate, duplicate):
        make_attendance(make_activity(unit), enterprise)
    return kept, duplicate


def test_every_foreign_key_of_every_app_is_found_by_itself():
    found = {(model._meta.label, stored.name) for model, stored in list_child_fields()}
    assert ("outreach.Attendance", "enterprise") in found
    assert ("reference.Enterprise", "merged_into") in found
    assert not {label for label, _name in found} & {
        "reference.Merge",
        "reference.Move",
        "reference.MergeUndo",
    }


def test_everything_that_pointed_to_the_duplicate_points_to_the_kept_one(two):
    kept, duplicate = two
    merged = merge(kept, duplicate)
    assert Attendance.objects.filter(enterprise=kept).count() == 3
    assert not Attendance.objects.filter(enterprise=duplicate).exists()
    assert Enterprise.objects.get(pk=duplicate.pk).merged_into == kept
    assert merged.moves.count() == 2
    assert count_children(Enterprise.objects.get(pk=duplicate.pk)) == []


def test_merging_is_one_event_and_every_moved_record_tells_of_it(two):
    kept, duplicate = two
    moved = Attendance.objects.filter(enterprise=duplicate).first()
    before = Event.objects.count()
    merge(kept, duplicate)
    assert Event.objects.count() == before + 1
    event = Event.objects.latest("id")
    assert (event.verb, event.object_id) == ("reference.enterprise-merged", duplicate.pk)
    told = history(Attendance.objects.get(pk=moved.pk))[0]
    assert told.title == "合并"
    assert told.differences == [("企业", "甲公司（旧）（已合并）", "甲公司")]


def test_undoing_leads_back_exactly(two):
    kept, duplicate = two
    before = state()
    merged = merge(kept, duplicate)
    assert state() != before
    undo(merged)
    assert state() == before
    assert Event.objects.latest("id").verb == "reference.enterprise-merge-undone"
    assert Merge.objects.get().is_undone


def test_what_came_after_the_merge_stays_with_the_kept_one(two):
    kept, duplicate = two
    merged = merge(kept, duplicate)
    later = make_attendance(make_activity(make_unit("E", level="district")), kept)
    undo(merged)
    assert Attendance.objects.get(pk=later.pk).enterprise == kept
    assert Attendance.objects.filter(enterprise=duplicate).count() == 2


def test_a_merge_may_be_made_again_after_it_was_undone(two):
    undo(merge(*two))
    again = merge(*two)
    assert again.moves.count() == 2
    undo(again)


def test_undoing_is_refused_when_what_was_moved_was_changed_since(two):
    kept, duplicate = two
    moved = Attendance.objects.filter(enterprise=duplicate).first()
    merged = merge(kept, duplicate)
    change_record(Attendance.objects.get(pk=moved.pk), {"position": "经理"}, by=BY, at=AT)
    before = state()
    with pytest.raises(UnableToUndoMerge, match=r"后来改过或删了.*1：参加记录"):
        undo(merged)
    assert state() == before
    change_record(Attendance.objects.get(pk=moved.pk), {"position": ""}, by=BY, at=AT)
    undo(merged)


def test_undoing_is_refused_when_what_was_moved_is_gone(two):
    kept, duplicate = two
    moved = Attendance.objects.filter(enterprise=duplicate).first()
    merged = merge(kept, duplicate)
    remove_record(Attendance.objects.get(pk=moved.pk), by=BY, at=AT, reason="没有来")
    with pytest.raises(UnableToUndoMerge, match="后来改过或删了"):
        undo(merged)


def test_a_merge_is_undone_once(two):
    merged = merge(*two)
    undo(merged)
    with pytest.raises(UnableToUndoMerge, match="已经撤销过"):
        undo(merged)


def test_records_with_the_same_key_are_listed_and_nothing_moves(two):
    kept, duplicate = two
    activity = make_activity(make_unit("E", level="district"), name="双方都来的宣讲")
    make_attendance(activity, kept)
    make_attendance(activity, duplicate)
    before = state()
    with pytest.raises(UnableToMerge, match=r"关键字相同.*1：.*双方都来的宣讲"):
        merge(kept, duplicate)
    assert state() == before
    assert not Merge.objects.exists()
    assert not Move.objects.exists()


def test_undoing_is_refused_where_a_record_would_stand_twice(two):
    """Somebody entered attendance of the duplicate again, by hand, at the same seat."""
    kept, duplicate = two
    moved = Attendance.objects.filter(enterprise=duplicate).first()
    merged = merge(kept, duplicate)
    make_attendance(moved.activity, duplicate, moved.seat)
    before = state()
    with pytest.raises(UnableToUndoMerge, match="移回去会与现有记录重复"):
        undo(merged)
    assert state() == before


@pytest.mark.parametrize("reason", ["", "  ", "x"])
def test_neither_goes_without_a_reason(two, reason):
    with pytest.raises(UnableToMerge, match="没有写明理由"):
        merge(*two, reason=reason)
    merged = merge(*two)
    with pytest.raises(UnableToUndoMerge, match="没有写明理由"):
        undo(merged, reason=reason)


def test_an_enterprise_is_not_merged_into_itself_nor_twice(two):
    kept, duplicate = two
    with pytest.raises(UnableToMerge, match="同一条记录"):
        merge(kept, kept)
    merge(kept, duplicate)
    with pytest.raises(UnableToMerge, match="已经并入别的企业"):
        merge(make_enterprise(), duplicate)
    with pytest.raises(UnableToMerge, match="已经并入别的企业"):
        merge(duplicate, make_enterprise())


def test_a_chain_of_merges_leads_every_code_to_the_last_and_is_undone_from_its_end(two):
    second, first = two
    before = state()
    earlier = merge(second, first)
    third = make_enterprise("第三")
    between = state()
    later = merge(third, second)
    for one in (first, second, third):
        assert queries.find_enterprise(one.credit_code) == third
    with pytest.raises(UnableToUndoMerge, match="又并入了别的企业"):
        undo(earlier)
    undo(later)
    assert state() == between
    undo(earlier)
    assert state()[0] == before[0]
    assert queries.find_enterprise(first.credit_code) == first


def test_a_code_that_nobody_has_finds_nothing():
    assert queries.find_enterprise("91360199MA0000000X") is None


def test_nothing_is_merged_while_a_load_knows_the_former_numbers(two):
    with preparing("test"):
        Batch.objects.create(verb="x", target="outreach.attendance", by_name="别人", started_at=AT)
    with pytest.raises(UnableToMerge, match="正有文件在写入"):
        merge(*two)


def test_rows_of_a_withdrawn_batch_move_too_so_that_nothing_points_astray(two):
    kept, duplicate = two
    with preparing("test"):
        hidden = Batch.objects.create(
            verb="x",
            target="outreach.activity",
            by_name="别人",
            started_at=AT,
            hidden=True,
            state="withdrawn",
        )
        Attendance.every.filter(enterprise=duplicate).update(batch_id=hidden.pk)
    assert merge(kept, duplicate).moves.count() == 2
    assert not Attendance.every.filter(enterprise=duplicate).exists()


@pytest.mark.parametrize("model", [Merge, Move, MergeUndo])
def test_the_history_is_written_once(two, model):
    undo(merge(*two))
    with pytest.raises(DatabaseError), preparing("test"), transaction.atomic():
        model.objects.all().update(**{"object_name" if model is Move else "reason": "改写"})
    with pytest.raises(DatabaseError), preparing("test"), transaction.atomic():
        model.objects.all()._raw_delete("default")


def test_the_database_refuses_an_enterprise_merged_into_itself():
    enterprise = make_enterprise()
    with pytest.raises(IntegrityError), preparing("test"), transaction.atomic():
        Enterprise.objects.filter(pk=enterprise.pk).update(merged_into=enterprise)


def test_merging_takes_the_same_queries_for_the_search_of_children(two, django_assert_max_num_queries):
    with django_assert_max_num_queries(40):
        merge(*two)


def test_a_moment_is_kept_as_it_was_given(two):
    assert merge(*two).at == AT == dt.datetime(2020, 12, 20, 9, tzinfo=dt.UTC)
