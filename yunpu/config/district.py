"""The demo district (演示区): the invented 云谱区, built through the same intake, freeze and computing a user has.

Every step says whether it did something, so that building it again is quick and safe after an interruption.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from yunpu import flow
from yunpu.access.models import Grant, Role, User
from yunpu.config import demo, demo_runs, desk
from yunpu.kernel.digests import sm3_file
from yunpu.kernel.periods import Period
from yunpu.reference.models import Enterprise, Unit
from yunpu.reference.operations import create_unit
from yunpu.reference.shipped import write_shipped
from yunpu.stages.indicators.operations import compute
from yunpu.stages.intake import operations as intake
from yunpu.stages.intake.models import Load
from yunpu.stages.snapshots.models import Snapshot
from yunpu.stages.snapshots.operations import freeze
from yunpu.stages.snapshots.queries import find_newest
from yunpu.trail.operations import Actor, System, change_record, operation

CLOCK = dt.date(2020, 12, 20)
YEAR = Period.parse("2020")
FIRST_DAY = dt.date(2020, 1, 1)
BUILDER = System("演示区建库")
SECRETS_FILE = "demo-accounts.txt"

Tell = Callable[[str], None]

# Code, name, short name, level, code of the unit above. All invented.
UNITS = (
    ("YS", "演示省人民政府", "演示省", Unit.Level.PROVINCE, ""),
    ("YS-PS", "谱山市人民政府", "谱山市", Unit.Level.CITY, "YS"),
    ("YP", "云谱区人民政府", "云谱区", Unit.Level.DISTRICT, "YS-PS"),
    ("YP-BGS", "云谱区人民政府办公室", "区政府办", Unit.Level.BUREAU, "YP"),
    ("YP-CZJ", "云谱区财政局", "区财政局", Unit.Level.BUREAU, "YP"),
    ("YP-KGJ", "云谱区科技和工业信息化局", "区科工局", Unit.Level.BUREAU, "YP"),
    ("YP-RSJ", "云谱区人力资源和社会保障局", "区人社局", Unit.Level.BUREAU, "YP"),
    ("YP-SJJ", "云谱区审计局", "区审计局", Unit.Level.BUREAU, "YP"),
    ("YP-KGJ-SC", "云谱区生产力促进中心", "区生产力中心", Unit.Level.SUBORDINATE, "YP-KGJ"),
)

# Code, name, code of the unit, start year, kind. All invented; the region in the code is the invented one.
PROJECTS = (
    ("36019920T000000000001", "科技型企业政策宣讲", "YP-KGJ", 2020, "特定目标类"),
    ("36019920T000000000002", "科技活动周", "YP-KGJ-SC", 2020, "特定目标类"),
    ("36019919T000000000007", "阳光就业招聘会", "YP-RSJ", 2019, "特定目标类"),
    ("36019920Y000000000003", "财政一体化系统运行维护", "YP-CZJ", 2020, "其他运转类"),
    ("36019920Y000000000004", "政府办公用房物业", "YP-BGS", 2020, "其他运转类"),
    ("36019920R000000000005", "审计局在职人员经费", "YP-SJJ", 2020, "人员类"),
)


@dataclass(frozen=True)
class Account:
    """One account of the demo: a role, never a person."""

    username: str
    name: str
    unit: str
    grants: tuple[tuple[str, str], ...]  # role, unit


ACCOUNTS = (
    Account("jingban", "陈经办", "YP-KGJ", ((Role.STAFF, "YP-KGJ"),)),
    Account("shenhe", "李审核", "YP-KGJ", ((Role.REVIEWER, "YP"),)),
    Account("caizheng", "周会计", "YP-CZJ", ((Role.FINANCE, "YP"),)),
    Account("bianji", "吴编辑", "YP-BGS", ((Role.STAFF, "YP"),)),
    Account("shenpi", "郑审批", "YP-CZJ", ((Role.APPROVER, "YP"),)),
    Account("lingdao", "赵区长", "YP-BGS", ((Role.LEADER, "YP"),)),
    Account("shenji", "孙审计", "YP-SJJ", ((Role.AUDITOR, "YP"),)),
    Account("guanli", "系统管理员", "YP-BGS", ((Role.ADMINISTRATOR, "YS"),)),
    Account("anquan", "安全管理员", "YP-BGS", ((Role.SECURITY, "YS"),)),
    Account("shenjiyuan", "审计管理员", "YP-BGS", ((Role.AUDIT, "YS"),)),
    Account("qiye", "企业用户", "YP", ((Role.ENTERPRISE, "YP"),)),
    Account("jumin", "居民用户", "YP", ((Role.RESIDENT, "YP"),)),
)


@dataclass(frozen=True)
class Opened:
    """An account as it is shown once: who, and with which one-time secret."""

    account: Account
    roles: str
    secret: str


def build(*, at: dt.datetime, tell: Tell) -> list[Opened]:
    """Build what is missing of the demo district; give the accounts with their secrets."""
    make_units(at=at)
    accounts = open_accounts(at=at)
    files = load_files(at=at, tell=tell)
    settle_enterprise_user(at=at)
    snapshot = freeze_if_changed(files, at=at, tell=tell)
    figures = compute(snapshot, YEAR, by=BUILDER, at=at)
    tell(f"figures {len(figures)}")
    issue = demo.issue_bulletin(snapshot, YEAR, unit=Unit.objects.get(code="YP-BGS"), at=at)
    tell(f"{issue} {issue.verification_code}")
    desk.leave_work(snapshot, YEAR, at=at)
    if begun := demo_runs.make_runs(at=at):
        tell(f"runs {begun}")
    return accounts


def make_units(*, at: dt.datetime) -> None:
    """The tree of units; those that exist stay as they are."""
    for code, name, short_name, level, above in UNITS:
        if Unit.objects.filter(code=code).exists():
            continue
        values = {
            "code": code,
            "name": name,
            "short_name": short_name,
            "level": level,
            "parent": Unit.objects.get(code=above) if above else None,
        }
        create_unit(Unit, values, by=BUILDER, at=at)


def open_accounts(*, at: dt.datetime) -> list[Opened]:
    """One account a role. New ones get a one-time secret, kept beside the records for whoever runs the demo."""
    path = Path(settings.FOLDER) / SECRETS_FILE
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    kept = dict(line.split(" ", 1) for line in lines if " " in line)
    for account in ACCOUNTS:
        if not User.objects.filter(username=account.username).exists():
            kept[account.username] = secrets.token_urlsafe(9)
            open_account(account, kept[account.username], at=at)
            write_privately(path, "".join(f"{name} {secret}\n" for name, secret in kept.items()))
    changed = set(User.objects.filter(must_change_password=False).values_list("username", flat=True))
    return [
        Opened(
            account,
            roles_of(account),
            "—" if account.username in changed else kept.get(account.username, "—"),
        )
        for account in ACCOUNTS
    ]


def open_account(account: Account, secret: str, *, at: dt.datetime) -> None:
    with operation("access.user-created", by=BUILDER, at=at) as note:
        user = User(username=account.username, name=account.name, unit=Unit.objects.get(code=account.unit))
        user.set_password(secret)
        user.save()
        for role, unit in account.grants:
            Grant.objects.create(user=user, role=role, unit=Unit.objects.get(code=unit), valid_from=FIRST_DAY)
        note.created(user)


def settle_enterprise_user(*, at: dt.datetime) -> None:
    """Let the enterprise user belong to the first enterprise of the register, once it is loaded."""
    user = User.objects.get(username="qiye")
    firm = Enterprise.objects.filter(merged_into=None).order_by("credit_code").first()
    if user.enterprise_id is None and firm is not None:
        change_record(user, {"enterprise": firm}, by=BUILDER, at=at)


def roles_of(account: Account) -> str:
    return "、".join(str(Role(role).label) for role, _unit in account.grants)


def write_privately(path: Path, text: str) -> None:
    path.touch(mode=0o600, exist_ok=True)
    path.chmod(0o600)
    path.write_text(text, "utf-8")


def spreadsheets() -> Iterator[tuple[str, str, Path]]:
    """The shared tables, then the demo spreadsheets of all domains: format, code of the unit that hands it in, path."""
    shared = Path(settings.FOLDER) / "demo-files" / "reference"
    for code, path in (*write_shipped(shared), *write_identities(shared)):
        yield code, UNITS[0][0], path
    for domain in flow.list_domains():
        module = flow.find_file(domain, "demo")
        if module is not None:
            unit = getattr(module, "UNIT", "YP-KGJ")
            folder = Path(settings.FOLDER) / "demo-files" / domain.code
            for code, path in module.write_spreadsheets(folder):
                yield code, unit, path


def write_identities(folder: Path) -> list[tuple[str, Path]]:
    """What the invented district has of its own: its region, and some projects."""
    region = folder / "云谱区区划（演示）.csv"
    region.write_text(
        "区划代码,区划名称,设立日期,撤销日期,说明\n"
        "360199,云谱区（演示）,,,虚构的演示区，借用南昌市下没有使用的代码\n",
        "utf-8",
    )
    projects = folder / "项目名册（演示）.csv"
    lines = [f"{code},{name},{unit},{year},{kind}" for code, name, unit, year, kind in PROJECTS]
    projects.write_text(
        "项目编码,项目名称,项目单位编码,开始年度,项目类别\n" + "\n".join(lines) + "\n", "utf-8"
    )
    return [("reference.regions", region), ("reference.projects", projects)]


def load_files(*, at: dt.datetime, tell: Tell) -> int:
    """Hand in every spreadsheet as a user does; give the number of those that changed something."""
    changed = 0
    for code, unit, path in spreadsheets():
        if is_loaded(path, code):
            continue
        load = load_file(code, Unit.objects.get(code=unit), path, by=BUILDER, at=at)
        tell(f"{path.name}: {load.get_state_display()}")
        changed += load.state == Load.State.KEPT
    return changed


def is_loaded(path: Path, code: str) -> bool:
    """Whether this very file was taken in before."""
    done = (Load.State.KEPT, Load.State.UNCHANGED)
    return Load.objects.filter(original__sm3=sm3_file(path), format_code=code, state__in=done).exists()


def load_file(code: str, unit: Unit, path: Path, *, by: Actor, at: dt.datetime) -> Load:
    with path.open("rb") as stream:
        load = intake.receive_file(stream, name=path.name, unit=unit, by=by, at=at, format_code=code)
    intake.check_load(load, by=by, at=at)
    assert not load.error_count, f"{path.name}: {load.findings[:3]}"
    assert not load.refused, f"{path.name}: {load.refused}"
    return intake.keep_load(load, by=by, at=at, acknowledgement="演示数据")


def freeze_if_changed(files: int, *, at: dt.datetime, tell: Tell) -> Snapshot:
    newest = find_newest(CLOCK)
    if newest is not None and not files:
        return newest
    snapshot = freeze(CLOCK, by=BUILDER, at=at)
    tell(f"{snapshot.number}: {snapshot.rows:,}")
    return snapshot
