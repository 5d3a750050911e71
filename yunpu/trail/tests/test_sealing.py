"""Sealing: everything committed is sealed once, whatever its number and whenever it came."""

import datetime as dt
import threading

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from yunpu.kernel.keys import FileKeys, is_signed
from yunpu.kernel.merkle import is_proved, leaf_of, proof_of
from yunpu.kernel.ranges import numbers_of, read_ranges
from yunpu.trail import sealing
from yunpu.trail.leaves import EVENTS, list_texts
from yunpu.trail.models import Change, Event, Seal
from yunpu.trail.operations import System, operation
from yunpu.trail.sealing import get_tail, list_unsealed, record_of, seal_trail

AT = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
BY = System("测试")

pytestmark = pytest.mark.django_db


@pytest.fixture
def keys(tmp_path):
    return FileKeys(tmp_path / "keys")


@pytest.fixture(autouse=True)
def newest_seal_file(settings, tmp_path):
    settings.NEWEST_SEAL_FILE = tmp_path / "newest-seal.json"


def act(count=1, at=AT):
    for number in range(count):
        with operation("test.act", by=BY, at=at, reason="理由") as note:
            note.act(name=f"第 {number} 件")


def covered():
    return sorted(number for seal in Seal.objects.all() for number in numbers_of(read_ranges(seal.events)))


def all_events():
    return sorted(Event.objects.values_list("pk", flat=True))


def test_a_seal_covers_what_is_there_and_says_so(keys):
    act(3)
    change = Change.objects.create(batch_id=1, object_type="a.b", object_id=1, before={}, after={"名": "乙"})
    assert seal_trail(at=AT, keys=keys) == 1
    seal = record_of(Seal.objects.get())
    assert (seal.number, seal.previous, seal.event_count, seal.change_count) == (1, "", 3, 1)
    assert covered() == all_events()
    assert seal.changes == str(change.pk)
    assert is_signed(seal.signed(), seal.message(), keys.public_keys())


def test_what_is_sealed_is_not_sealed_again(keys):
    act()
    assert seal_trail(at=AT, keys=keys) == 1
    assert seal_trail(at=AT, keys=keys) == 0
    act()
    assert seal_trail(at=AT + HOUR, keys=keys) == 1
    assert covered() == all_events()
    first, second = Seal.objects.order_by("number")
    assert second.previous == first.digest


def test_a_number_that_commits_late_is_sealed_too(keys):
    """Number 2 commits after number 3 was sealed, as concurrent writers do; then also after an hour."""
    act(2)
    held = Event.objects.order_by("id").last()
    values = {field.name: getattr(held, field.name) for field in Event._meta.fields if field.name != "id"}
    for late, moment in ((held.pk + 1, AT), (held.pk + 3, AT + HOUR)):
        Event.objects.create(id=late + 1, **values)
        seal_trail(at=AT, keys=keys)
        Event.objects.create(id=late, **values)
        seal_trail(at=moment, keys=keys, thorough=True)
    assert covered() == all_events()
    assert Seal.objects.count() == 4


def test_a_late_number_is_not_looked_for_every_time_but_when_the_counts_differ(keys):
    act(3)
    with transaction.atomic():
        last = Event.objects.order_by("id").last()
        values = {field.name: getattr(last, field.name) for field in Event._meta.fields if field.name != "id"}
        Event.objects.create(id=last.pk + 2, **values)
    seal_trail(at=AT, keys=keys)
    Event.objects.create(id=last.pk + 1, **values)
    assert list_unsealed(EVENTS, at=AT + HOUR) == []
    assert list_unsealed(EVENTS, at=AT + HOUR, thorough=True) == [last.pk + 1]


def test_many_events_become_several_seals_in_one_chain(keys, monkeypatch):
    monkeypatch.setattr(sealing, "ROWS", 4)
    act(10)
    assert seal_trail(at=AT, keys=keys) == 3
    seals = list(Seal.objects.order_by("number"))
    assert [seal.event_count for seal in seals] == [4, 4, 2]
    assert [seal.previous for seal in seals[1:]] == [seal.digest for seal in seals[:-1]]
    assert covered() == all_events()


def test_one_event_is_proved_alone(keys):
    act(40)
    seal_trail(at=AT, keys=keys)
    seal = record_of(Seal.objects.get())
    numbers = list(numbers_of(read_ranges(seal.events)))
    [(_number, text)] = list_texts(EVENTS, [(numbers[17], numbers[17])])
    proof = proof_of(seal.leaves_of(EVENTS), 17)
    assert "第 17 件".encode() in text
    assert is_proved(leaf_of(b"event\x00" + text), proof, bytes.fromhex(seal.root))
    assert not is_proved(leaf_of(b"event\x00" + text + b" "), proof, bytes.fromhex(seal.root))


def test_the_tail_tells_how_much_waits_and_since_when(keys):
    assert get_tail(at=AT).count == 0
    act(2, at=AT)
    act(1, at=AT + HOUR)
    tail = get_tail(at=AT)
    assert (tail.count, tail.oldest_at) == (3, AT)
    seal_trail(at=AT, keys=keys)
    assert (get_tail(at=AT).count, get_tail(at=AT).oldest_at) == (0, None)


@pytest.mark.parametrize("act_on", ["UPDATE trail_seal SET root = ''", "DELETE FROM trail_seal"])
def test_a_seal_is_written_once(keys, act_on):
    act()
    seal_trail(at=AT, keys=keys)
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
        connection.cursor().execute(act_on)


def test_the_text_that_is_sealed_is_for_ever(keys):
    """A change of this text would break every seal there is."""
    with operation("测试.act", by=BY, at=AT, reason="理由，因为") as note:
        note.act(name="甲", 数=3)
    [(_number, text)] = list_texts(EVENTS, [(event.pk, event.pk) for event in Event.objects.all()])
    assert text.decode() == (
        "26,6,-1,2,-1,0,6,-1,0,0,-1,1,-1,7,5,-1,0,0:"
        '2026-03-01 09:00:00.000000测试.act测试system甲{"数":3}理由，因为'
    )


@pytest.mark.django_db(transaction=True)
def test_late_commits_of_real_transactions_are_sealed(keys, postgresql_only):
    """Two connections: the smaller number commits when the greater one is sealed already."""
    begun, go_on = threading.Event(), threading.Event()

    def slow():
        try:
            with operation("test.slow", by=BY, at=AT) as outer:
                with operation("test.inner", by=BY, at=AT) as inner:
                    inner.act(name="慢")
                begun.set()
                assert go_on.wait(20)
                outer.act(name="外")
        finally:
            connection.close()

    writer = threading.Thread(target=slow)
    writer.start()
    assert begun.wait(20)
    act()
    assert seal_trail(at=timezone.now(), keys=keys) == 1
    go_on.set()
    writer.join()
    assert min(all_events()) not in covered()
    seal_trail(at=timezone.now(), keys=keys)
    assert covered() == all_events()
    assert len(all_events()) == 3


@pytest.mark.django_db(transaction=True)
def test_workers_that_seal_at_once_seal_each_event_once(keys):
    act(50)
    together = threading.Barrier(3)

    def work():
        try:
            together.wait()
            seal_trail(at=AT, keys=keys)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _n in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seal_trail(at=AT, keys=keys)
    assert covered() == all_events()
    assert sum(seal.event_count for seal in Seal.objects.all()) == 50
