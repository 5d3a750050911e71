"""What every answer carries and none betrays: headers, error pages, file names, cookies, the log."""

from __future__ import annotations

import logging
import re
import subprocess

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.test import Client
from django.urls import path
from django.views import View

from tests.architecture.source import PACKAGE, ROOT, tracked_files
from yunpu.access.models import Role
from yunpu.access.tests.factories import browser_of, make_unit, make_user
from yunpu.config import urls
from yunpu.domains.outreach.tests.factories import make_activity
from yunpu.trail.logs import Numbered
from yunpu.trail.requests import origin

pytestmark = pytest.mark.django_db

POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
}


class Broken(View):
    """A view with a defect, for these tests."""

    def get(self, request):
        raise RuntimeError("陈经办 360000199001011234")


class Addresses:
    """The platform's addresses and one that is broken."""

    urlpatterns = [path("broken/", Broken.as_view()), *urls.urlpatterns]
    handler403 = urls.handler403
    handler500 = urls.handler500


@pytest.fixture
def unit():
    return make_unit("区")


@pytest.fixture
def clerk(unit):
    return browser_of(make_user(unit, Role.STAFF), raise_request_exception=False)


@pytest.fixture
def broken(settings):
    settings.ROOT_URLCONF = Addresses


def fortified(response):
    assert set(response["Content-Security-Policy"].split("; ")) == POLICY
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    return response


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/", 200),
        ("/outreach/activities/", 200),
        ("/outreach/activities/export.csv", 200),
        ("/outreach/activities/export.xlsx", 200),
        ("/intake/formats/outreach.activities.xlsx", 200),
        ("/messages.js", 200),
        ("/access/users/", 403),
        ("/nothing/", 404),
        ("/access/sign-out/", 405),
        ("/access/sign-in/", 302),
    ],
)
def test_every_answer_is_fortified(clerk, url, status):
    assert fortified(clerk.get(url)).status_code == status


def test_a_defect_is_fortified_too_and_shows_its_number_only(clerk, broken, caplog):
    response = fortified(clerk.get("/broken/"))
    assert response.status_code == 500
    page = response.content.decode()
    assert response["X-Request-ID"] in page
    assert "陈经办" not in page
    assert "RuntimeError" not in page
    assert not re.search(r"<style|<script|style=", page)


def test_the_number_on_the_page_is_the_one_in_the_log():
    line = logging.makeLogRecord({"msg": "broken"})
    with origin("0123456789abcdef", ""):
        Numbered().filter(line)
    assert line.number == "0123456789abcdef"
    outside = logging.makeLogRecord({"msg": "outside"})
    Numbered().filter(outside)
    assert outside.number == "-"


def test_static_files_are_fortified(client):
    for url in ("/static/yunpu/base.css", "/static/yunpu/screen.js", "/static/yunpu/mark.svg"):
        response = client.get(url)
        assert response.status_code == 200, url
        assert set(response["Content-Security-Policy"].split("; ")) == POLICY
        assert response["X-Content-Type-Options"] == "nosniff"


def test_a_form_of_elsewhere_is_refused_on_a_page_of_ours(unit):
    client = browser_of(make_user(unit, Role.STAFF), enforce_csrf_checks=True)
    response = fortified(client.post("/access/language/", {"language": "en"}))
    assert response.status_code == 403
    assert "请重新提交" in response.content.decode()


@pytest.mark.parametrize("host", ["evil.example", "testserver@evil.example"])
def test_another_host_s_name_is_refused(client, host, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    assert client.get("/access/sign-in/", HTTP_HOST=host).status_code == 400


@pytest.mark.parametrize(
    "name", ['a"; filename="b.exe', "甲\r\nSet-Cookie: x=1.csv", "../../etc/passwd.csv", "统计 表.csv"]
)
def test_a_file_s_name_stays_a_name(clerk, unit, name, settings, tmp_path):
    from io import BytesIO

    from yunpu.stages.intake.operations import receive_file
    from yunpu.trail.operations import System

    settings.ORIGINALS_FOLDER = tmp_path
    at = __import__("datetime").datetime(2020, 12, 20, tzinfo=__import__("datetime").UTC)
    load = receive_file(BytesIO(b"a,b\n1,2\n"), name=name, unit=unit, by=System("测试"), at=at)
    response = fortified(clerk.get(f"/intake/files/{load.pk}/original"))
    told = response["Content-Disposition"]
    assert told.startswith("attachment; filename")
    assert "\n" not in told
    assert "\r" not in told
    assert "/" not in load.name
    assert told.count('"') in (0, 2) or '\\"' in told


def test_what_people_write_cannot_become_a_page(clerk, unit):
    make_activity(unit, name='<script>alert(1)</script>"><img src=x onerror=alert(1)>')
    page = clerk.get("/outreach/activities/").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;" in page


def test_behind_https_cookies_and_addresses_are_strict(tmp_path):
    """Asked of the real settings, in a process of their own."""
    told = subprocess.run(
        [
            __import__("sys").executable,
            "-c",
            "from yunpu.config import settings as s;"
            "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 0, s.DEBUG)",
        ],
        env={
            "PATH": "/usr/bin:/bin",
            "YUNPU_FOLDER": str(tmp_path),
            "YUNPU_HTTPS": "yes",
            "YUNPU_HOSTS": "yunpu.example",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == ["True", "True", "True", "False"]


def test_no_secret_is_in_the_repository():
    shape = re.compile(
        r"SECRET_KEY\s*=\s*['\"]|-----BEGIN [A-Z ]*PRIVATE KEY|(?:password|secret)\s*=\s*['\"]\w{12,}"
    )
    faults = []
    for one in tracked_files():
        if one.suffix in {".py", ".toml", ".txt", ".sh", ".md", ".json", ""} and "tests" not in one.parts:
            text = one.read_text("utf-8", errors="ignore")
            faults += [f"{one.relative_to(ROOT)}: {found.group()}" for found in shape.finditer(text)]
    assert faults == []


def test_nothing_is_logged_about_people():
    """The door's own library names people and addresses in its log; the trail is the place for that."""
    assert settings.LOGGING["loggers"]["axes"]["level"] == "CRITICAL"
    assert settings.AXES_DISABLE_ACCESS_LOG
    writes = [
        one.relative_to(ROOT).as_posix()
        for one in PACKAGE.rglob("*.py")
        if one.parent.name != "config"  # the edges tell of the machine
        and one != PACKAGE / "ui" / "views.py"  # a defect's number and address, no more
        and re.search(r"logg(?:er|ing)\.(?:info|warning|error|exception|debug)\(", one.read_text("utf-8"))
    ]
    assert writes == []


def test_the_framework_s_own_checks_are_silent():
    assert [str(one) for one in run_checks()] == []
    assert settings.SILENCED_SYSTEM_CHECKS == []


def test_nobody_sees_the_frame_of_the_platform_before_the_door():
    page = Client().get("/access/sign-in/").content.decode()
    assert "yp-side" not in page
    assert "/outreach/" not in page
