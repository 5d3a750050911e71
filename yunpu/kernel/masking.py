"""Masks (脱敏): what of a person's data is shown where it need not be known in full.

身份证  360104********1234      手机  138****5678      姓名  张*      银行卡  ****5678      其他  ****
"""

from __future__ import annotations

from enum import StrEnum

STAR = "*"


class Mask(StrEnum):
    """How a kind of personal data is masked."""

    IDENTITY = "identity"
    PHONE = "phone"
    NAME = "name"
    BANK = "bank"
    ALL = "all"


_SHOWN = {Mask.IDENTITY: (6, 4), Mask.PHONE: (3, 4), Mask.NAME: (1, 0), Mask.BANK: (0, 4), Mask.ALL: (0, 0)}
_STARS = {Mask.IDENTITY: 8, Mask.PHONE: 4, Mask.NAME: 1, Mask.BANK: 4, Mask.ALL: 4}


def masked(text: str, mask: Mask) -> str:
    """The text with its middle hidden. One so short that the mask would tell it is hidden whole."""
    if not text:
        return ""
    first, last = _SHOWN[mask]
    stars = STAR * _STARS[mask]
    if len(text) <= first + last:
        return stars
    return text[:first] + stars + (text[-last:] if last else "")
