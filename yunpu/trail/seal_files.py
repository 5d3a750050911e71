"""Seals on paper and in files: what leaves the machine, so that an auditor can come back with it.

A file holds one seal a line, each with the digest of every row and the public key that signed it. It holds nothing of
what the events say.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields
from typing import IO

from yunpu.kernel.digests import sm3_hex
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.trail.models import Seal
from yunpu.trail.sealing import SealRecord, record_of

MARK = "yunpu-seal"
NAMES = frozenset(field.name for field in fields(SealRecord))


class UnableToReadSeals(Refusal):
    """A file that holds no seals, or not all of one."""

    code = "TRL-301"
    headline = _("这不是完整的签封文件：第 %(line)s 行读不出签封")
    why = _("签封文件是导出时的原样，每行一封，改动或截断后就不能用来核验。")
    ways_out = ((_("换用导出时留存的原文件"), ""),)


def write_seals(first: int, last: int, public_keys: Mapping[str, str]) -> Iterator[str]:
    """The lines of a file with these seals."""
    for seal in Seal.objects.filter(number__range=(first, last)).order_by("number").iterator(50):
        record = record_of(seal)
        line = {MARK: 1, **asdict(record), "public_key": public_keys.get(record.key, "")}
        yield json.dumps(line, ensure_ascii=False) + "\n"


def read_seals(lines: Iterable[str] | IO[str]) -> tuple[list[SealRecord], dict[str, str]]:
    """The seals of a file, and the public keys it names. Raises UnableToReadSeals."""
    records, keys = [], {}
    for number, line in enumerate(lines, 1):
        try:
            values = json.loads(line)
            keys[values["key"]] = values["public_key"]
            assert values[MARK] == 1 and set(values) == NAMES | {MARK, "public_key"}
            records.append(SealRecord(**{name: values[name] for name in NAMES}))
        except (ValueError, KeyError, TypeError, AssertionError):
            raise UnableToReadSeals(line=number) from None
    if not records:
        raise UnableToReadSeals(line=1)
    return records, keys


def fingerprint(public_key: str) -> str:
    """A public key as it is compared on paper: the first half of its SM3 digest, in fours."""
    return in_fours(sm3_hex(bytes.fromhex(public_key))[:32])


def in_fours(digest: str) -> str:
    """A digest as people read it aloud."""
    return " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))
