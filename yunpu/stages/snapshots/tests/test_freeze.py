import datetime as dt
import json
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.db import DatabaseError, connection, transaction

from yunpu.access.models import Grant, User
from yunpu.domains.budget.tests.factories import make_line
from yunpu.reference.models import Enterprise, Unit
from yunpu.stages.snapshots import operations
from yunpu.stages.snapshots.models import Snapshot, SnapshotTable
from yunpu.stages.snapshots.operations import UnableToFreeze, UnableToFreezeForAll, freeze
from yunpu.stages.snapshots.queries import find_by_number, find_newest, list_snapshots
from yunpu.stages.snapshots.verifying import UnableToUseSnapshot, checked_path, read_manifest, verify
from yunpu.trail.models import Batch, Event
from yunpu.trail.operations import System

pytestmark = pytest.mark.django_db(transaction=True)

BY = System("测试")
AT = dt.datetime(2020, 12, 20, 6, 0, tzinfo=dt.UTC)
AS_OF = dt.date(2020, 12, 20)


@pytest.fixture
def records():
    root = Unit.objects.create(code="361100", name="云谱区", level="district", path="/1/")
    Unit.objects.create(code="361100-kg", name="区科工局", level="bureau", parent=root, path="/1/2/")
    for n in range(2):
        Enterprise.objects.create(
            credit_code=f"91361100MA000000{n}X",
            name=f"公司{n}",
            batch_id=5,
            sheet_name="名单",
            row_number=n + 3,
        )


def test_freeze_keeps_every_declared_table(records):
    snapshot = freeze(AS_OF, by=BY, at=AT)
    assert snapshot.number == "S-20201220-01"
    rows = dict(snapshot.tables.values_list("name", "rows"))
    assert (rows["reference.units"], rows["reference.enterprises"]) == (2, 2)
    assert snapshot.rows == sum(rows.values())
    assert verify(snapshot) == []
    event = Event.objects.get()
    assert (event.verb, event.object_name) == ("snapshots.snapshot-frozen", "S-20201220-01")


def test_same_records_same_digest_however_they_came_in(records):
    first = freeze(AS_OF, by=BY, at=AT)
    Enterprise.objects.all().delete()
    for n in (1, 0):
        Enterprise.objects.create(
            credit_code=f"91361100MA000000{n}X", name=f"公司{n}", batch_id=9, row_number=77
        )
    second = freeze(AS_OF, by=BY, at=AT)
    assert (second.number, second.digest) == ("S-20201220-02", first.digest)
    Enterprise.objects.update(industry="制造")
    assert freeze(AS_OF, by=BY, at=AT).digest != first.digest


def test_manifest_tells_schema_rows_digests_and_code_version(records):
    snapshot = freeze(AS_OF, by=BY, at=AT)
    manifest = json.loads((snapshot.folder / "manifest.json").read_text("utf-8"))
    entry = next(entry for entry in manifest["tables"] if entry["name"] == "reference.enterprises")
    assert (manifest["number"], manifest["digest"], manifest["as_of"]) == (
        snapshot.number,
        snapshot.digest,
        "2020-12-20",
    )
    assert manifest["code_version"] == snapshot.code_version
    assert [column["name"] for column in entry["columns"]][:2] == ["credit_code", "name"]
    assert entry["rows"] == 2
    assert entry["file_digest"] == snapshot.tables.get(name="reference.enterprises").file_digest


def test_origin_is_kept_beside_the_content(records):
    snapshot = freeze(AS_OF, by=BY, at=AT)
    path = checked_path(snapshot.tables.get(name="reference.enterprises"))
    rows = pq.read_table(path).to_pylist()
    assert [(row["source_batch"], row["source_sheet"], row["source_row"]) for row in rows] == [
        (5, "名单", 3),
        (5, "名单", 4),
    ]


def test_rows_of_a_hidden_batch_are_not_frozen(records):
    batch = Batch.objects.create(verb="x", target="y", by_name="z", started_at=AT)
    Enterprise.every.create(credit_code="91361100MA0000009X", name="未生效", batch_id=batch.pk)
    assert freeze(AS_OF, by=BY, at=AT).tables.get(name="reference.enterprises").rows == 2


def test_nothing_in_the_folder_can_be_written(records):
    snapshot = freeze(AS_OF, by=BY, at=AT)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in snapshot.folder.iterdir()}
    assert set(modes.values()) == {0o444}
    assert stat.S_IMODE(snapshot.folder.stat().st_mode) == 0o555
    assert [path.name for path in snapshot.folder.parent.iterdir()] == [snapshot.number]


