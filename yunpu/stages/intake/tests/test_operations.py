"""Edges of the steps from upload to records: two at once, what changed meanwhile, what was cancelled or killed."""

import datetime as dt
import io
import threading

import pytest
from django.db import connection
from django.utils import timezone

from yunpu.access.models import Role
from yunpu.domains.outreach.models import Activity
from yunpu.stages.intake import operations, tasks
from yunpu.stages.intake.loading import UnableToLoad
from yunpu.stages.intake.models import Load
from yunpu.stages.intake.operations import UnableToKeep, change_reading, check_load, keep_load, withdraw_load
from yunpu.stages.intake.queries import find_refusal, is_interrupted
from yunpu.stages.intake.tests.district import ROWS, District, activities, names, workbook
from yunpu.stages.intake.withdrawing import UnableToWithdraw
from yunpu.trail.jobs import Cancelled, running, start_job
from yunpu.trail.models import Batch, Change, Event, Job
from yunpu.trail.operations import System, change_record

AT = dt.datetime(2020, 12, 20, 9, tzinfo=dt.UTC)
BY = System("测试")

pytestmark = pytest.mark.django_db


@pytest.fixture
def district():
    return District()


def receive(district, content, *, by=BY, unit=None):
    """A checked load, made without the page."""
    load = operations.receive_file(
        io.BytesIO(content), name="活动.xlsx", unit=unit or district.here, by=by, at=AT
    )
    return check_load(load, by=by, at=AT)


def keep(district, content):
    return keep_load(receive(district, content), by=BY, at=AT)


def test_records_changed_since_the_check_are_shown_before_they_are_overwritten(district):
    keep(district, activities())
    load = receive(district, activities(("XJ2020-01", "更正", "宣讲", "2020-06-11", "集聚区")))
    assert load.preview["examples"][0]["fields"] == [["name", "政策宣讲第一场", "更正"]]
    change_record(Activity.objects.get(code="XJ2020-01"), {"name": "手改"}, by=BY, at=AT)
    with pytest.raises(UnableToKeep, match="台账在核对之后变了"):
        keep_load(load, by=BY, at=AT)
    assert names()[1] == "手改"
    load.refresh_from_db()
    assert load.state == Load.State.CHECKED
    assert load.preview["examples"][0]["fields"] == [["name", "手改", "更正"]]
    assert "台账在核对之后变了" in str(find_refusal(load))
    keep_load(load, by=BY, at=AT)
    assert (load.state, load.refused, names()[1]) == (Load.State.KEPT, None, "更正")


def test_a_record_that_went_away_since_the_check_is_noticed(district):
    first = keep(district, activities())
    rows = (("活动编号", "反馈序号", "评分"), ("XJ2020-01", 1, 5))
    load = receive(district, workbook(*rows))
    assert load.preview["created"] == 1
    withdraw_load(first, by=BY, at=AT, reason="误")
    with pytest.raises(UnableToKeep):
        keep_load(load, by=BY, at=AT)
    load.refresh_from_db()
    assert [stored["kind"] for stored in load.findings] == ["INT-050"]


def test_changes_that_do_not_touch_what_was_shown_do_not_stop_it(district):
    keep(district, activities())
    load = receive(district, activities(("XJ2020-01", "更正", "宣讲", "2020-06-11", "集聚区")))
    change_record(Activity.objects.get(code="PX2020-01"), {"place": "别处"}, by=BY, at=AT)
    keep_load(load, by=BY, at=AT)
    assert load.state == Load.State.KEPT


def test_who_keeps_needs_the_right_for_every_record_not_only_who_checked(district):
    keep(district, activities())
    above = district.user(district.person(district.top, Role.FINANCE))
    load = receive(
        district,
        activities(("XJ2020-01", "更正", "宣讲", "2020-06-11", "")),
        by=above,
        unit=district.elsewhere,
    )
    assert not load.error_count
    with pytest.raises(UnableToKeep):
        keep_load(load, by=district.user(district.person(district.elsewhere)), at=AT)
    assert names()[1] == "政策宣讲第一场"


def test_a_changed_reading_must_be_checked_before_it_is_kept(district):
    load = receive(district, activities())
    change_reading(load, by=BY, at=AT, mapping={"code": 0, "name": 4, "kind": 2, "held_on": 3})
    assert (load.state, load.preview) == (Load.State.UPLOADED, None)
    with pytest.raises(UnableToKeep, match="待核对"):
        keep_load(load, by=BY, at=AT)
    check_load(load, by=BY, at=AT)
    keep_load(load, by=BY, at=AT)
    assert names() == ["线上", "集聚区", "象湖片区"]


def test_another_sheet_or_format_forgets_columns_and_answers(district):
    load = receive(district, activities())
    change_reading(load, by=BY, at=AT, mapping={"code": 0}, answers={"share": "ratio"})
    change_reading(load, by=BY, at=AT, format_code="outreach.feedback")
    assert (load.mapping, load.answers) == (None, {})


@pytest.mark.parametrize("step", ["check", "reading", "keep"])
def test_what_is_in_the_records_is_not_begun_again(district, step):
    load = keep(district, activities())
    with pytest.raises(UnableToKeep, match="已入账"):
        {
            "check": lambda: check_load(load, by=BY, at=AT),
            "reading": lambda: change_reading(load, by=BY, at=AT, answers={}),
            "keep": lambda: keep_load(load, by=BY, at=AT),
        }[step]()
    load.refresh_from_db()
    assert load.state == Load.State.KEPT


