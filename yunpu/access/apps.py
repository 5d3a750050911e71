from django.apps import AppConfig

from yunpu.kernel.text import mark as _


class AccessConfig(AppConfig):
    """Users, roles and scopes (用户与权限)."""

    name = "yunpu.access"
    label = "access"
    title = _("用户与权限")
    default_auto_field = "django.db.models.BigAutoField"
