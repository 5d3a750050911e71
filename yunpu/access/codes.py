"""What a person is at a unit: the codes of the roles. What each may do stands in `rights`."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person is, at a unit. What each may do stands in `rights`."""

    STAFF = "staff", _("经办人")
    REVIEWER = "reviewer", _("审核人")
    FINANCE = "finance", _("财政经办")
    APPROVER = "approver", _("财政审批")
    LEADER = "leader", _("领导")
    AUDITOR = "auditor", _("审计")
    ENTERPRISE = "enterprise", _("企业用户")
    RESIDENT = "resident", _("居民")
    ADMINISTRATOR = "administrator", _("系统管理员")
    SECURITY = "security", _("安全管理员")
    AUDIT = "audit", _("审计管理员")