def test_an_error_in_one_row_keeps_none(district):
    load = receive(district, activities(*ROWS, ("XJ2020-08", "", "宣讲", "2020-01-01", "")))
    assert load.error_count == 1
    with pytest.raises(UnableToKeep, match="必须改"):
        keep_load(load, by=BY, at=AT)
    assert names() == []
    assert not Batch.objects.exists()


def test_cancelling_while_it_is_written_leaves_nothing_and_it_can_be_kept_later(district):
    load = receive(district, activities())

    def cancel(done, _total, label):
        if label == "写入":
            raise Cancelled

    with pytest.raises(Cancelled):
        keep_load(load, by=BY, at=AT, progress=cancel)
    assert (Activity.every.count(), load.state) == (0, Load.State.CHECKED)
    assert Batch.objects.get().state == Batch.State.ABANDONED
    keep_load(load, by=BY, at=AT)
    assert len(names()) == 3


def test_cancelling_a_check_leaves_the_file_to_be_checked_again(district):
    load = operations.receive_file(
        io.BytesIO(activities()), name="活动.xlsx", unit=district.here, by=BY, at=AT
    )
    job = start_job("核对", by_id=None, at=AT, of=load)
    Job.objects.filter(pk=job.pk).update(cancel_asked=True)
    tasks.check_under(job, load, by=BY, at=AT)
    job.refresh_from_db()
    assert (job.state, load.state) == (Job.State.CANCELLED, Load.State.CANCELLED)
    tasks.check_now_or_later(load, by=BY, at=AT)
    assert (load.state, load.preview["created"]) == (Load.State.CHECKED, 3)


@pytest.mark.parametrize(("state", "again"), [("checking", "uploaded"), ("loading", "checked")])
def test_work_whose_process_was_killed_is_told_and_can_be_started_again(district, state, again):
    load = receive(district, activities())
    long_ago = timezone.now() - dt.timedelta(minutes=5)
    Job.objects.create(
        title="x",
        object_type="intake.load",
        object_id=load.pk,
        asked_at=AT,
        state="running",
        lease_until=long_ago,
    )
    Load.objects.filter(pk=load.pk).update(state=state)
    half = Batch.objects.create(
        verb="outreach.activities-loaded", target="outreach.activity", started_at=AT, lease_until=long_ago
    )
    Activity.objects.create(
        code="半", name="半", kind="roadshow", held_on=AT, unit=district.here, batch_id=half.pk
    )
    load.refresh_from_db()
    assert is_interrupted(load)
    assert "这项工作中断了" in district.page(load)
    operations.recover_load(load)
    assert load.state == again
    assert state == "checking" or Activity.every.count() == 0
    district.post(load, "check")
    district.post(load, "keep")
    assert load.state == Load.State.KEPT
    assert len(names()) == 3


def test_work_that_is_alive_is_not_taken_over(district):
    load = receive(district, activities())
    job = start_job("核对", by_id=None, at=AT, of=load)
    with running(job):
        Load.objects.filter(pk=load.pk).update(state="checking")
        load.refresh_from_db()
        operations.recover_load(load)
        assert load.state == Load.State.CHECKING
        with pytest.raises(UnableToKeep, match="核对中"):
            check_load(load, by=BY, at=AT)


def test_records_and_the_loads_state_come_in_one_commit(district, monkeypatch):
    load = receive(district, activities())

    def cable_pulled(_load):
        raise RuntimeError("cable pulled")

    monkeypatch.setattr(operations, "_remember", cable_pulled)
    with pytest.raises(RuntimeError, match="cable pulled"):
        keep_load(load, by=BY, at=AT)
    load.refresh_from_db()
    assert (load.state, load.batch_id, Activity.every.count()) == (Load.State.CHECKED, None, 0)
    assert not Event.objects.filter(verb="outreach.activities-loaded").exists()


def test_a_busy_register_refuses_and_the_load_says_so_later(district):
    load = receive(district, activities())
    Batch.objects.create(
        verb="x",
        target="outreach.activity",
        started_at=AT,
        lease_until=timezone.now() + dt.timedelta(minutes=1),
    )
    with pytest.raises(UnableToLoad):
        keep_load(load, by=BY, at=AT)
    load.refresh_from_db()
    assert load.state == Load.State.CHECKED
    assert "另一个文件正在写入同一台账" in district.page(load)


def test_withdrawing_needs_a_reason_and_a_kept_load(district):
    load = receive(district, activities())
    with pytest.raises(UnableToWithdraw, match="已核对"):
        withdraw_load(load, by=BY, at=AT, reason="误")
    keep_load(load, by=BY, at=AT)
    with pytest.raises(UnableToWithdraw, match="理由"):
        withdraw_load(load, by=BY, at=AT, reason=" ")


def test_withdrawing_restores_values_to_the_last_field(district):
    keep(district, activities())
    before = list(Activity.objects.order_by("pk").values())
    load = keep(district, activities(*[(code, "改", "网上培训", "2020-01-01", "") for code, *_rest in ROWS]))
    assert Change.objects.filter(batch_id=load.batch_id).count() == 3
    withdraw_load(load, by=BY, at=AT, reason="误")
    assert list(Activity.objects.order_by("pk").values()) == before


@pytest.mark.django_db(transaction=True)
def test_of_two_who_keep_at_once_one_does(district):
    load = receive(district, activities())
    ready, results = threading.Barrier(2), []

    def press():
        mine = Load.objects.get(pk=load.pk)
        ready.wait()
        try:
            keep_load(mine, by=BY, at=AT)
            results.append("kept")
        except UnableToKeep:
            results.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _one in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["kept", "refused"]
    assert Event.objects.filter(verb="outreach.activities-loaded").count() == 1
    assert len(names()) == 3
