from django.apps import AppConfig

from yunpu.kernel.text import mark as _


class UiConfig(AppConfig):
    """Generic screens (界面)."""

    name = "yunpu.ui"
    label = "ui"
    title = _("界面")
    default_auto_field = "django.db.models.BigAutoField"
