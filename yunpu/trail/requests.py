"""From where operations come, and for whom: the number of the request, the address, whom one acts for (代理)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_origin: ContextVar[tuple[str, str]] = ContextVar("origin", default=("", ""))
_for: ContextVar[tuple[int | None, str]] = ContextVar("acting_for", default=(None, ""))


@contextmanager
def origin(request_id: str, address: str) -> Iterator[None]:
    """From where the operations inside come (set by the middleware)."""
    token = _origin.set((request_id, address))
    try:
        yield
    finally:
        _origin.reset(token)


def get_origin() -> tuple[str, str]:
    """Number of the request under way and address it came from; both empty outside one."""
    return _origin.get()


def request_number() -> str:
    """The number of the request under way, or empty."""
    return _origin.get()[0]


@contextmanager
def acting_for(pk: int | None, name: str) -> Iterator[None]:
    """Whose work the operations inside are, when somebody acts for an absent colleague (set with the delegation)."""
    token = _for.set((pk, name))
    try:
        yield
    finally:
        _for.reset(token)


def get_acted_for() -> tuple[int | None, str]:
    """Number and name of the person acted for; None and empty where everybody acts for himself."""
    return _for.get()
