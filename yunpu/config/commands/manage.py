"""Django's own commands. `cli.main` hands them on before any argument is read here; this only fills the help."""

from __future__ import annotations

import argparse

from yunpu.config.cli import Translate
from yunpu.kernel.text import mark as _


def arguments(parser: argparse.ArgumentParser, say: Translate) -> None:
    parser.add_argument("rest", nargs=argparse.REMAINDER, help=say(_("Django 的命令和参数，如 migrate")))


def run(options: argparse.Namespace, say: Translate) -> int:
    from yunpu.config.cli import manage

    return manage(["manage", *options.rest], say)
