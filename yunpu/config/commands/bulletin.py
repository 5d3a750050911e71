"""`yunpu bulletin`: build a draft from a text, issue it with two other people, verify an issue."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from yunpu.config.cli import DONE, FOUND, USAGE, Translate, start_django
from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark as _


class UnableToFindBulletin(Refusal):
    """A bulletin or an issue that is not there."""

    code = "CLI-102"
    headline = _("没有“%(asked)s”这份简报")
    why = _("简报按编号查找，已签发的按核验码查找。")
    ways_out = ((_("先编写一份"), "yunpu bulletin build"),)


class UnableToFindUser(Refusal):
    """A person who may not act, because nobody knows them."""

    code = "CLI-103"
    headline = _("没有用户 %(asked)s")
    why = _("核稿和签发由不同的人负责，都要留痕。")
    ways_out = ((_("用系统里已有的用户名"), ""),)


def arguments(parser: argparse.ArgumentParser, say: Translate) -> None:
    steps = parser.add_subparsers(dest="step", required=True, metavar=say(_("步骤")), title=say(_("步骤")))
    build = steps.add_parser("build", help=say(_("由正文写成草稿，指出每一处手写的数字")))
    build.add_argument("text", type=Path, help=say(_("正文文件，数字写成 {{编码}}")))
    build.add_argument("--period", required=True, help=say(_("报告期，如 2020")))
    build.add_argument("--name", default="改革工作简报", help=say(_("简报名称")))
    build.add_argument("--unit", default="", metavar=say(_("编码")), help=say(_("编发单位，默认为区县本身")))
    build.add_argument("--snapshot", default="", metavar="S-…", help=say(_("快照编号，默认为最新的")))
    build.add_argument("--corrects", default="", metavar=say(_("核验码")), help=say(_("更正哪一期")))
    issue = steps.add_parser("issue", help=say(_("核稿并签发")))
    issue.add_argument("number", type=int, help=say(_("草稿编号")))
    issue.add_argument("--checker", required=True, metavar=say(_("用户名")), help=say(_("核稿人")))
    issue.add_argument("--issuer", required=True, metavar=say(_("用户名")), help=say(_("签发人")))
    issue.add_argument("-o", "--output", type=Path, help=say(_("把版式文件写到哪里")))
    verify = steps.add_parser("verify", help=say(_("核验已签发的一期")))
    verify.add_argument("code", nargs="?", default="", help=say(_("核验码，默认为全部")))


def run(options: argparse.Namespace, say: Translate) -> int:
    start_django(options.language)
    return {"build": build, "issue": issue, "verify": verify}[options.step](options, say)


def build(options: argparse.Namespace, say: Translate) -> int:
    from yunpu.config.actor import operator
    from yunpu.config.commands.figures import UnableToFindSnapshot
    from yunpu.config.commands.intake import find_unit
    from yunpu.kernel.periods import Period
    from yunpu.stages.bulletins import operations
    from yunpu.stages.indicators.operations import compute
    from yunpu.stages.snapshots.queries import find_by_number, find_newest
    from yunpu.trail import clock

    by, at = operator(), clock.now()
    try:
        period, text = Period.parse(options.period), options.text.read_text("utf-8")
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return USAGE
    unit = find_unit(options.unit, say)
    snapshot = find_by_number(options.snapshot) if options.snapshot else find_newest()
    if snapshot is None:
        raise UnableToFindSnapshot(number=f" {options.snapshot}" if options.snapshot else "")
    if unit is None:
        return USAGE
    compute(snapshot, period, by=by, at=at)
    corrects = find_issue(options.corrects) if options.corrects else None
    bulletin = operations.create_bulletin(
        name=options.name,
        unit=unit,
        period=period,
        snapshot=snapshot,
        text=text,
        by=by,
        at=at,
        corrects=corrects,
    )
    built = operations.build(bulletin)
    print(
        say(_("草稿 %(number)s，依据快照 %(snapshot)s"))
        % {"number": bulletin.pk, "snapshot": snapshot.number}
    )
    return tell_faults(built, say)


def tell_faults(built: Any, say: Translate) -> int:
    """Every typed numeral and every broken reference, with where it stands."""
    for finding in built.findings:
        print(f"  {finding.what(say)} → {finding.remedy(say)} [{finding.kind}]")
    for offender in built.guard.offenders:
        print("  " + say(_("手写的数字：%(text)s")) % {"text": offender.context.strip()})
    return DONE if built.may_issue else FOUND


def issue(options: argparse.Namespace, say: Translate) -> int:
    from yunpu.config.actor import operator
    from yunpu.stages.bulletins import operations
    from yunpu.stages.bulletins.models import Bulletin
    from yunpu.trail import clock

    bulletin = Bulletin.objects.filter(pk=options.number).first()
    if bulletin is None:
        raise UnableToFindBulletin(asked=str(options.number))
    checker, issuer, at = find_user(options.checker), find_user(options.issuer), clock.now()
    if bulletin.state == Bulletin.State.DRAFT:
        operations.submit_bulletin(bulletin, by=operator(), at=at)
        bulletin.refresh_from_db()
    if bulletin.state == Bulletin.State.SUBMITTED:
        operations.check_bulletin(bulletin, by=checker, at=at)
    done = operations.issue_bulletin(bulletin, by=issuer, at=at)
    if options.output:
        options.output.write_bytes(bytes(done.pdf))
    words = {"issue": str(done), "code": done.verification_code, "digest": done.digest}
    print(say(_("已签发：%(issue)s，核验码 %(code)s，SM3 %(digest)s")) % words)
    return DONE


def verify(options: argparse.Namespace, say: Translate) -> int:
    from yunpu.stages.bulletins.models import Issue
    from yunpu.stages.bulletins.verifying import verify_issue

    issues = [find_issue(options.code)] if options.code else list(Issue.objects.order_by("id"))
    code = DONE
    for one in issues:
        findings = verify_issue(one)
        print(f"{'✕' if findings else '✓'} {one} {one.verification_code}")
        for finding in findings:
            print(f"    {finding.what(say)} → {finding.remedy(say)} [{finding.kind}]")
            code = FOUND
    return code


def find_issue(code: str) -> Any:
    from yunpu.stages.bulletins.models import Issue

    found = Issue.objects.filter(verification_code=code.strip().upper()).first()
    if found is None:
        raise UnableToFindBulletin(asked=code)
    return found


def find_user(username: str) -> Any:
    """The person of a username. Raises UnableToFindUser."""
    from yunpu.access.models import User

    found = User.objects.filter(username=username, is_active=True).first()
    if found is None:
        raise UnableToFindUser(asked=username)
    return found
