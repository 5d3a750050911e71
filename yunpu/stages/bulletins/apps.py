from django.apps import AppConfig

from yunpu.kernel.text import mark as _


class BulletinsConfig(AppConfig):
    """Bulletins (简报)."""

    name = "yunpu.stages.bulletins"
    label = "bulletins"
    title = _("简报")
    default_auto_field = "django.db.models.BigAutoField"
