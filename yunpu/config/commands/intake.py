"""`yunpu intake`: the formats, blank templates, checking and loading files – the same steps as on the page."""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from yunpu.config.cli import DONE, FOUND, USAGE, Translate, start_django, told
from yunpu.config.columns import padded, width
from yunpu.kernel.text import mark as _

SHOWN = 50
FORMS = ("table", "json", "csv")
READINGS = ("ratio", "percent")
FIELDS = ("file", "severity", "sheet", "cell", "code", "what", "why", "remedy")
CHECK_CODES = _("退出码：0 可以导入；1 有必须改、待答复的地方，或文件无法读取；2 用法有误。")
LOAD_CODES = _("退出码：0 已入账，或与台账完全相同；1 没有导入，原因已说明；2 用法有误。多个文件时取最大的。")


def arguments(parser: argparse.ArgumentParser, say: Translate) -> None:
    steps = parser.add_subparsers(dest="step", required=True, metavar=say(_("步骤")), title=say(_("步骤")))
    formats = steps.add_parser("formats", help=say(_("列出全部格式")))
    formats.add_argument("--format", choices=FORMS, default="table", help=say(_("输出格式")))
    shipped = steps.add_parser("shipped", help=say(_("导入随平台发布的行政区划、分类科目和节假日")))
    shipped.add_argument(
        "--unit", default="", metavar=say(_("编码")), help=say(_("单位编码，默认为区县本身"))
    )
    shipped.set_defaults(format="table", sheet="", answer=[], annotated=None, acknowledge="")
    template = steps.add_parser("template", help=say(_("写出一种格式的空白模板")))
    template.add_argument("code", help=say(_("格式编码，如 outreach.activities")))
    template.add_argument("-o", "--output", type=Path, help=say(_("文件名，默认为格式编码.xlsx")))
    for name, about, codes in (
        ("check", _("只核对文件，不写入台账"), CHECK_CODES),
        ("load", _("核对文件并写入台账"), LOAD_CODES),
    ):
        step = steps.add_parser(name, help=say(about), description=say(about), epilog=say(codes))
        step.add_argument("files", nargs="+", type=Path, help=say(_("文件")))
        step.add_argument(
            "--as",
            dest="format_code",
            default="",
            metavar=say(_("编码")),
            help=say(_("格式编码，默认由内容判断")),
        )
        step.add_argument(
            "--unit", default="", metavar=say(_("编码")), help=say(_("单位编码，默认为区县本身"))
        )
        step.add_argument("--sheet", default="", help=say(_("工作表，默认由内容判断")))
        step.add_argument(
            "--answer",
            action="append",
            default=[],
            metavar="COLUMN=ratio|percent",
            help=say(_("对问题的答复：ratio 表示 0.4 是四成，percent 表示 0.4 是千分之四")),
        )
        step.add_argument("--format", choices=FORMS, default="table", help=say(_("输出格式")))
        step.add_argument(
            "--annotated",
            type=Path,
            metavar="FILE.xlsx",
            help=say(_("另写一份标注了问题的文件；只能给一个文件时用")),
        )
        if name == "load":
            step.add_argument(
                "--acknowledge",
                default="",
                metavar=say(_("原因")),
                help=say(_("有提醒时说明为什么仍要导入")),
            )


def run(options: argparse.Namespace, say: Translate) -> int:
    start_django(options.language)
    if options.step == "formats":
        return list_formats(options, say)
    if options.step == "template":
        return write_template(options, say)
    if options.step == "shipped":
        return take_shipped(options, say)
    return take_files(options, say)


def take_shipped(options: argparse.Namespace, say: Translate) -> int:
    """Load every table that comes with the platform, in its order; what is there already stays unchanged."""
    from yunpu.reference.shipped import write_shipped

    codes = []
    with tempfile.TemporaryDirectory() as folder:
        for options.format_code, path in write_shipped(Path(folder)):
            options.files = [path]
            codes.append(take_files(options, say))
    return max(codes)


