"""Computing and exporting in the background: each calls one operation, with its progress on a job.

A workbook waits for the person who asked for it, and for nobody else; a day later it is removed.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone, translation
from django.utils.translation import gettext
from django_tasks import task

from yunpu.kernel.periods import Period
from yunpu.kernel.refusals import Refusal
from yunpu.stages.indicators.exporting import count_lines, export_chain
from yunpu.stages.indicators.models import Figure
from yunpu.stages.indicators.operations import compute
from yunpu.stages.snapshots.models import Snapshot
from yunpu.trail.jobs import Cancelled, running, start_job
from yunpu.trail.models import Job

IN_REQUEST = 5_000  # rows that a person can wait for
KEPT = dt.timedelta(days=1)


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


def is_small(figure: Figure) -> bool:
    """Whether the workbook of a figure is written while the person waits."""
    return count_lines(figure) <= IN_REQUEST


def export_later(figure: Figure, *, by: Any, at: dt.datetime) -> Job:
    """Ask for the workbook of a figure in the background."""
    _remove_old()
    title = gettext("导出“%(figure)s”的来历") % {"figure": figure.shown_title}
    job = start_job(title, by_id=by.pk, at=at, of=figure)
    export_figure.enqueue(job.pk, figure.pk, by.pk, at.isoformat(), translation.get_language())
    return job


def find_export(figure: Figure, *, by: Any) -> Job | None:
    """The person's newest job on the workbook of a figure; None where its file was removed, or never came to be."""
    jobs = Job.objects.filter(object_type=figure._meta.label_lower, object_id=figure.pk, by_id=by.pk)
    job = jobs.order_by("-id").first()
    gone = job is not None and job.state == Job.State.DONE and not workbook_of(job).is_file()
    return None if gone else job


def workbook_of(job: Job) -> Path:
    """Where the workbook of a job waits."""
    return Path(settings.FOLDER) / "exports" / f"{job.pk}.xlsx"


@task()
def export_figure(job_id: int, figure_id: int, user_id: int, at: str, language: str) -> None:
    """Write the workbook in the person's language; a file that was not finished is not there."""
    job = Job.objects.get(pk=job_id)
    figure = Figure.objects.select_related("definition", "snapshot", "of", "base").get(pk=figure_id)
    user: Any = get_user_model().objects.get(pk=user_id)
    moment, path = dt.datetime.fromisoformat(at), workbook_of(job)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    unfinished = path.with_suffix(".part")
    try:
        with running(job) as progress, translation.override(language), unfinished.open("wb") as out:
            export_chain(
                figure,
                out,
                by=user,
                at=moment,
                on=timezone.localdate(moment),
                translate=gettext,
                progress=progress,
            )
            unfinished.rename(path)
    except (Cancelled, Refusal):
        return  # the job says so
    finally:
        unfinished.unlink(missing_ok=True)


def _remove_old() -> None:
    """Remove what nobody fetched for a day. Wall-clock time: it is about files, not about records."""
    ended = Job.objects.filter(object_type=Figure._meta.label_lower, ended_at__lt=timezone.now() - KEPT)
    for job in ended:
        workbook_of(job).unlink(missing_ok=True)
