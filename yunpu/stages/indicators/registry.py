"""All indicators the domains declare in their `indicators.py`."""

from __future__ import annotations

from yunpu import flow
from yunpu.stages.indicators.definitions import Indicator

GROWTH = ":growth"


def list_indicators() -> list[Indicator]:
    """Every declared indicator by code."""
    found = list(flow.declared("indicators", Indicator))
    assert len({indicator.code for indicator in found}) == len(found), "two indicators share a code"
    return sorted(found, key=lambda indicator: indicator.code)


def find_indicator(code: str) -> Indicator | None:
    """The declared indicator of a code, also of its growth; None where it is declared no longer."""
    plain = code.removesuffix(GROWTH)
    return next((indicator for indicator in list_indicators() if indicator.code == plain), None)
