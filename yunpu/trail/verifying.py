"""Checking the trail (核验): which events are not what was sealed, and whether the seals themselves are.

Every row up to the newest seal is read and digested again. Whoever changed, removed, inserted or reordered one without
the signing key is found, and which it was; whoever had the key and made the chain anew is found by a seal that was
exported or printed before.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.conf import settings
from django.db import connection

from yunpu.kernel.keys import is_signed
from yunpu.kernel.merkle import root_of
from yunpu.kernel.ranges import Range, joined, numbers_of, read_ranges
from yunpu.kernel.text import mark as _
from yunpu.trail.leaves import EVENTS, STREAMS, Stream, list_leaves
from yunpu.trail.models import Seal
from yunpu.trail.sealing import LATE, SealRecord, record_of

_LEAST = -(2**63)  # no honest row is numbered below one; whoever puts one there is found too
KINDS = {
    "changed": _("%(stream)s %(number)s 被改动（签封 %(seal)s）"),
    "removed": _("%(stream)s %(number)s 被删除（签封 %(seal)s）"),
    "reordered": _("%(stream)s %(number)s 与 %(other)s 换了位置（签封 %(seal)s）"),
    "inserted": _("%(stream)s %(number)s 是签封之后插入的，没有签封"),
    "late": _("%(stream)s %(number)s 排在早已签封的号之前，直到签封 %(seal)s 才出现"),
    "seal-changed": _("签封 %(seal)s 被改动"),
    "seal-removed": _("签封 %(seal)s 不见了"),
    "seal-unsigned": _("签封 %(seal)s 的签名不对"),
    "seal-unlinked": _("签封 %(seal)s 没有接在上一封之后"),
    "seal-replaced": _("签封 %(seal)s 与当时导出的不同"),
}
STREAM_TITLES = {"event": _("留痕"), "change": _("批次变更")}


@dataclass(frozen=True)
class Fault:
    """One thing that is not as it was sealed."""

    kind: str
    seal: int = 0
    stream: str = ""
    number: int = 0
    other: int = 0


@dataclass
class Verdict:
    """What a check saw. Only without faults everything up to the newest seal is as it was sealed."""

    seals: int = 0
    events: int = 0
    changes: int = 0
    newest: SealRecord | None = None
    unsealed: int = 0
    faults: list[Fault] = field(default_factory=list)

    def count(self, stream: Stream, rows: int) -> None:
        if stream is EVENTS:
            self.events += rows
        else:
            self.changes += rows


def verify_trail(
    *,
    public_keys: Mapping[str, str],
    witnesses: Sequence[SealRecord] = (),
    printed: Mapping[int, str] | None = None,
) -> Verdict:
    """Check every seal and every row it covers; `witnesses` are exported seals, `printed` digests from paper."""
    verdict = Verdict()
    keys = dict(public_keys)
    held: dict[str, list[Range]] = {stream.name: [] for stream in STREAMS}
    digests: dict[int, str] = {}
    passed: list[SealRecord] = []  # without their leaves, to tell what was sealed long before
    previous: SealRecord | None = None
    for record in _stored_records():
        verdict.seals += 1
        digests[record.number] = record.digest
        verdict.faults += check_seal(record, previous, keys)
        for stream in STREAMS:
            verdict.faults += _check_rows(record, stream, verdict, held[stream.name])
        verdict.faults += _check_lateness(record, passed)
        previous = replace(record, leaves="")
        passed.append(previous)
    verdict.newest = previous
    for stream in STREAMS:
        verdict.faults += _check_unsealed(stream, joined(held[stream.name]), previous, verdict)
    for witness in witnesses:
        verdict.faults += _check_witness(witness, digests, keys, verdict)
    for number, digest in (printed or {}).items():
        verdict.faults += _check_printed(number, digest, digests)
    verdict.faults = list(dict.fromkeys(verdict.faults))
    return verdict


def check_seal(record: SealRecord, previous: SealRecord | None, keys: dict[str, str]) -> Iterator[Fault]:
    """Whether a seal is itself: its place in the chain, its digest, its tree, its signature."""
    number = previous.number + 1 if previous else 1
    for missing in range(number, record.number):
        yield Fault("seal-removed", seal=missing)
    if record.number == number and record.previous != (previous.digest if previous else ""):
        yield Fault("seal-unlinked", seal=record.number)
    if record.digest_again() != record.digest or not _has_its_root(record):
        yield Fault("seal-changed", seal=record.number)
    if not is_signed(record.signed(), record.message(), keys):
        yield Fault("seal-unsigned", seal=record.number)


def read_newest() -> SealRecord | None:
    """The newest seal as it is kept beside the database; None where there is none."""
    path = Path(settings.NEWEST_SEAL_FILE)
    return SealRecord(**json.loads(path.read_text())) if path.is_file() else None


def _stored_records() -> Iterator[SealRecord]:
    """The seals in their order. One in which stands what no seal can hold comes empty: it is told as changed."""
    for number in list(Seal.objects.order_by("number").values_list("number", flat=True)):
        try:
            yield record_of(Seal.objects.get(number=number))
        except (ValueError, TypeError, AttributeError):
            yield SealRecord(number, "", "", 0, "", 0, "", 0, 0, 0, "", "", "", "", "", "")


def _has_its_root(record: SealRecord) -> bool:
    leaves = [leaf for stream in STREAMS for leaf in record.leaves_of(stream)]
    return (
        len(leaves) == record.event_count + record.change_count > 0 and root_of(leaves).hex() == record.root
    )


def _ranges(record: SealRecord, stream: Stream) -> list[Range]:
    """The ranges of a seal; none where they cannot be true (its digest tells that somebody wrote there)."""
    try:
        ranges = read_ranges(record.ranges(stream))
    except ValueError:
        return []
    covered = sum(last - first + 1 for first, last in ranges)
    return ranges if covered == len(record.leaves_of(stream)) else []


def _check_rows(record: SealRecord, stream: Stream, verdict: Verdict, held: list[Range]) -> Iterator[Fault]:
    """Whether the rows a seal covers are what they were."""
    ranges = _ranges(record, stream)
    if not ranges:
        return
    held += ranges
    sealed = record.leaves_of(stream)
    found = list(list_leaves(stream, ranges))
    verdict.count(stream, len(found))
    numbers = list(numbers_of(ranges))
    if [leaf for _number, leaf in found] == sealed and [number for number, _leaf in found] == numbers:
        return
    yield from _compare(record, stream, dict(zip(numbers, sealed, strict=False)), dict(found))


def _compare(
    record: SealRecord, stream: Stream, sealed: Mapping[int, bytes], found: Mapping[int, bytes]
) -> Iterator[Fault]:
    """Row by row: what is gone, what changed, what stands where another stood."""
    places = {leaf: number for number, leaf in sealed.items()}
    for number, leaf in sealed.items():
        now = found.get(number)
        if now is None:
            yield Fault("removed", record.number, stream.name, number)
        elif now != leaf:
            other = places.get(now, 0)
            yield Fault("reordered" if other else "changed", record.number, stream.name, number, other)


def _check_lateness(record: SealRecord, passed: list[SealRecord]) -> Iterator[Fault]:
    """Numbers below what was sealed long before: nothing that the platform writes comes so late."""
    while len(passed) > 1 and _is_settled(passed[1], record.sealed_at):
        passed.pop(0)
    if not passed or not _is_settled(passed[0], record.sealed_at):
        return
    for stream in STREAMS:
        top = passed[0].event_top if stream is EVENTS else passed[0].change_top
        for number in numbers_of(_ranges(record, stream)):
            if number > top:
                break
            yield Fault("late", record.number, stream.name, number)


def _is_settled(record: SealRecord, moment: str) -> bool:
    try:
        return dt.datetime.fromisoformat(moment) - dt.datetime.fromisoformat(record.sealed_at) > LATE
    except (ValueError, TypeError):
        return False


def _check_unsealed(
    stream: Stream, held: list[Range], newest: SealRecord | None, verdict: Verdict
) -> Iterator[Fault]:
    """Rows that no seal covers: after the newest sealed number they wait, before it somebody put them there."""
    top = held[-1][1] if held else 0
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {stream.table} WHERE id > %s", [top])  # noqa: S608
        verdict.unsealed += int(cursor.fetchone()[0])
        gaps = zip([_LEAST, *[last for _first, last in held]], [first for first, _last in held], strict=False)
        for last, first in gaps:
            if first > last + 1:
                cursor.execute(
                    f"SELECT id FROM {stream.table} WHERE id > %s AND id < %s ORDER BY id",  # noqa: S608
                    [last, first],
                )
                for (number,) in cursor.fetchall():
                    yield Fault("inserted", stream=stream.name, number=number)


def _check_witness(
    witness: SealRecord, digests: Mapping[int, str], keys: dict[str, str], verdict: Verdict
) -> Iterator[Fault]:
    """Whether the trail of today still is the one that an exported seal was made of."""
    if witness.digest_again() != witness.digest or not is_signed(witness.signed(), witness.message(), keys):
        yield Fault("seal-unsigned", seal=witness.number)
        return
    if digests.get(witness.number) == witness.digest:
        return
    yield Fault("seal-replaced" if witness.number in digests else "seal-removed", seal=witness.number)
    if witness.leaves:
        for stream in STREAMS:
            yield from _check_rows(witness, stream, Verdict(), [])


def _check_printed(number: int, digest: str, digests: Mapping[int, str]) -> Iterator[Fault]:
    given = "".join(digest.split()).lower()
    if number not in digests:
        yield Fault("seal-removed", seal=number)
    elif len(given) < 16 or not digests[number].startswith(given):
        yield Fault("seal-replaced", seal=number)
