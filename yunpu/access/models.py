"""Users, roles and scopes (用户与权限): who may do what where."""

from __future__ import annotations

from typing import ClassVar

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from yunpu.reference.models import Enterprise, Unit


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username=username)


class User(AbstractBaseUser):
    """One row is one person who may sign in (用户). Rights come from role grants alone."""

    scope_field = "unit"
    trail_leaves_out = ("password", "last_login")

    username = models.CharField(_("用户名"), max_length=60, unique=True)
    name = models.CharField(_("姓名"), max_length=60)
    unit = models.ForeignKey(Unit, models.PROTECT, verbose_name=_("所在单位"))
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, verbose_name=_("所属企业"), null=True, blank=True, related_name="+"
    )
    is_active = models.BooleanField(_("启用"), default=True)
    language = models.CharField(_("语言"), max_length=10, default="zh-hans")
    theme = models.CharField(_("外观"), max_length=10, default="auto")
    must_change_password = models.BooleanField(_("首次登录须改密码"), default=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar = ["name"]
    objects = UserManager()

    class Meta:
        verbose_name = _("用户")
        ordering: ClassVar = ["username"]

    def __str__(self) -> str:
        return self.name or self.username

    def trail_name(self) -> str:
        return self.name or self.username

    def trail_role(self) -> str:
        return ",".join(sorted({grant.role for grant in self.grants.all()}))[:40]

    def trail_unit(self) -> tuple[int | None, str]:
        return self.unit_id, self.unit.name


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


class Grant(models.Model):
    """One row gives one person one role at one unit, for that unit's subtree (授权); perhaps for one register only.

    The database refuses two of the separated administrators, or anything beside the one that gives roles, to one
    person at one time (triggers of migration 0004).
    """

    scope_field = "unit"

    user = models.ForeignKey(User, models.CASCADE, related_name="grants", verbose_name=_("用户"))
    role = models.CharField(_("角色"), max_length=20, choices=Role.choices)
    unit = models.ForeignKey(Unit, models.PROTECT, verbose_name=_("单位"))
    register = models.CharField(_("限于登记册"), max_length=80, blank=True)
    valid_from = models.DateField(_("自"))
    valid_to = models.DateField(_("至"), null=True, blank=True)

    class Meta:
        verbose_name = _("授权")
        ordering: ClassVar = ["user_id", "role", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=models.F("valid_from")),
                name="access_grant_valid_to_not_before_from",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()} {self.unit}"

    def register_title(self) -> str:
        """The register it is limited to, as people call it; empty for all."""
        return str(apps.get_model(self.register)._meta.verbose_name) if self.register else ""
