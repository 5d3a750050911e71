"""The picture of a process (流程图), drawn from its declaration: SVG markup by classes, no inline style.

From above to below: each step a box with its title and who takes it, the verb that leads on beside the arrow, what it
needs and how it stands to the right; on the left the way back to earlier steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.apps import apps
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yunpu.access.models import Role
from yunpu.kernel.money import show_money
from yunpu.stages.records.declaring import At, Process, Step, Who
from yunpu.stages.records.queries import Standing

ROW, BOX_HEIGHT, TOP = 96, 56, 12
BOX_LEFT, BOX_WIDTH = 64, 200
WIDTH = 760


@dataclass(frozen=True)
class Box:
    """One step as it is drawn."""

    title: str
    who: str
    verb: str
    lines: tuple[str, ...]
    top: int
    tone: str
    standing: Standing | None
    is_optional: bool
    goes_back: bool

    @property
    def middle(self) -> int:
        return self.top + BOX_HEIGHT // 2

    @property
    def bottom(self) -> int:
        return self.top + BOX_HEIGHT

    @property
    def below(self) -> int:
        """Where the next box begins."""
        return self.top + ROW

    @property
    def line_tops(self) -> list[tuple[int, str]]:
        """Where each line beside the box stands, centred on the box."""
        first = self.middle + 5 - 9 * (len(self.lines) - 1)
        return [(first + 18 * place, line) for place, line in enumerate(self.lines)]


def draw(
    process: Process,
    standings: Mapping[str, Standing] | None = None,
    *,
    here: str = "",
    done: frozenset[str] = frozenset(),
    is_ended: bool = False,
) -> SafeString:
    """The picture of a process; of one run where `here` and `done` say how far it is."""
    boxes = [
        Box(
            title=_(step.title),
            who=who_takes(step.who),
            verb=_(step.verb),
            lines=tuple(rules_of(process, step)),
            top=TOP + ROW * place,
            tone="here" if step.code == here else "done" if step.code in done else "",
            standing=standings.get(step.code) if standings else None,
            is_optional=step.only is not None,
            goes_back=place > 0,
        )
        for place, step in enumerate(process.steps)
    ]
    context = {
        "boxes": boxes,
        "title": _(process.title),
        "end": _(process.end),
        "is_ended": is_ended,
        "end_top": TOP + ROW * len(boxes),
        "height": TOP + ROW * len(boxes) + 48,
        "width": WIDTH,
        "left": BOX_LEFT,
        "box_width": BOX_WIDTH,
        "box_height": BOX_HEIGHT,
        "centre": BOX_LEFT + BOX_WIDTH // 2,
        "right": BOX_LEFT + BOX_WIDTH,
    }
    return render_to_string("records/picture.html", context)


def who_takes(who: Who) -> str:
    """Who takes a step, in words."""
    role = str(Role(who.role).label)
    return (
        _("上级单位%(role)s") % {"role": role}
        if who.at == At.PARENT
        else _("本单位%(role)s") % {"role": role}
    )


def rules_of(process: Process, step: Step) -> list[str]:
    """What a step needs, in short lines."""
    lines = []
    if step.days:
        lines.append(ngettext("%(days)s 个工作日内", "%(days)s 个工作日内", step.days) % {"days": step.days})
    if step.days_from:
        named = apps.get_model(process.model)._meta.get_field(step.days_from).verbose_name
        lines[-1] += _("，从%(date)s起算") % {"date": _(str(named))}
    if step.clock_may_stop:
        lines[-1] += _("，可停计")
    if step.not_by:
        names = _("、").join(_(process.step(code).title) for code in step.not_by)
        lines.append(_("不能由办过%(steps)s的人办") % {"steps": names})
    if step.opinions:
        lines.append(_("会签：") + _("、").join(who_takes(who) for who in step.opinions))
    if step.only is not None:
        lines.append(_("金额超过 %(amount)s 元时") % {"amount": show_money(step.only.fen, "元")})
    if step.papers:
        lines.append(_("须附：") + _("、").join(_(paper.title) for paper in step.papers))
    if step.may_turn_down:
        lines.append(_("可不予通过"))
    return lines
