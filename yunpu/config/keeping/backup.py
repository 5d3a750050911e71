"""A backup (备份): database, originals, snapshots, attachments and keys of one moment in one encrypted file.

The records are read first, in one view of the database that waits for nobody; then the files of the data folder, which
are only ever added: every file that the records name is there. The manifest at the end names all with rows and digests.
A backup counts only when it was read again to its end.
"""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connection

from yunpu.config.keeping import tables
from yunpu.config.keeping.sealed import CHUNK, SealedReader, SealedWriter, UnableToOpenBackup, require_strong
from yunpu.kernel.digests import Sm3
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.trail.jobs import Progress, no_progress

FORM = 1
MANIFEST = "manifest.json"
# Of the data folder, all is kept but this: the database itself, what only says that somebody runs, and backups.
LEFT_OUT = {"workers", "defects", "backups", "demo-files", "static"}
ENDING = ".yunpu-backup"


class UnableToBackUp(Refusal):
    """A database whose tables the program does not know."""

    code = "CLI-132"
    headline = _("不能备份：数据库里有程序不认识的内容 %(names)s")
    why = _("备份必须完整；不认识的内容会漏掉。")
    ways_out = ((_("用建立这个数据库的那个版本的程序"), ""), (_("看哪里不一致"), "yunpu doctor"))


@dataclass(frozen=True)
class Made:
    """A backup that was made and read again."""

    path: Path
    rows: int
    files: int
    size: int
    digest: str


