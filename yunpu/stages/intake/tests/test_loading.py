"""The bulk loader at the database: all or nothing, nobody sees a part, killed loads go, withdrawal restores."""

import datetime as dt

import pytest
from django.utils import timezone

from yunpu.kernel.codes import credit_code_with_check
from yunpu.reference.models import Enterprise
from yunpu.stages.intake import loading
from yunpu.stages.intake.loading import Row, Target, UnableToLoad, load_rows
from yunpu.stages.intake.withdrawing import UnableToWithdraw, withdraw_batch
from yunpu.trail.models import Batch, Change, Event
from yunpu.trail.operations import System, change_record

AT = dt.datetime(2020, 12, 20, 9, tzinfo=dt.UTC)
BY = System("测试")
TARGET = Target(Enterprise, ("credit_code", "name", "industry"), ("credit_code",))

pytestmark = pytest.mark.django_db


def code(number: int) -> str:
    return credit_code_with_check(f"91360199MA{number:07}")


def rows(count: int, industry: str = "制造") -> list[Row]:
    return [Row((code(i), f"企业{i}", industry), "名单", i + 2) for i in range(count)]


def load(given: list[Row]) -> Batch | None:
    return load_rows(TARGET, given, verb="test.enterprise-loaded", name="名单.xlsx", by=BY, at=AT)


def test_new_rows_know_their_batch_sheet_and_row_and_write_one_event():
    batch = load(rows(4_500))
    assert Enterprise.objects.count() == 4_500
    one = Enterprise.objects.get(credit_code=code(7))
    assert (one.batch_id, one.sheet_name, one.row_number) == (batch.pk, "名单", 9)
    event = Event.objects.get(verb="test.enterprise-loaded")
    assert event.after["created"] == 4_500
    assert event.after["digest"] == batch.digest


def test_the_same_rows_again_change_nothing():
    load(rows(10))
    assert load(rows(10)) is None
    assert Event.objects.filter(verb="test.enterprise-loaded").count() == 1
    assert Enterprise.every.count() == 10


def test_a_corrected_file_updates_by_key_and_keeps_before_and_after():
    load(rows(10))
    given = rows(11)
    given[3] = Row((code(3), "企业3", "服务"), "名单", 5)
    second = load(given)
    assert (second.created_count, second.changed_count, second.unchanged_count) == (1, 1, 9)
    change = Change.objects.get(batch_id=second.pk)
    assert change.before["industry"] == "制造"
    assert change.after == {"industry": "服务"}
    assert Enterprise.objects.get(credit_code=code(3)).batch_id == second.pk


def test_a_failing_load_leaves_nothing(monkeypatch):
    def broken():
        yield from rows(3_000)
        raise RuntimeError("cable pulled")

    with pytest.raises(RuntimeError, match="cable pulled"):
        load(broken())
    assert Enterprise.every.count() == 0
    assert Batch.objects.get().state == Batch.State.ABANDONED


def test_rows_of_a_load_under_way_are_invisible_and_a_killed_one_is_cleaned(monkeypatch):
    class Killed(BaseException):
        pass

    monkeypatch.setattr(loading, "abandon", lambda batch: None)
    with pytest.raises(Killed):

        def killed():
            yield from rows(loading.AHEAD * loading.CHUNK)
            raise Killed

        load(killed())
    monkeypatch.undo()
    assert Enterprise.every.count() == loading.AHEAD * loading.CHUNK
    assert Enterprise.objects.count() == 0
    with pytest.raises(UnableToLoad):
        load(rows(1))
    Batch.objects.update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    assert load(rows(1)) is not None
    assert Enterprise.every.count() == 1


def test_withdrawing_restores_what_was():
    first = load(rows(3))
    given = [*rows(4), Row((code(9), "新企业", ""), "名单", 9)]
    given[0] = Row((code(0), "改名", "制造"), "名单", 2)
    second = load(given)
    withdraw_batch(second, by=BY, at=AT, reason="文件拿错了")
    assert Enterprise.every.count() == 3
    restored = Enterprise.objects.get(credit_code=code(0))
    assert (restored.name, restored.batch_id) == ("企业0", first.pk)


def test_withdrawing_is_refused_while_something_later_depends_on_it():
    first = load(rows(3))
    given = rows(3)
    given[0] = Row((code(0), "改名", "制造"), "名单", 2)
    second = load(given)
    with pytest.raises(UnableToWithdraw):
        withdraw_batch(first, by=BY, at=AT, reason="误")
    withdraw_batch(second, by=BY, at=AT, reason="误")
    change_record(Enterprise.objects.get(credit_code=code(1)), {"name": "手改"}, by=BY, at=AT)
    with pytest.raises(UnableToWithdraw):
        withdraw_batch(first, by=BY, at=AT, reason="误")
    assert Enterprise.objects.count() == 3


def test_a_record_changed_by_hand_during_the_load_refuses_it():
    load(rows(3))

    def meanwhile():
        yield Row((code(0), "来自文件", "制造"), "名单", 2)
        yield from rows(3_000)[1:]
        change_record(Enterprise.objects.get(credit_code=code(0)), {"name": "手改"}, by=BY, at=AT)

    with pytest.raises(UnableToLoad):
        load(meanwhile())
    assert Enterprise.objects.get(credit_code=code(0)).name == "手改"
    assert Enterprise.every.count() == 3
