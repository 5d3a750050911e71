"""Users, roles and scopes (用户与权限): who may do what where."""

from __future__ import annotations

from typing import Any, ClassVar

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from yunpu.access.codes import Role
from yunpu.access.rights import ACTION_TITLES, Action
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
    is_machine = models.BooleanField(_("机器账号"), default=False)
    language = models.CharField(_("语言"), max_length=10, default="zh-hans")
    theme = models.CharField(_("外观"), max_length=10, default="auto")
    must_change_password = models.BooleanField(_("首次登录须改密码"), default=True)

    acting_for: Any = None  # the delegation under which the person acts in this request (代理)

    token_actions: Any = None  # what the token names by which a machine was let in; None for people

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
        whose = self.acting_for.absent if self.acting_for else self
        return ",".join(sorted({grant.role for grant in whose.grants.all()}))[:40]

    def trail_unit(self) -> tuple[int | None, str]:
        return self.unit_id, self.unit.name


class Delegation(models.Model):
    """One row lets one person act for another who is absent, from a day until a day (代理)."""

    scope_field = "absent__unit"

    absent = models.ForeignKey(
        User, models.CASCADE, related_name="delegations_given", verbose_name=_("不在的人")
    )
    substitute = models.ForeignKey(
        User, models.CASCADE, related_name="delegations_taken", verbose_name=_("代理人")
    )
    valid_from = models.DateField(_("自"))
    valid_to = models.DateField(_("至"))

    class Meta:
        verbose_name = _("代理")
        ordering: ClassVar = ["-valid_from", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(absent=models.F("substitute")), name="access_delegation_to_another_person"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__gte=models.F("valid_from")),
                name="access_delegation_valid_to_not_before_from",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.substitute} → {self.absent}"


class Token(models.Model):
    """One row is one secret by which a machine is let in: its digest, what it opens, until when (令牌)."""

    scope_field = "machine__unit"
    trail_leaves_out = ("digest",)

    machine = models.ForeignKey(User, models.CASCADE, related_name="tokens", verbose_name=_("机器账号"))
    name = models.CharField(_("用途"), max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    beginning = models.CharField(_("开头"), max_length=12)
    actions = models.JSONField(_("能做什么"))
    issued_at = models.DateTimeField(_("发放时间"))
    expires_on = models.DateField(_("到期"))
    ended_at = models.DateTimeField(_("作废时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("令牌")
        ordering: ClassVar = ["-issued_at", "-id"]

    def __str__(self) -> str:
        return self.name

    def action_titles(self) -> str:
        """What it opens, in words."""
        return "、".join(str(ACTION_TITLES[Action(action)]) for action in self.actions)


class SignedIn(models.Model):
    """One row is one place where a person is signed in (登录的设备): a session, since when, from where, by what."""

    user = models.ForeignKey(User, models.CASCADE, related_name="places", verbose_name=_("用户"))
    session_key = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField(_("登录时间"))
    address = models.CharField(_("来源地址"), max_length=45, blank=True)
    browser = models.CharField(_("浏览器"), max_length=80, blank=True)
    factor = models.CharField(_("第二因素"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("登录的设备")
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.browser} {self.address}"


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
