"""How fresh the records are (数据截至), as every page says at its foot."""

from __future__ import annotations

import datetime as dt

from yunpu.trail.models import Batch


def data_as_of() -> dt.datetime | None:
    """When the newest bulk write came into the records; None where none did."""
    kept = Batch.objects.filter(state=Batch.State.KEPT, kept_at__isnull=False)
    return kept.order_by("-id").values_list("kept_at", flat=True).first()
