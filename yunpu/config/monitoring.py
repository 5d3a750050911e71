"""For machines that watch the platform: is it alive (`/healthz`), and how is it (`/metrics`, in the format of Prometheus).

Neither needs a sign-in, so neither tells anything of records or people: `/healthz` says one word, `/metrics` numbers of the
platform itself, and only to whom the setting `metrics` admits.
"""

from __future__ import annotations

import hmac
import shutil
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from yunpu.config.workers import living_workers

LOCAL = {"127.0.0.1", "::1"}
PLAIN = "text/plain; charset=utf-8"
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple[dict[str, str], float]


def show_health(request: HttpRequest) -> HttpResponse:
    """200 `ok` where the database answers, else 503 `down`."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM django_migrations LIMIT 1")
        answer = HttpResponse("ok\n", content_type=PLAIN)
    except (DatabaseError, OSError):
        answer = HttpResponse("down\n", content_type=PLAIN, status=503)
    add_never_cache_headers(answer)
    return answer


def show_metrics(request: HttpRequest) -> HttpResponse:
    """The figures of the moment. To others than the setting admits the page is not there."""
    if not is_admitted(request):
        raise Http404
    answer = HttpResponse("".join(list_lines(timezone.now())), content_type=PROMETHEUS)
    add_never_cache_headers(answer)
    return answer


def is_admitted(request: HttpRequest) -> bool:
    """Whether the asker has the token, or, with `local`, is this machine itself and no proxy before it."""
    admitted = settings.METRICS
    if admitted == "local":
        forwarded = any(name in request.META for name in ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED"))
        return request.META.get("REMOTE_ADDR") in LOCAL and not forwarded
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bool(admitted) and hmac.compare_digest(given.encode(), admitted.encode())


def list_lines(now: datetime) -> Iterator[str]:
    for name, about, samples in list_metrics(now):
        yield f"# HELP yunpu_{name} {about}\n# TYPE yunpu_{name} gauge\n"
        for labels, value in samples:
            told = ",".join(f'{label}="{text}"' for label, text in labels.items())
            yield f"yunpu_{name}{{{told}}} {value:g}\n" if told else f"yunpu_{name} {value:g}\n"


def list_metrics(now: datetime) -> Iterator[tuple[str, str, list[Sample]]]:
    """Name, meaning, samples. All are read from the database and the disk, so every process tells the same."""
    from django_tasks_db.models import DBTaskResult

    from yunpu.stages.bulletins.models import Issue
    from yunpu.stages.intake.models import Load
    from yunpu.stages.snapshots.models import Snapshot
    from yunpu.trail.models import Job

    yield "build_info", "Version of the program.", [({"version": version("yunpu")}, 1)]
    yield "workers", "Background workers that gave a sign of life lately.", [({}, len(living_workers()))]
    for name, about, model, field in (
        ("tasks", "Background tasks by status.", DBTaskResult, "status"),
        ("jobs", "Long work that people asked for, by state.", Job, "state"),
        ("loads", "Files handed in, by state.", Load, "state"),
    ):
        counted = model.objects.order_by(field).values_list(field).annotate(count=Count("pk"))
        yield name, about, [({field: str(value).lower()}, count) for value, count in counted]
    waiting = DBTaskResult.objects.filter(status="READY", run_after__lte=now).aggregate(
        first=Min("enqueued_at")
    )
    first = waiting["first"]
    age = (now - first).total_seconds() if first else 0
    yield "oldest_task_seconds", "How long the oldest task waits for a worker.", [({}, age)]
    yield "snapshots", "Snapshots frozen.", [({}, Snapshot.objects.count())]
    yield "issues", "Bulletins issued.", [({}, Issue.objects.count())]
    free = shutil.disk_usage(Path(settings.FOLDER)).free
    yield "disk_free_bytes", "Free space where the data folder is.", [({}, free)]
    yield "backup_age_seconds", "Since the newest backup in the data folder was made.", list_backup_age(now)
    defects = len(list((Path(settings.FOLDER) / "defects").glob("*.txt")))
    yield "defects", "Reports of defects that wait.", [({}, defects)]


def list_backup_age(now: datetime) -> list[Sample]:
    made = [path.stat().st_mtime for path in (Path(settings.FOLDER) / "backups").glob("*.yunpu-backup")]
    return [({}, max(0.0, now.timestamp() - max(made)))] if made else []