def test_a_date_ahead_is_refused(records):
    with pytest.raises(UnableToFreeze) as refused:
        freeze(AS_OF + dt.timedelta(days=1), by=BY, at=AT)
    assert "2020-12-21" in str(refused.value)
    assert not Snapshot.objects.exists()


def test_a_freeze_that_fails_leaves_nothing(records, monkeypatch, settings):
    def fail(*_arguments):
        raise OSError("disk full")

    monkeypatch.setattr(operations, "_table_row", fail)
    with pytest.raises(OSError, match="disk full"):
        freeze(AS_OF, by=BY, at=AT)
    assert not Snapshot.objects.exists()
    assert list(settings.SNAPSHOTS_FOLDER.iterdir()) == []
    monkeypatch.undo()


def test_two_freezes_at_once_get_different_numbers(records):
    found, start = [], threading.Barrier(2)

    def run():
        start.wait()
        try:
            found.append(freeze(AS_OF, by=BY, at=AT).number)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["S-20201220-01", "S-20201220-02"]
    assert all(verify(snapshot) == [] for snapshot in list_snapshots())


def test_progress_tells_rows(records):
    told = []
    snapshot = freeze(
        AS_OF, by=BY, at=AT, progress=lambda done, total, label: told.append((done, total, label))
    )
    assert told[-1][:2] == (snapshot.rows, snapshot.rows)
    assert ("企业") in {label for _done, _total, label in told}


def test_a_freeze_inside_a_transaction_is_a_defect(records):
    with transaction.atomic(), pytest.raises(AssertionError, match="connection of its own"):
        freeze(AS_OF, by=BY, at=AT)


@pytest.mark.parametrize("model", [Snapshot, SnapshotTable])
@pytest.mark.parametrize(
    "change", [lambda rows: rows.update(digest="0" * 64), lambda rows: rows._raw_delete("default")]
)
def test_the_database_refuses_to_change_or_delete(records, model, change):
    freeze(AS_OF, by=BY, at=AT)
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
        change(model.objects.all())


def test_newest_and_by_number(records):
    first = freeze(AS_OF - dt.timedelta(days=1), by=BY, at=AT)
    second = freeze(AS_OF, by=BY, at=AT + dt.timedelta(hours=1))
    assert find_newest() == second
    assert find_newest(first.as_of) == first
    assert find_by_number(first.number) == first
    assert find_by_number("S-1") is None


def _spoil(path, at=100):
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def test_one_changed_byte_is_noticed_before_use(records):
    snapshot = freeze(AS_OF, by=BY, at=AT)
    table = snapshot.tables.get(name="reference.units")
    assert checked_path(table).is_file()
    _spoil(table.path)
    with pytest.raises(UnableToUseSnapshot, match=r"reference\.units\.parquet"):
        checked_path(table)
    assert [finding.kind for finding in verify(snapshot)] == ["SNA-002"]


