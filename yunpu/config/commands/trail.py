"""`yunpu trail`: seal, verify, export seals. Verifying needs no network and writes nothing."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from yunpu.config.cli import DONE, FOUND, USAGE, Translate, start_django
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _

SHOWN = 50


class UnableToReadPrinted(Refusal):
    """What was typed from a printed seal is not of the form asked for."""

    code = "CLI-120"
    headline = _("“%(value)s”不是“签封号:摘要”")
    why = _("纸上的签封按签封号和摘要核对，摘要至少写前 16 位。")
    ways_out = ((_("照纸上写，如 --printed 12:0f3a9c…"), ""),)


def arguments(parser: argparse.ArgumentParser, say: Translate) -> None:
    steps = parser.add_subparsers(dest="step", required=True, metavar=say(_("步骤")), title=say(_("步骤")))
    steps.add_parser("seal", help=say(_("现在就签封还没有签封的留痕")))
    verify = steps.add_parser("verify", help=say(_("核验全部留痕，指出哪一条被改动、删除、插入或换了位置")))
    verify.add_argument("--seals", type=Path, metavar=say(_("文件")), help=say(_("与以前导出的签封对照")))
    verify.add_argument(
        "--printed",
        action="append",
        default=[],
        metavar=say(_("签封号:摘要")),
        help=say(_("与纸上的签封对照")),
    )
    export = steps.add_parser("export", help=say(_("把签封导出到文件，交审计保存")))
    export.add_argument("output", type=Path, help=say(_("写到哪里")))
    export.add_argument("--from", dest="first", type=int, default=1, help=say(_("从哪一封起")))
    export.add_argument("--to", dest="last", type=int, help=say(_("到哪一封止，默认为最新的")))


def run(options: argparse.Namespace, say: Translate) -> int:
    start_django(options.language)
    return {"seal": seal, "verify": verify, "export": export}[options.step](options, say)


def seal(_options: argparse.Namespace, say: Translate) -> int:
    from yunpu.config import workers

    made = workers.seal(thorough=True)
    print(say(_("新签封 %(count)s 封")) % {"count": made})
    return DONE


def verify(options: argparse.Namespace, say: Translate) -> int:
    from yunpu.trail.keyring import key_provider
    from yunpu.trail.seal_files import read_seals
    from yunpu.trail.verifying import KINDS, STREAM_TITLES, read_newest, verify_trail

    keys = key_provider().public_keys()
    witnesses = [newest] if (newest := read_newest()) else []
    if options.seals:
        try:
            lines = options.seals.read_text("utf-8", "replace").splitlines()
        except OSError as error:
            print(error, file=sys.stderr)
            return USAGE
        records, told = read_seals(lines)
        witnesses, keys = witnesses + records, told | keys
    printed = dict(_read_printed(value) for value in options.printed)
    began = time.monotonic()
    verdict = verify_trail(public_keys=keys, witnesses=witnesses, printed=printed)
    words = {
        "events": f"{verdict.events:,}",
        "changes": f"{verdict.changes:,}",
        "seals": verdict.seals,
        "seconds": f"{time.monotonic() - began:.1f}",
        "waiting": verdict.unsealed,
    }
    print(
        say(
            _(
                "核验了留痕 %(events)s 条、批次变更 %(changes)s 条、签封 %(seals)s 封，用时 %(seconds)s 秒；未签封 %(waiting)s 条"
            )
        )
        % words
    )
    if verdict.newest:
        newest_words = {"number": verdict.newest.number, "digest": verdict.newest.digest}
        print(say(_("最新签封 %(number)s，摘要 %(digest)s")) % newest_words)
    for fault in verdict.faults[:SHOWN]:
        stream = say(STREAM_TITLES.get(fault.stream, ""))
        told_fault = {"stream": stream, "number": fault.number, "other": fault.other, "seal": fault.seal}
        print("  ✕ " + say(KINDS[fault.kind]) % told_fault)
    if len(verdict.faults) > SHOWN:
        print(say(_("  … 另有 %(count)s 处")) % {"count": len(verdict.faults) - SHOWN})
    if not verdict.faults:
        print(say(_("✓ 与签封时一致")))
    return FOUND if verdict.faults else DONE


def export(options: argparse.Namespace, say: Translate) -> int:
    from yunpu.config.actor import operator
    from yunpu.trail import clock
    from yunpu.trail.keyring import key_provider
    from yunpu.trail.operations import operation
    from yunpu.trail.seal_files import write_seals

    last = options.last or 2**62
    with operation("trail.seal-exported", by=operator(), at=clock.now()) as note:
        with options.output.open("w", encoding="utf-8") as file:
            count = sum(
                1
                for line in write_seals(options.first, last, key_provider().public_keys())
                if file.write(line)
            )
        note.act(name=options.output.name, seals=count)
    print(say(_("导出签封 %(count)s 封到 %(place)s")) % {"count": count, "place": options.output})
    return DONE


def _read_printed(value: str) -> tuple[int, str]:
    number, colon, digest = value.partition(":")
    if not colon or not number.strip().isdecimal():
        raise UnableToReadPrinted(value=value)
    return int(number), digest
