"""Code lists of outreach: kinds of activity and channels of a campaign. No Django."""

from enum import StrEnum

from yunpu.kernel.text import mark as _


class ActivityKind(StrEnum):
    """What kind of activity it is."""

    ONLINE = "online"
    ON_SITE = "on_site"
    ROADSHOW = "roadshow"
    SCIENCE_WEEK = "science_week"

    @property
    def label(self) -> str:
        return _KINDS[self]


class Channel(StrEnum):
    """Through which message group a campaign goes out."""

    WECHAT = "wechat"
    QQ = "qq"
    SMS = "sms"
    WEBSITE = "website"

    @property
    def label(self) -> str:
        return _CHANNELS[self]


_KINDS = {
    ActivityKind.ONLINE: _("网上培训"),
    ActivityKind.ON_SITE: _("现场培训"),
    ActivityKind.ROADSHOW: _("宣讲"),
    ActivityKind.SCIENCE_WEEK: _("科技活动周"),
}
_CHANNELS = {
    Channel.WECHAT: _("微信群"),
    Channel.QQ: _("QQ群"),
    Channel.SMS: _("短信"),
    Channel.WEBSITE: _("网站"),
}
