"""Move (搬移): the records of this database into another, empty one. Files and keys stay where they are.

Two processes, because one process has one database: the first lays every table down as lines, the second, with the other
database as its own, takes them in. Afterwards this database is read once more: if somebody wrote meanwhile, the move is
refused and nothing was changed here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from yunpu.config.keeping import tables
from yunpu.config.keeping.backup import UnableToBackUp
from yunpu.config.keeping.restore import (
    beside_the_data,
    fill_database,
    finish,
    read_tables,
    require_no_tables,
)
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _
from yunpu.trail.jobs import Progress, no_progress

PROGRAM = (sys.executable, "-c", "from yunpu.config.cli import run; run()")
MANIFEST = "manifest.json"


class UnableToMove(Refusal):
    """A move during which somebody wrote, or that the other database did not take."""

    code = "CLI-135"
    headline = _("没有搬成：%(reason)s")
    why = _("现在的数据库没有任何改动，仍可照常使用。")
    ways_out = (
        (_("停掉网页服务和后台任务，清空目标数据库，再搬一次"), "yunpu move postgresql://…"),
        (_("看目标数据库是否能用"), "yunpu doctor"),
    )


def move(url: str, *, progress: Progress = no_progress) -> int:
    """Move every record into the database at a URL; give their number. Raises UnableToMove."""
    nodes, unknown = tables.applied_nodes()
    known = tables.models_at(nodes)
    strangers = [".".join(node) for node in unknown] + tables.list_strangers(known)
    if strangers:
        raise UnableToBackUp(names=", ".join(strangers[:10]))
    with beside_the_data() as folder:
        manifest = lay_down(folder, nodes, known, progress=progress)
        environment = {**os.environ, "YUNPU_DATABASE": url, "DJANGO_SETTINGS_MODULE": "yunpu.config.settings"}
        done = subprocess.run(
            [*PROGRAM, "move", "--take-in", str(folder)],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            raise UnableToMove(reason=done.stderr.strip() or str(done.returncode))
    now = {table.name: table.digest for table in read_tables(known)}
    if now != {table["name"]: table["digest"] for table in manifest["tables"]}:
        raise UnableToMove(reason=_("搬移期间有人改动了数据"))
    return sum(table["rows"] for table in manifest["tables"])


def lay_down(
    folder: Path, nodes: list[tables.Node], known: list[Any], *, progress: Progress
) -> dict[str, Any]:
    """Every table as lines in a folder, all of one moment, with a manifest."""
    told = []
    with tables.one_moment() as cursor:
        for number, model in enumerate(known):
            progress(number, len(known), model._meta.label)
            table = tables.table_of(model)
            table.counter = tables.read_counter(model, cursor)
            with (folder / f"{table.name}.jsonl").open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(f"{line}\n" for line in tables.read_lines(cursor, model, table))
            told.append(table.told())
    manifest = {"migrations": [list(node) for node in nodes], "tables": told}
    (folder / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    return manifest


def take_in(folder: Path, *, progress: Progress = no_progress) -> None:
    """The second half: fill the present, empty database from a folder. Raises UnableToRestore, RestoredDiffers."""
    require_no_tables()
    fill_database(json.loads((folder / MANIFEST).read_text("utf-8")), folder, progress=progress)
    finish()
