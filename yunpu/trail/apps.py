from django.apps import AppConfig

from yunpu.kernel.text import mark as _


class TrailConfig(AppConfig):
    """Who did what, when (留痕)."""

    name = "yunpu.trail"
    label = "trail"
    title = _("留痕")
    default_auto_field = "django.db.models.BigAutoField"
