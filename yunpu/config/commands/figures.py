"""`yunpu figures 2020`: the figures of a period, computed from a snapshot."""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys

from yunpu.config.cli import DONE, Translate, start_django
from yunpu.config.columns import padded, width
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _


class UnableToFindSnapshot(Refusal):
    """There is no snapshot to compute from."""

    code = "CLI-101"
    headline = _("还没有可用的快照%(number)s")
    why = _("数字只从快照计算，不从正在变动的台账计算。")
    ways_out = ((_("先冻结一次"), "yunpu freeze"),)


def arguments(parser: argparse.ArgumentParser, say: Translate) -> None:
    parser.add_argument("period", help=say(_("报告期，如 2020、2020H1、2020Q3、2020-11")))
    parser.add_argument(
        "--format", choices=["table", "csv", "json"], default="table", help=say(_("输出格式"))
    )
    parser.add_argument("--snapshot", default="", metavar="S-…", help=say(_("快照编号，默认为最新的")))
    parser.add_argument(
        "--code", action="append", metavar=say(_("编码")), help=say(_("只算、只列这些指标，可多次给出"))
    )


def run(options: argparse.Namespace, say: Translate) -> int:
    start_django(options.language)
    from yunpu.config.actor import operator
    from yunpu.config.progress import Bar
    from yunpu.kernel.periods import Period
    from yunpu.stages.indicators.operations import compute
    from yunpu.stages.indicators.queries import figures_csv
    from yunpu.stages.snapshots.queries import find_by_number, find_newest
    from yunpu.trail import clock

    try:
        period = Period.parse(options.period)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    snapshot = find_by_number(options.snapshot) if options.snapshot else find_newest()
    if snapshot is None:
        raise UnableToFindSnapshot(number=f" {options.snapshot}" if options.snapshot else "")
    with Bar() as bar:
        compute(snapshot, period, options.code, by=operator(), at=clock.now(), progress=bar)
    print(shown(figures_csv(snapshot, period, options.code), options.format), end="")
    return DONE


def shown(text: str, form: str) -> str:
    """The figures as CSV, as JSON, or as columns for the eye."""
    if form == "csv":
        return text
    rows = list(csv.DictReader(io.StringIO(text)))
    if form == "json":
        return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"
    lines = list(csv.reader(io.StringIO(text)))
    widths = [max(map(width, column)) for column in zip(*lines, strict=True)]
    return "".join("  ".join(map(padded, line, widths)).rstrip() + "\n" for line in lines)
