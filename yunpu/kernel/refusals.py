"""Refusals (拒绝): the family "cannot be done now". Exceptions, declared beside their operation.

    class UnableToReserve(Refusal):
        \"\"\"A quota that cannot be reserved.\"\"\"

        code = "EXE-101"
        headline = _("不能占用指标：可用 %(left)s 元，要占用 %(asked)s 元")
        why = _("占用不能超过可用余额，否则会超预算支付。")
        ways_out = ((_("查看这条指标的占用"), "/quotas/%(key)s/"),)

    raise UnableToReserve(left="100.00", asked="120.00", key=quota.key)

Nothing may catch a refusal and go on in silence: it is shown to who asked, in full.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar

from yunpu.kernel.text import Translate, fill, parameters, untranslated
from yunpu.kernel.text import mark as _

_CODE = re.compile(r"[A-Z]{3}-[0-9]{3}")
_WAY = _("%(label)s（%(way)s）")
_BETWEEN = _("；")
_IN_FULL = _("%(headline)s。%(why)s")
_IN_FULL_WITH_WAYS = _("%(headline)s。%(why)s可以：%(ways)s。")

refusals: dict[str, type[Refusal]] = {}


class Refusal(Exception):
    """An operation that cannot be done now, with what to do instead.

    Subclasses set `code` (unique) and the marked templates `headline`, `why` and `ways_out`: pairs of a
    label and a URL or command (empty where there is none). All may have `%(name)s` parameters, given to the
    constructor by keyword; a parameter that is itself a marked text is translated with the rest.
    """

    code: ClassVar[str]
    headline: ClassVar[str]
    why: ClassVar[str] = ""
    ways_out: ClassVar[tuple[tuple[str, str], ...]] = ()

    def __init_subclass__(cls, *, abstract: bool = False, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if abstract:
            return
        code = cls.__dict__.get("code", "")
        assert _CODE.fullmatch(code), f"{cls.__qualname__}: a refusal needs a code of its own, like EXE-101"
        assert getattr(cls, "headline", ""), f"{cls.__qualname__}: headline is missing"
        taken = refusals.get(code)
        same = taken is not None and (taken.__module__, taken.__qualname__) == (
            cls.__module__,
            cls.__qualname__,
        )
        assert taken is None or same, f"{code} is the code of both {taken} and {cls}"
        for template in cls._templates():
            fill(template, dict.fromkeys(cls.names(), 0))
        refusals[code] = cls

    def __init__(self, **params: object) -> None:
        missing = self.names() - set(params)
        assert not missing, f"{type(self).__qualname__}: parameters missing: {', '.join(sorted(missing))}"
        super().__init__()
        self.params = params

    @classmethod
    def _templates(cls) -> tuple[str, ...]:
        return (cls.headline, cls.why, *(text for way in cls.ways_out for text in way))

    @classmethod
    def names(cls) -> frozenset[str]:
        """The parameters the templates need."""
        return frozenset().union(*(parameters(template) for template in cls._templates()))

    def headline_in(self, translate: Translate = untranslated) -> str:
        """What cannot be done."""
        return fill(self.headline, self.params, translate)

    def why_in(self, translate: Translate = untranslated) -> str:
        """Why not."""
        return fill(self.why, self.params, translate)

    def ways_out_in(self, translate: Translate = untranslated) -> tuple[tuple[str, str], ...]:
        """What to do instead: labels in the user's language, and the URL or command of each."""
        return tuple(
            (fill(label, self.params, translate), fill(way, self.params)) for label, way in self.ways_out
        )

    def list_ways_out(self, translate: Translate = untranslated) -> list[str]:
        """Each way out as one text: what to do, and the URL or command in brackets."""
        return [
            translate(_WAY) % {"label": label, "way": way} if way else label
            for label, way in self.ways_out_in(translate)
        ]

    def in_full(self, translate: Translate = untranslated) -> str:
        """The whole message in one text, the code at its end."""
        ways = self.list_ways_out(translate)
        words = {
            "headline": self.headline_in(translate),
            "why": self.why_in(translate),
            "ways": translate(_BETWEEN).join(ways),
        }
        template = translate(_IN_FULL_WITH_WAYS if ways else _IN_FULL)
        return f"{template % words}[{self.code}]"

    def __str__(self) -> str:
        return self.in_full()

    def __reduce__(self) -> tuple[Callable[..., Refusal], tuple[object, ...]]:
        return _refuse_again, (type(self), self.params)


class Reasoned(Refusal, abstract=True):
    """A refusal whose `%(reason)s` is a marked template with words of its own, translated when it is shown."""

    def __init__(self, *, reason: str, **words: object) -> None:
        super().__init__(reason=fill(reason, words), **words)
        self.template, self.words = reason, words

    def headline_in(self, translate: Translate = untranslated) -> str:
        return translate(self.headline) % {"reason": fill(self.template, self.words, translate)}

    def __reduce__(self) -> tuple[Callable[..., Refusal], tuple[object, ...]]:
        return _refuse_again, (type(self), {"reason": self.template, **self.words})


def _refuse_again(kind: type[Refusal], params: dict[str, object]) -> Refusal:
    return kind(**params)


def all_refusals() -> list[type[Refusal]]:
    """Every refusal declared so far, by code."""
    return [refusals[code] for code in sorted(refusals)]
