from django.apps import AppConfig

from yunpu.kernel.text import mark as _


class IntakeConfig(AppConfig):
    """Files in (数据接入)."""

    name = "yunpu.stages.intake"
    label = "intake"
    title = _("数据接入")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yunpu.stages.intake.wiring import fill_hooks

        fill_hooks()
