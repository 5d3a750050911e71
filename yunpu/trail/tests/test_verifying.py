"""Checking: one byte anywhere, and it is told which event; nothing else is told."""

import datetime as dt
import random

import pytest
from django.db import connection

from yunpu.kernel.keys import FileKeys
from yunpu.trail import sealing
from yunpu.trail.leaves import CHANGES, EVENTS
from yunpu.trail.models import Change, Event, Seal
from yunpu.trail.operations import operation
from yunpu.trail.requests import acting_for, origin
from yunpu.trail.sealing import record_of, seal_trail
from yunpu.trail.tests.tampering import tampering
from yunpu.trail.verifying import Fault, read_newest, verify_trail

AT = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


class Person:
    pk = 7

    def trail_name(self):
        return "张三"

    def trail_role(self):
        return "staff"

    def trail_unit(self):
        return 3, "甲局"


BY = Person()
pytestmark = pytest.mark.django_db


@pytest.fixture
def keys(tmp_path, settings):
    settings.NEWEST_SEAL_FILE = tmp_path / "newest-seal.json"
    return FileKeys(tmp_path / "keys")


@pytest.fixture
def trail(keys, monkeypatch):
    """Three seals over twenty events and twelve changes, every column filled."""
    monkeypatch.setattr(sealing, "ROWS", 12)
    for number in range(20):
        with (
            origin("0123456789abcdef", "10.0.0.7"),
            acting_for(9, "李四"),
            operation("outreach.activity-changed", by=BY, at=AT, reason=f"理由 {number}") as note,
        ):
            note.told = True
            note.values = {
                "object_type": "outreach.activity",
                "object_id": number + 1,
                "object_name": f"宣讲 {number}",
                "before": {"name": f"旧 {number}"},
                "after": {"name": f"新 {number}"},
                "batch_id": number + 100,
            }
    for number in range(12):
        Change.objects.create(
            batch_id=5, object_type="a.b", object_id=number, before={"n": number}, after={"n": number + 1}
        )
    seal_trail(at=AT, keys=keys)
    assert Seal.objects.count() == 3
    return keys


def faults(keys, **more):
    return verify_trail(public_keys=keys.public_keys(), **more).faults


def test_an_untouched_trail_has_no_fault_and_is_counted(trail):
    verdict = verify_trail(public_keys=trail.public_keys())
    assert verdict.faults == []
    assert (verdict.seals, verdict.events, verdict.changes, verdict.unsealed) == (3, 20, 12, 0)
    with operation("test.act", by=BY, at=AT) as note:
        note.act(name="尾")
    assert verify_trail(public_keys=trail.public_keys()).unsealed == 1


@pytest.mark.parametrize(
    ("stream", "column"), [(stream, column) for stream in (EVENTS, CHANGES) for column in stream.columns]
)
def test_one_byte_of_any_column_of_any_row_is_found(trail, stream, column):
    model = Event if stream is EVENTS else Change
    seed = random.Random(f"{stream.name}.{column}")
    for number in seed.sample(list(model.objects.order_by("id").values_list("pk", flat=True)), 4):
        with tampering() as cursor:
            cursor.execute(f"SELECT {column} FROM {stream.table} WHERE id = %s", [number])
            value = cursor.fetchone()[0]
            cursor.execute(
                f"UPDATE {stream.table} SET {column} = %s WHERE id = %s", [one_byte_off(value, seed), number]
            )
            assert [(one.kind, one.stream, one.number) for one in faults(trail)] == [
                ("changed", stream.name, number)
            ]


def one_byte_off(value, seed):
    """The value with one of its bytes changed, as little as can be."""
    if isinstance(value, dt.datetime):
        return value + dt.timedelta(microseconds=1)
    if isinstance(value, int):
        return value ^ (1 << seed.randrange(8))
    place = seed.randrange(len(value))
    other = "~" if value[place] != "~" else "!"
    return value[:place] + other + value[place + 1 :]


def test_the_test_above_meets_every_column_there_is():
    """A column that nobody seals could be changed unseen."""
    for model, stream in ((Event, EVENTS), (Change, CHANGES)):
        assert {field.column for field in model._meta.concrete_fields} == {"id", *stream.columns}


def test_nothing_and_empty_are_not_the_same(trail):
    number = Event.objects.order_by("id").first().pk
    with tampering() as cursor:
        cursor.execute("UPDATE trail_event SET before = NULL WHERE id = %s", [number])
        assert [one.kind for one in faults(trail)] == ["changed"]


def test_bytes_that_are_no_text_are_found(trail, sqlite_only):
    number = Event.objects.order_by("id").first().pk
    with tampering() as cursor:
        cursor.execute("UPDATE trail_event SET reason = CAST(x'ff' AS TEXT) WHERE id = %s", [number])
        assert [one.number for one in faults(trail)] == [number]


def test_every_removed_event_is_named(trail):
    numbers = list(Event.objects.order_by("id").values_list("pk", flat=True))
    gone = [numbers[0], numbers[7], numbers[-1]]
    with tampering() as cursor:
        cursor.execute("DELETE FROM trail_event WHERE id IN (%s, %s, %s)", gone)
        told = faults(trail)
    assert [(one.kind, one.number) for one in told] == [("removed", number) for number in gone]


def copy_event(cursor, number, new):
    columns = ", ".join(EVENTS.columns)
    cursor.execute(
        f"INSERT INTO trail_event (id, {columns}) SELECT %s, {columns} FROM trail_event WHERE id = %s",
        [new, number],
    )


