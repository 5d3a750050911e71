"""`yunpu backup`: everything of one moment in one encrypted file; people go on working meanwhile."""

from __future__ import annotations

import argparse
from pathlib import Path

from yunpu.config.cli import DONE, Translate, start_django
from yunpu.kernel.text import mark as _


def arguments(parser: argparse.ArgumentParser, say: Translate) -> None:
    parser.add_argument(
        "-o", "--output", type=Path, help=say(_("写到哪里，默认为数据文件夹的 backups 下，名字带日期"))
    )
    add_passphrase(parser, say)


def add_passphrase(parser: argparse.ArgumentParser, say: Translate) -> None:
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        metavar=say(_("文件")),
        help=say(_("口令所在的文件；默认用设置里的，没有就在终端上问")),
    )


def run(options: argparse.Namespace, say: Translate) -> int:
    start_django(options.language)
    from yunpu.config.keeping.passphrases import get_passphrase

    back_up(options.output, get_passphrase(options.passphrase_file, say, again=True), say)
    return DONE


def back_up(output: Path | None, passphrase: str, say: Translate, *, noted: bool = True) -> Path:
    """Make a backup and tell what is in it; note it in the trail, unless the database is older than the program."""
    from django.utils import timezone

    from yunpu.config.actor import operator
    from yunpu.config.keeping.backup import default_target, make_backup
    from yunpu.config.progress import Bar
    from yunpu.trail import clock
    from yunpu.trail.operations import operation

    target = output or default_target(timezone.now())
    with Bar() as bar:
        made = make_backup(target, passphrase, at=timezone.now(), progress=bar)
    if noted:
        with operation("keeping.backup-made", by=operator(), at=clock.now()) as note:
            note.act(name=made.path.name, digest=made.digest, rows=made.rows, files=made.files)
    words = {"rows": f"{made.rows:,}", "files": f"{made.files:,}", "size": f"{made.size / 1e6:,.1f}"}
    print(say(_("已备份并读回核对：%(rows)s 行，%(files)s 个文件，%(size)s MB")) % words)
    print(made.path)
    print(f"SM3 {made.digest}")
    return made.path
