"""Freezing (冻结): the one way to make a snapshot. There is none to change or remove one."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from yunpu.access.rights import Action
from yunpu.kernel.digests import sm3_hex
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.stages.snapshots import registry
from yunpu.stages.snapshots.freezing import FrozenFile, sync, write_table
from yunpu.stages.snapshots.models import Snapshot, SnapshotTable
from yunpu.stages.snapshots.queries import reaches_every_record
from yunpu.stages.snapshots.reading import list_rows, one_moment, select
from yunpu.stages.snapshots.sealing import overall_digest
from yunpu.stages.snapshots.tables import FrozenTable
from yunpu.trail.operations import Actor, operation

FORMAT = "yunpu-snapshot-1"
MANIFEST = "manifest.json"
Progress = Callable[[int, int, str], None]


class UnableToFreeze(Refusal):
    """The date lies ahead of the clock."""

    code = "SNA-102"
    headline = _("不能按 %(as_of)s 冻结：这一天还没有到（今天 %(today)s）")
    why = _("快照只能截至今天或以前，未来的事实还不存在。本次没有写入任何内容。")
    ways_out = ((_("改用 %(today)s 或更早的日期"), ""),)


class UnableToFreezeForAll(Refusal):
    """A person whose right to freeze ends below the district."""

    code = "SNA-104"
    headline = _("不能冻结：快照收进全区的台账，您的冻结权限只到一部分单位")
    why = _("只冻结一部分单位，数字就不是全区的数字。本次没有写入任何内容。")
    ways_out = ((_("请全区的财政经办冻结"), ""), (_("或请系统管理员授予全区的角色"), ""))


@dataclass(frozen=True)
class _Frame:
    """What is the same for every file of one freeze."""

    as_of: dt.date
    at: dt.datetime
    by: Actor


def freeze(as_of: dt.date, *, by: Actor, at: dt.datetime, progress: Progress | None = None) -> Snapshot:
    """Freeze every declared table with the facts dated on or before `as_of`, as they stand now.

    Reads all tables at one moment, writes files beside the others, and shows them by one rename with the row that
    names them. Two freezes at once get different numbers. Raises UnableToFreeze, UnableToFreezeForAll,
    UnableToFreezeTable.
    """
    today = timezone.localdate(at)
    refuse_unless_for_all(by, on=today)
    if as_of > today:
        raise UnableToFreeze(as_of=as_of.isoformat(), today=today.isoformat())
    frame = _Frame(as_of, at, by)
    with _making() as folder:
        files = _write_tables(folder, as_of, progress or (lambda done, total, label: None))
        return _publish(folder, files, frame)


def refuse_unless_for_all(by: Actor, *, on: dt.date) -> None:
    """A freeze covers every unit with records: so must the right to it. Raises UnableToFreezeForAll."""
    if not reaches_every_record(by, Action.FREEZE, on=on):
        raise UnableToFreezeForAll


def code_version() -> str:
    """The version of the program."""
    try:
        return version("yunpu")
    except PackageNotFoundError:
        return "0"


@contextmanager
def _making() -> Iterator[Path]:
    """A folder of this freeze alone, beside the snapshots; gone afterwards unless it was renamed."""
    folder = Path(settings.SNAPSHOTS_FOLDER) / f".making-{uuid.uuid4().hex}"
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        _remove(folder)


def _write_tables(folder: Path, as_of: dt.date, progress: Progress) -> list[FrozenFile]:
    tables = registry.list_tables()
    total = sum(list_rows(table, as_of).count() for table in tables)
    done = 0
    files = []
    with one_moment() as reader:
        for table in tables:

            def step(rows: int, table: FrozenTable = table) -> None:
                nonlocal done
                done += rows
                progress(done, max(done, total), table.title)

            files.append(write_table(reader, select(table, as_of), folder, step))
    return files


def _publish(folder: Path, files: list[FrozenFile], frame: _Frame) -> Snapshot:
    """Name the folder and note it in one transaction; a folder whose row could not be written goes again."""
    digest = overall_digest({file.table.name: file.digest for file in files})
    number, manifest_digest = _claim(folder, files, frame, digest)
    try:
        with operation("snapshots.snapshot-frozen", by=frame.by, at=frame.at) as note:
            snapshot = Snapshot.objects.create(
                number=number,
                as_of=frame.as_of,
                digest=digest,
                manifest_digest=manifest_digest,
                rows=sum(file.rows for file in files),
                code_version=code_version(),
                by_id=frame.by.pk,
                by_name=frame.by.trail_name(),
                at=frame.at,
            )
            SnapshotTable.objects.bulk_create(_table_row(snapshot, file) for file in files)
            note.created(snapshot)
    except BaseException:
        _remove(Path(settings.SNAPSHOTS_FOLDER) / number)
        raise
    return snapshot


def _remove(folder: Path) -> None:
    """Remove a folder that no row names."""
    if folder.exists():
        folder.chmod(0o755)
        shutil.rmtree(folder)


def _table_row(snapshot: Snapshot, file: FrozenFile) -> SnapshotTable:
    return SnapshotTable(
        snapshot=snapshot,
        name=file.table.name,
        title=file.table.title,
        rows=file.rows,
        digest=file.digest,
        file_name=file.file_name,
        file_digest=file.file_digest,
        file_bytes=file.file_bytes,
    )


def _claim(folder: Path, files: list[FrozenFile], frame: _Frame, digest: str) -> tuple[str, str]:
    """Give the folder the first free number of its date: whoever renames first has it."""
    for turn in range(1, 1000):
        number = f"S-{frame.as_of:%Y%m%d}-{turn:02}"
        target = Path(settings.SNAPSHOTS_FOLDER) / number
        if target.exists():
            continue
        content = json.dumps(_manifest(number, files, frame, digest), ensure_ascii=False, indent=1).encode()
        _write_sealed(folder, content)
        try:
            folder.rename(target)
        except OSError:
            folder.chmod(0o755)
            continue
        sync(target.parent)
        return number, sm3_hex(content)
    raise AssertionError("a thousand snapshots of one date")


def _write_sealed(folder: Path, manifest: bytes) -> None:
    """The manifest last; then nothing in the folder can be written any more."""
    path = folder / MANIFEST
    path.unlink(missing_ok=True)
    path.write_bytes(manifest)
    sync(path)
    for file in folder.iterdir():
        file.chmod(0o444)
    sync(folder)
    folder.chmod(0o555)


def _manifest(number: str, files: list[FrozenFile], frame: _Frame, digest: str) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "number": number,
        "district": settings.DISTRICT,
        "as_of": frame.as_of.isoformat(),
        "at": frame.at.isoformat(),
        "code_version": code_version(),
        "rows": sum(file.rows for file in files),
        "digest": digest,
        "tables": [_table_entry(file) for file in files],
    }


def _table_entry(file: FrozenFile) -> dict[str, Any]:
    table = file.table
    return {
        "name": table.name,
        "title": table.title,
        "model": table.model,
        "key": list(table.key),
        "as_of": table.as_of,
        "rows": file.rows,
        "digest": file.digest,
        "file": file.file_name,
        "file_digest": file.file_digest,
        "file_bytes": file.file_bytes,
        "columns": [
            {
                "name": column.name,
                "title": column.title,
                "kind": column.kind.value,
                "unit": column.unit,
                "source": column.path,
                "digest": file.column_digests[column.name],
            }
            for column in table.columns
        ],
        "left_out": dict(table.left_out),
    }
