"""What the stage gives to the screens below it, and what it forbids them."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db.models.signals import pre_delete
from django.http import HttpRequest

from yunpu.access.scope import Way, add_way
from yunpu.kernel.text import mark as _
from yunpu.stages.records.models import Run
from yunpu.stages.records.refusals import UnableToRemoveWhileRunning
from yunpu.stages.records.registry import list_processes
from yunpu.stages.records.taking import named_in_runs
from yunpu.ui.hooks import hooks


def fill_hooks() -> None:
    """Called once, when the apps are ready."""
    hooks.record_parts.append(_part_of_record)
    add_way(Way(_("您看得到它，因为它的一个办理环节点名请您办理或会签"), named_in_runs))
    for label in sorted({process.model for process in list_processes()}):
        pre_delete.connect(
            refuse_while_running, sender=apps.get_model(label), dispatch_uid=f"records-running-{label}"
        )


def refuse_while_running(sender: Any, instance: Any, **_more: Any) -> None:
    """A record that is being worked on is not removed, neither alone nor with many."""
    run = Run.objects.filter(
        object_type=sender._meta.label_lower, object_id=instance.pk, outcome=Run.Outcome.OPEN
    ).first()
    if run is not None:
        raise UnableToRemoveWhileRunning(record=str(instance), run=run.pk)


def _part_of_record(request: HttpRequest, record: Any) -> str:
    from yunpu.stages.records.views import (
        show_on_record,
    )  # screens are loaded when the first address is asked for

    return show_on_record(request, record)
