from django.apps import AppConfig

from yunpu.kernel.text import mark as _


class BulletinsConfig(AppConfig):
    """Bulletins (简报)."""

    name = "yunpu.stages.bulletins"
    label = "bulletins"
    title = _("简报")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the lineage of figures where they were printed."""
        from yunpu.stages.bulletins.publications import list_issues
        from yunpu.stages.indicators import publications

        publications.register(list_issues)
