from django.apps import AppConfig

from yunpu.kernel.text import mark as _


class IndicatorsConfig(AppConfig):
    """Figures computed from snapshots by definition (统计指标)."""

    name = "yunpu.stages.indicators"
    label = "indicators"
    title = _("指标")
    default_auto_field = "django.db.models.BigAutoField"
