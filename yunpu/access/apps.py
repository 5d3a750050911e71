from django.apps import AppConfig

from yunpu.kernel.text import mark as _


class AccessConfig(AppConfig):
    """Users, roles and scopes (用户与权限). Fills what the screens ask of it."""

    name = "yunpu.access"
    label = "access"
    title = _("用户与权限")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yunpu.access import signals  # noqa: F401 - sign-ins become events
        from yunpu.access.wiring import fill_hooks

        fill_hooks()
