from django.apps import AppConfig

from yunpu.kernel.text import mark as _


class ReferenceConfig(AppConfig):
    """Shared identities (基础信息)."""

    name = "yunpu.reference"
    label = "reference"
    title = _("基础信息")
    default_auto_field = "django.db.models.BigAutoField"