def test_one_changed_byte_of_any_file_is_noticed(records):
    snapshot = freeze(AS_OF, by=BY, at=AT)
    for table in snapshot.tables.all():
        sound = table.path.read_bytes()
        for at in (0, len(sound) // 2, len(sound) - 1):
            _spoil(table.path, at)
            with pytest.raises(UnableToUseSnapshot, match=table.file_name):
                checked_path(table)
            table.path.write_bytes(sound)
        assert checked_path(table).is_file()
    manifest = snapshot.folder / "manifest.json"
    sound = manifest.read_bytes()
    for at in (0, len(sound) // 2, len(sound) - 1):
        _spoil(manifest, at)
        with pytest.raises(UnableToUseSnapshot, match=r"manifest\.json"):
            read_manifest(snapshot)
        manifest.write_bytes(sound)
    assert verify(snapshot) == []


def test_facts_of_a_year_are_dated_by_it(records):
    unit = Unit.objects.get(code="361100")
    for year in (2019, 2020, 2021):
        make_line(unit, year=year)
    rows = {
        as_of.year: freeze(as_of, by=BY, at=AT).tables.get(name="budget.lines").rows
        for as_of in (dt.date(2018, 12, 31), dt.date(2019, 1, 1), AS_OF)
    }
    assert rows == {2018: 0, 2019: 1, 2020: 2}


def test_a_missing_file_is_noticed(records):
    snapshot = freeze(AS_OF, by=BY, at=AT)
    table = snapshot.tables.get(name="reference.units")
    table.path.unlink()
    with pytest.raises(UnableToUseSnapshot):
        checked_path(table)
    assert [finding.kind for finding in verify(snapshot)] == ["SNA-001"]


def test_a_changed_manifest_is_noticed(records):
    snapshot = freeze(AS_OF, by=BY, at=AT)
    _spoil(snapshot.folder / "manifest.json")
    with pytest.raises(UnableToUseSnapshot):
        read_manifest(snapshot)
    assert [finding.kind for finding in verify(snapshot)] == ["SNA-002"]


def test_content_is_proved_again_from_the_files(records):
    snapshot = freeze(AS_OF, by=BY, at=AT)
    snapshot.digest = "0" * 64
    [finding] = verify(snapshot)
    assert finding.kind == "SNA-003"
    assert "0" * 64 in finding.why()


def test_a_freeze_takes_no_lock_from_those_who_write(records, sqlite_only):
    """A second SQLite library in this process would give up our locks: the next writer elsewhere removes our log."""
    freeze(AS_OF, by=BY, at=AT)
    path = str(connection.settings_dict["NAME"])
    words = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); "
    words += "c.execute(\"update reference_enterprise set name = 'elsewhere'\"); c.close()"
    for _turn in range(2):
        subprocess.run([sys.executable, "-c", words, path], check=True)
    assert Path(f"{path}-wal").exists()
    assert Enterprise.objects.filter(name="elsewhere").count() == 2


# ---- who may freeze ------------------------------------------------------------------------------------------------


@pytest.fixture
def offices():
    """Province above district above two bureaux, each bureau with a budget line."""
    path, units = "/", {}
    for code, level in (("PV", "province"), ("DI", "district")):
        parent = units.get("PV")
        units[code] = Unit.objects.create(code=code, name=code, level=level, parent=parent, path="?")
        path = f"{path}{units[code].pk}/"
        Unit.objects.filter(pk=units[code].pk).update(path=path)
    for code in ("KG", "CZ"):
        unit = Unit.objects.create(code=code, name=code, level="bureau", parent=units["DI"], path="?")
        Unit.objects.filter(pk=unit.pk).update(path=f"{path}{unit.pk}/")
        make_line(unit=unit, project_code=code)
    return units


def officer(*places, role="finance"):
    user = User.objects.create(username=str(places), name="周会计", unit=Unit.objects.get(code="DI"))
    for code in places:
        unit = Unit.objects.get(code=code)
        Grant.objects.create(user=user, role=role, unit=unit, valid_from=dt.date(2020, 1, 1))
    return user


@pytest.mark.parametrize("places", [("PV",), ("DI",), ("KG", "CZ")])
def test_who_reaches_every_unit_with_records_freezes(offices, places):
    """Also from below units that have no records of their own, and with several roles that reach all together."""
    assert freeze(AS_OF, by=officer(*places), at=AT).by_name == "周会计"


@pytest.mark.parametrize("places", [("KG",), ("CZ",), ()])
def test_whose_right_ends_below_the_district_does_not_freeze(offices, places, settings):
    with pytest.raises(UnableToFreezeForAll):
        freeze(AS_OF, by=officer(*places), at=AT)
    assert not Snapshot.objects.exists()
    assert not settings.SNAPSHOTS_FOLDER.exists()


def test_without_a_role_nothing_is_frozen_also_where_no_unit_has_records(records):
    root = Unit.objects.get(code="361100")
    nobody = User.objects.create(username="x", name="无角色", unit=root)
    with pytest.raises(UnableToFreezeForAll):
        freeze(AS_OF, by=nobody, at=AT)
    Grant.objects.create(user=nobody, role="finance", unit=root, valid_from=dt.date(2020, 1, 1))
    assert freeze(AS_OF, by=nobody, at=AT).by_name == "无角色"


def test_another_role_over_the_district_does_not_help(offices):
    person = officer("KG")
    Grant.objects.create(
        user=person, role="staff", unit=Unit.objects.get(code="PV"), valid_from=dt.date(2020, 1, 1)
    )
    with pytest.raises(UnableToFreezeForAll):
        freeze(AS_OF, by=person, at=AT)


def test_the_page_tells_it_before_the_date_is_asked(offices, client):
    person = officer("KG")
    User.objects.filter(pk=person.pk).update(must_change_password=False)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    for answer in (
        client.get("/snapshots/freeze/"),
        client.post("/snapshots/freeze/", {"as_of": "2020-12-20"}),
    ):
        assert answer.status_code == 409
        assert "SNA-104" in answer.content.decode()
