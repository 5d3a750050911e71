"""What every test meets: a hostile environment, both databases, and a real browser.

No network but this machine; warnings are errors (pyproject.toml); an undefined template variable fails
(settings_test.py); records are written inside operations only. Append-only tables can be emptied between tests.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
from django.db.backends.postgresql.operations import DatabaseOperations as PostgresOperations
from django.db.backends.sqlite3.base import DatabaseOperations

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
LOCAL_NAMES = {"localhost", "", None}

hypothesis.settings.register_profile(
    "sample", deadline=None, max_examples=40, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile(
    "prove", parent=hypothesis.settings.get_profile("sample"), max_examples=2_000
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "sample"))

if importlib.util.find_spec("yunpu.trail.testing"):
    pytest_plugins = ["yunpu.trail.testing"]


class NetworkUsed(AssertionError):
    """A test tried to leave this machine."""


def is_local(address: Any) -> bool:
    """Whether a socket address stays on this machine: a path, localhost, or a loopback number."""
    if not isinstance(address, tuple):
        return True
    host = address[0]
    if host in LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Refuse every connection to elsewhere, so that no test depends on it."""

    def guarded(connect: Callable[..., Any]) -> Callable[..., Any]:
        def connect_here(self: socket.socket, address: Any, *rest: Any) -> Any:
            if not is_local(address):
                raise NetworkUsed(f"a test connects to {address}")
            return connect(self, address, *rest)

        return connect_here

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))
        yield


def _flush_without_triggers(flush: Any) -> Any:
    """SQLite empties tables by DELETE, which append-only tables refuse: their triggers step aside meanwhile.

    PostgreSQL empties by TRUNCATE, which no row trigger sees.
    """

    def execute_sql_flush(self: DatabaseOperations, sql_list: list[str]) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            for name, _sql in triggers:
                cursor.execute(f'DROP TRIGGER "{name}"')
            flush(self, sql_list)
            cursor.execute("DELETE FROM ui_search")  # has no model, so nobody else empties it
            for _name, sql in triggers:
                cursor.execute(sql)

    return execute_sql_flush


def _flush_with_search(flush: Any) -> Any:
    """On PostgreSQL the search table, which has no model, is emptied with the others."""

    def execute_sql_flush(self: PostgresOperations, sql_list: list[str]) -> None:
        flush(self, [*sql_list, "TRUNCATE ui_search"])

    return execute_sql_flush


@pytest.fixture(scope="session", autouse=True)
def emptying_append_only_tables() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        name = "execute_sql_flush"
        patch.setattr(DatabaseOperations, name, _flush_without_triggers(DatabaseOperations.execute_sql_flush))
        patch.setattr(PostgresOperations, name, _flush_with_search(PostgresOperations.execute_sql_flush))
        yield


@pytest.fixture
def sqlite_only() -> None:
    """For what PostgreSQL does not have; the reason is told and expected by tools/run_tests.py."""
    from django.db import connection

    if connection.vendor != "sqlite":
        pytest.skip("SQLite only: this asks for something of SQLite's own")


@pytest.fixture
def postgresql_only() -> None:
    """For what SQLite does not have."""
    from django.db import connection

    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL only: this asks for something of PostgreSQL's own")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The system's Chromium, driven by Playwright. Missing is a failure, not a skip."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert program, "Chromium is missing. Install it (Debian: apt-get install chromium)."
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as play:
        # Playwright keeps an event loop in this thread, which makes Django refuse the database otherwise.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        running = play.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield running
        running.close()


def is_fault(message: Any) -> bool:
    """Whether the browser complains of the page itself: a refusal (409) and a form sent back (422) are answers."""
    return message.type == "error" and not re.search(r"status of (409|422)", message.text)


@pytest.fixture
def new_page(browser: Any, live_server: Any) -> Iterator[Callable[..., Any]]:
    """`new_page(user=None, **context)` gives a page, signed in as a user. Errors on any page fail the test."""
    from django.conf import settings
    from django.test import Client

    faults: list[str] = []
    contexts = []

    def open_page(user: Any = None, **options: Any) -> Any:
        options = {"locale": "zh-CN", "viewport": {"width": 1440, "height": 900}, **options}
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        if user is not None:
            client = Client()
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
            cookie = client.cookies[settings.SESSION_COOKIE_NAME]
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
        page.on("console", lambda message: faults.append(message.text) if is_fault(message) else None)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults, f"the pages complained: {faults}"


@pytest.fixture
def page(new_page: Callable[..., Any]) -> Any:
    """A page of somebody who is not signed in."""
    return new_page()


@pytest.fixture(autouse=True)
def snapshots_of_one_test(settings: Any, tmp_path: Any) -> None:
    """Each test has its own snapshots: their numbers start at one."""
    settings.SNAPSHOTS_FOLDER = tmp_path / "snapshots"
