"""The processes of outreach: how the plan of a training or roadshow goes from hand to hand."""

from yunpu.access.models import Role
from yunpu.kernel.text import mark as _
from yunpu.stages.records.declaring import At, Paper, Process, Step, Who

_STAFF, _REVIEWER, _LEADER = Who(Role.STAFF), Who(Role.REVIEWER), Who(Role.LEADER, At.PARENT)

PLAN = Process(
    code="outreach.activity-plan",
    title=_("活动方案办理"),
    model="outreach.activity",
    end=_("已归档"),
    steps=(
        Step("draft", _("拟订"), _("方案拟订中"), _("送部门审核"), _STAFF,
             asks=_("把活动名称、日期、地点和主讲机构填完整，附上方案。"), days=5,
             fields=("name", "held_on", "place", "lecturer"), papers=(Paper("plan", _("活动方案")),)),
        Step("review", _("部门审核"), _("待部门审核"), _("审核通过"), _REVIEWER,
             asks=_("核对方案是否合规、日期是否冲突。"), not_by=("draft",), days=2, clock_may_stop=True),
        Step("approve", _("批准"), _("待批准"), _("批准举办"), _LEADER,
             asks=_("决定是否举办。"), not_by=("draft", "review"), days=3, may_turn_down=True),
        Step("hold", _("举办"), _("已批准，待举办"), _("确认已举办"), _STAFF,
             asks=_("活动结束后登记参加名单，再确认已举办。"), days=5, days_from="held_on"),
        Step("file", _("归档"), _("待归档"), _("归档"), _REVIEWER,
             asks=_("核对参加名单和发放资料，归档。"), days=10),
    ),
)  # fmt: skip
