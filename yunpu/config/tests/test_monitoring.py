"""What machines are told of the platform: alive or not, figures for whom a setting admits, logs without people."""

from __future__ import annotations

import json
import logging
import re
import sys

import pytest
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection
from django.test import Client

from yunpu.config.logs import JsonLines
from yunpu.reference.tests.factories import make_unit
from yunpu.stages.intake.models import Load
from yunpu.trail import clock
from yunpu.trail.operations import preparing

TOKEN = "a-token-of-some-length"
LINE = re.compile(r'yunpu_[a-z_]+(\{[a-z]+="[^"]*"\})? [0-9.e+-]+')


@pytest.mark.django_db
def test_alive_is_said_in_one_word_without_a_session():
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert not answer.cookies
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_a_database_that_does_not_answer_is_told_without_detail():
    def refuse(*_statement):
        raise DatabaseError("password of the database")

    with connection.execute_wrapper(refuse):
        answer = Client().get("/healthz")
    assert (answer.status_code, answer.content) == (503, b"down\n")


@pytest.mark.django_db
def test_figures_are_there_for_whom_the_setting_admits(settings):
    def ask(token="", **more):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return Client().get("/metrics", headers=headers, **more).status_code

    assert ask() == ask(TOKEN) == 404  # off
    settings.METRICS = TOKEN
    assert (ask(), ask(TOKEN[:-1]), ask("唔"), ask(TOKEN)) == (404, 404, 404, 200)
    settings.METRICS = "local"
    assert ask() == 200
    assert ask(HTTP_X_FORWARDED_FOR="10.0.0.9") == 404
    assert ask(REMOTE_ADDR="10.0.0.9") == 404


@pytest.mark.django_db
def test_figures_are_in_the_form_of_prometheus_and_name_nobody(settings, tmp_path):
    settings.METRICS, settings.FOLDER = TOKEN, tmp_path
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "a.yunpu-backup").touch()
    unit = make_unit("ZZ")
    with preparing("test.metrics"):
        get_user_model().objects.create(username="zhangsan", name="张三", unit=unit)
        Load.objects.create(name="机密.xlsx", unit=unit, by_name="张三", at=clock.now(), state="checked")
    text = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    for line in text.splitlines():
        assert line.startswith("# ") or LINE.fullmatch(line), line
    assert 'yunpu_loads{state="checked"} 1\n' in text
    assert "yunpu_backup_age_seconds " in text and "yunpu_disk_free_bytes " in text
    assert "张三" not in text and "zhangsan" not in text and "机密" not in text


def test_a_line_of_the_log_tells_an_error_by_its_place_and_never_its_words():
    try:
        raise ValueError("Key (id_number)=(110101199003070134) already exists")
    except ValueError:
        record = logging.LogRecord("yunpu.x", logging.ERROR, __file__, 1, "写不进去", (), sys.exc_info())
    record.number = "abc"
    told = json.loads(JsonLines().format(record))
    assert told["error"] == "builtins.ValueError"
    assert "test_monitoring.py" in told["places"][-1]
    assert told["request"] == "abc" and told["message"] == "写不进去"
    assert "110101199003070134" not in json.dumps(told)
