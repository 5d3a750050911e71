"""Text: marking it for translation, bringing it into one form, cutting it into search grams.

Django's gettext is out of reach here, so a Chinese source string is only *marked*; whoever shows it passes
the `translate` function of the moment. Nothing in this file may depend on a language being active.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache

Translate = Callable[[str], str]
QUOTED = frozenset({"value", "given", "text"})

_PARAMETER = re.compile(r"(?<!%)(?:%%)*%\((\w+)\)")
_CJK = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f\U00030000-\U0003134f"
_RUN = re.compile(f"[{_CJK}]+|[a-z0-9]+")


def mark(s: str) -> str:
    """Mark a Chinese source string for translation; return it unchanged.

    Import it as `_`: gettext extracts the string by that name.
    """
    return s


_BETWEEN = mark("、")


def untranslated(s: str) -> str:
    """Show the Chinese source itself: the `translate` where no language is chosen."""
    return s


def parameters(template: str) -> frozenset[str]:
    """The names of the `%(name)s` parameters of a template."""
    return frozenset(_PARAMETER.findall(template))


def fill(
    template: str,
    params: Mapping[str, object],
    translate: Translate = untranslated,
    *,
    quoted: Collection[str] = (),
) -> str:
    """Translate a template and put its parameters in. A literal per cent sign is written `%%`.

    A parameter that is itself a marked text (a column's title, a reason) is translated too, one that is several
    texts word by word; those named `value`, `given` or `text`, and those `quoted`, are what somebody wrote and stay
    as they are.
    """
    if not template:
        return ""
    shown = {
        name: value if name in QUOTED or name in quoted else _shown(value, translate)
        for name, value in params.items()
    }
    return translate(template) % shown


def _shown(value: object, translate: Translate) -> object:
    if isinstance(value, tuple):
        return translate(_BETWEEN).join([translate(one) for one in value])
    return translate(value) if isinstance(value, str) and value else value


class UnfitValue(ValueError):
    """A text or value that is not fit for what is asked of it.

    The reason is a marked template with its parameters, so that a check can pass it on in the user's
    language.
    """

    def __init__(self, reason: str, **params: object) -> None:
        super().__init__(fill(reason, params))
        self.template = reason
        self.params = params

    def reason(self, translate: Translate = untranslated) -> str:
        """The reason in the user's language."""
        return fill(self.template, self.params, translate)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return _unfit_again, (type(self), self.template, self.params)


def _unfit_again(kind: type[UnfitValue], template: str, params: dict[str, object]) -> UnfitValue:
    return kind(template, **params)


def normalise(s: str) -> str:
    """Bring a text into one form: NFKC (full width becomes ASCII), trimmed, white space as one space each."""
    return " ".join(unicodedata.normalize("NFKC", s).split())


def _runs(s: str) -> Iterator[str]:
    yield from _RUN.findall(normalise(s).lower())


def _pairs(run: str) -> Iterator[str]:
    return (run[at : at + 2] for at in range(len(run) - 1))


def grams(s: str) -> str:
    """The search grams of a text, separated by spaces, each once, in order of first appearance.

    Chinese gives its single characters and its pairs, so that two-character words are found (trigram
    indexes miss them); ASCII words and numbers stay whole, in lower case. All else is left out: each gram
    is a bare token for SQLite's FTS5 (unicode61) and PostgreSQL's `simple`.
    """
    return " ".join(_cut(s))


def grams_of(texts: Iterable[str]) -> str:
    """The search grams of several texts, as of their words side by side. Texts that come again are cut once."""
    found: dict[str, None] = {}
    for one in texts:
        found.update(_cut_once(one))
    return " ".join(found)


def _cut(s: str) -> dict[str, None]:
    found: dict[str, None] = {}
    for run in _runs(s):
        if run.isascii():
            found[run] = None
        else:
            found.update(dict.fromkeys(run))
            found.update(dict.fromkeys(_pairs(run)))
    return found


_cut_once = lru_cache(maxsize=4_000)(_cut)


def query_grams(s: str) -> list[str]:
    """The grams a query must find, all of them: pairs where there are pairs, a lone character as itself.

    For every part of a text, `query_grams(part)` is a subset of `grams(text)`, as long as no ASCII word is
    cut.
    """
    found: dict[str, None] = {}
    for run in _runs(s):
        whole = run.isascii() or len(run) == 1
        found.update({run: None} if whole else dict.fromkeys(_pairs(run)))
    return list(found)
