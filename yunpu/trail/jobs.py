"""Long work with progress, cancelling and a lease (后台任务).

    job = start_job(_("核对文件"), by=user, at=now, of=load)
    with running(job) as progress:
        progress(done, total, label)      # renews the lease; raises Cancelled when somebody asked for it

Progress is bookkeeping of the platform itself, not a record: it writes no event.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import models
from django.utils import timezone

from yunpu.kernel.refusals import Refusal
from yunpu.trail.models import Job

LEASE = dt.timedelta(minutes=2)
Progress = Callable[[int, int, str], None]


class Cancelled(Exception):  # noqa: N818 - it is no error: somebody asked for it
    """The person who started the work asked to stop it."""


def no_progress(done: int, total: int, label: str) -> None:
    """The progress of work that nobody watches."""


def start_job(title: str, *, by_id: int | None, at: dt.datetime, of: models.Model | None = None) -> Job:
    """Note that work was asked for."""
    return Job.objects.create(
        title=title,
        by_id=by_id,
        asked_at=at,
        object_type=of._meta.label_lower if of else "",
        object_id=of.pk if of else None,
    )


def find_job(of: models.Model) -> Job | None:
    """The newest job of a record."""
    return Job.objects.filter(object_type=of._meta.label_lower, object_id=of.pk).first()


@contextmanager
def running(job: Job) -> Iterator[Progress]:
    """Run the work inside; the job ends done, cancelled, or failed with the reason. Failures go on upwards.

    The lease is wall-clock time, not the district's clock: it tells whether a process is alive.
    """
    last = 0.0

    def progress(done: int, total: int, label: str = "") -> None:
        nonlocal last
        moment = time.monotonic()
        if moment - last < 0.5 and done < total:
            return
        last = moment
        _renew(job, done=done, total=total, label=label)
        if Job.objects.filter(pk=job.pk, cancel_asked=True).exists():
            raise Cancelled

    waiting = Job.objects.filter(pk=job.pk).exclude(state=Job.State.CANCELLED)
    if not waiting.update(state=Job.State.RUNNING, lease_until=timezone.now() + LEASE):
        raise Cancelled  # somebody asked for it before the work began
    try:
        yield progress
    except Cancelled:
        _end(job, Job.State.CANCELLED, "")
        raise
    except Refusal as refusal:
        _end(job, Job.State.FAILED, str(refusal))
        raise
    except BaseException as error:
        _end(job, Job.State.FAILED, type(error).__name__)
        raise
    else:
        _end(job, Job.State.DONE, job.message)


def find_live_job(of: models.Model) -> Job | None:
    """The newest job of a record that waits, or runs in a process that is alive."""
    jobs = Job.objects.filter(object_type=of._meta.label_lower, object_id=of.pk)
    alive = models.Q(state=Job.State.WAITING) | models.Q(
        state=Job.State.RUNNING, lease_until__gt=timezone.now()
    )
    return jobs.filter(alive).first()


def ask_to_cancel(job: Job) -> None:
    """Ask the work to stop at its next step; what has not begun does not begin."""
    waiting = Job.objects.filter(pk=job.pk, state=Job.State.WAITING)
    if not waiting.update(state=Job.State.CANCELLED, cancel_asked=True, ended_at=timezone.now()):
        Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(cancel_asked=True)


def end_killed_jobs() -> int:
    """Mark running jobs whose lease has run out as failed; give their number."""
    now = timezone.now()
    return Job.objects.filter(state=Job.State.RUNNING, lease_until__lt=now).update(
        state=Job.State.FAILED, ended_at=now, message="killed"
    )


def _renew(job: Job, **values: object) -> None:
    values["lease_until"] = timezone.now() + LEASE
    Job.objects.filter(pk=job.pk).update(**values)


def _end(job: Job, state: str, message: str) -> None:
    Job.objects.filter(pk=job.pk).update(state=state, message=message, ended_at=timezone.now())
