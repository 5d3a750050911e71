"""Sealing (签封): what was written and is surely committed goes into a signed chain, some thousand rows a seal.

Nothing of this happens while somebody writes: the worker reads what is committed and not yet sealed. A row counts as not
sealed when no seal names its number – never by a greatest number, for numbers commit out of order, and one that came
late would be missed for ever. Recent seals are compared every time; all of them whenever the counts do not agree.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from yunpu.kernel.digests import Sm3, canonical
from yunpu.kernel.keys import KeyProvider, Signature
from yunpu.kernel.merkle import DIGEST_BYTES, root_of
from yunpu.kernel.ranges import joined, outside, ranges_of, read_ranges, write_ranges
from yunpu.trail.leaves import CHANGES, EVENTS, FORM, STREAMS, Stream, list_leaves
from yunpu.trail.models import Event, Seal

ROWS = 4_096  # of one seal: a proof of three steps
AT_ONCE = 200_000  # of one look, so that a long backlog takes little memory
LATE = dt.timedelta(minutes=5)  # how long after its successors a number may commit; later is never honest
PURPOSE = (
    b"yunpu trail seal\x00"  # what is signed is this and the digest: no other signature passes as a seal's
)


@dataclass(frozen=True)
class SealRecord:
    """A seal apart from the database: as it is signed, exported, printed and checked."""

    number: int
    previous: str
    sealed_at: str
    form: int
    events: str
    event_count: int
    changes: str
    change_count: int
    event_top: int
    change_top: int
    root: str
    digest: str
    key: str
    algorithm: str
    signature: str
    leaves: str  # the digest of each row, 64 characters each; empty where only the seal itself is told

    def signed(self) -> Signature:
        return Signature(self.key, self.algorithm, self.signature)

    def message(self) -> bytes:
        """What its signature is over."""
        return PURPOSE + self.digest.encode()

    def digest_again(self) -> str:
        """The digest that its contents have."""
        return _digest(self)

    def ranges(self, stream: Stream) -> str:
        return self.events if stream is EVENTS else self.changes

    def leaves_of(self, stream: Stream) -> list[bytes]:
        """The leaves it holds of one stream, in order."""
        raw = bytes.fromhex(self.leaves)
        middle = self.event_count * DIGEST_BYTES
        part = raw[:middle] if stream is EVENTS else raw[middle:]
        return [part[at : at + DIGEST_BYTES] for at in range(0, len(part), DIGEST_BYTES)]


@dataclass(frozen=True)
class Tail:
    """What is not sealed yet: how many events, and since when the oldest of them waits."""

    count: int
    oldest_at: dt.datetime | None


def record_of(seal: Seal, *, leaves: bool = True) -> SealRecord:
    """A stored seal as a record."""
    names = [name for name in SealRecord.__dataclass_fields__ if name not in ("sealed_at", "leaves")]
    values: dict[str, Any] = {name: getattr(seal, name) for name in names}
    raw = bytes(seal.leaves).hex() if leaves else ""
    return SealRecord(**values, sealed_at=_moment(seal.sealed_at), leaves=raw)


def seal_trail(*, at: dt.datetime, keys: KeyProvider, thorough: bool = False) -> int:
    """Seal all that is committed and not sealed; give the number of seals made.

    `at` is the machine's time. Several workers may do it at once: one of them makes each seal.
    """
    made = 0
    while True:
        # Read before the rows are listed: if another worker seals meanwhile, the number is taken and these rows wait.
        previous = Seal.objects.defer("leaves").order_by("number").last()
        waiting = {stream: list_unsealed(stream, at=at, thorough=thorough) for stream in STREAMS}
        before = made
        for events, changes in _portions(waiting[EVENTS], waiting[CHANGES]):
            previous = _seal(events, changes, previous, at=at, keys=keys)
            if previous is None:
                return made  # another worker seals
            made += 1
        if made == before:
            return made


def list_unsealed(
    stream: Stream, *, at: dt.datetime, thorough: bool = False, limit: int = AT_ONCE
) -> list[int]:
    """Numbers of committed rows that no seal names, rising. `thorough` counts whether an old one was missed."""
    all_seals = Seal.objects.defer("leaves").order_by("number")
    recent = list(all_seals.filter(sealed_at__gt=at - LATE))
    settled = all_seals.filter(sealed_at__lte=at - LATE).last()
    floor = _top(stream, settled)
    if thorough and floor and _count(stream, floor) > _sealed_count(stream, floor):
        recent, floor = list(all_seals), 0
    known = joined(one for seal in recent for one in read_ranges(_ranges(stream, seal)))
    return _first_outside(stream, floor, known, limit)


def get_tail(*, at: dt.datetime) -> Tail:
    """What waits for its seal."""
    numbers = list_unsealed(EVENTS, at=at)
    oldest = Event.objects.filter(pk=numbers[0]).values_list("at", flat=True).first() if numbers else None
    return Tail(len(numbers), oldest)


def write_newest(record: SealRecord) -> None:
    """Keep the newest seal beside the database too: who cuts off the end of the trail there is found here."""
    path = Path(settings.NEWEST_SEAL_FILE)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(asdict(record) | {"leaves": ""}, ensure_ascii=False) + "\n")
    os.replace(part, path)


def _portions(events: Sequence[int], changes: Sequence[int]) -> Iterator[tuple[list[int], list[int]]]:
    """Rows of one seal each: events first, then changes in the room that is left."""
    lines = [(EVENTS, number) for number in events] + [(CHANGES, number) for number in changes]
    for start in range(0, len(lines), ROWS):
        portion = lines[start : start + ROWS]
        yield (
            [number for stream, number in portion if stream is EVENTS],
            [number for stream, number in portion if stream is CHANGES],
        )


def _seal(
    events: list[int], changes: list[int], previous: Seal | None, *, at: dt.datetime, keys: KeyProvider
) -> Seal | None:
    """Make the seal after `previous` over these rows; None where another worker made it first."""
    leaves = [leaf for _number, leaf in list_leaves(EVENTS, ranges_of(events))]
    leaves += [leaf for _number, leaf in list_leaves(CHANGES, ranges_of(changes))]
    assert len(leaves) == len(events) + len(changes), "a row that waited for its seal is gone"
    record = _signed(
        SealRecord(
            number=previous.number + 1 if previous else 1,
            previous=previous.digest if previous else "",
            sealed_at=_moment(at),
            form=FORM,
            events=write_ranges(ranges_of(events)),
            event_count=len(events),
            changes=write_ranges(ranges_of(changes)),
            change_count=len(changes),
            event_top=max([*events[-1:], _top(EVENTS, previous)]),
            change_top=max([*changes[-1:], _top(CHANGES, previous)]),
            root=root_of(leaves).hex(),
            digest="",
            key="",
            algorithm="",
            signature="",
            leaves=b"".join(leaves).hex(),
        ),
        keys,
    )
    try:
        with transaction.atomic():
            [made] = Seal.objects.bulk_create([_stored(record, at)])
    except IntegrityError:
        return None
    write_newest(record)
    return made


def _signed(record: SealRecord, keys: KeyProvider) -> SealRecord:
    values = asdict(record) | {"digest": _digest(record)}
    signature = keys.sign(SealRecord(**values).message())
    values |= {"key": signature.key, "algorithm": signature.algorithm, "signature": signature.value}
    return SealRecord(**values)


def _stored(record: SealRecord, at: dt.datetime) -> Seal:
    return Seal(**asdict(record) | {"sealed_at": at, "leaves": bytes.fromhex(record.leaves)})


def _digest(record: SealRecord) -> str:
    told = (
        record.number,
        record.previous,
        record.sealed_at,
        record.form,
        record.events,
        record.event_count,
        record.changes,
        record.change_count,
        record.event_top,
        record.change_top,
        record.root,
    )
    return Sm3(canonical(told)).hexdigest()


def _moment(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds")


def _ranges(stream: Stream, seal: Seal) -> str:
    return str(seal.events if stream is EVENTS else seal.changes)


def _top(stream: Stream, seal: Seal | None) -> int:
    """The greatest number of a stream that a seal or one before it covers."""
    if seal is None:
        return 0
    return seal.event_top if stream is EVENTS else seal.change_top


def _first_outside(stream: Stream, floor: int, known: list[tuple[int, int]], limit: int) -> list[int]:
    """The first numbers above the floor that stand in none of the ranges."""
    found: list[int] = []
    with connection.cursor() as cursor:
        while len(found) < limit:
            cursor.execute(
                f"SELECT id FROM {stream.table} WHERE id > %s ORDER BY id LIMIT {AT_ONCE}",  # noqa: S608
                [floor],
            )
            numbers = [number for (number,) in cursor.fetchall()]
            if not numbers:
                break
            floor = numbers[-1]
            found += outside(numbers, known)
    return found[:limit]


def _count(stream: Stream, greatest: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {stream.table} WHERE id <= %s", [greatest])  # noqa: S608
        return int(cursor.fetchone()[0])


def _sealed_count(stream: Stream, greatest: int) -> int:
    """How many rows up to a number the seals cover."""
    return sum(
        max(0, min(last, greatest) - first + 1)
        for seal in Seal.objects.defer("leaves").order_by("number")
        for first, last in read_ranges(_ranges(stream, seal))
    )
