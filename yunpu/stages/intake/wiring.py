"""Where a record came from, as the screens show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from yunpu.stages.intake.models import Load
from yunpu.trail.models import Sourced
from yunpu.ui.hooks import hooks


def fill_hooks() -> None:
    """Called once, when the apps are ready."""
    hooks.source_of = source_of


def source_of(request: HttpRequest, record: Model) -> Mapping[str, Any] | None:
    """Name, place and address of the file row a record came from; None where it was entered by hand."""
    if not isinstance(record, Sourced) or not record.batch_id:
        return None
    load = hooks.scope(request, Load.objects.filter(batch_id=record.batch_id), "view").first()
    if load is None:
        return None
    url = reverse("intake:cell", args=[record.batch_id, record.row_number])
    place = gettext("%(sheet)s 第 %(row)s 行") % {"sheet": record.sheet_name, "row": record.row_number}
    return {
        "name": load.name,
        "place": place.strip(),
        "url": f"{url}?{urlencode({'sheet': record.sheet_name})}",
    }
