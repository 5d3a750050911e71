"""The workbook of a chain: who takes which rows away, and large ones written in the background."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from django.conf import settings
from django.urls import reverse
from python_calamine import CalamineWorkbook

from yunpu.access.models import Grant, Role, User
from yunpu.access.rights import RIGHTS, Action
from yunpu.kernel.periods import Period
from yunpu.reference.models import Unit
from yunpu.stages.indicators import exporting, operations, tasks
from yunpu.stages.indicators.exporting import export_chain
from yunpu.stages.indicators.lineage import tracing
from yunpu.stages.indicators.operations import UnableToComputeForAll, compute
from yunpu.stages.indicators.tests import declared
from yunpu.stages.indicators.tests.district import AS_OF, AT, BY, make_activity, make_units
from yunpu.stages.snapshots.operations import freeze
from yunpu.trail.models import Event, Job

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def figure(monkeypatch, settings):
    """Seven activities of 2020, three of them of the bureau of finance."""
    settings.CLOCK_DATE = AS_OF
    make_units()
    for unit, count in (("kg", 4), ("cz", 3)):
        for n in range(count):
            make_activity(f"{unit}{n}", f"2020-0{n + 1}-01", unit=f"361100-{unit}")
    monkeypatch.setattr(operations, "list_indicators", lambda: [declared.GROWING])
    figures = compute(freeze(AS_OF, by=BY, at=AT), Period.year(2020), by=BY, at=AT)
    return next(one for one in figures if (one.code, one.period_code) == ("test.growing", "2020"))


def user_with(*grants: tuple[str, str]) -> User:
    user = User.objects.create(
        username=str(grants), name="某人", unit=Unit.objects.get(code="361100"), must_change_password=False
    )
    for role, code in grants:
        unit = Unit.objects.get(code=code)
        Grant.objects.create(user=user, role=role, unit=unit, valid_from=dt.date(2020, 1, 1))
    return user


def rows_of(content: bytes) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("记录").to_python()


def codes_of(rows: list[list[object]]) -> set[object]:
    return {row[0] for row in rows} & {f"{unit}{n}" for unit in ("kg", "cz") for n in range(4)}


def exported(figure, user) -> list[list[object]]:
    out = io.BytesIO()
    export_chain(figure, out, by=user, at=AT, on=AS_OF)
    return rows_of(out.getvalue())


@pytest.fixture
def reading_only(monkeypatch):
    """A role that reads and takes nothing away, such as a district may decide to have."""
    monkeypatch.setitem(RIGHTS, Role.AUDITOR, frozenset({Action.VIEW}))


def test_who_reads_everything_takes_away_only_what_may_be_exported(figure, reading_only):
    """An auditor of the district reads all, and exports as the clerk of one bureau that the person also is."""
    user = user_with(("auditor", "361100"), ("staff", "361100-cz"))
    with tracing(figure, user=user, on=AS_OF) as lineage:
        assert lineage.shown_count == 7
    rows = exported(figure, user)
    assert codes_of(rows) == {"cz0", "cz1", "cz2"}
    assert any("4 条不在您的导出范围，只计数" in str(row[0]) for row in rows)


def test_who_may_only_read_takes_no_row_away(figure, reading_only):
    user = user_with(("auditor", "361100"))
    rows = exported(figure, user)
    assert codes_of(rows) == set()
    assert any("7 条不在您的导出范围" in str(row[0]) for row in rows)


def test_a_shared_register_is_taken_away_with_the_right_only(figure, reading_only, monkeypatch):
    """Enterprises belong to no unit: read by everybody, exported by whoever may export."""
    from yunpu.reference.models import Enterprise

    Enterprise.objects.create(credit_code="913611000000000001", name="企业甲", industry="制造")
    monkeypatch.setattr(operations, "list_indicators", lambda: [declared.FIRMS])
    firms = compute(freeze(AS_OF, by=BY, at=AT), Period.year(2020), by=BY, at=AT)[0]
    assert "企业甲" not in str(exported(firms, user_with(("auditor", "361100"))))
    assert "企业甲" in str(exported(firms, user_with(("staff", "361100-cz"))))


def test_a_workbook_that_cannot_hold_all_rows_says_how_many_are_missing(figure, monkeypatch):
    """Not listed for want of room is another thing than not listed for want of a right."""
    monkeypatch.setattr(exporting, "MOST_ROWS", 3)
    rows = exported(figure, user_with(("auditor", "361100")))
    said = [str(row[0]) for row in rows]
    assert len(codes_of(rows)) == 3
    assert "共 7 条，列出 3 条" in said
    assert "4 条未列出：工作簿最多列出 3 条" in said
    assert not [one for one in said if "导出范围" in one]


def test_a_small_workbook_comes_at_once(figure, client):
    client.force_login(user_with(("auditor", "361100")), backend="django.contrib.auth.backends.ModelBackend")
    response = client.get(reverse("indicators:chain", args=[figure.pk]))
    assert len(codes_of(rows_of(response.getvalue()))) == 7
    assert not Job.objects.exists()


@pytest.fixture
def large(figure, monkeypatch):
    monkeypatch.setattr(tasks, "IN_REQUEST", 6)
    return figure


def test_a_large_workbook_is_asked_for_and_fetched(large, client):
    client.force_login(user_with(("auditor", "361100")), backend="django.contrib.auth.backends.ModelBackend")
    later = reverse("indicators:chain-later", args=[large.pk])
    fetch = reverse("indicators:chain-file", args=[large.pk])
    asked = client.get(reverse("indicators:chain", args=[large.pk]))
    assert (asked.status_code, asked["Location"]) == (302, later)
    assert client.get(fetch)["Location"] == later, "nothing is there yet"
    page = client.get(later).content.decode()
    assert "共 7 条记录" in page
    assert fetch not in page
    page = client.post(later, follow=True).content.decode()  # the tests' worker works at once
    assert fetch in page
    assert len(codes_of(rows_of(client.get(fetch).getvalue()))) == 7
    job = Job.objects.get()
    assert (job.state, job.object_type, job.object_id) == ("done", "indicators.figure", large.pk)
    assert Event.objects.filter(verb="indicators.chain-exported").count() == 1
    assert not list(tasks.workbook_of(job).parent.glob("*.part"))


def test_a_workbook_is_fetched_by_nobody_else(large, client):
    owner, other = user_with(("auditor", "361100")), user_with(("staff", "361100"))
    tasks.export_later(large, by=owner, at=AT)
    client.force_login(other, backend="django.contrib.auth.backends.ModelBackend")
    response = client.get(reverse("indicators:chain-file", args=[large.pk]))
    assert response.status_code == 302


def test_the_workbook_is_written_in_the_persons_language(large, client):
    user = user_with(("auditor", "361100"))
    User.objects.filter(pk=user.pk).update(language="en")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.post(reverse("indicators:chain-later", args=[large.pk]))
    content = client.get(reverse("indicators:chain-file", args=[large.pk])).getvalue()
    names = CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names
    assert not [name for name in names if any("一" <= letter <= "鿿" for letter in name)]


def test_a_cancelled_export_leaves_no_file(large, monkeypatch):
    monkeypatch.setattr(exporting, "_STEP", 2)
    user = user_with(("auditor", "361100"))

    def cancel_at_first_step(done: int, total: int, label: str) -> None:
        assert (done, total) == (2, 7)
        raise tasks.Cancelled

    with pytest.raises(tasks.Cancelled):
        export_chain(large, io.BytesIO(), by=user, at=AT, on=AS_OF, progress=cancel_at_first_step)
    job = tasks.start_job("导出", by_id=user.pk, at=AT, of=large)
    Job.objects.filter(pk=job.pk).update(state=Job.State.CANCELLED)
    tasks.export_figure.enqueue(job.pk, large.pk, user.pk, AT.isoformat(), "zh-hans")
    assert not tasks.workbook_of(job).exists()
    assert not Event.objects.filter(verb="indicators.chain-exported").exists()


def test_a_workbook_that_nobody_fetched_for_a_day_is_removed(large):
    user = user_with(("auditor", "361100"))
    first = tasks.export_later(large, by=user, at=AT)
    assert tasks.find_export(large, by=user) == first
    Job.objects.filter(pk=first.pk).update(ended_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    second = tasks.export_later(large, by=user, at=AT)
    assert not tasks.workbook_of(first).exists()
    assert tasks.workbook_of(second).is_file()
    tasks.workbook_of(second).unlink()
    assert tasks.find_export(large, by=user) is None


def test_workbooks_wait_in_the_installations_folder(large):
    job = tasks.export_later(large, by=user_with(("auditor", "361100")), at=AT)
    assert tasks.workbook_of(job).is_relative_to(settings.FOLDER)
    assert tasks.workbook_of(job).parent.stat().st_mode & 0o077 == 0


# ---- who may compute -----------------------------------------------------------------------------------------------


def test_whose_right_ends_below_the_district_does_not_compute(figure, client):
    snapshot, person = figure.snapshot, user_with(("finance", "361100-cz"))
    with pytest.raises(UnableToComputeForAll):
        compute(snapshot, Period.year(2020), by=person, at=AT)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    for answer in (client.get("/indicators/compute/"), client.post("/indicators/compute/", {})):
        assert answer.status_code == 409
        assert "IND-103" in answer.content.decode()
    assert compute(snapshot, Period.year(2020), by=user_with(("finance", "361100")), at=AT)
