"""What the intake shows on the home page: files that wait for a decision, and what came into the records."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from yunpu.kernel.text import mark as _
from yunpu.stages.intake.models import Load
from yunpu.ui.home import Change, News, Task, Tasks
from yunpu.ui.hooks import hooks

SHOWN = 6
_WAITING = {
    Load.State.CHECKED: _("处理"),
    Load.State.REFUSED: _("查看"),
    Load.State.UPLOADED: _("核对"),
}


def read_waiting(request: HttpRequest) -> list[Task]:
    """Checked or refused files of this person's units."""
    loads = hooks.scope(request, Load.objects.filter(state__in=list(_WAITING)), "import")
    return [
        Task(
            title=load.name,
            note=f"{_state_of(load)} · {load.unit}",
            url=reverse("intake:load", args=[load.pk]),
            verb=gettext(_WAITING[Load.State(load.state)]),
            since=load.at,
            tone="bad" if load.error_count or load.state == Load.State.REFUSED else "",
        )
        for load in loads.select_related("unit")[:50]
    ]


def read_loaded(request: HttpRequest) -> list[Change]:
    """The newest files that came into the records."""
    loads = hooks.scope(request, Load.objects.filter(state=Load.State.KEPT), "view")
    return [
        Change(
            gettext("导入 %(file)s") % {"file": load.name},
            f"{load.by_name} · {load.unit}",
            reverse("intake:load", args=[load.pk]),
            load.at,
        )
        for load in loads.select_related("unit").order_by("-id")[:SHOWN]
    ]


def _state_of(load: Load) -> str:
    if load.error_count:
        return gettext("%(count)s 处必须改，尚未导入任何一行") % {"count": load.error_count}
    return str(load.get_state_display())


WAITING = Tasks(read_waiting, order=30)
LOADED = News(read_loaded, order=30)