def make_backup(target: Path, passphrase: str, *, at: dt.datetime, progress: Progress = no_progress) -> Made:
    """Write a backup, read it again, put it where it belongs. Raises UnableToBackUp, WeakPassphrase."""
    require_strong(passphrase)
    nodes, unknown = tables.applied_nodes()
    known = tables.models_at(nodes)
    strangers = [".".join(node) for node in unknown] + tables.list_strangers(known)
    if strangers:
        raise UnableToBackUp(names=", ".join(strangers[:10]))
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = target.with_name(f".{target.name}.part")
    try:
        with open(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as out:
            sealed = SealedWriter(out, passphrase)
            with gzip.GzipFile(fileobj=sealed, mode="wb", compresslevel=3, mtime=0) as packed:
                manifest = _fill(packed, nodes, known, at=at, progress=progress)
            sealed.finish()
            out.flush()
            os.fsync(out.fileno())
        again = read_backup(part, passphrase)
        assert again == manifest, "what was written is what is read"
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    rows = sum(table["rows"] for table in manifest["tables"])
    return Made(target, rows, len(manifest["files"]), target.stat().st_size, manifest["digest"])


def _fill(
    packed: gzip.GzipFile, nodes: list[tables.Node], known: list[Any], *, at: dt.datetime, progress: Progress
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "form": FORM,
        "program": version("yunpu"),
        "made_at": at.isoformat(),
        "district": settings.DISTRICT,
        "database": connection.vendor,
        "migrations": [list(node) for node in nodes],
        "tables": [],
        "files": [],
    }
    with tarfile.open(fileobj=packed, mode="w|") as archive:
        with tables.one_moment() as cursor:
            for number, model in enumerate(known):
                progress(number, len(known) + 1, model._meta.label)
                table = tables.table_of(model)
                table.counter = tables.read_counter(model, cursor)
                for place, text in enumerate(_parts(tables.read_lines(cursor, model, table))):
                    _add(archive, f"tables/{table.name}/{place:06}.jsonl", io.BytesIO(text.encode()))
                told["tables"].append(table.told())
        progress(len(known), len(known) + 1, "")
        for path in list_files():
            with (
                suppress(FileNotFoundError),
                path.open("rb") as file,
            ):  # a file that was being made is none yet
                name = path.relative_to(settings.FOLDER).as_posix()
                told["files"].append({"path": name, **_add(archive, f"files/{name}", file)})
        told["digest"] = digest_of(told)
        _add(archive, MANIFEST, io.BytesIO(json.dumps(told, ensure_ascii=False).encode()))
    return told


def digest_of(manifest: dict[str, Any]) -> str:
    """One digest over all that a manifest tells."""
    told = {name: value for name, value in manifest.items() if name != "digest"}
    return Sm3(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def default_target(now: dt.datetime) -> Path:
    return Path(settings.FOLDER) / "backups" / f"yunpu-{now:%Y%m%d-%H%M%S}{ENDING}"


def list_files() -> list[Path]:
    """The files of the data folder that a backup keeps, in order."""
    folder = Path(settings.FOLDER)
    database = Path(str(connection.settings_dict["NAME"])).name if connection.vendor == "sqlite" else "\0"
    found = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        passing = any(part.startswith(".") or part.endswith(".part") for part in parts)
        own = parts[0].startswith(database) or parts[0].startswith("yunpu.sqlite3") or path.name == "lock"
        if path.is_file() and not path.is_symlink() and not passing and not own and parts[0] not in LEFT_OUT:
            found.append(path)
    return found


def _parts(lines: Iterator[str]) -> Iterator[str]:
    """Lines in pieces of some megabytes: an entry of an archive tells its size before it begins."""
    waiting, size = [], 0
    for line in lines:
        waiting.append(line + "\n")
        size += len(line)
        if size >= tables.PART:
            yield "".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield "".join(waiting)


def _add(archive: tarfile.TarFile, name: str, source: IO[bytes]) -> dict[str, Any]:
    """Put one file in; its size and digest. What grows meanwhile is cut where it was."""
    entry = tarfile.TarInfo(name)
    entry.size = source.seek(0, io.SEEK_END)
    source.seek(0)
    reader = Digesting(source)
    archive.addfile(entry, reader)
    return {"size": entry.size, "sm3": reader.digest.hexdigest()}


class Digesting:
    """A reader that digests what passes."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source, self.digest = source, Sm3()

    def read(self, size: int = -1) -> bytes:
        piece = self.source.read(size)
        self.digest.update(piece)
        return piece


# Reading again


def read_backup(path: Path, passphrase: str, *, into: Path | None = None) -> dict[str, Any]:
    """Read a backup to its end and compare it with its manifest; with `into` its content is laid there.

    Gives the manifest. Raises UnableToOpenBackup.
    """
    try:
        with path.open("rb") as source:
            return _read(source, passphrase, path, into)
    except OSError as error:
        raise UnableToOpenBackup(path=path, reason=error.strerror or _("内容损坏或不完整")) from error
    except (tarfile.TarError, EOFError, ValueError, KeyError, gzip.BadGzipFile) as error:
        raise UnableToOpenBackup(path=path, reason=_("内容损坏或不完整")) from error


def _read(source: IO[bytes], passphrase: str, path: Path, into: Path | None) -> dict[str, Any]:
    sealed = SealedReader(source, passphrase, path)
    files: dict[str, dict[str, Any]] = {}
    rows: dict[str, tables.Table] = {}
    manifest: dict[str, Any] = {}
    with (
        gzip.GzipFile(fileobj=sealed, mode="rb") as packed,
        tarfile.open(fileobj=packed, mode="r|") as archive,
    ):
        for entry in archive:
            content = archive.extractfile(entry)
            if content is None or not is_inside(entry.name):
                raise ValueError(entry.name)
            if entry.name == MANIFEST:
                manifest = json.loads(content.read())
            elif entry.name.startswith("tables/"):
                _read_table(entry, content, rows, into)
            else:
                files[entry.name.removeprefix("files/")] = _read_file(entry, content, into)
    sealed.finish()
    for table in rows.values():
        table.close()
    kept = {file["path"]: {"size": file["size"], "sm3": file["sm3"]} for file in manifest["files"]}
    held = {one["name"]: (one["rows"], one["digest"]) for one in manifest["tables"] if one["rows"]}
    same = kept == files and held == {name: (one.rows, one.digest) for name, one in rows.items()}
    if manifest["form"] != FORM or not same or manifest["digest"] != digest_of(manifest):
        raise ValueError("the manifest tells something else")
    return manifest


def is_inside(name: str) -> bool:
    parts = Path(name).parts
    return not Path(name).is_absolute() and ".." not in parts and parts[0] in ("tables", "files", MANIFEST)


def _read_table(
    entry: tarfile.TarInfo, content: IO[bytes], rows: dict[str, tables.Table], into: Path | None
) -> None:
    name = entry.name.split("/")[1]
    table = rows.setdefault(name, tables.Table(name, []))
    text = content.read().decode()
    for line in text.split("\n")[:-1]:  # not at other ends of line, which a text may hold
        table.count(line)
    if into is not None:
        with (into / f"{name}.jsonl").open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)


def _read_file(entry: tarfile.TarInfo, content: IO[bytes], into: Path | None) -> dict[str, Any]:
    digest = Sm3()
    target = into / entry.name if into is not None else Path(os.devnull)
    if into is not None:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
        while piece := content.read(CHUNK):
            digest.update(piece)
            file.write(piece)
    return {"size": entry.size, "sm3": digest.hexdigest()}
