"""`yunpu doctor`: each check sees the fault it is there for, and says how to mend it."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import time

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django_tasks_db.models import DBTaskResult

from yunpu.config import health, workers
from yunpu.config.cli import main
from yunpu.kernel.text import untranslated
from yunpu.stages.intake.models import Original
from yunpu.stages.snapshots.models import Snapshot, SnapshotTable
from yunpu.trail.operations import preparing

NOW = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


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
    assert f"chmod 600 {key}" in found.mend(untranslated)
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


@pytest.mark.django_db
def test_a_lost_original_and_a_lost_table_are_named(folder, settings):
    settings.ORIGINALS_FOLDER = folder / "originals"
    with preparing("test.lost"):
        original = Original.objects.create(sm3="ab" * 32, size=1, stored_at=NOW)
        snapshot = Snapshot.objects.create(
            number="S-20200101-01", as_of=NOW.date(), digest="0", manifest_digest="0", rows=1, at=NOW
        )
        SnapshotTable.objects.create(
            snapshot=snapshot, name="a.b", title="甲", rows=1, file_name="a.parquet", file_bytes=1
        )
    assert "abababababab" in health.check_originals().told(untranslated)
    assert "S-20200101-01/a.b" in health.check_snapshots().told(untranslated)
    for path in (original.path, snapshot.folder / "a.parquet"):
        path.parent.mkdir(parents=True)
        path.touch()
    assert (health.check_originals().state, health.check_snapshots().state) == ("good", "good")


@pytest.mark.django_db
def test_a_database_of_a_newer_program_is_not_migrated():
    recorder = MigrationRecorder(connection)
    recorder.record_applied("trail", "9999_of_tomorrow")
    found = health.check_migrations()
    assert found.state == "bad"
    assert "trail.9999_of_tomorrow" in found.told(untranslated)
    assert "migrate" not in found.mend(untranslated)


@pytest.mark.django_db
def test_without_the_three_administrators_the_command_that_makes_them_is_named(capsys):
    assert "createadmin" in health.check_administrators().mend(untranslated)
    assert main(["createadmin"]) == 0
    assert health.check_administrators().state == "good"


def test_a_disk_that_runs_full_is_told_before_it_is(folder, monkeypatch):
    free = {"bytes": 10**10}
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(0, 0, free["bytes"]))
    assert health.check_space().state == "good"
    free["bytes"] = 10**9
    assert health.check_space().state == "hint"
    free["bytes"] = 10**8
    assert health.check_space().state == "bad"


def test_what_must_not_be_on_a_machine_that_others_reach(folder, settings):
    settings.ALLOWED_HOSTS, settings.SESSION_COOKIE_SECURE = ["yunpu.example"], False
    assert health.check_https().state == "hint"
    settings.SESSION_COOKIE_SECURE = True
    assert health.check_https().state == "good"
    assert health.check_demo_accounts().state == "good"
    (folder / "demo-accounts.txt").touch()
    assert health.check_demo_accounts().state == "hint"
    (folder / "defects").mkdir()
    (folder / "defects" / "defect-1.txt").touch()
    assert "1" in health.check_defects().told(untranslated)
