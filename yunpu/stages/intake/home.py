"""What the intake shows on the home page: files that still wait for a decision."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from yunpu.kernel.text import mark as _
from yunpu.stages.intake.models import Load
from yunpu.ui.hooks import hooks
from yunpu.ui.views import Panel


def read_waiting(request: HttpRequest) -> Any:
    """Checked or refused files of this person's units, the newest first."""
    states = [Load.State.CHECKED, Load.State.REFUSED, Load.State.UPLOADED]
    loads = hooks.scope(request, Load.objects.filter(state__in=states), "import").select_related("unit")[:6]
    return [
        {
            "title": load.name,
            "note": f"{load.get_state_display()} · {load.unit}",
            "url": reverse("intake:load", args=[load.pk]),
        }
        for load in loads
    ]


WAITING = Panel(_("待办：文件"), "ui/home_list.html", read_waiting, order=30)
