"""Files of outreach: activities, attendance lists, hand-outs, feedback, campaigns."""

from yunpu.domains.outreach.checks import check_quantity, check_seat, check_year_of_code
from yunpu.domains.outreach.codes import ActivityKind, Channel
from yunpu.kernel.text import mark as _
from yunpu.stages.intake.formats import Column, Format, Reference, Type

_ACTIVITY = Column(
    "activity",
    _("活动编号"),
    refers=Reference("outreach.Activity", "code"),
    aliases=("活动代码",),
    key=True,
    example="XJ2020-01",
)

SERIES = Format(
    "outreach.series",
    _("系列活动"),
    model="outreach.Series",
    columns=(
        Column("code", _("系列编号"), key=True, max_length=40),
        Column("name", _("系列名称")),
    ),
)

ACTIVITIES = Format(
    "outreach.activities",
    _("活动台账"),
    model="outreach.Activity",
    columns=(
        Column("code", _("活动编号"), key=True, max_length=40, aliases=("编号",), example="XJ2020-01"),
        Column("name", _("活动名称"), aliases=("活动主题",), example="惠企政策宣讲"),
        Column("kind", _("类型"), Type.CODE, codes=ActivityKind, aliases=("活动类型",)),
        Column("series", _("系列编号"), refers=Reference("outreach.Series", "code"), required=False),
        Column("held_on", _("举办日期"), Type.DATE, aliases=("日期", "活动时间"), example="2020-06-18"),
        Column("place", _("地点"), required=False, aliases=("举办地点",)),
        Column(
            "lecturer",
            _("主讲机构"),
            required=False,
            aliases=("主讲单位", "授课单位"),
            note=_("写机构，不写人名"),
        ),
    ),
    checks=(check_year_of_code,),
)

ATTENDANCE = Format(
    "outreach.attendance",
    _("参加名单"),
    model="outreach.Attendance",
    columns=(
        _ACTIVITY,
        Column(
            "enterprise",
            _("统一社会信用代码"),
            Type.CREDIT_CODE,
            refers=Reference("reference.Enterprise", "credit_code"),
            aliases=("信用代码", "企业代码"),
            key=True,
        ),
        Column(
            "seat",
            _("代表序号"),
            Type.INTEGER,
            minimum=1,
            maximum=999,
            key=True,
            note=_("同一企业来几人就写几行"),
        ),
        Column("position", _("职务"), required=False, max_length=60),
        Column("person_name", _("姓名"), required=False, max_length=60, personal=True),
        Column(
            "phone",
            _("手机"),
            required=False,
            max_length=20,
            personal=True,
            aliases=("手机号", "联系电话"),
            note=_("只在需要回访时收集，加密保存"),
        ),
    ),
    checks=(check_seat,),
    about=_("每名代表一行；同一企业参加两次只计一家，人数按场次计。姓名和手机可以不收。"),
)

HANDOUTS = Format(
    "outreach.handouts",
    _("发放资料"),
    model="outreach.HandOut",
    columns=(
        _ACTIVITY,
        Column("title", _("资料名称"), key=True),
        Column(
            "quantity", _("发放份数"), Type.INTEGER, minimum=0, maximum=1_000_000, aliases=("份数", "数量")
        ),
    ),
    checks=(check_quantity,),
)

FEEDBACK = Format(
    "outreach.feedback",
    _("反馈表"),
    model="outreach.Feedback",
    columns=(
        _ACTIVITY,
        Column("number", _("反馈序号"), Type.INTEGER, minimum=1, key=True),
        Column("score", _("评分"), Type.INTEGER, minimum=1, maximum=5),
        Column("words", _("意见"), required=False, max_length=2000),
    ),
)

CAMPAIGNS = Format(
    "outreach.campaigns",
    _("群宣传台账"),
    model="outreach.Campaign",
    columns=(
        Column("code", _("宣传编号"), key=True, max_length=40),
        Column("title", _("内容"), aliases=("宣传内容",)),
        Column("channel", _("渠道"), Type.CODE, codes=Channel),
        Column("group_name", _("群名称"), required=False, max_length=100),
        Column("sent_on", _("发布日期"), Type.DATE),
        Column("reach", _("触达人数"), Type.INTEGER, minimum=0, required=False),
    ),
)
