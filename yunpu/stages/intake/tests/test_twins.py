"""Large corrections: nobody waits, nobody sees a part of them, a killed one leaves nothing – with real processes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from yunpu.reference.models import Enterprise
from yunpu.stages.intake import loading
from yunpu.stages.intake.loading import (
    Row,
    UnableToLoad,
    clean_killed_loads,
    load_rows,
    preview,
)
from yunpu.stages.intake.tests.test_concurrency import heard, kill, start  # noqa: F401 - a fixture
from yunpu.stages.intake.tests.test_loading import AT, BY, TARGET, code, rows
from yunpu.stages.intake.twins import list_twins
from yunpu.stages.intake.withdrawing import UnableToWithdraw, withdraw_batch
from yunpu.trail.models import Batch, Change, Event
from yunpu.trail.operations import change_record, create_record, operation, remove_record
from yunpu.ui import search

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = 2 * loading.TOGETHER_RENAMED + 1
sqlite_only = pytest.mark.skipif(
    connection.vendor != "sqlite",
    reason="SQLite only: PostgreSQL changes records in one commit, without a twin",
)


def renamed(count: int, word: str = "公司") -> list[Row]:
    return [Row((code(i), f"{word}{i}", "制造"), "名单", i + 2) for i in range(count)]


def load(given: Any, **more: Any) -> Batch | None:
    return load_rows(TARGET, given, verb="test.enterprise-loaded", name="x", by=BY, at=AT, **more)


def found(word: str) -> int:
    return int(search.search(Enterprise.objects.all(), word).count())


def called(word: str) -> int:
    return int(Enterprise.objects.filter(name__startswith=word).count())


def assert_sound() -> None:
    """The database holds together, and nothing is left of a twin."""
    assert search.missing(Enterprise) == 0
    if connection.vendor == "sqlite":
        assert not list(list_twins())
        assert not search.is_blurred(Enterprise)
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            assert cursor.fetchall() == [("ok",)]
            cursor.execute("PRAGMA foreign_key_check")
            assert cursor.fetchall() == []
            cursor.execute("SELECT name FROM sqlite_schema WHERE name LIKE '%!_!_%' ESCAPE '!'")
            assert cursor.fetchall() == []


def elsewhere(work: Callable[[], object]) -> None:
    """Do it as another writer does, over another connection."""

    def run() -> None:
        work()
        connection.close()

    other = threading.Thread(target=run)
    other.start()
    other.join(60)
    assert not other.is_alive(), "the other writer waits for the loader"


def during(work: Callable[[], object]) -> Callable[[int, int, str], None]:
    """A progress that does something once, after a first part of the changed records was written."""
    done: list[bool] = []

    def progress(_done: int, _total: int, label: str) -> None:
        if not done and label in (loading.INTO_TWIN, "写入"):
            if label == "写入" and connection.vendor == "sqlite":
                return
            done.append(True)
            elsewhere(work)

    return progress


def test_a_large_correction_keeps_numbers_and_tells_its_changes():
    first = load(rows(COUNT))
    numbers = dict(Enterprise.objects.values_list("credit_code", "pk"))
    second = load(renamed(COUNT))
    assert (second.created_count, second.changed_count) == (0, COUNT)
    assert dict(Enterprise.objects.values_list("credit_code", "pk")) == numbers
    one = Enterprise.objects.get(credit_code=code(7))
    assert (one.name, one.batch_id, one.row_number) == ("公司7", second.pk, 9)
    change = Change.objects.get(batch_id=second.pk, object_id=one.pk)
    assert (change.before["name"], change.after, change.before["batch_id"]) == (
        "企业7",
        {"name": "公司7"},
        first.pk,
    )
    assert (found("公司"), found("企业"), called("公司")) == (COUNT, 0, COUNT)
    assert Event.objects.filter(batch_id=second.pk).count() == 1
    assert_sound()
    new = create_record(Enterprise, {"credit_code": code(COUNT + 5), "name": "新"}, by=BY, at=AT)
    assert new.pk > max(numbers.values())


def test_new_and_changed_rows_come_in_one_commit():
    load(rows(COUNT))
    load(renamed(COUNT + 3_000))
    assert (Enterprise.objects.count(), called("公司"), found("公司")) == (COUNT + 3_000,) * 3
    assert_sound()


@sqlite_only
@pytest.mark.parametrize("step", ["rows", "twin", "commit"])
def test_a_correction_killed_before_it_is_shown_changes_nothing(start, step):  # noqa: F811
    load(rows(COUNT))
    process = start(step, COUNT, "公司")
    heard(process, "begins")
    heard(process, "here")
    if step == "twin":
        assert len(list(list_twins())) == 1
    assert (called("企业"), called("公司"), found("企业"), found("公司")) == (COUNT, 0, COUNT, 0)
    kill(process)
    assert (called("企业"), called("公司"), found("企业"), found("公司")) == (COUNT, 0, COUNT, 0)
    assert len(clean_killed_loads()) == 1
    assert (called("企业"), called("公司"), found("企业"), found("公司")) == (COUNT, 0, COUNT, 0)
    assert_sound()
    assert load(renamed(COUNT)) is not None
    assert called("公司") == COUNT


@sqlite_only
def test_a_correction_killed_after_it_is_shown_stays_and_is_tidied_up(start):  # noqa: F811
    load(rows(COUNT))
    process = start("tidying", COUNT, "公司")
    heard(process, "begins")
    heard(process, "here")
    assert (called("企业"), called("公司"), found("企业"), found("公司")) == (0, COUNT, 0, COUNT)
    assert clean_killed_loads() == []
    assert len(list(list_twins())) == 1, "it lives, and tidies up itself"
    with pytest.raises(UnableToLoad):
        load(rows(3))
    kill(process)
    assert clean_killed_loads() == []
    assert (called("企业"), called("公司"), found("企业"), found("公司")) == (0, COUNT, 0, COUNT)
    assert_sound()


def test_a_reader_sees_nothing_or_all_of_a_correction(start):  # noqa: F811
    load(rows(COUNT))
    process = start("none", COUNT, "公司")
    heard(process, "begins")
    seen = set()
    while process.poll() is None:
        seen |= {called("公司"), found("公司"), COUNT - called("企业"), COUNT - found("企业")}
        assert Enterprise.objects.count() == COUNT
    seen |= {called("公司"), found("公司")}
    assert seen == {0, COUNT}
    assert_sound()


def test_others_write_meanwhile_and_what_they_write_stays():
    load(rows(COUNT + 4))
    late = {i: Enterprise.objects.get(credit_code=code(COUNT + i)) for i in range(3)}

    def write() -> None:
        change_record(late[0], {"name": "手改"}, by=BY, at=AT)
        remove_record(late[1], by=BY, at=AT)
        create_record(Enterprise, {"credit_code": code(COUNT + 9), "name": "手工新增"}, by=BY, at=AT)
        with operation("test.small-write", by=BY, at=AT) as note:
            note.act(name="x")

    given = renamed(COUNT)
    load(given, progress=during(write))
    assert called("公司") == COUNT
    assert Enterprise.objects.get(pk=late[0].pk).name == "手改"
    assert not Enterprise.every.filter(pk=late[1].pk).exists()
    assert Enterprise.objects.get(credit_code=code(COUNT + 9)).name == "手工新增"
    assert (found("手改"), found("手工新增"), found("企业")) == (1, 1, 2)
    assert_sound()


def test_a_record_that_somebody_changes_meanwhile_refuses_the_correction():
    load(rows(COUNT))

    def write() -> None:
        change_record(Enterprise.objects.get(credit_code=code(5)), {"name": "手改"}, by=BY, at=AT)

    with pytest.raises(UnableToLoad):
        load(renamed(COUNT), progress=during(write))
    assert (called("手改"), called("企业"), called("公司")) == (1, COUNT - 1, 0)
    assert (found("手改"), found("公司")) == (1, 0)
    assert_sound()


@sqlite_only
def test_a_change_without_an_event_of_its_own_is_noticed_too():
    load(rows(COUNT))

    def write() -> None:
        Enterprise.objects.filter(credit_code=code(5)).update(industry="别处")

    with pytest.raises(UnableToLoad):
        load(renamed(COUNT), progress=during(write))
    assert Enterprise.objects.get(credit_code=code(5)).industry == "别处"
    assert_sound()


def test_two_records_that_change_their_names_are_no_conflict_and_a_failure_in_the_commit_leaves_nothing():
    load(rows(COUNT))

    def broken(_batch: Batch) -> None:
        raise RuntimeError("cable pulled")

    with pytest.raises(RuntimeError, match="cable pulled"):
        load(renamed(COUNT), together=broken)
    assert (called("企业"), found("企业"), found("公司")) == (COUNT, COUNT, 0)
    assert_sound()


def test_a_large_correction_can_be_withdrawn():
    first = load(rows(COUNT))
    second = load(renamed(COUNT + 10))
    withdraw_batch(second, by=BY, at=AT, reason="误")
    assert (called("企业"), called("公司"), Enterprise.every.count()) == (COUNT, 0, COUNT)
    assert (found("企业"), found("公司")) == (COUNT, 0)
    assert set(Enterprise.objects.values_list("batch_id", flat=True)) == {first.pk}
    assert preview(TARGET, rows(COUNT)).unchanged == COUNT
    assert Event.objects.filter(verb="reference.enterprise-batch-withdrawn", batch_id=second.pk).count() == 1
    assert_sound()


@sqlite_only
@pytest.mark.parametrize("step", ["twin", "commit"])
def test_a_withdrawal_killed_before_its_commit_withdraws_nothing(start, step):  # noqa: F811
    load(rows(COUNT))
    second = load(renamed(COUNT + 2_500))
    process = start(step, COUNT, "withdraw")
    heard(process, "begins")
    heard(process, "here")
    assert (called("公司"), found("公司"), called("企业"), found("企业")) == (
        COUNT + 2_500,
        COUNT + 2_500,
        0,
        0,
    )
    if step == "twin":
        with pytest.raises(UnableToLoad):
            load(rows(3))
    kill(process)
    clean_killed_loads()
    assert Batch.objects.get(pk=second.pk).state == Batch.State.KEPT
    assert (called("公司"), found("公司"), called("企业"), found("企业")) == (
        COUNT + 2_500,
        COUNT + 2_500,
        0,
        0,
    )
    assert_sound()
    withdraw_batch(second, by=BY, at=AT, reason="误")
    assert (called("企业"), found("企业"), Enterprise.every.count()) == (COUNT, COUNT, COUNT)


def test_a_withdrawal_killed_while_it_removes_is_finished_at_the_next_start(start):  # noqa: F811
    load(rows(COUNT))
    load(renamed(COUNT + 4_500))
    process = start("removing", COUNT, "withdraw")
    heard(process, "begins")
    heard(process, "here")
    assert (called("企业"), called("公司"), Enterprise.objects.count()) == (COUNT, 0, COUNT)
    clean_killed_loads()
    assert Enterprise.every.count() > COUNT, "its process lives, and goes on itself"
    kill(process)
    clean_killed_loads()
    assert (Enterprise.every.count(), found("企业"), found("公司")) == (COUNT, COUNT, 0)
    assert_sound()


@sqlite_only
def test_what_somebody_does_while_a_withdrawal_is_prepared_counts():
    load(rows(COUNT))
    second = load(renamed(COUNT))

    def write() -> None:
        change_record(Enterprise.objects.get(credit_code=code(5)), {"name": "手改"}, by=BY, at=AT)

    def progress(_done: int, _total: int, _label: str) -> None:
        if called("手改") == 0:
            elsewhere(write)

    with pytest.raises(UnableToWithdraw):
        withdraw_batch(second, by=BY, at=AT, reason="误", progress=progress)
    assert (called("手改"), called("公司"), found("企业")) == (1, COUNT - 1, 0)
    assert_sound()
