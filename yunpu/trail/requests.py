"""From where operations come: the number of the request and the address, without the trail's tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_origin: ContextVar[tuple[str, str]] = ContextVar("origin", default=("", ""))


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
