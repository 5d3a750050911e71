"""Long checks and loads in the background: each calls one operation and shows its progress."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _
from django_tasks import task

from yunpu.kernel.refusals import Refusal
from yunpu.stages.intake import operations
from yunpu.stages.intake.models import Load
from yunpu.trail.jobs import Cancelled, running, start_job
from yunpu.trail.models import Job

INLINE_BYTES = 1 << 20


def check_now_or_later(load: Load, *, by: object, at: dt.datetime) -> None:
    """Check a small file at once, a large one in the background."""
    job = start_job(str(_("核对 %(name)s") % {"name": load.name}), by_id=by.pk, at=at, of=load)  # type: ignore[attr-defined]
    if load.original is None or load.original.size <= INLINE_BYTES:
        _check(job, load, by, at)
    else:
        check_file.enqueue(job.pk, load.pk, by.pk, at.isoformat())  # type: ignore[attr-defined]


def keep_now_or_later(load: Load, *, by: object, at: dt.datetime, acknowledgement: str) -> None:
    """Keep a small file at once, a large one in the background."""
    job = start_job(str(_("导入 %(name)s") % {"name": load.name}), by_id=by.pk, at=at, of=load)  # type: ignore[attr-defined]
    if load.original is None or load.original.size <= INLINE_BYTES:
        with running(job) as progress:
            operations.keep_load(load, by=by, at=at, acknowledgement=acknowledgement, progress=progress)  # type: ignore[arg-type]
    else:
        keep_file.enqueue(job.pk, load.pk, by.pk, at.isoformat(), acknowledgement)  # type: ignore[attr-defined]


@task()
def check_file(job_id: int, load_id: int, user_id: int, at: str) -> None:
    """Check one file in the background."""
    user = get_user_model().objects.get(pk=user_id)
    _check(Job.objects.get(pk=job_id), Load.objects.get(pk=load_id), user, dt.datetime.fromisoformat(at))


@task()
def keep_file(job_id: int, load_id: int, user_id: int, at: str, acknowledgement: str) -> None:
    """Keep one file in the background; a refusal ends the job with its words."""
    user = get_user_model().objects.get(pk=user_id)
    job, load = Job.objects.get(pk=job_id), Load.objects.get(pk=load_id)
    try:
        with running(job) as progress:
            operations.keep_load(
                load,
                by=user,
                at=dt.datetime.fromisoformat(at),
                acknowledgement=acknowledgement,
                progress=progress,
            )
    except (Cancelled, Refusal):
        return  # the job says so


def _check(job: Job, load: Load, by: object, at: dt.datetime) -> None:
    try:
        with running(job) as progress:
            operations.check_load(load, by=by, at=at, progress=progress)  # type: ignore[arg-type]
    except Cancelled:
        return  # the job and the load say so
