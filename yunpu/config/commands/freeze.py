"""`yunpu freeze`: a snapshot of every declared table."""

from __future__ import annotations

import argparse
import datetime as dt

from yunpu.config.cli import DONE, Translate, start_django
from yunpu.kernel.text import mark as _


def arguments(parser: argparse.ArgumentParser, say: Translate) -> None:
    parser.add_argument(
        "--as-of", type=dt.date.fromisoformat, metavar="YYYY-MM-DD", help=say(_("截止日期，默认为今天"))
    )


def run(options: argparse.Namespace, say: Translate) -> int:
    start_django(options.language)
    from yunpu.config.actor import operator
    from yunpu.config.progress import Bar
    from yunpu.stages.snapshots.operations import freeze
    from yunpu.trail import clock

    with Bar() as bar:
        snapshot = freeze(options.as_of or clock.today(), by=operator(), at=clock.now(), progress=bar)
    words = {"number": snapshot.number, "as_of": snapshot.as_of, "rows": f"{snapshot.rows:,}"}
    print(say(_("快照 %(number)s，截至 %(as_of)s，%(rows)s 行")) % words)
    for table in snapshot.tables.order_by("name"):
        print(f"  {table.name:<32} {table.rows:>12,}  {table.digest[:16]}")
    print(f"SM3 {snapshot.digest}")
    return DONE
