"""`yunpu move`: every record of this database into another one, e.g. from SQLite to PostgreSQL."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from yunpu.config.cli import DONE, USAGE, Translate, start_django
from yunpu.kernel.text import mark as _


def arguments(parser: argparse.ArgumentParser, say: Translate) -> None:
    parser.add_argument(
        "url", nargs="?", default="", help=say(_("目标数据库，如 postgresql://yunpu@/yunpu；须是空的"))
    )
    parser.add_argument(
        "--take-in",
        type=Path,
        metavar=say(_("文件夹")),
        help=say(_("后半步，由前半步自己调用：把文件夹里的记录装入现在的数据库")),
    )


def run(options: argparse.Namespace, say: Translate) -> int:
    start_django(options.language)
    from yunpu.config.keeping import moving
    from yunpu.config.progress import Bar
    from yunpu.config.settings import read_database

    if options.take_in:
        with Bar() as bar:
            moving.take_in(options.take_in, progress=bar)
        note_move()
        return DONE
    if not options.url:
        print(say(_("请写出目标数据库，如 yunpu move postgresql://yunpu@/yunpu")), file=sys.stderr)
        return USAGE
    read_database(options.url)
    with Bar() as bar:
        rows = moving.move(options.url, progress=bar)
    print(say(_("已搬移 %(rows)s 行，逐行核对一致，编号接着原来的往下排。")) % {"rows": f"{rows:,}"})
    print(say(_("现在把 yunpu.toml 里的 database 改成新的地址，再启动；旧的数据库原样保留。")))
    return DONE


def note_move() -> None:
    """Tell the trail of the new database how its records came there."""
    from yunpu.config.actor import operator
    from yunpu.trail import clock
    from yunpu.trail.operations import operation

    with operation("keeping.database-moved", by=operator(), at=clock.now()) as note:
        note.act()
