"""Refusals (拒绝): it cannot be done now. Exceptions named `UnableTo…`, declared beside the operation.

Four parts: what cannot be done and why not (headline), what that means (why), what to do (ways out), code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

_codes: dict[str, type[Refusal]] = {}


class Refusal(Exception):  # noqa: N818 - the family is called refusal
    """The base of all refusals. Texts are Chinese sources with named parameters."""

    code: ClassVar[str] = ""
    headline: ClassVar[str] = ""
    why: ClassVar[str] = ""
    ways_out: ClassVar[tuple[tuple[str, str], ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.code:
            other = _codes.setdefault(cls.code, cls)
            assert other.__qualname__ == cls.__qualname__, f"refusal code {cls.code} is declared twice"
            _codes[cls.code] = cls

    def __init__(self, **params: Any) -> None:
        self.params = params
        super().__init__(self.code, params)

    def show_headline(self, translate: Callable[[str], str] = str) -> str:
        values = {key: translate(value) if isinstance(value, str) else value for key, value in self.params.items()}
        return translate(self.headline) % values

    def show_why(self, translate: Callable[[str], str] = str) -> str:
        return translate(self.why) % self.params

    def show_ways_out(self, translate: Callable[[str], str] = str) -> list[tuple[str, str]]:
        """Label and address (or command) of each way out, the best first."""
        return [(translate(label) % self.params, target % self.params) for label, target in self.ways_out]

    def __str__(self) -> str:
        ways = "；".join(label for label, _target in self.show_ways_out())
        return f"{self.show_headline()}。{self.show_why()}{ways}（{self.code}）"


def all_refusals() -> list[type[Refusal]]:
    """Every declared refusal, by code."""
    return [_codes[code] for code in sorted(_codes)]
