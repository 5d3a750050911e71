"""Text in columns on a terminal, where a Chinese character takes two places."""

from __future__ import annotations

import unicodedata


def padded(text: str, to: int) -> str:
    """A text filled up with blanks to so many places."""
    return text + " " * (to - width(text))


def width(text: str) -> int:
    """The places a text takes on a terminal."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
