"""What outreach freezes."""

from yunpu.domains.outreach.codes import ActivityKind, Channel
from yunpu.kernel.text import mark as _
from yunpu.stages.snapshots.tables import FrozenColumn, FrozenTable, Kind

_ACTIVITY = (
    FrozenColumn("activity_code", Kind.TEXT, source="activity__code", title=_("活动编号")),
    FrozenColumn("activity_name", Kind.TEXT, source="activity__name", title=_("活动名称")),
    FrozenColumn(
        "activity_kind", Kind.TEXT, source="activity__kind", title=_("活动类型"), codes=ActivityKind
    ),
    FrozenColumn("held_on", Kind.DATE, source="activity__held_on", title=_("举办日期")),
    FrozenColumn("unit_code", Kind.TEXT, source="activity__unit__code", title=_("单位编码")),
)

SERIES = FrozenTable(
    name="outreach.series",
    title=_("系列活动"),
    model="outreach.Series",
    columns=(
        FrozenColumn("code", Kind.TEXT, title=_("系列编号")),
        FrozenColumn("name", Kind.TEXT, title=_("系列名称")),
        FrozenColumn("unit_code", Kind.TEXT, source="unit__code", title=_("单位编码")),
    ),
    key=("code",),
)

ACTIVITIES = FrozenTable(
    name="outreach.activities",
    title=_("活动"),
    model="outreach.Activity",
    columns=(
        FrozenColumn("code", Kind.TEXT, title=_("活动编号")),
        FrozenColumn("name", Kind.TEXT, title=_("活动名称")),
        FrozenColumn("kind", Kind.TEXT, title=_("类型"), codes=ActivityKind),
        FrozenColumn("series_code", Kind.TEXT, source="series__code", title=_("系列编号")),
        FrozenColumn("held_on", Kind.DATE, title=_("举办日期")),
        FrozenColumn("place", Kind.TEXT, title=_("地点")),
        FrozenColumn("lecturer", Kind.TEXT, title=_("主讲机构")),
        FrozenColumn("unit_code", Kind.TEXT, source="unit__code", title=_("单位编码")),
    ),
    key=("code",),
    as_of="held_on",
)

ATTENDANCE = FrozenTable(
    name="outreach.attendance",
    title=_("参加记录"),
    model="outreach.Attendance",
    columns=(
        *_ACTIVITY,
        FrozenColumn("credit_code", Kind.TEXT, source="enterprise__credit_code", title=_("统一社会信用代码")),
        FrozenColumn("enterprise_name", Kind.TEXT, source="enterprise__name", title=_("企业名称")),
        FrozenColumn("seat", Kind.INTEGER, title=_("代表序号")),
    ),
    key=("activity_code", "credit_code", "seat"),
    as_of="held_on",
    left_out={"position": _("不用于统计"), "person_name": _("个人信息"), "phone": _("个人信息")},
)

HANDOUTS = FrozenTable(
    name="outreach.handouts",
    title=_("发放资料"),
    model="outreach.HandOut",
    columns=(
        *_ACTIVITY,
        FrozenColumn("title", Kind.TEXT, title=_("资料名称")),
        FrozenColumn("quantity", Kind.INTEGER, title=_("发放份数"), unit="份"),
    ),
    key=("activity_code", "title"),
    as_of="held_on",
)

FEEDBACK = FrozenTable(
    name="outreach.feedback",
    title=_("反馈"),
    model="outreach.Feedback",
    columns=(
        *_ACTIVITY,
        FrozenColumn("number", Kind.INTEGER, title=_("反馈序号")),
        FrozenColumn("score", Kind.INTEGER, title=_("评分")),
    ),
    key=("activity_code", "number"),
    as_of="held_on",
    left_out={"words": _("自由文字，可能含个人信息")},
)

CAMPAIGNS = FrozenTable(
    name="outreach.campaigns",
    title=_("群宣传"),
    model="outreach.Campaign",
    columns=(
        FrozenColumn("code", Kind.TEXT, title=_("宣传编号")),
        FrozenColumn("title", Kind.TEXT, title=_("内容")),
        FrozenColumn("channel", Kind.TEXT, title=_("渠道"), codes=Channel),
        FrozenColumn("group_name", Kind.TEXT, title=_("群名称")),
        FrozenColumn("sent_on", Kind.DATE, title=_("发布日期")),
        FrozenColumn("reach", Kind.INTEGER, title=_("触达人数"), unit="人"),
        FrozenColumn("unit_code", Kind.TEXT, source="unit__code", title=_("单位编码")),
    ),
    key=("code",),
    as_of="sent_on",
)
