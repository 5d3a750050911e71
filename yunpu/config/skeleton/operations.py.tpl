"""Writes of $name: one function a verb, one trail event each. Plain entry and change need none: screens have them."""

from __future__ import annotations

import datetime as dt

from yunpu.domains.$name.models import ${Name}Record
from yunpu.trail.operations import Actor, change_record


def correct_amount(
    record: ${Name}Record, amount_fen: int, *, reason: str, by: Actor, at: dt.datetime
) -> ${Name}Record:
    """Correct the amount of a record, with the reason (更正金额)."""
    assert amount_fen >= 0, "an amount is not negative"
    corrected: ${Name}Record = change_record(record, {"amount_fen": amount_fen}, by=by, at=at, reason=reason)
    return corrected
