from django.apps import AppConfig

from yunpu.kernel.text import mark as _


class RecordsConfig(AppConfig):
    """Work from hand to hand (业务办理)."""

    name = "yunpu.stages.records"
    label = "records"
    title = _("业务办理")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yunpu.stages.records.wiring import fill_hooks

        fill_hooks()
