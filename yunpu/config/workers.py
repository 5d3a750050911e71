"""The worker: django-tasks' own, with signs of life, and the cleaning up after workers that were killed.

django-tasks-db leaves a killed worker's task RUNNING for ever. Here each worker touches a file in the data folder
while it lives; a running task whose workers have all fallen silent is ended as failed. It is not run again by
itself: the load it was about has been cleaned up, and the person who asked for it decides.
"""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

from django.conf import settings
from django.utils.crypto import get_random_string

logger = logging.getLogger(__name__)

BEAT_SECONDS = 10
SEAL_SECONDS = 20  # the unsealed tail of the trail stays well below a minute
THOROUGH_EVERY = 180  # rounds: an hour
SILENT_SECONDS = 120


class WorkerKilled(Exception):  # noqa: N818 - the task's end, as the task list shows it
    """The worker that ran this task is gone."""


def signs_folder() -> Path:
    return Path(settings.FOLDER) / "workers"


def living_workers() -> set[str]:
    """The workers that gave a sign of life lately."""
    folder = signs_folder()
    if not folder.is_dir():
        return set()
    oldest = time.time() - SILENT_SECONDS
    return {path.name for path in folder.iterdir() if path.stat().st_mtime >= oldest}


def clean_up() -> int:
    """End what killed workers left: tasks, jobs, loads. Gives the number of things ended."""
    from django_tasks_db.models import DBTaskResult

    from yunpu.stages.intake.loading import clean_killed_loads
    from yunpu.trail.jobs import end_killed_jobs

    alive = living_workers()
    ended = 0
    for task in DBTaskResult.objects.running():
        if not alive & set(task.worker_ids):
            task.set_failed(WorkerKilled())
            ended += 1
    forget_silent_workers(alive)
    return ended + end_killed_jobs() + len(clean_killed_loads())


def forget_silent_workers(alive: set[str]) -> None:
    folder = signs_folder()
    if folder.is_dir():
        for path in folder.iterdir():
            if path.name not in alive:
                path.unlink(missing_ok=True)


def work(*, batch: bool = False) -> None:
    """Run tasks until asked to stop; with `batch` only those that wait now."""
    from django_tasks_db.management.commands.db_worker import Worker

    name = get_random_string(16)
    sign = signs_folder() / name
    sign.parent.mkdir(parents=True, exist_ok=True)
    sign.touch()
    clean_up()
    stop = threading.Event()
    threading.Thread(target=_beat, args=(sign, stop), daemon=True).start()
    threading.Thread(target=_keep_sealing, args=(stop,), daemon=True).start()
    worker = Worker(
        queue_names=["default"],
        interval=1,
        batch=batch,
        backend_name="default",
        startup_delay=not batch,
        max_tasks=None,
        worker_id=name,
        excluded_queue_names=[],
    )
    worker.configure_signals()
    try:
        worker.run()
    finally:
        stop.set()
        sign.unlink(missing_ok=True)


def _beat(sign: Path, stop: threading.Event) -> None:
    from django.db import DatabaseError, connections

    beats = 0
    while not stop.wait(BEAT_SECONDS):
        sign.touch()
        beats += 1
        if beats % 6 == 0:
            try:
                clean_up()
            except DatabaseError:  # busy or gone for a moment: the sign of life must go on
                logger.warning("cleaning up failed; it is tried again in a minute", exc_info=True)
            finally:
                connections.close_all()


def _keep_sealing(stop: threading.Event) -> None:
    """Seal the trail again and again; at the start and every hour also what came late long ago."""
    from django.db import DatabaseError, connections

    from yunpu.kernel.refusals import Refusal

    rounds = 0
    while True:
        try:
            seal(thorough=rounds % THOROUGH_EVERY == 0)
        except (DatabaseError, OSError, Refusal):  # the page of seals shows how long events wait meanwhile
            logger.exception("sealing the trail failed; it is tried again")
        finally:
            connections.close_all()
        rounds += 1
        if stop.wait(SEAL_SECONDS):
            return


def seal(*, thorough: bool) -> int:
    """Seal what waits. The time of a seal is the machine's."""
    from django.utils import timezone

    from yunpu.trail.keyring import key_provider
    from yunpu.trail.sealing import seal_trail

    return seal_trail(at=timezone.now(), keys=key_provider(), thorough=thorough)
