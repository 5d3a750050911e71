"""`yunpu doctor`: each check sees the fault it is there for, and says how to mend it."""

from __future__ import annotations

import datetime as dt
import os
import time

import pytest
from django_tasks_db.models import DBTaskResult

from yunpu.config import health, workers
from yunpu.kernel.text import untranslated


@pytest.fixture
def folder(settings, tmp_path):
    settings.FOLDER = tmp_path
    return tmp_path


def test_a_key_that_others_can_read_is_a_fault(folder):
    key = folder / "secret.key"
    key.write_text("x")
    key.chmod(0o644)
    found = health.check_keys()
    assert found.state == "bad"
    assert "chmod 600 secret.key" in found.mend(untranslated)
    key.chmod(0o600)
    assert health.check_keys().state == "good"


def test_a_folder_that_is_not_there_is_a_fault(settings, tmp_path):
    settings.FOLDER = tmp_path / "none"
    assert health.check_folder().state == "bad"
    settings.FOLDER = tmp_path
    assert health.check_folder().state == "good"


def test_missing_fonts_are_a_fault(settings, tmp_path):
    settings.FONT_FOLDERS = [tmp_path]
    assert health.check_fonts().state == "bad"
    (tmp_path / "a.otf").touch()
    assert health.check_fonts().state == "good"


def test_any_host_is_a_fault(settings):
    settings.ALLOWED_HOSTS = ["*"]
    assert health.check_hosts().state == "bad"


def test_a_demo_date_is_a_hint_and_in_production_a_fault(settings):
    settings.CLOCK_DATE = dt.date(2020, 12, 20)
    assert health.check_clock().state == "hint"
    assert health.harden(health.check_clock()).state == "bad"


@pytest.mark.django_db
def test_a_healthy_database_is_good():
    assert health.check_database().state == "good"
    assert health.check_migrations().state == "good"


def test_every_fault_says_how_to_mend_it(folder, settings):
    settings.DEBUG = True
    for result in (health.check_debug(), health.check_worker(), health.check_clock()):
        assert result.state == "good" or result.mend(untranslated)


def test_a_worker_gives_signs_of_life(folder):
    assert health.check_worker().state == "hint"
    sign = workers.signs_folder() / "w1"
    sign.parent.mkdir()
    sign.touch()
    assert health.check_worker().state == "good"
    old = time.time() - workers.SILENT_SECONDS - 5
    os.utime(sign, (old, old))
    assert workers.living_workers() == set()


@pytest.mark.django_db
def test_the_task_of_a_killed_worker_ends(folder):
    sign = workers.signs_folder() / "alive"
    sign.parent.mkdir()
    sign.touch()
    tasks = {
        name: DBTaskResult.objects.create(
            status="RUNNING",
            args_kwargs={"args": [], "kwargs": {}},
            task_path="x.y",
            backend_name="default",
            worker_ids=[name],
            run_after=dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
            exception_class_path="",
            traceback="",
        )
        for name in ("alive", "dead")
    }
    workers.clean_up()
    for task in tasks.values():
        task.refresh_from_db()
    assert tasks["alive"].status == "RUNNING"
    assert tasks["dead"].status == "FAILED"
    assert tasks["dead"].exception_class_path.endswith("WorkerKilled")