def test_an_inserted_event_is_named_wherever_it_stands(trail):
    last = Event.objects.order_by("id").last().pk
    for free in (-3, 0, last + 1):
        with tampering() as cursor:
            copy_event(cursor, last, last + 2)  # an honest one, sealed, which leaves a number free
            seal_trail(at=AT, keys=trail)
            copy_event(cursor, last, free)
            assert faults(trail) == [Fault("inserted", stream="event", number=free)]


def test_an_inserted_event_that_was_sealed_later_is_told_as_late(trail):
    last = Event.objects.order_by("id").last().pk
    with tampering() as cursor:
        copy_event(cursor, last, last + 2)
        seal_trail(at=AT, keys=trail)
        copy_event(cursor, last, last + 3)
        seal_trail(at=AT + HOUR - dt.timedelta(seconds=20), keys=trail)
        copy_event(cursor, last, last + 1)
        seal_trail(at=AT + HOUR, keys=trail, thorough=True)
        told = faults(trail)
    assert [(one.kind, one.number) for one in told] == [("late", last + 1)]


def test_reordered_events_are_named_with_each_other(trail):
    one, two = list(Event.objects.order_by("id").values_list("pk", flat=True))[3:5]
    with tampering() as cursor:
        for old, new in ((one, 999_999), (two, one), (999_999, two)):
            cursor.execute("UPDATE trail_event SET id = %s WHERE id = %s", [new, old])
        told = faults(trail)
    assert [(fault.kind, fault.number, fault.other) for fault in told] == [
        ("reordered", one, two),
        ("reordered", two, one),
    ]


@pytest.mark.parametrize("column", [field.column for field in Seal._meta.concrete_fields])
def test_a_changed_seal_is_found_whatever_was_changed(trail, column):
    with tampering() as cursor:
        cursor.execute(f"SELECT {column} FROM trail_seal WHERE number = 2")
        value = cursor.fetchone()[0]
        cursor.execute(f"UPDATE trail_seal SET {column} = %s WHERE number = 2", [other_than(value, column)])
        assert any(fault.kind.startswith("seal-") for fault in faults(trail))


def other_than(value, column):
    if isinstance(value, memoryview | bytes):
        return bytes([bytes(value)[0] ^ 1]) + bytes(value)[1:]
    if isinstance(value, int):
        return value + 7
    if isinstance(value, dt.datetime) or column == "sealed_at":
        return "2026-03-01 09:00:01+00:00" if connection.vendor == "postgresql" else "2026-03-01 09:00:01"
    return value[:-1] + ("0" if value[-1:] != "0" else "1")


def test_a_moment_that_is_none_is_found_in_a_seal(trail, sqlite_only):
    with tampering() as cursor:
        cursor.execute("UPDATE trail_seal SET sealed_at = 'never' WHERE number = 2")
        assert Fault("seal-changed", seal=2) in faults(trail)


def test_a_seal_in_the_middle_cannot_go(trail):
    with tampering() as cursor:
        cursor.execute("DELETE FROM trail_seal WHERE number = 2")
        assert Fault("seal-removed", seal=2) in faults(trail)


def test_the_end_of_the_trail_cannot_go_where_its_newest_seal_is_kept(trail):
    newest = record_of(Seal.objects.get(number=3))
    assert read_newest().digest == newest.digest
    with tampering() as cursor:
        cursor.execute("DELETE FROM trail_event WHERE id > (SELECT max(id) - 8 FROM trail_event)")
        cursor.execute("DELETE FROM trail_change")
        cursor.execute("DELETE FROM trail_seal WHERE number > 1")
        told = faults(trail, witnesses=[read_newest()])
    assert Fault("seal-removed", seal=3) in told


def test_a_chain_made_anew_without_the_key_is_not_believed(trail, tmp_path):
    with tampering() as cursor:
        cursor.execute("UPDATE trail_event SET reason = 'x' WHERE id = (SELECT min(id) FROM trail_event)")
        cursor.execute("DELETE FROM trail_seal")
        seal_trail(at=AT, keys=FileKeys(tmp_path / "others"))
        told = faults(trail)
    assert {fault.kind for fault in told} == {"seal-unsigned"}


def test_a_chain_made_anew_with_the_key_is_found_by_an_exported_seal_which_names_the_events(trail):
    exported = [record_of(seal) for seal in Seal.objects.order_by("number")]
    changed = Event.objects.order_by("id").first().pk
    with tampering() as cursor:
        cursor.execute("UPDATE trail_event SET reason = 'x' WHERE id = %s", [changed])
        cursor.execute("DELETE FROM trail_seal")
        seal_trail(at=AT, keys=trail)
        assert faults(trail) == []  # the chain alone cannot tell
        told = faults(trail, witnesses=exported)
        on_paper = faults(trail, printed={3: exported[2].digest[:20].upper()})
    assert Fault("seal-replaced", seal=1) in told
    assert Fault("changed", 1, "event", changed) in told
    assert [fault.number for fault in told if fault.stream] == [changed]
    assert on_paper == [Fault("seal-replaced", seal=3)]


def test_a_printed_digest_is_typed_with_blanks_and_never_too_short(trail):
    digest = Seal.objects.get(number=3).digest
    spaced = " ".join(digest[at : at + 4] for at in range(0, 64, 4))
    assert faults(trail, printed={3: spaced}) == []
    assert faults(trail, printed={3: digest[:8]}) == [Fault("seal-replaced", seal=3)]
    assert faults(trail, printed={9: digest}) == [Fault("seal-removed", seal=9)]


def test_an_exported_seal_that_was_changed_itself_proves_nothing(trail):
    exported = record_of(Seal.objects.get(number=2))
    forged = sealing.SealRecord(**(exported.__dict__ | {"root": "0" * 64}))
    assert faults(trail, witnesses=[forged]) == [Fault("seal-unsigned", seal=2)]
