"""Reads an SQLite file for the freeze in a process of its own: one select a line in, one Arrow stream each out.

ADBC brings an SQLite of its own. Two of them at one file in one process undo each other's locks (closing a file gives up
every lock the process has on it): the write-ahead log is then removed under whoever still writes, and what they wrote
is lost. So it must never be loaded where Django's connection lives. See "How To Corrupt An SQLite Database File", 2.2.1.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa

ROWS = "65536"


class OtherProcess:
    """The reading process as its starter sees it. All its reads show the moment of the first."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def batches(self, sql: str) -> Generator[pa.RecordBatch, None, None]:
        """The rows of one select; take them all before the next is asked."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(sql).encode() + b"\n")
        self._process.stdin.flush()
        with pa.ipc.open_stream(self._process.stdout) as stream:
            yield from stream


@contextmanager
def other_process(path: str) -> Iterator[OtherProcess]:
    """Start the reading process and end it; it has ended when this is left, whatever happened."""
    command = [sys.executable, str(Path(__file__)), path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield OtherProcess(process)
        finally:
            process.kill()


def main(path: str) -> None:
    import adbc_driver_sqlite.dbapi

    with adbc_driver_sqlite.dbapi.connect(f"file:{quote(path)}?mode=ro") as reader:
        with reader.cursor() as cursor:
            cursor.execute(
                "PRAGMA busy_timeout = 20000"
            )  # another process may be folding the write-ahead log in
        for line in sys.stdin:
            with reader.cursor() as cursor:
                cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": ROWS})
                cursor.execute(json.loads(line))
                with (
                    cursor.fetch_record_batch() as batches,
                    pa.ipc.new_stream(sys.stdout.buffer, batches.schema) as out,
                ):
                    for batch in batches:
                        out.write_batch(batch)
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1])
