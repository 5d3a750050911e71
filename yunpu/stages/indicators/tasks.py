"""Computing in the background: one operation, with its progress on a job."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext
from django_tasks import task

from yunpu.kernel.periods import Period
from yunpu.kernel.refusals import Refusal
from yunpu.stages.indicators.operations import compute
from yunpu.stages.snapshots.models import Snapshot
from yunpu.trail.jobs import Cancelled, running, start_job
from yunpu.trail.models import Job


def compute_later(snapshot: Snapshot, period: Period, *, by: Any, at: dt.datetime) -> Job:
    """Ask for the figures of a period in the background."""
    title = gettext("计算 %(period)s 的数字（%(snapshot)s）") % {"period": period, "snapshot": snapshot}
    job = start_job(title, by_id=by.pk, at=at, of=snapshot)
    compute_figures.enqueue(job.pk, snapshot.pk, period.code, by.pk, at.isoformat())
    return job


@task()
def compute_figures(job_id: int, snapshot_id: int, period: str, user_id: int, at: str) -> None:
    """Compute; a refusal ends the job with its words."""
    job, snapshot = Job.objects.get(pk=job_id), Snapshot.objects.get(pk=snapshot_id)
    user: Any = get_user_model().objects.get(pk=user_id)
    try:
        with running(job) as progress:
            compute(
                snapshot, Period.parse(period), by=user, at=dt.datetime.fromisoformat(at), progress=progress
            )
            job.message = snapshot.number
    except (Cancelled, Refusal):
        return  # the job says so
