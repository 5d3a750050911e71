"""Many short transactions that leave the write lock to others in between (让出写锁).

SQLite has one write lock for all, and a writer that waits looks for it every 100 ms at most. One that takes it again a
moment after it let go can therefore keep others out for long, however short its transactions are: after some time of
holding, the lock must stay free for longer than a waiting writer sleeps.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

HELD_SECONDS = 0.3  # held so long in sum, the lock is left free once
FREE_SECONDS = 0.11  # longer than SQLite's busy handler ever sleeps
FEWEST, MOST = 125, 2_000  # rows a turn


class Turns:
    """The turns of one writer at the lock. What it does between them without the database counts as free.

    `rows` says how many rows to write in the next turn: half as many after a long turn, twice as many after short ones.
    """

    def __init__(self) -> None:
        self.rows = MOST // 4
        self.held = 0.0
        self.free_since = time.monotonic()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """One short transaction; before it the others have had theirs."""
        self._leave_free()
        with transaction.atomic():
            began = time.monotonic()  # from here on: BEGIN may itself have waited
            yield
        self.free_since = time.monotonic()
        took = self.free_since - began
        self.held += took
        if took > HELD_SECONDS / 3:
            self.rows = max(FEWEST, self.rows // 2)
        elif took < HELD_SECONDS / 8:
            self.rows = min(MOST, self.rows * 2)

    def _leave_free(self) -> None:
        if connection.vendor != "sqlite":
            return
        free = time.monotonic() - self.free_since
        if free < FREE_SECONDS and self.held > HELD_SECONDS:
            time.sleep(FREE_SECONDS - free)
            free = FREE_SECONDS
        if free >= FREE_SECONDS:
            self.held = 0.0
