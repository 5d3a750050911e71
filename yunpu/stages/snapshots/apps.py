from django.apps import AppConfig

from yunpu.kernel.text import mark as _


class SnapshotsConfig(AppConfig):
    """Frozen records with digests (快照)."""

    name = "yunpu.stages.snapshots"
    label = "snapshots"
    title = _("快照")
    default_auto_field = "django.db.models.BigAutoField"
