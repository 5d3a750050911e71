"""The demo district's runs: plans of coming trainings in the hands of different people, some late, some sent back.

Every hand is laid by one of the demo accounts through the same operations as on the screens, on days before the clock's.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import typst
from django.conf import settings

from yunpu.access.models import User
from yunpu.domains.outreach.codes import ActivityKind
from yunpu.domains.outreach.models import Activity
from yunpu.domains.outreach.operations import create_activity
from yunpu.domains.outreach.processes import PLAN
from yunpu.reference.models import Unit
from yunpu.stages.records import operations
from yunpu.stages.records.attaching import attach
from yunpu.stages.records.models import Opinion, Run

UNIT = "YP-KGJ"
CLERK, REVIEWER, LEADER, FINANCE = "jingban", "shenhe", "lingdao", "caizheng"

# Code, name, day, place, lecturer, days before today on which it began, and how far it went. All invented.
PLANS = (
    ("XJ2021-01", "惠企政策解读（第一讲）", dt.date(2021, 1, 12), "区政务中心报告厅", "区财政局", 9, "late"),
    ("XJ2021-02", "研发费用加计扣除培训", dt.date(2021, 1, 19), "区科工局会议室", "区税务局", 4, "review"),
    ("XJ2021-03", "高新技术企业申报辅导", dt.date(2021, 1, 26), "产业园二楼", "市科技局", 6, "approve"),
    ("XJ2021-04", "专利基础与质押融资", dt.date(2021, 2, 2), "产业园二楼", "区市场监管局", 5, "sent back"),
    ("XJ2021-05", "企业数字化转型沙龙", dt.date(2021, 2, 23), "", "", 2, "draft"),
    ("XJ2021-06", "孵化器政策宣讲", dt.date(2021, 1, 8), "孵化器一号厅", "区科工局", 12, "hold"),
    ("XJ2021-07", "工业企业安全生产培训", dt.date(2021, 3, 3), "区会议中心", "区应急局", 4, "review"),
)
WAY = ("draft", "review", "approve", "hold")


def make_runs(*, at: dt.datetime) -> int:
    """The runs that are missing; gives how many were begun."""
    begun = 0
    for code, name, held_on, place, lecturer, days, goal in PLANS:
        if Activity.objects.filter(code=code).exists():
            continue
        start = at.replace(hour=9, minute=30, second=0, microsecond=0) - dt.timedelta(days=days)
        activity = create_activity(
            code=code,
            name=name,
            kind=ActivityKind.ON_SITE.value,
            held_on=held_on,
            place=place,
            lecturer=lecturer,
            unit=Unit.objects.get(code=UNIT),
            by=_user(CLERK),
            at=start,
        )
        if goal != "draft":
            plan = io.BytesIO(write_plan(name, held_on, place, lecturer))
            attach(activity, plan, name=f"{name}方案.pdf", paper="plan", by=_user(CLERK), at=start)
        run = operations.begin_run(PLAN, activity, by=_user(CLERK), at=start)
        GOALS[goal](run, start + dt.timedelta(days=1))
        begun += 1
    return begun


def write_plan(name: str, held_on: dt.date, place: str, lecturer: str) -> bytes:
    """The plan of a training as a PDF of one page."""
    facts = "".join(
        f"[{title}], [{value}],"
        for title, value in (
            ("时间", held_on.isoformat()),
            ("地点", place),
            ("主讲", lecturer),
            ("规模", "60 家企业"),
        )
    )
    source = (
        '#set page("a4")\n#set text(font: "FandolFang R", size: 14pt, lang: "zh")\n'
        f"#align(center, text(size: 20pt)[{name}活动方案])\n#v(12pt)\n"
        f"#table(columns: (80pt, 1fr), inset: 8pt, {facts})\n#v(12pt)\n"
        "会前一周发通知，会上签到、发资料，会后收反馈表，五个工作日内登记参加名单。\n"
    )
    compiler: Any = typst  # its stubs do not say that one document gives one file
    return bytes(compiler.compile(source.encode(), font_paths=[str(one) for one in settings.FONT_FOLDERS]))


def _to(step: str, run: Run, at: dt.datetime) -> Run:
    """Pass a run on to a step, a day for each hand."""
    hands = {"draft": CLERK, "review": REVIEWER, "approve": LEADER}
    words = {"draft": "", "review": "方案合规，日期不冲突。", "approve": "同意举办。"}
    for place, one in enumerate(WAY[: WAY.index(step)]):
        moment = at + dt.timedelta(days=place)
        run = operations.pass_on(run, by=_user(hands[one]), at=moment, words=words[one])
    return run


def _late(run: Run, at: dt.datetime) -> None:
    run = _to("review", run, at)
    operations.take_up(run, by=_user(REVIEWER), at=at + dt.timedelta(hours=3))
    operations.urge(run, by=_user(CLERK), at=at + dt.timedelta(days=4), words="场地要提前订，请尽快审核。")


def _approve(run: Run, at: dt.datetime) -> None:
    run = _to("approve", run, at)
    later = at + dt.timedelta(days=2)
    asked = [_user(FINANCE), _user("bianji")]
    one, _other = operations.ask_opinions(
        run, asked, question="场地费从哪里列支，有没有意见？", by=_user(LEADER), at=later
    )
    operations.give_opinion(
        one,
        stance=Opinion.Stance.AGREES,
        words="从科技宣传经费列支，够用。",
        by=_user(FINANCE),
        at=later + dt.timedelta(hours=2),
    )


def _sent_back(run: Run, at: dt.datetime) -> None:
    run = _to("review", run, at)
    operations.send_back(
        run, "draft", by=_user(REVIEWER), at=at + dt.timedelta(days=1), words="请补充参加企业范围和经费。"
    )


GOALS: dict[str, Callable[[Run, dt.datetime], object]] = {
    "draft": lambda run, at: run,
    "review": lambda run, at: _to("review", run, at),
    "hold": lambda run, at: _to("hold", run, at),
    "late": _late,
    "approve": _approve,
    "sent back": _sent_back,
}


def _user(username: str) -> User:
    return User.objects.get(username=username)
