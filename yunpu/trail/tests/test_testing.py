"""The guard of the tests guards: each rule is broken once, by real application code."""

import datetime as dt

import pytest
from django.db import connection
from django.template import engines

from yunpu.reference.models import Enterprise
from yunpu.trail import bulk, jobs, operations, testing
from yunpu.trail.models import Batch, Event, Job
from yunpu.trail.operations import System, create_record, operation
from yunpu.trail.testing import ReadingRequestWrote, WriteOutsideOperation, written_table
from yunpu.ui.models import SavedView

AT = dt.datetime(2020, 12, 20, 9, tzinfo=dt.UTC)
BY = System("测试")
VIEW = {"register": "outreach.activities", "name": "本年", "owner_id": 1, "query": "", "shared": False}

pytestmark = pytest.mark.django_db


@pytest.fixture
def expected():
    """Breaches that a test provokes are forgotten, so that it is not failed by its own proof."""
    yield
    testing._breaches.clear()


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ('INSERT INTO "ui_savedview" ("name") VALUES (%s)', "ui_savedview"),
        ("INSERT OR IGNORE INTO ui_savedview VALUES (1)", "ui_savedview"),
        ('UPDATE "access_user" SET "name" = %s', "access_user"),
        ('DELETE FROM "trail_job" WHERE "id" IN (SELECT 1)', "trail_job"),
        ("WITH w(a) AS (VALUES (1)) INSERT INTO reference_unit SELECT a FROM w", "reference_unit"),
        ("TRUNCATE ui_search", "ui_search"),
        ('SELECT "id" FROM "trail_event" FOR UPDATE', ""),
        ("WITH w(a) AS (VALUES (1)) SELECT a FROM w", ""),
        ("CREATE TEMP TABLE aside (a bigint)", ""),
    ],
)
def test_it_knows_a_write_when_it_sees_one(sql, table):
    assert written_table(sql) == table


def test_application_code_cannot_write_outside_an_operation(expected):
    batch = Batch.objects.create(verb="v", target="reference.enterprise", started_at=AT)
    with pytest.raises(WriteOutsideOperation, match=r"trail_change .* yunpu/trail/bulk\.py"):
        bulk._write(Enterprise, batch, [renamed()], ["name"])


def test_inside_an_operation_it_can():
    batch = Batch.objects.create(verb="v", target="reference.enterprise", started_at=AT)
    with operation("test.written", by=BY, at=AT) as note:
        bulk._write(Enterprise, batch, [renamed()], ["name"])
        note.act()
    assert Event.objects.get().verb == "test.written"


def test_a_test_may_prepare_what_it_needs():
    SavedView.objects.create(**VIEW)
    assert connection.execute_wrappers


def test_the_progress_of_a_job_is_no_record():
    jobs.start_job("核对", by_id=None, at=AT)
    assert Job.objects.count() == 1


def test_a_reading_request_writes_nothing_but_events(expected):
    testing._request_began(None, {"REQUEST_METHOD": "GET"})
    with operation("test.read", by=BY, at=AT) as note:
        note.act()
    with pytest.raises(ReadingRequestWrote, match="GET request writes ui_savedview"):
        create_record(SavedView, VIEW, by=BY, at=AT)
    testing._request_ended(None)


def test_a_posting_request_writes():
    testing._request_began(None, {"REQUEST_METHOD": "POST"})
    create_record(SavedView, VIEW, by=BY, at=AT)
    testing._request_ended(None)
    assert operations.writing() == ""


def test_rows_that_nobody_ordered_come_in_reverse():
    for name in "甲乙丙":
        SavedView.objects.create(**{**VIEW, "name": name})
    by_number = list(SavedView.objects.order_by("pk"))
    assert list(SavedView.objects.order_by()) == by_number[::-1]


@pytest.mark.parametrize("text", ["{{ nothing }}", "{{ unit.nothing }}", "{{ nothing|upper }}"])
def test_an_undefined_variable_of_a_template_fails(text):
    template = engines["django"].from_string(text)
    with pytest.raises(AssertionError, match=r"undefined template variable: (unit\.)?nothing"):
        template.render({"unit": VIEW})


def renamed():
    """A record with a new name that is not written yet, and what it was."""
    firm = Enterprise.objects.create(credit_code="91360199MA00000018", name="甲公司")
    before = operations.snapshot_of(firm)
    firm.name = "乙公司"
    return firm, before
