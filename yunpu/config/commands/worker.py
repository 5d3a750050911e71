"""`yunpu worker`: background work alone, where the pages are served by other processes."""

from __future__ import annotations

import argparse

from yunpu.config.cli import DONE, Translate, start_django
from yunpu.kernel.text import mark as _


def arguments(parser: argparse.ArgumentParser, say: Translate) -> None:
    parser.add_argument("--batch", action="store_true", help=say(_("只做完现有的任务就结束")))


def run(options: argparse.Namespace, say: Translate) -> int:
    start_django(options.language)
    from yunpu.config.workers import work

    try:
        work(batch=options.batch)
    except SystemExit as end:  # the worker's way to stop at a signal
        return int(end.code or 0)
    return DONE
