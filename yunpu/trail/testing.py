"""The hostile side of the tests (a pytest plugin): what would break the trail breaks the test.

- Application code writes to our tables inside an operation only (`writing()`); the test's own set-up may write freely.
- A request that only reads (GET, HEAD) writes nothing but events: that something was read is an event.
- Rows that nobody ordered come in reverse, so that no page and no file depends on an order by chance.

Not seen by the first rule: rows that PostgreSQL takes by COPY (the loader's); SQLite's tests of the same code see them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from yunpu.trail.operations import writing

PACKAGE = Path(__file__).resolve().parent.parent
ROOT = PACKAGE.parent
WRITE = re.compile(
    r'\s*(?:WITH\b.*?\)\s*)?(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|REPLACE\s+INTO|UPDATE|DELETE\s+FROM|TRUNCATE)\s+"?(\w+)"?',
    re.IGNORECASE | re.DOTALL,
)
# Written outside operations, each with its reason.
NO_RECORDS = {
    "trail_job": "progress of long work: bookkeeping of the platform, it outlives the rolled-back work",
    "trail_seal": "seals are made from events, beside all operations; they sign themselves",
    "trail_datakey": "keys are made at the first use of a field; renewing them is an operation",
    "access_signedin": "whose a session is: bookkeeping beside Django's own table of sessions",
    "ui_search": "the search index holds no record: it is made from them, and anew at any time",
    "ui_draft": "what somebody is typing is no record yet: it is its owner's alone and gone once the form is saved",
    "trail_batch": "a hidden batch: nobody sees it before the operation that shows it writes its event",
}
SAFE = ("GET", "HEAD", "OPTIONS")
READ_BY_REQUEST = {"trail_event": "what was read or taken away is an event"}

_method: ContextVar[str] = ContextVar("method", default="")
_breaches: list[str] = []


class WriteOutsideOperation(AssertionError):
    """Application code wrote a record without an operation: nobody would know who did it."""


class ReadingRequestWrote(AssertionError):
    """A GET changed a record: a link, a prefetch or a robot would."""


def written_table(sql: str) -> str:
    """The table a statement writes to; empty where it only reads."""
    found = WRITE.match(sql)
    return found.group(1).lower() if found else ""


def is_ours(table: str) -> bool:
    """Whether a table belongs to an app of this project."""
    from django.apps import apps

    labels = {config.label for config in apps.get_app_configs() if config.name.startswith("yunpu.")}
    # The parts of SQLite's full-text table (ui_search_data …) are written by SQLite itself.
    return table.split("_", 1)[0] in labels


def application_frame() -> str:
    """Where in the application the statement comes from; empty where a test or a migration asks for it."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(str(ROOT)) and name != __file__ and "/.venv/" not in name:
            path = Path(name)
            parts = path.relative_to(ROOT).parts
            if parts[0] != "yunpu" or {"tests", "migrations"} & set(parts):
                return ""
            return f"{path.relative_to(ROOT)}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def guard(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Refuse writes of the application that the trail would not know of."""
    table = written_table(sql)
    if table and is_ours(table):
        place = application_frame()
        if place and _method.get() in SAFE and table not in READ_BY_REQUEST:
            _tell(ReadingRequestWrote(f"a {_method.get()} request writes {table} at {place}"))
        if place and not writing() and table not in NO_RECORDS:
            _tell(WriteOutsideOperation(f"{table} is written outside an operation at {place}"))
    return execute(sql, params, many, context)


def _tell(breach: AssertionError) -> None:
    _breaches.append(str(breach))  # told again at the end of the test, should the application swallow it
    raise breach


def _watch(sender: Any, connection: BaseDatabaseWrapper, **_more: Any) -> None:
    if guard not in connection.execute_wrappers:
        connection.execute_wrappers.append(guard)


def _request_began(sender: Any, environ: dict[str, Any] | None = None, **_more: Any) -> None:
    _method.set(environ.get("REQUEST_METHOD", "") if environ else "")


def _request_ended(sender: Any, **_more: Any) -> None:
    _method.set("")


def _reversed_without_order(fetch_all: Callable[[Any], None]) -> Callable[[Any], None]:
    def fetch(self: Any) -> None:
        fresh = self._result_cache is None
        fetch_all(self)
        if fresh and len(self._result_cache) > 1 and not self.ordered and self.query.combinator is None:
            self._result_cache.reverse()

    return fetch


def pytest_configure(config: pytest.Config) -> None:
    connection_created.connect(_watch, dispatch_uid="yunpu-guard")
    request_started.connect(_request_began, dispatch_uid="yunpu-guard")
    request_finished.connect(_request_ended, dispatch_uid="yunpu-guard")
    models.QuerySet._fetch_all = _reversed_without_order(models.QuerySet._fetch_all)  # type: ignore[method-assign, assignment]


@pytest.fixture(autouse=True)
def every_write_is_an_operation() -> Iterator[None]:
    """Fail the test also for a breach that the application swallowed, or that happened in another thread."""
    _breaches.clear()
    yield
    _method.set("")
    told = list(dict.fromkeys(_breaches))
    _breaches.clear()
    assert not told, "\n".join(told)
