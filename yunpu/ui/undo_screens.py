"""Undoing by hand: what was removed is put back, what a register's own operation changed gets its former values.

A bulk change by the trail's own operation is undone in `bulk_screens`, as the batch it is.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark
from yunpu.ui.base import RegisterView
from yunpu.ui.forms import ReasonForm
from yunpu.ui.hooks import hooks
from yunpu.ui.middleware import REQUEST_ID
from yunpu.ui.registers import Register

PREVIEWED = 8


class UnableToUndoChanges(Refusal):
    """Changes of which none can be taken back."""

    code = "UIX-106"
    headline = mark("不能撤销：其中的记录之后都改过或已经删除")
    why = mark("撤销只恢复之后没有再改过的记录，没有改动任何记录。")
    ways_out = ((mark("打开记录逐条修改"), "%(list_url)s"),)


class UnableToChangeOne(Refusal):
    """A record of the selection that its register's own rules keep as it is."""

    code = "UIX-105"
    headline = mark("不能批量修改：“%(record)s”改后不符合规定：%(faults)s")
    why = mark("批量修改整批成功或整批不改，没有改动任何记录。")
    ways_out = ((mark("去掉这条记录再试"), "%(list_url)s"),)


def change_one(
    register: type[Register], record: Any, values: dict[str, Any], *, by: Any, at: Any, reason: str
) -> None:
    """Give one record some values by its register's own operation. Raises UnableToChangeOne."""
    assert register.change is not None
    whole = {name: getattr(record, name) for name in register.fields} | values
    try:
        register.change(record, whole, by=by, at=at, reason=reason)
    except ValidationError as error:
        raise UnableToChangeOne(
            record=str(record),
            faults="；".join(error.messages),
            list_url=reverse(register.url_name("list")),
        ) from error


def _hangs_on(model: type[models.Model]) -> models.ForeignKey[Any, Any] | None:
    """The field by which a record stands in somebody's scope: the first step to its unit; in the tree of units, its
    parent. None for a shared identity."""
    path = getattr(model, "scope_field", None)
    if path is not None:
        stored = model._meta.get_field(path.split("__")[0])
        assert isinstance(stored, models.ForeignKey), f"{model}: its scope hangs on another record"
        return stored
    own = [one for one in model._meta.concrete_fields if isinstance(one, models.ForeignKey)]
    tree = [one for one in own if one.related_model is model]
    return tree[0] if tree and getattr(model, "administered", False) else None


def say_undoable(view: RegisterView, said: str, *, undoable: bool = True) -> None:
    """Say what was done, with the way to undo it where there is one."""
    if not undoable:
        messages.success(view.request, said)
        return
    event = hooks.first_event(view.request.user, view.request.META.get(REQUEST_ID, ""))
    undo = reverse(view.register.url_name("undo"), args=[event])
    messages.success(view.request, format_html('{} <a href="{}">{}</a>', said, undo, _("撤销")))


class UndoView(RegisterView):
    """Undo a removal, or changes by the register's own operation, with a reason."""

    template = "ui/undo.html"

    def get(self, request: HttpRequest, event: int) -> HttpResponse:
        return self._show(self._found(event), ReasonForm())

    def post(self, request: HttpRequest, event: int) -> HttpResponse:
        act = self._found(event)
        form = ReasonForm(request.POST)
        if not form.is_valid():
            return self._show(act, form, status=422)
        reason = form.cleaned_data["reason"]
        done, left = self._restore(act, reason) if act.removed else self._change_back(act, reason)
        said = _("已恢复 %(count)s 条") % {"count": len(done)}
        if left:
            said += _("；%(count)s 条之后又改过，没有动") % {"count": left}
        messages.success(request, said)
        only = reverse(self.register.url_name("record"), args=[done[0].pk]) if len(done) == 1 else ""
        return redirect(only or reverse(self.register.url_name("list")))

    def _found(self, event: int) -> Any:
        """The act, if every record of it was in scope. Raises Http404."""
        act = hooks.find_act(self.register.model, event)
        own = act is not None and (act.removed or self.register.change is not None)
        if act is None or not own or not self._reaches(act):
            raise Http404
        return act

    def _reaches(self, act: Any) -> bool:
        """Whether this person may write every record of an act, as it stood."""
        model = self.register.model
        if not act.removed:
            numbers = [row.object_id for row in act.rows]
            allowed = self.scoped(model, "change").filter(pk__in=numbers).count()
            return 0 < allowed == model._base_manager.filter(pk__in=numbers).count()
        if not self.may("create"):
            return False
        stored = _hangs_on(model)
        if stored is None:  # a shared identity
            return True
        there = model._base_manager.filter(pk__in=[row.object_id for row in act.rows])
        known = set(there.values_list("pk", flat=True))
        if self.scoped(model, "change").filter(pk__in=known).count() < len(known):
            return False
        values = {row.before[stored.name] for row in act.rows if row.object_id not in known}
        others: Any = stored.related_model
        allowed_for = hooks.scope(self.request, others._default_manager.all(), "create", model)
        return int(allowed_for.filter(**{f"{stored.target_field.name}__in": values}).count()) == len(values)

    def _restore(self, act: Any, reason: str) -> tuple[list[Any], int]:
        by, at = self.request.user, hooks.now()
        done, left = hooks.restore(self.register.model, act, by=by, at=at, reason=reason)
        return done, left

    def _change_back(self, act: Any, reason: str) -> tuple[list[Any], int]:
        records = self.scoped(self.register.model, "change").in_bulk([row.object_id for row in act.rows])
        done = []
        with transaction.atomic():
            for row in act.rows:
                record = records.get(row.object_id)
                values = None if record is None else hooks.former_values(record, row)
                if values is None:
                    continue
                kept = {name: value for name, value in values.items() if name in self.register.fields}
                change_one(self.register, record, kept, by=self.request.user, at=hooks.now(), reason=reason)
                done.append(record)
        if not done:
            raise UnableToUndoChanges(list_url=reverse(self.register.url_name("list")))
        return done, len(act.rows) - len(done)

    def _show(self, act: Any, form: ReasonForm, status: int = 200) -> HttpResponse:
        names = [self._name(row) for row in act.rows[:PREVIEWED]]
        return self.show(self.context(act=act, names=names, form=form), status=status)

    def _name(self, row: Any) -> str:
        """What a record was called: of one that is gone, as its values make it."""
        model = self.register.model
        record = model._base_manager.filter(pk=row.object_id).first()
        if record is None:
            record = model(pk=row.object_id)
            for name, value in row.before.items():
                stored: Any = model._meta.get_field(name)
                setattr(record, stored.attname, stored.to_python(value))
        return str(record)
