"""Text: marking for translation, one normal form, and the grams by which Chinese words are found."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SPACE = re.compile(r"\s+")
_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_RUN = re.compile(f"[{_CJK}]+|[0-9a-zà-öø-ÿ]+")
_IS_CJK = re.compile(f"[{_CJK}]")


def mark(source: str) -> str:
    """Mark a Chinese source string for translation; gives it back unchanged. Imported as `_`."""
    return source


@lru_cache(maxsize=65_536)
def normalise(text: str) -> str:
    """NFKC, white space folded to single blanks and trimmed: full-width digits come out as ASCII."""
    if text.isascii():
        return _SPACE.sub(" ", text).strip() if " " in text or not text.isprintable() else text
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text)).strip()


def grams(text: str) -> str:
    """The search words of a text, blank-separated, each once, in order of appearance.

    A run of Chinese gives its two-character grams and its single characters; a run of Latin letters and digits
    gives itself. The same text always gives the same words.
    """
    return " ".join(dict.fromkeys(_words(text, single=True)))


def query_grams(text: str) -> list[str]:
    """The words that a text must hold to match a query: grams of two where the run has two or more characters."""
    return list(dict.fromkeys(_words(text, single=False)))


def _words(text: str, *, single: bool) -> list[str]:
    words = []
    for run in _RUN.findall(normalise(text).lower()):
        if not _IS_CJK.match(run):
            words.append(run)
            continue
        if single or len(run) == 1:
            words.extend(run)
        words.extend(run[i : i + 2] for i in range(len(run) - 1))
    return words
