"""Restore (恢复): a backup into an empty installation, of either database; and the second half of a move.

The backup is read to its end and compared with its manifest before anything is touched. The database is brought to the
migrations it had, filled in one transaction, read again and compared row for row; then it is brought up to the program.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from yunpu.config.keeping import tables
from yunpu.config.keeping.backup import read_backup
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.trail.jobs import Progress, no_progress


class UnableToRestore(Refusal):
    """A place that is not empty, or a backup of a newer program."""

    code = "CLI-133"
    headline = _("不能恢复到这里：%(reason)s")
    why = _("恢复只写进空的数据库和数据文件夹，绝不覆盖现有的数据。没有改动任何内容。")
    ways_out = (
        (_("换一个空的数据文件夹，或另建一个空的 PostgreSQL 数据库"), ""),
        (_("先把现有的备份下来，再移走"), "yunpu backup"),
    )


class RestoredDiffers(Refusal):
    """The database holds something else than what was put in."""

    code = "CLI-134"
    headline = _("恢复后的核对不一致：%(names)s")
    why = _("写进去的与备份里的不同，这个数据库不能使用。")
    ways_out = ((_("清空这个数据库和数据文件夹再试；仍不一致请把缺陷报告交给维护人员"), ""),)


def restore(path: Path, passphrase: str, *, progress: Progress = no_progress) -> dict[str, Any]:
    """Bring a backup back into an empty installation; give its manifest.

    Raises UnableToOpenBackup, UnableToRestore, RestoredDiffers.
    """
    require_empty()
    with beside_the_data() as folder:
        manifest = read_backup(path, passphrase, into=folder)
        fill_database(manifest, folder, progress=progress)
        bring_files(folder / "files")
    finish()
    return manifest


@contextmanager
def beside_the_data() -> Iterator[Path]:
    """A folder of the server's user alone, on the disk of the data; gone afterwards, whatever happens."""
    home = Path(settings.FOLDER)
    home.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".restoring-", dir=home))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def require_empty() -> None:
    """Raises UnableToRestore where there is anything that a restore would write over."""
    require_no_tables()
    folder = Path(settings.FOLDER)
    for name in ("originals", "snapshots", "attachments"):
        if (folder / name).is_dir() and any((folder / name).iterdir()):
            raise UnableToRestore(reason=_("数据文件夹里已经有文件"))


def require_no_tables() -> None:
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        return  # asking would make the file
    if connection.introspection.table_names():
        raise UnableToRestore(reason=_("数据库里已经有表"))


def fill_database(manifest: dict[str, Any], folder: Path, *, progress: Progress) -> None:
    """The tables as they were, row for row, with their counters; compared with the manifest afterwards."""
    nodes = [(app, name) for app, name in manifest["migrations"]]
    executor = MigrationExecutor(connection)
    unknown = [node for node in nodes if node not in executor.loader.graph.nodes]
    if unknown:
        raise UnableToRestore(reason=_("备份来自更新的程序"))
    executor.migrate(nodes)
    known = tables.models_at(nodes)
    told = {table["name"]: table for table in manifest["tables"]}
    with transaction.atomic():
        tables.clear(known)
        for number, model in enumerate(known):
            progress(number, len(known), model._meta.label)
            lines = folder / f"{model._meta.label_lower}.jsonl"
            if lines.exists():
                with lines.open(encoding="utf-8", newline="\n") as file:
                    tables.write_lines(model, file)
    for model in known:
        tables.set_counter(model, told.get(model._meta.label_lower, {}).get("counter", 0))
    compare(manifest, known)


def compare(manifest: dict[str, Any], known: list[Any]) -> None:
    """Raises RestoredDiffers where a table is not what the manifest tells."""
    told = {table["name"]: table for table in manifest["tables"]}
    differing = [
        f"{held.name} {held.rows} ≠ {told.get(held.name, {}).get('rows', 0)}"
        for held in read_tables(known)
        if (held.columns, held.rows, held.digest)
        != tuple(told.get(held.name, {}).get(name) for name in ("columns", "rows", "digest"))
    ]
    if differing:
        raise RestoredDiffers(names=", ".join(differing))


def read_tables(known: list[Any]) -> list[tables.Table]:
    """What every table holds at one moment."""
    found = []
    with tables.one_moment() as cursor:
        for model in known:
            table = tables.table_of(model)
            for _line in tables.read_lines(cursor, model, table):
                pass
            found.append(table)
    return found


def bring_files(source: Path) -> None:
    """Put the files where they were; keys first, so that nothing makes new ones."""
    if not source.is_dir():
        return
    found = sorted(path for path in source.rglob("*") if path.is_file())
    for path in sorted(found, key=lambda path: path.suffix != ".key"):
        target = Path(settings.FOLDER) / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, target)


def finish() -> None:
    """Bring the database up to the program and make the search index anew."""
    from yunpu.ui import search

    call_command("migrate", verbosity=0)
    for model in search.searched_models():
        search.rebuild(model)
    search.settle()