def list_formats(options: argparse.Namespace, say: Translate) -> int:
    from yunpu.stages.intake import registry

    rows = [
        {"code": one.code, "title": say(one.title), "columns": len(one.columns), "about": say(one.about)}
        for one in registry.list_formats()
    ]
    if options.format == "json":
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    elif options.format == "csv":
        write_csv(list(rows[0]), rows)
    else:
        to = max(width(str(row["code"])) for row in rows)
        for row in rows:
            print(f"{padded(str(row['code']), to)}  {row['title']}")
    return DONE


def write_template(options: argparse.Namespace, say: Translate) -> int:
    from yunpu.stages.intake.blank import write_template as write
    from yunpu.stages.intake.registry import get_format

    target = options.output or Path(f"{options.code}.xlsx")
    format = get_format(options.code)
    try:
        with target.open("wb") as file:
            write(format, file, say)
    except OSError as error:
        print(
            say(_("不能写入 %(path)s：%(reason)s")) % {"path": target, "reason": error.strerror},
            file=sys.stderr,
        )
        return USAGE
    print(target)
    return DONE


def take_files(options: argparse.Namespace, say: Translate) -> int:
    """Check the files one after the other, and load them where that was asked for; give the highest exit code."""
    fault = find_fault(options, say)
    unit = None if fault else find_unit(options.unit, say)
    if fault or unit is None:
        print(fault or "", file=sys.stderr)
        return USAGE
    taken = [take(path, unit, options, say) for path in options.files]
    if options.format == "json":
        print(json.dumps([as_json(load, say) for load, _code in taken], ensure_ascii=False, indent=1))
    elif options.format == "csv":
        write_csv(FIELDS, [row for load, _code in taken for row in as_rows(load, say)])
    return max(code for _load, code in taken)


def find_fault(options: argparse.Namespace, say: Translate) -> str:
    """What is wrong with the words of the command; empty where nothing is."""
    for path in options.files:
        if not path.is_file():
            return say(_("没有文件 %(path)s")) % {"path": path}
    if options.annotated and len(options.files) > 1:
        return say(_("--annotated 一次只能用于一个文件"))
    if options.annotated and not options.annotated.absolute().parent.is_dir():
        return say(_("没有文件夹 %(path)s")) % {"path": options.annotated.parent}
    for answer in options.answer:
        if answer.partition("=")[2] not in READINGS:
            return say(_("“%(answer)s”不是答复，应如 share=ratio 或 share=percent")) % {"answer": answer}
    return ""


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


def take(path: Path, unit: Any, options: argparse.Namespace, say: Translate) -> tuple[Any, int]:
    """Check one file, and keep it where that was asked for and nothing stands against it: its load, the exit code."""
    from yunpu.config.actor import operator
    from yunpu.config.progress import Bar
    from yunpu.kernel.refusals import Refusal
    from yunpu.stages.intake import operations, tasks
    from yunpu.stages.intake.models import Load
    from yunpu.trail import clock

    by, at = operator(), clock.now()
    with path.open("rb") as stream:
        load = operations.receive_file(
            stream, name=path.name, unit=unit, by=by, at=at, format_code=options.format_code
        )
    choices: dict[str, Any] = {"answers": dict(answer.split("=", 1) for answer in options.answer)}
    if options.sheet:
        choices = {"sheet_name": options.sheet, **choices}
    if options.sheet or choices["answers"]:
        operations.change_reading(load, by=by, at=at, **choices)
    with Bar() as bar:
        tasks.check_under(tasks.begin(load, by=by, at=at), load, by=by, at=at, also=bar)
    if options.sheet and load.original is not None and load.sheet_name != options.sheet:
        words = {"sheet": options.sheet, "sheets": "、".join(load.facts["sheets"])}
        print(say(_("没有工作表 %(sheet)s；有 %(sheets)s")) % words, file=sys.stderr)
        return load, USAGE
    if options.annotated and load.original is not None:
        write_annotated(load, options.annotated, say)
    tell = options.format == "table"
    if tell:
        tell_check(load, say)
    blocked = load.state != Load.State.CHECKED or load.preview is None
    if options.step == "check" or blocked:
        return load, FOUND if blocked else DONE
    try:
        with Bar() as bar:
            job = tasks.begin(load, by=by, at=at)
            tasks.keep_under(job, load, by=by, at=at, also=bar, acknowledgement=options.acknowledge)
    except Refusal as refusal:
        print(told(refusal, say), file=sys.stderr)
        return load, FOUND
    if tell:
        tell_kept(load, say)
    return load, DONE


