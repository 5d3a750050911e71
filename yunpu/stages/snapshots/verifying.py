"""Is a snapshot still what was frozen? Asked before every first use of a file, and in full on demand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from yunpu.kernel.digests import sm3_file, sm3_hex
from yunpu.kernel.findings import Finding, FindingKind, Place, Severity, declare
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.stages.snapshots.models import Snapshot, SnapshotTable
from yunpu.stages.snapshots.operations import MANIFEST
from yunpu.stages.snapshots.sealing import EMPTY, ColumnSeal, overall_digest, table_digest
from yunpu.stages.snapshots.tables import FrozenColumn, FrozenTable, Kind

FILE_MISSING = declare(
    FindingKind(
        code="SNA-001",
        severity=Severity.ERROR,
        what=_("快照 %(number)s 的文件 %(file)s 不在了"),
        why=_("没有文件就不能证明由它算出的数字。"),
        remedy=_("从备份恢复该文件，再核对一次。"),
        example=_("文件夹 S-20201220-01 里缺少 reference.units.parquet"),
    )
)
FILE_CHANGED = declare(
    FindingKind(
        code="SNA-002",
        severity=Severity.ERROR,
        what=_("快照 %(number)s 的文件 %(file)s 与冻结时不同"),
        why=_("文件摘要应为 %(expected)s，实为 %(actual)s；改动过的快照不能使用。"),
        remedy=_("从备份恢复该文件，再核对一次，并查明是谁改动的。"),
        example=_("reference.units.parquet 中有一个字节被改"),
    )
)
CONTENT_CHANGED = declare(
    FindingKind(
        code="SNA-003",
        severity=Severity.ERROR,
        what=_("快照 %(number)s 的%(file)s内容摘要与登记的不同"),
        why=_("内容摘要应为 %(expected)s，实为 %(actual)s。"),
        remedy=_("从备份恢复快照文件夹和数据库登记，再核对一次。"),
        example=_("登记的内容摘要与文件内容重算的不一致"),
    )
)


class UnableToUseSnapshot(Refusal):
    """A file of the snapshot is missing or is not what was frozen."""

    code = "SNA-103"
    headline = _("不能使用快照 %(number)s：文件 %(file)s 与冻结时不同或已丢失")
    why = _("应为 %(expected)s，实为 %(actual)s。由改动过的文件算出的数字无法证明。")
    ways_out = ((_("从备份恢复该文件后再试"), ""),)


@dataclass(frozen=True)
class Manifest:
    """The manifest of a snapshot, its bytes checked against the digest in the database."""

    stored: dict[str, Any]

    def table(self, name: str) -> FrozenTable:
        """The declaration as it was when the snapshot was made. Raises StopIteration where it has no such table."""
        entry = self.entry(name)
        columns = tuple(
            FrozenColumn(
                c["name"],
                Kind.FEN if c["kind"] == "fen" else Kind(c["kind"]),
                c["title"],
                c["source"],
                c["unit"],
            )
            for c in entry["columns"]
        )
        return FrozenTable(
            entry["name"],
            entry["title"],
            entry["model"],
            columns,
            tuple(entry["key"]),
            entry["as_of"],
            entry["left_out"],
        )

    def entry(self, name: str) -> dict[str, Any]:
        return next(entry for entry in self.stored["tables"] if entry["name"] == name)


def read_manifest(snapshot: Snapshot) -> Manifest:
    """The snapshot's manifest. Raises UnableToUseSnapshot unless its bytes are those of the freeze."""
    path = snapshot.folder / MANIFEST
    content = path.read_bytes() if path.is_file() else b""
    actual = sm3_hex(content) if content else "—"
    if actual != snapshot.manifest_digest:
        raise UnableToUseSnapshot(
            number=snapshot.number, file=MANIFEST, expected=snapshot.manifest_digest, actual=actual
        )
    return Manifest(json.loads(content))


def checked_path(table: SnapshotTable) -> Path:
    """The path of a table's file, its bytes checked. Raises UnableToUseSnapshot.

    A file is digested once per process for each state that the system reports of it (place, size, time).
    """
    path = table.path
    actual = file_digest(path)
    if actual != table.file_digest:
        raise UnableToUseSnapshot(
            number=table.snapshot.number,
            file=table.file_name,
            expected=table.file_digest,
            actual=actual or "—",
        )
    return path


def file_digest(path: Path) -> str:
    """The SM3 of a file, empty where there is none."""
    try:
        state = path.stat()
    except FileNotFoundError:
        return ""
    return _digest_of_state(path, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)


@lru_cache(maxsize=4096)
def _digest_of_state(path: Path, *_state: int) -> str:
    return sm3_file(path)


def verify(snapshot: Snapshot) -> list[Finding]:
    """Everything that is not as it was frozen: manifest, every file's bytes, every table's content. Reads all."""
    findings = _verify_manifest(snapshot)
    digests = {}
    for table in snapshot.tables.order_by("name"):
        actual = sm3_file(table.path) if table.path.is_file() else ""
        if actual != table.file_digest:
            findings.append(
                _finding(
                    FILE_CHANGED if actual else FILE_MISSING,
                    snapshot,
                    table.file_name,
                    table.file_digest,
                    actual,
                )
            )
        elif not findings:
            digests[table.name] = content_digest(read_manifest(snapshot).table(table.name), table.path)
            if digests[table.name] != table.digest:
                findings.append(
                    _finding(CONTENT_CHANGED, snapshot, table.title, table.digest, digests[table.name])
                )
    if not findings and overall_digest(digests) != snapshot.digest:
        findings.append(_finding(CONTENT_CHANGED, snapshot, "", snapshot.digest, overall_digest(digests)))
    return findings


def _verify_manifest(snapshot: Snapshot) -> list[Finding]:
    try:
        read_manifest(snapshot)
    except UnableToUseSnapshot as refusal:
        kind = FILE_MISSING if refusal.params["actual"] == "—" else FILE_CHANGED
        return [_finding(kind, snapshot, MANIFEST, snapshot.manifest_digest, str(refusal.params["actual"]))]
    return []


def _finding(kind: FindingKind, snapshot: Snapshot, file: str, expected: str, actual: str) -> Finding:
    return kind.at(
        Place(snapshot.number, title=file),
        number=snapshot.number,
        file=file,
        expected=expected,
        actual=actual,
    )


def content_digest(table: FrozenTable, path: Path) -> str:
    """The content digest of a table, made again from its file."""
    seals = {column.name: ColumnSeal(column.kind) for column in table.columns}
    with pq.ParquetFile(path) as file:
        for at in range(file.num_row_groups):  # each is one block
            block = file.read_row_group(at, columns=list(seals))
            for name, seal in seals.items():
                seal.add(*_without_nulls(block.column(name).combine_chunks(), seal.kind))
    return table_digest(table, {name: seal.hexdigest() for name, seal in seals.items()})


def _without_nulls(values: pa.Array, kind: Kind) -> tuple[pa.Array, pa.Array | None]:
    """The values with nulls as 0 or empty text, and the null marks."""
    if not values.null_count:
        return values, None
    return pc.fill_null(values, pa.scalar(EMPTY[kind], values.type)), values.is_null().cast(pa.uint8())
