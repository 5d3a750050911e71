"""`yunpu intake`: the formats, blank templates, checking and loading files – the same steps as on the page."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from yunpu.config.cli import DONE, FOUND, USAGE, Translate, start_django
from yunpu.kernel.text import mark as _


def arguments(parser: argparse.ArgumentParser, say: Translate) -> None:
    steps = parser.add_subparsers(dest="step", required=True, metavar=say(_("步骤")), title=say(_("步骤")))
    steps.add_parser("formats", help=say(_("列出全部格式")))
    template = steps.add_parser("template", help=say(_("写出一种格式的空白模板")))
    template.add_argument("code", help=say(_("格式编码，如 outreach.activities")))
    template.add_argument("-o", "--output", type=Path, help=say(_("文件名，默认为格式编码.xlsx")))
    for name, about in (("check", _("只核对文件，不写入台账")), ("load", _("核对文件并写入台账"))):
        step = steps.add_parser(name, help=say(about))
        step.add_argument("files", nargs="+", type=Path, help=say(_("文件")))
        step.add_argument(
            "--format", default="", metavar=say(_("编码")), help=say(_("格式编码，默认由内容判断"))
        )
        step.add_argument(
            "--unit", default="", metavar=say(_("编码")), help=say(_("单位编码，默认为区县本身"))
        )
        step.add_argument("--sheet", default="", help=say(_("工作表，默认由内容判断")))
        step.add_argument(
            "--answer", action="append", default=[], metavar="COLUMN=…", help=say(_("对问题的答复"))
        )
        step.add_argument(
            "--acknowledge", default="", metavar=say(_("原因")), help=say(_("有提醒时说明为什么仍要导入"))
        )


def run(options: argparse.Namespace, say: Translate) -> int:
    start_django(options.language)
    if options.step == "formats":
        return list_formats(say)
    if options.step == "template":
        return write_template(options, say)
    codes = [take(path, options, say) for path in options.files]
    return max(codes)


def list_formats(say: Translate) -> int:
    from yunpu.stages.intake import registry

    for format in registry.list_formats():
        print(f"{format.code:<28} {say(format.title)}")
    return DONE


def write_template(options: argparse.Namespace, say: Translate) -> int:
    from yunpu.stages.intake.blank import write_template as write
    from yunpu.stages.intake.registry import get_format

    target = options.output or Path(f"{options.code}.xlsx")
    write(get_format(options.code), target, say)
    print(target)
    return DONE


def take(path: Path, options: argparse.Namespace, say: Translate) -> int:
    """Check one file, and keep it where that was asked for and nothing stands against it."""
    from yunpu.config.actor import operator
    from yunpu.config.progress import Bar
    from yunpu.stages.intake import operations
    from yunpu.stages.intake.models import Load
    from yunpu.trail import clock

    if not path.is_file():
        print(say(_("没有文件 %(path)s")) % {"path": path}, file=sys.stderr)
        return USAGE
    by, at = operator(), clock.now()
    unit = find_unit(options.unit, say)
    if unit is None:
        return USAGE
    with path.open("rb") as stream:
        load = operations.receive_file(
            stream, name=path.name, unit=unit, by=by, at=at, format_code=options.format
        )
    choices: dict[str, Any] = {
        "answers": dict(answer.split("=", 1) for answer in options.answer if "=" in answer)
    }
    if options.sheet:
        choices["sheet_name"] = options.sheet
    if options.sheet or choices["answers"]:
        operations.change_reading(load, by=by, at=at, **choices)
    with Bar() as bar:
        operations.check_load(load, by=by, at=at, progress=bar)
    tell_check(load, say)
    blocked = load.state != Load.State.CHECKED or load.error_count or load.question_count
    if options.step == "check" or blocked:
        return FOUND if blocked else DONE
    with Bar() as bar:
        operations.keep_load(load, by=by, at=at, acknowledgement=options.acknowledge, progress=bar)
    tell_kept(load, say)
    return DONE


def find_unit(code: str, say: Translate) -> Any:
    """The unit for which a file is handed in: that of the code, else the district itself."""
    from yunpu.reference.models import Unit

    units = Unit.objects.filter(code=code) if code else Unit.objects.filter(level=Unit.Level.DISTRICT)
    found = units.order_by("path").first()
    if found is None:
        wanted = (
            say(_("没有单位 %(code)s。")) % {"code": code}
            if code
            else say(_("还没有区县单位，请先建立单位。"))
        )
        print(wanted, file=sys.stderr)
    return found


def tell_check(load: Any, say: Translate) -> None:
    """The findings, equal ones merged, and what keeping the file would do."""
    from yunpu.stages.intake import queries

    print(f"{load.name} → {load.format_code or '?'} [{load.sheet_name}]")
    if load.refusal:
        print(f"  {queries.tell_refusal(load)}", file=sys.stderr)
    for merged in queries.list_findings(load):
        finding = merged.finding
        others = merged.others()
        place = f"{finding.place.address}{f'、{others}' if others else ''}"
        print(
            f"  {say(finding.severity.label)} {place} {finding.what(say)} → {finding.remedy(say)} [{finding.kind}]"
        )
    if load.preview:
        words = {name: f"{load.preview[name]:,}" for name in ("created", "changed", "unchanged")}
        print("  " + say(_("新增 %(created)s，更新 %(changed)s，未变 %(unchanged)s")) % words)


def tell_kept(load: Any, say: Translate) -> None:
    from yunpu.stages.intake.models import Load

    if load.state == Load.State.UNCHANGED:
        print("  " + say(_("与台账完全相同，没有改动。")))
    else:
        print("  " + say(_("已入账，批次 %(batch)s。")) % {"batch": load.batch_id})