def write_annotated(load: Any, target: Path, say: Translate) -> None:
    from yunpu.kernel.findings import Finding
    from yunpu.stages.intake import annotation

    findings = [Finding.from_json(stored) for stored in load.findings]
    rows, header_row = int(load.facts.get("rows", 0)), int(load.facts.get("header_row", 0)) or 1
    annotation.write_annotated(load.path, target, findings, rows, say, header_row=header_row)


def tell_check(load: Any, say: Translate) -> None:
    """The findings, equal ones merged, and what keeping the file would do."""
    from yunpu.stages.intake import queries

    read_as = f"{load.format_title} {load.format_code}".strip() or say(_("认不出格式"))
    sheet = f" [{load.sheet_name}]" if load.sheet_name else ""
    print(f"{load.name} → {read_as}{sheet}")
    refusal = queries.find_refusal(load)
    if refusal is not None:
        print(told(refusal, say), file=sys.stderr)
    found = queries.list_findings(load)
    lines = [
        (
            say(merged.finding.severity.label),
            merged.finding.place.address
            + (f" (+{len(merged.places) - 1})" if len(merged.places) > 1 else ""),
            f"{merged.finding.what(say)} → {merged.finding.remedy(say)} [{merged.finding.kind}]",
        )
        for merged in found[:SHOWN]
    ]
    widths = [max((width(line[column]) for line in lines), default=0) for column in (0, 1)]
    for severity, place, words in lines:
        print(f"  {padded(severity, widths[0])}  {padded(place, widths[1])}  {words}")
    if len(found) > SHOWN:
        print(
            "  "
            + say(_("还有 %(count)s 种问题，用 --format csv 或 --annotated 看全部"))
            % {"count": len(found) - SHOWN}
        )
    if load.preview:
        counts = {name: f"{load.preview[name]:,}" for name in ("created", "changed", "unchanged")}
        print("  " + say(_("新增 %(created)s，更新 %(changed)s，未变 %(unchanged)s")) % counts)


def tell_kept(load: Any, say: Translate) -> None:
    from yunpu.stages.intake.models import Load

    if load.state == Load.State.UNCHANGED:
        print("  " + say(_("与台账完全相同，没有改动。")))
    else:
        print("  " + say(_("已入账，批次 %(batch)s。")) % {"batch": load.batch_id})


def as_rows(load: Any, say: Translate) -> list[dict[str, Any]]:
    """Every finding by itself, also equal ones."""
    from yunpu.kernel.findings import Finding

    return [
        {
            "file": load.name,
            "severity": finding.severity.value,
            "sheet": finding.place.sheet,
            "cell": finding.place.cell,
            "code": finding.kind,
            "what": finding.what(say),
            "why": finding.why(say),
            "remedy": finding.remedy(say),
        }
        for finding in map(Finding.from_json, load.findings)
    ]


def as_json(load: Any, say: Translate) -> dict[str, Any]:
    """A load for programs: what it was read as, its state, counts, findings, and the batch it became."""
    from yunpu.stages.intake import queries

    refusal = queries.find_refusal(load)
    counts = ("created", "changed", "unchanged")
    return {
        "file": load.name,
        "format": load.format_code,
        "sheet": load.sheet_name,
        "state": load.state,
        "refusal": refusal.headline_in(say) if refusal else None,
        "rows": load.row_count,
        "good_rows": load.facts.get("good_rows"),
        "errors": load.error_count,
        "warnings": load.warning_count,
        "questions": load.question_count,
        "preview": {name: load.preview[name] for name in counts} if load.preview else None,
        "batch": load.batch_id,
        "sm3": load.original.sm3 if load.original else None,
        "findings": [
            {name: value for name, value in row.items() if name != "file"} for row in as_rows(load, say)
        ],
    }


def write_csv(fields: Any, rows: list[dict[str, Any]]) -> None:
    writer = csv.DictWriter(sys.stdout, fields, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
