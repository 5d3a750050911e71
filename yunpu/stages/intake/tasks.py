"""Long checks and loads in the background: each calls one operation and shows its progress."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth import get_user_model
from django_tasks import task

from yunpu.kernel.refusals import Reasoned, Refusal
from yunpu.kernel.text import mark as _
from yunpu.stages.intake import operations
from yunpu.stages.intake.models import Load
from yunpu.trail.jobs import Cancelled, Progress, find_live_job, running, start_job
from yunpu.trail.models import Batch, Job

INLINE_BYTES = 1 << 20
INLINE_RECORDS = 5_000


def check_now_or_later(load: Load, *, by: Any, at: dt.datetime) -> None:
    """Check a small file at once, a large one in the background."""
    job = begin(load, by=by, at=at)
    if _is_small(load):
        check_under(job, load, by=by, at=at)
    else:
        check_file.enqueue(job.pk, load.pk, by.pk, at.isoformat())


def keep_now_or_later(load: Load, *, by: Any, at: dt.datetime, acknowledgement: str) -> None:
    """Keep a small file at once, a large one in the background. Raises UnableToKeep, UnableToLoad."""
    operations.refuse_unready(load, acknowledgement)
    job = begin(load, by=by, at=at)
    if _is_small(load):
        keep_under(job, load, by=by, at=at, acknowledgement=acknowledgement)
    else:
        keep_file.enqueue(job.pk, load.pk, by.pk, at.isoformat(), acknowledgement)


def withdraw_now_or_later(load: Load, *, by: Any, at: dt.datetime, reason: str) -> None:
    """Withdraw a small batch at once, a large one in the background. Raises UnableToWithdraw, UnableToLoad."""
    operations.refuse_withdrawal(load, by=by, at=at, reason=reason)
    assert load.batch_id is not None, "a kept load has its batch"
    batch = Batch.objects.get(pk=load.batch_id)
    if batch.created_count + batch.changed_count <= INLINE_RECORDS:
        operations.withdraw_load(load, by=by, at=at, reason=reason)
        return
    if find_live_job(load) is not None:
        raise operations.UnableToWithdraw(reason=_("正在撤回"))
    job = begin(load, by=by, at=at)
    withdraw_file.enqueue(job.pk, load.pk, by.pk, at.isoformat(), reason)


def begin(load: Load, *, by: Any, at: dt.datetime) -> Job:
    """The job of work on a load; what a killed worker left of it is put in order first."""
    operations.recover_load(load)
    return start_job(load.name[:200], by_id=by.pk, at=at, of=load)


def check_under(job: Job, load: Load, *, by: Any, at: dt.datetime, also: Progress | None = None) -> None:
    """Check within a job, telling `also` the progress; ends quietly when somebody cancels it."""
    try:
        with running(job) as progress:
            operations.check_load(load, by=by, at=at, progress=both(progress, also))
    except Cancelled:
        load.refresh_from_db()  # the job and the load say so


def keep_under(
    job: Job, load: Load, *, by: Any, at: dt.datetime, acknowledgement: str, also: Progress | None = None
) -> None:
    """Keep within a job, telling `also` the progress; ends quietly when somebody cancels it."""
    try:
        with running(job) as progress:
            operations.keep_load(
                load, by=by, at=at, acknowledgement=acknowledgement, progress=both(progress, also)
            )
    except Cancelled:
        load.refresh_from_db()  # the job and the load say so


def withdraw_under(job: Job, load: Load, *, by: Any, at: dt.datetime, reason: str) -> None:
    """Withdraw within a job; the load keeps the words of a refusal. Ends quietly when somebody cancels it."""
    try:
        with running(job) as progress:
            operations.withdraw_load(load, by=by, at=at, reason=reason, progress=progress)
    except Cancelled:
        load.refresh_from_db()
    except Reasoned as refusal:
        operations.keep_refusal(load, refusal)
        raise


@task()
def check_file(job_id: int, load_id: int, user_id: int, at: str) -> None:
    """Check one file in the background; a refusal ends the job with its words."""
    job, load, user = _recall(job_id, load_id, user_id)
    try:
        check_under(job, load, by=user, at=dt.datetime.fromisoformat(at))
    except Refusal:
        return  # the job says so


@task()
def keep_file(job_id: int, load_id: int, user_id: int, at: str, acknowledgement: str) -> None:
    """Keep one file in the background; a refusal ends the job with its words, the load keeps them too."""
    job, load, user = _recall(job_id, load_id, user_id)
    try:
        keep_under(job, load, by=user, at=dt.datetime.fromisoformat(at), acknowledgement=acknowledgement)
    except Refusal:
        return  # the job and the load say so


@task()
def withdraw_file(job_id: int, load_id: int, user_id: int, at: str, reason: str) -> None:
    """Withdraw one batch in the background; a refusal ends the job with its words, the load keeps them too."""
    job, load, user = _recall(job_id, load_id, user_id)
    try:
        withdraw_under(job, load, by=user, at=dt.datetime.fromisoformat(at), reason=reason)
    except Refusal:
        return  # the job and the load say so


def both(first: Progress, second: Progress | None) -> Progress:
    """Progress told to two listeners."""
    if second is None:
        return first

    def progress(done: int, total: int, label: str) -> None:
        first(done, total, label)
        second(done, total, label)

    return progress


def _is_small(load: Load) -> bool:
    """Whether somebody can wait for it; a refused file, which is not kept, takes no time at all."""
    return load.original is None or load.original.size <= INLINE_BYTES


def _recall(job_id: int, load_id: int, user_id: int) -> tuple[Job, Load, Any]:
    user = get_user_model().objects.get(pk=user_id)
    return Job.objects.get(pk=job_id), Load.objects.get(pk=load_id), user
