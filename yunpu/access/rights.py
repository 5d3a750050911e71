"""What each role may do: one table. What is not listed is denied.

The table is shipped, shown to whoever administers (`access:roles`), and not changed while the platform runs: that no
role both gives rights and uses them is proved by tests, which a table in the database would escape.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from yunpu.access.codes import Role


class Action(StrEnum):
    """Everything a person can do, as screens and operations ask for it."""

    VIEW = "view"
    CREATE = "create"
    CHANGE = "change"
    REMOVE = "remove"
    EXPORT = "export"
    IMPORT = "import"
    WITHDRAW = "withdraw"
    REVEAL = "reveal"  # read personal data in clear
    FREEZE = "freeze"
    COMPUTE = "compute"
    DRAFT = "draft"  # write a bulletin
    CHECK = "check"  # check a bulletin another person wrote
    ISSUE = "issue"
    READ_TRAIL = "read-trail"
    READ_USERS = "read-users"  # see accounts, and who has which role
    ADMINISTER = "administer"  # accounts, shared identities
    GRANT = "grant"  # give and end roles


ACTION_TITLES: dict[Action, Any] = {
    Action.VIEW: _("查看"),
    Action.CREATE: _("新建"),
    Action.CHANGE: _("修改"),
    Action.REMOVE: _("删除"),
    Action.EXPORT: _("导出"),
    Action.IMPORT: _("导入"),
    Action.WITHDRAW: _("撤回导入"),
    Action.REVEAL: _("查看个人信息原文"),
    Action.FREEZE: _("冻结"),
    Action.COMPUTE: _("计算"),
    Action.DRAFT: _("编写简报"),
    Action.CHECK: _("核稿"),
    Action.ISSUE: _("签发"),
    Action.READ_TRAIL: _("查看留痕"),
    Action.READ_USERS: _("查看用户与授权"),
    Action.ADMINISTER: _("管理账号与共享名录"),
    Action.GRANT: _("授权"),
}

_READ = frozenset({Action.VIEW, Action.EXPORT})
_WRITE = _READ | {Action.CREATE, Action.CHANGE, Action.REMOVE, Action.IMPORT, Action.WITHDRAW, Action.REVEAL}

RIGHTS: dict[str, frozenset[Action]] = {
    Role.STAFF: _WRITE | {Action.DRAFT},
    Role.REVIEWER: _READ | {Action.CHECK, Action.REVEAL},
    Role.FINANCE: _WRITE | {Action.FREEZE, Action.COMPUTE, Action.DRAFT},
    Role.APPROVER: _READ | {Action.REVEAL},
    Role.LEADER: _READ | {Action.CHECK, Action.ISSUE},
    Role.AUDITOR: _READ | {Action.READ_TRAIL, Action.READ_USERS},
    Role.ENTERPRISE: frozenset({Action.VIEW}),
    Role.RESIDENT: frozenset({Action.VIEW}),
    Role.ADMINISTRATOR: frozenset({Action.VIEW, Action.READ_USERS, Action.ADMINISTER}),
    Role.SECURITY: frozenset({Action.VIEW, Action.READ_USERS, Action.GRANT}),
    Role.AUDIT: frozenset({Action.VIEW, Action.READ_USERS, Action.READ_TRAIL}),
}

SEPARATED = frozenset({Role.ADMINISTRATOR, Role.SECURITY, Role.AUDIT})  # 三员: nobody holds two of them
OWN = frozenset({Role.ENTERPRISE, Role.RESIDENT})  # see what is their own, no unit's records


@dataclass(frozen=True)
class Sheet:
    """What a role is, in a sentence, for whoever gives it."""

    role: Role
    about: Any


SHEETS = (
    Sheet(Role.STAFF, _("登记、导入、修改本单位的记录，编写简报")),
    Sheet(Role.REVIEWER, _("查看本单位的记录，核稿；自己不登记")),
    Sheet(Role.FINANCE, _("登记和导入，冻结、计算")),
    Sheet(Role.APPROVER, _("审批资金的流程步骤；自己不登记")),
    Sheet(Role.LEADER, _("查看、核稿、签发")),
    Sheet(Role.AUDITOR, _("查看范围内的一切记录和留痕，什么也不写")),
    Sheet(Role.ENTERPRISE, _("只看本企业的记录")),
    Sheet(Role.RESIDENT, _("只看点到本人的记录")),
    Sheet(Role.ADMINISTRATOR, _("管账号、单位、日历和科目；不授权，不看业务记录")),
    Sheet(Role.SECURITY, _("授予和结束角色；自己不能有别的角色，不看业务记录")),
    Sheet(Role.AUDIT, _("看留痕，包括另外两员的；什么也不写，不看业务记录")),
)


def conflict(held: str, asked: str) -> bool:
    """Whether two different roles may not be one person's at the same time: two of the three separated ones, or any
    beside the one that gives roles. The database holds the same rule (migration 0004)."""
    if held == asked:
        return False
    return {held, asked} <= SEPARATED or Role.SECURITY in (held, asked)
