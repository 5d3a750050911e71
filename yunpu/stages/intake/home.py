"""What the intake shows on the home page: files that wait for a decision, and what came into the records."""

from __future__ import annotations

from django.db.models import Count, Max
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from yunpu.kernel.text import mark as _
from yunpu.stages.intake.models import Load
from yunpu.ui.home import MOST_TASKS, Change, News, Signal, Signals, Step, Task, Tasks, View, Views
from yunpu.ui.hooks import hooks

SHOWN = 6
UNITS_NAMED, UNITS_SHOWN = 3, 8
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
        for load in loads.select_related("unit")[:MOST_TASKS]
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


def read_signals(request: HttpRequest) -> list[Signal]:
    """Files of the person's units that hold faults, so that nothing of them came in."""
    loads = hooks.scope(request, Load.objects.filter(state__in=list(_WAITING), error_count__gt=0), "view")
    faulty = list(loads.select_related("unit").order_by("-id")[:MOST_TASKS])
    if not faulty:
        return []
    units = gettext("、").join(dict.fromkeys(str(load.unit) for load in faulty[:UNITS_NAMED]))
    headline = gettext("%(count)s 份表格有错，一行也没有入账") % {"count": len(faulty)}
    note = gettext("%(units)s；改好以前，数字里没有它们。") % {"units": units}
    return [Signal("warn", headline, note, f"{reverse('intake:loads-list')}?state={Load.State.CHECKED}")]


def read_views(request: HttpRequest) -> list[View]:
    """What each unit brought in, and when last; the unit that waited longest first."""
    loads = hooks.scope(request, Load.objects.filter(state=Load.State.KEPT), "view")
    found = (
        loads.order_by()
        .values("unit_id", "unit__short_name", "unit__name")
        .annotate(files=Count("pk"), last=Max("at"))
        .order_by("last", "unit_id")[:UNITS_SHOWN]
    )
    rows = [
        (
            f"{reverse('intake:loads-list')}?unit={one['unit_id']}&state={Load.State.KEPT}",
            (
                one["unit__short_name"] or one["unit__name"],
                f"{one['files']:,}",
                timezone.localtime(one["last"]).strftime("%m-%d %H:%M"),
            ),
        )
        for one in found
    ]
    if not rows:
        return []
    heads = (gettext("单位"), gettext("文件（份）"), gettext("最近入账"))
    return [
        View(
            gettext("数据接入"),
            gettext("最久没有更新的在前"),
            heads=heads,
            rows=rows,
            more_url=reverse("intake:loads-list"),
            more=gettext("全部上传记录"),
        )
    ]


def _done(request: HttpRequest) -> str:
    count = hooks.scope(request, Load.objects.filter(state=Load.State.KEPT), "view").count()
    return gettext("已入账 %(count)s 份文件") % {"count": f"{count:,}"} if count else ""


SIGNALS = Signals(read_signals, order=30)
VIEWS = Views(read_views, order=30)
UPLOAD = Step(
    _("接入数据"),
    _("上传手头的表格，或先下载空白模板填好"),
    "intake:upload",
    _("上传文件"),
    "import",
    _done,
    order=10,
)
WAITING = Tasks(read_waiting, order=30)
LOADED = News(read_loaded, order=30)
