"""Loads beside other processes, really: killed in the middle, two at once, readers and writers meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection

from yunpu.reference.models import Enterprise
from yunpu.stages.intake import loading
from yunpu.stages.intake.loading import Row, UnableToLoad, clean_killed_loads, load_rows
from yunpu.stages.intake.tests import loading_process
from yunpu.stages.intake.tests.test_loading import AT, BY, TARGET, code, rows
from yunpu.trail.models import Batch, Event
from yunpu.trail.operations import operation
from yunpu.ui import search

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = 20_000
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(settings, tmp_path) -> Iterator[Start]:
    """Start another process at the tests' database: `start(step, count)`; all are gone at the end."""
    settings.FOLDER = tmp_path
    running: list[subprocess.Popen[str]] = []
    environment = {**os.environ, "SHARED_FOLDER": str(tmp_path), "PYTHONUNBUFFERED": "1"}

    def start_one(step: str, count: int = COUNT, word: str = "企业") -> subprocess.Popen[str]:
        database = str(connection.settings_dict["NAME"])
        command = [sys.executable, loading_process.__file__, database, str(count), step, word]
        started = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        running.append(started)
        return started

    yield start_one
    for one in running:
        one.kill()
        one.wait()
        if one.stdout:
            one.stdout.close()


def heard(process: subprocess.Popen[str], word: str) -> str:
    """The next line that a process says; it must begin with a word."""
    assert process.stdout is not None
    said = process.stdout.readline().strip()
    assert said.startswith(word), said
    return said


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("step", ["rows", "commit"])
def test_a_load_killed_in_its_rows_or_in_its_commit_leaves_nothing_after_the_next_start(start, step):
    process = start(step)
    heard(process, "begins")
    heard(process, "here")
    assert Enterprise.objects.count() == 0
    kill(process)
    assert Enterprise.objects.count() == 0
    assert Enterprise.every.count() > 0, "the rows of the killed load are there, hidden"
    cleaned = clean_killed_loads()
    assert [batch.state for batch in Batch.objects.all()] == [Batch.State.ABANDONED]
    assert len(cleaned) == 1
    assert Enterprise.every.count() == 0
    assert search.missing(Enterprise) == 0
    assert not Event.objects.filter(verb="test.enterprise-loaded").exists()
    assert load_rows(TARGET, rows(10), verb="test.enterprise-loaded", name="x", by=BY, at=AT) is not None
    assert Enterprise.objects.count() == 10


def test_a_load_killed_while_it_corrects_changes_nothing(start):
    load_rows(TARGET, rows(COUNT, industry="服务"), verb="test.enterprise-loaded", name="x", by=BY, at=AT)
    process = start("commit")
    heard(process, "begins")
    heard(process, "here")
    kill(process)
    assert Enterprise.objects.filter(industry="服务").count() == COUNT
    clean_killed_loads()
    assert Enterprise.every.filter(industry="服务").count() == COUNT


def test_a_living_load_is_not_cleaned_though_its_lease_ran_out(start):
    process = start("rows")
    heard(process, "begins")
    heard(process, "here")
    Batch.objects.update(lease_until=AT)
    assert clean_killed_loads() == []
    kill(process)
    assert len(clean_killed_loads()) == 1


def test_of_two_processes_with_the_same_rows_one_loads_and_the_other_is_told(start):
    first, second = start("none"), start("none")
    ends = sorted(process.communicate()[0].split("\n")[1] for process in (first, second))
    assert ends[0] == "kept"
    assert ends[1] == "unchanged" or ends[1].startswith("refused: 另一个文件正在写入")
    assert Enterprise.objects.count() == Enterprise.every.count() == COUNT
    assert Event.objects.filter(verb="test.enterprise-loaded").count() == 1


def test_while_one_process_loads_another_is_refused_at_once(start):
    process = start("rows")
    heard(process, "begins")
    heard(process, "here")
    with pytest.raises(UnableToLoad):
        load_rows(TARGET, rows(3), verb="test.enterprise-loaded", name="x", by=BY, at=AT)
    assert Enterprise.objects.count() == 0


def test_a_reader_sees_nothing_or_everything(start):
    process = start("none", 20_000)
    heard(process, "begins")
    seen = set()
    while process.poll() is None:
        seen.add(Enterprise.objects.count())
        seen.add(search.search(Enterprise.objects.all(), "企业7").count() * 20_000)
    seen.add(Enterprise.objects.count())
    assert seen == {0, 20_000}


def test_between_two_chunks_no_lock_is_held_and_others_write():
    """What bounds the wait of another writer: the loader holds the lock for one chunk of rows at a time."""
    written = []

    def write_elsewhere() -> None:
        with operation("test.small-write", by=BY, at=AT) as note:
            note.act(name="x")
        written.append(True)
        connection.close()

    def interrupted() -> Iterator[Row]:
        for row in rows(3 * loading.CHUNK + 1):
            if row.number % loading.CHUNK == 2:
                other = threading.Thread(target=write_elsewhere)
                other.start()
                other.join(60)
                assert not other.is_alive(), "the other writer waits for the loader"
            yield row

    load_rows(TARGET, interrupted(), verb="test.enterprise-loaded", name="x", by=BY, at=AT)
    assert len(written) == 4
    assert Enterprise.objects.count() == 3 * loading.CHUNK + 1


def test_a_load_that_slept_and_was_cleaned_cannot_be_shown():
    def asleep() -> Iterator[Row]:
        yield from rows(loading.CHUNK)
        for batch in Batch.objects.filter(hidden=True):
            loading.abandon(batch)
        yield from rows(loading.CHUNK + 5)[loading.CHUNK :]

    with pytest.raises(UnableToLoad):
        load_rows(TARGET, asleep(), verb="test.enterprise-loaded", name="x", by=BY, at=AT)
    assert Enterprise.every.count() == 0


def test_a_kept_batch_is_never_abandoned():
    batch = load_rows(TARGET, rows(5), verb="test.enterprise-loaded", name="x", by=BY, at=AT)
    assert batch is not None
    loading.abandon(batch)
    assert Enterprise.objects.count() == 5
    assert Batch.objects.get(pk=batch.pk).state == Batch.State.KEPT


def test_cancelling_in_the_middle_leaves_nothing():
    from yunpu.trail.jobs import Cancelled

    def cancel(done: int, _total: int, _label: str) -> None:
        if done > loading.CHUNK:
            raise Cancelled

    with pytest.raises(Cancelled):
        load_rows(
            TARGET, rows(3 * loading.CHUNK), verb="test.loaded", name="x", by=BY, at=AT, progress=cancel
        )
    assert Enterprise.every.count() == 0
    assert code(0) not in set(Enterprise.every.values_list("credit_code", flat=True))
    assert not list(Path(loading._hold_path(Batch.objects.get())).parent.glob("batch-*.hold"))
