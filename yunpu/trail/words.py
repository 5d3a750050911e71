"""Verbs, kinds and values of the trail in words: `outreach.activity-created` is 新建, of an `outreach.activity` 活动."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext

from yunpu.kernel.money import show_money
from yunpu.kernel.text import mark as _
from yunpu.ui.values import show_plain

PERSONAL = "HMAC-SM3:"  # how the trail keeps a personal value: that it changed, never what it is
_LEFT_OUT = {"id", "batch_id", "sheet_name", "row_number", "path"}

_VERBS = {
    "created": _("新建"),
    "changed": _("修改"),
    "corrected": _("更正"),
    "recorded": _("登记"),
    "removed": _("删除"),
    "loaded": _("导入"),
    "batch-withdrawn": _("撤回一批"),
    "bulk-changed": _("批量修改"),
    "bulk-removed": _("批量删除"),
    "restored": _("恢复"),
    "bulk-restored": _("批量恢复"),
    "bulk-undone": _("撤销批量修改"),
    "merged": _("合并"),
    "merge-undone": _("撤销合并"),
    "moved": _("移到别的上级"),
    "closed": _("停用"),
    "issued": _("签发"),
    "not-confirmed": _("核验未核到"),
    "checked": _("核稿"),
    "submitted": _("送核稿"),
    "returned": _("退回"),
    "marked": _("标记"),
    "unmarked": _("取消标记"),
    "file-received": _("收到文件"),
    "file-refused": _("拒收文件"),
    "reading-changed": _("改变读法"),
    "figures-computed": _("计算"),
    "frozen": _("冻结"),
    "exported": _("导出"),
    "revealed": _("查看个人信息"),
    "keys-renewed": _("更换密钥"),
    "seal-exported": _("导出签封"),
    "backup-made": _("备份"),
    "backup-restored": _("从备份恢复"),
    "database-moved": _("搬移数据库"),
    "signed-in": _("登录"),
    "signed-out": _("退出"),
    "sign-in-failed": _("登录失败"),
    "locked-out": _("锁定"),
    "session-ended": _("在别处退出"),
    "token-issued": _("发放令牌"),
    "token-ended": _("作废令牌"),
    "machine-created": _("新建机器账号"),
    "delegation-given": _("设代理"),
    "delegation-ended": _("结束代理"),
    "acting-started": _("开始代办"),
    "acting-stopped": _("停止代办"),
    "factor-added": _("添加第二因素"),
    "factor-removed": _("移除第二因素"),
    "factors-reset": _("重置第二因素"),
    "recovery-codes-renewed": _("换一批恢复码"),
    "administrators-created": _("新建三员"),
    "password-changed": _("改密码"),
    "password-reset": _("重设密码"),
    "settings-changed": _("改设置"),
    "role-given": _("授权"),
    "role-ended": _("结束授权"),
    "user-closed": _("停用"),
    "user-opened": _("启用"),
    "run-begun": _("发起办理"),
    "step-passed": _("办理环节"),
    "step-sent-back": _("退回环节"),
    "step-taken-back": _("取回环节"),
    "step-taken-up": _("接办环节"),
    "step-handed-over": _("移交环节"),
    "run-turned-down": _("不予通过"),
    "run-dropped": _("撤销办件"),
    "run-urged": _("催办"),
    "opinion-asked": _("请会签"),
    "opinion-given": _("签署会签意见"),
    "clock-stopped": _("停计期限"),
    "clock-started": _("恢复计时"),
    "attachment-added": _("附上文件"),
    "attachment-removed": _("移除附件"),
    "attachment-exported": _("下载附件"),
    "calendar-opened": _("开通日历订阅"),
    "calendar-closed": _("关闭日历订阅"),
    "view-saved": _("存视图"),
    "view-forgotten": _("删视图"),
}


def verb_title(verb: str) -> str:
    """A verb in words: the longest end of it that is known, else itself."""
    tail = verb.split(".", 1)[-1]
    for ending in sorted(_VERBS, key=len, reverse=True):
        if tail == ending or tail.endswith(f"-{ending}"):
            return gettext(_VERBS[ending])
    return verb


def find_kind(label: str) -> type[models.Model] | None:
    """The model of a kind; None for none, or for one that is no more."""
    try:
        return apps.get_model(label) if label else None
    except LookupError:
        return None


def kind_title(label: str) -> str:
    """The kind of an object in words; a kind that is gone stays as it was written."""
    model = find_kind(label)
    return gettext(str(model._meta.verbose_name)) if model is not None else label


def differences(
    model: type[models.Model] | None, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[tuple[str, str, str]]:
    """Field by field: its title, what it was, what it became, as a reader would write them."""
    fields = {
        name: stored
        for stored in (model._meta.concrete_fields if model is not None else ())
        for name in (stored.name, stored.attname)
    }
    return [
        (
            gettext(str(fields[name].verbose_name)) if name in fields else name,
            shown_value(fields.get(name), before.get(name)),
            shown_value(fields.get(name), value),
        )
        for name, value in after.items()
        if name not in _LEFT_OUT and before.get(name) != value
    ]


def shown_value(stored: models.Field[Any, Any] | None, value: Any) -> str:
    """A value of the trail in words: a choice by its label, a record by its name, money in 元, a moment in local time."""
    if isinstance(value, str) and value.startswith(PERSONAL):
        return gettext("已填（指纹 %(print)s）") % {"print": value.removeprefix(PERSONAL)[:8]}
    if value is None or value == "" or stored is None:
        return show_plain(value)
    if isinstance(stored, models.ForeignKey):
        found = stored.related_model._base_manager.filter(pk=value).first()
        return str(found) if found is not None else f"#{value}"
    if stored.choices:
        return gettext(str(dict(stored.flatchoices).get(value, value)))
    if stored.name.endswith("_fen") and isinstance(value, int):
        return f"{show_money(value, '元')} {gettext('元')}"
    if isinstance(stored, models.DateTimeField):
        return show_plain(parse_datetime(str(value)) or value)
    if isinstance(stored, models.DateField):
        return show_plain(parse_date(str(value)) or value)
    return show_plain(value)
