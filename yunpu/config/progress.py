"""A progress bar for the terminal. Ten lines of our own: a library would be one more thing to lock for one line of text."""

from __future__ import annotations

import sys
import time

WIDTH = 30


class Bar:
    """Called as progress(done, total, label); writes to a terminal only, and wipes itself at the end."""

    def __init__(self) -> None:
        self.shown, self.length = 0.0, 0

    def __call__(self, done: int, total: int, label: str = "") -> None:
        moment = time.monotonic()
        if not sys.stderr.isatty() or (moment - self.shown < 0.1 and done < total):
            return
        self.shown = moment
        filled = WIDTH * min(done, total) // total if total else 0
        line = f"{'█' * filled}{'░' * (WIDTH - filled)} {done:,} / {total:,} {label}"
        print(f"\r{line:<{self.length}}", end="", file=sys.stderr, flush=True)
        self.length = len(line)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_error: object) -> None:
        if self.length:
            print(f"\r{' ' * (self.length + 20)}\r", end="", file=sys.stderr, flush=True)
