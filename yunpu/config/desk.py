"""What lies on the desks of the demo district in the morning: a list with faults, a clean one to be kept, a bulletin
to be checked. Without it every first page would say that nothing is to be done.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from django.conf import settings

from yunpu.access.models import User
from yunpu.domains.outreach.demo import list_enterprises
from yunpu.kernel.digests import sm3_file
from yunpu.kernel.periods import Period
from yunpu.stages.bulletins import operations as bulletins
from yunpu.stages.bulletins.models import Bulletin
from yunpu.stages.intake import operations as intake
from yunpu.stages.intake.models import Load
from yunpu.stages.snapshots.models import Snapshot

BULLETIN = "惠企政策专报"
TEXT = """名称: 惠企政策专报
编发: 云谱区科技和工业信息化局

# 宣讲情况
## 宣讲走进园区

今年宣讲到会企业{{innovation.roadshow_enterprises}}，到会企业代表{{innovation.roadshow_people}}。
"""


def leave_work(snapshot: Snapshot, period: Period, *, at: dt.datetime) -> None:
    """Leave what is not there yet; what a user of the demo has dealt with stays dealt with."""
    by = User.objects.get(username="jingban")
    for code, path in _write_lists(Path(settings.FOLDER) / "demo-files" / "desk"):
        if Load.objects.filter(original__sm3=sm3_file(path), format_code=code).exists():
            continue
        with path.open("rb") as stream:
            load = intake.receive_file(stream, name=path.name, unit=by.unit, by=by, at=at, format_code=code)
        intake.check_load(load, by=by, at=at)
    if not Bulletin.objects.filter(name=BULLETIN).exists():
        draft = bulletins.create_bulletin(
            name=BULLETIN, unit=by.unit, period=period, snapshot=snapshot, text=TEXT, by=by, at=at
        )
        bulletins.submit_bulletin(draft, by=by, at=at)


def _write_lists(folder: Path) -> list[tuple[str, Path]]:
    """A late list of attendance with three faults, and some more feedback without any."""
    folder.mkdir(parents=True, exist_ok=True)
    codes = [code for code, *_rest in list_enterprises()]
    late = [f"XJ2020-04,{code},1,负责人" for code in codes[140:146]]
    late[1] = f"XJ2020-09,{codes[141]},1,负责人"  # no such activity
    late[3] = f"XJ2020-04,{codes[143][:-2]}00,1,负责人"  # a code miswritten at its end
    late[4] = f"XJ2020-04,{codes[144]},两人,负责人"
    attendance = folder / "参加名单补报.csv"
    attendance.write_text(_table("活动编号,统一社会信用代码,代表序号,职务", late), "utf-8")
    feedback = folder / "反馈表补录.csv"
    more = [f"XJ2020-01,{number},{score},讲得清楚" for number, score in enumerate((5, 4, 4, 5), 21)]
    feedback.write_text(_table("活动编号,反馈序号,评分,意见", more), "utf-8")
    return [("outreach.attendance", attendance), ("outreach.feedback", feedback)]


def _table(head: str, rows: list[str]) -> str:
    return "\n".join((head, *rows)) + "\n"
