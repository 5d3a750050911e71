"""Is an issue still what was issued? Its text, its page, its snapshot and every figure in it."""

from __future__ import annotations

from yunpu.kernel.digests import sm3_hex
from yunpu.kernel.findings import Finding, FindingKind, Place, Severity, declare
from yunpu.kernel.text import mark as _
from yunpu.stages.bulletins.models import Issue
from yunpu.stages.bulletins.neutral import read_document, verification_code
from yunpu.stages.indicators.models import Figure
from yunpu.stages.snapshots.queries import find_by_number
from yunpu.stages.snapshots.verifying import verify
from yunpu.trail.models import Event

TEXT_CHANGED = declare(
    FindingKind(
        "BUL-011",
        Severity.ERROR,
        _("《%(issue)s》的内容与签发时不同"),
        _("摘要应为 %(expected)s，实为 %(actual)s。"),
        _("从备份恢复，并查明是谁改动的"),
        _("绕过平台改了数据库里的一期"),
    )
)
PAGE_CHANGED = declare(
    FindingKind(
        "BUL-012",
        Severity.ERROR,
        _("《%(issue)s》的版式文件与签发时不同"),
        _("读者手里的文件与存档的不一致，无法证明。"),
        _("从备份恢复，并查明是谁改动的"),
        _("换掉了存档的 PDF"),
    )
)
SNAPSHOT_MISSING = declare(
    FindingKind(
        "BUL-013",
        Severity.ERROR,
        _("《%(issue)s》依据的快照 %(number)s 不在了或已不同"),
        _("没有快照就打不开数字。"),
        _("从备份恢复快照文件夹"),
        _("删掉快照文件夹"),
    )
)
FIGURE_CHANGED = declare(
    FindingKind(
        "BUL-014",
        Severity.ERROR,
        _("数字“%(figure)s”与签发时不同：当时 %(issued)s，现在 %(stored)s"),
        _("发布的数字必须永远打得开。"),
        _("从备份恢复，并查明是谁改动的"),
        _("绕过平台改了数据库里的数字"),
    )
)


def verify_issue(issue: Issue) -> list[Finding]:
    """Everything that is no longer as it was issued; empty when the issue still proves itself."""
    title = str(issue)
    findings: list[Finding] = []
    actual = sm3_hex(issue.document.encode())
    code = verification_code(f"{issue.name}|{issue.year}|{issue.number}|{actual}")
    if actual != issue.digest or code != issue.verification_code:
        findings.append(TEXT_CHANGED.at(issue=title, expected=issue.digest, actual=actual))
        return findings
    page = sm3_hex(bytes(issue.pdf))
    if page != issue.pdf_sm3 or page != _page_in_trail(issue):
        findings.append(PAGE_CHANGED.at(issue=title))
    snapshot = find_by_number(issue.snapshot_number)
    if snapshot is None or snapshot.digest != issue.snapshot_digest:
        findings.append(SNAPSHOT_MISSING.at(issue=title, number=issue.snapshot_number))
    else:
        findings += verify(snapshot)
    for span in read_document(issue.document).figures():
        stored = Figure.objects.filter(pk=span.figure_id).first()
        shown = stored.shown if stored else "—"
        if stored is None or stored.shown != span.shown or str(stored.exact) != span.value:
            findings.append(
                FIGURE_CHANGED.at(Place(title=span.code), figure=span.code, issued=span.shown, stored=shown)
            )
    return findings


def _page_in_trail(issue: Issue) -> str:
    """The page's digest as the trail kept it at the issue: a second hand, that who changes the issue must know of."""
    events = Event.objects.filter(
        verb="bulletins.bulletin-issued", object_type="bulletins.issue", object_id=issue.pk
    )
    event = events.order_by("id").first()
    return str((event.after or {}).get("page", "")) if event else ""
