"""Entering and changing one record; looking up what a field may hold."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from yunpu.kernel.refusals import Refusal
from yunpu.kernel.text import mark
from yunpu.ui.base import RegisterView
from yunpu.ui.drafts import STATE, drop_draft, find_draft, initial_of_draft, keep_draft
from yunpu.ui.forms import find_choices, initial_of, make_form, state_of
from yunpu.ui.hooks import hooks
from yunpu.ui.registers import Column
from yunpu.ui.values import show, title_of

CHOICES_SHOWN = 20


class UnableToSave(Refusal):
    """A record whose key another one has, perhaps in a batch that is being written."""

    code = "UIX-102"
    headline = mark("不能保存：已有相同关键字的记录，或正有一批相同的数据在写入")
    why = mark("没有写入任何内容。")
    ways_out = ((mark("查找已有的记录，或稍后再试"), ""),)


class FormView(RegisterView):
    """Create or change a record."""

    template = "ui/form.html"
    creating: ClassVar[bool] = False

    def get(self, request: HttpRequest, pk: int = 0) -> HttpResponse:
        record = self._record(pk)
        draft = find_draft(request, self.register, pk)
        made = self._form_class(record)
        if draft is not None and "draft" in request.GET:
            return self._show(made(initial=initial_of_draft(draft)), record, state=draft.typed.get(STATE, ""))
        form = made(initial=initial_of(record, self.register.fields) if record else self._given())
        return self._show(form, record, draft=draft)

    def post(self, request: HttpRequest, pk: int = 0) -> HttpResponse:
        record = self._record(pk)
        form = self._form_class(record)(request.POST)
        if not form.is_valid():
            return self._show(form, record, status=422)
        try:
            with transaction.atomic():
                moved = self._lock(record)
                if moved is not None:
                    return self._show(form, moved, status=409, conflicts=self._conflicts(moved, form))
                saved = self._save(record, form.cleaned_data)
        except ValidationError as error:
            for name, faults in error.message_dict.items():
                form.add_error(name if name in form.fields else None, faults)
            return self._show(form, record, status=422)
        except IntegrityError as error:
            raise UnableToSave from error
        drop_draft(request, self.register, pk)
        messages.success(request, _("已保存“%(record)s”") % {"record": saved})
        return redirect(reverse(self.register.url_name("record"), args=[saved.pk]))

    def _record(self, pk: int) -> Any:
        return None if self.creating else self.get_record(self.register.model, pk, "change")

    def _given(self) -> dict[str, str]:
        """First values that the address names, so that a page can lead to a form half filled in."""
        return {name: self.request.GET[name] for name in self.register.fields if name in self.request.GET}

    def _lock(self, record: Any) -> Any:
        """The record as it stands now, where somebody changed it since the form was opened; None where nobody did."""
        if record is None or "state" not in self.request.POST:
            return None
        stored = type(record)._base_manager.select_for_update().get(pk=record.pk)
        same = state_of(stored, self.register.fields) == self.request.POST["state"]
        return None if same else stored

    def _conflicts(self, stored: Any, form: Any) -> list[tuple[str, str, str]]:
        """Field by field where what is typed and what is stored differ: title, stored now, typed."""
        columns = {column.name: column for column in self.register.list_columns()}
        typed = type(stored)(**form.cleaned_data)
        told = []
        for name in self.register.fields:
            column = columns.get(name, Column(name))
            now, wanted = show(stored, column), show(typed, column)
            if now.text != wanted.text:
                told.append(
                    (title_of(self.register, column), now.full or now.text, wanted.full or wanted.text)
                )
        return told

    def _form_class(self, record: Any) -> Any:
        return make_form(self.register, lambda stored: self.choices(stored, record))

    def _save(self, record: Any, values: dict[str, Any]) -> Any:
        by, at = self.request.user, hooks.now()
        if record is None:
            create = self.register.create or hooks.create
            return create(self.register.model, values, by=by, at=at)
        change = self.register.change or hooks.change
        return change(record, values, by=by, at=at)

    def _show(
        self,
        form: Any,
        record: Any,
        status: int = 200,
        conflicts: Any = None,
        draft: Any = None,
        state: str = "",
    ) -> HttpResponse:
        if record is not None and not state:
            state = state_of(record, self.register.fields)
        if status == 422 and "state" in self.request.POST:
            state = self.request.POST["state"]
        last = hooks.history(record)[:1] if conflicts is not None else []
        told = {"record": record, "state": state, "conflicts": conflicts, "draft": draft, "last": last}
        return self.show(self.context(form=form, draft_url=self._draft_url(record), **told), status=status)

    def _draft_url(self, record: Any) -> str:
        if record is None:
            return reverse(self.register.url_name("create-draft"))
        return reverse(self.register.url_name("draft"), args=[record.pk])


class DraftView(RegisterView):
    """Keep what is being typed into a form, or forget it."""

    creating: ClassVar[bool] = False

    def post(self, request: HttpRequest, pk: int = 0) -> HttpResponse:
        if not self.creating:
            self.get_record(self.register.model, pk, "change")
        if "drop" in request.POST:
            drop_draft(request, self.register, pk)
            name, args = ("create", []) if self.creating else ("change", [pk])
            return redirect(reverse(self.register.url_name(name), args=args))
        keep_draft(request, self.register, pk, at=hooks.now())
        return HttpResponse(status=204)


class ChoicesView(RegisterView):
    """What a field that points to other records may hold, by a part of its name (JSON, for the picker)."""

    def get(self, request: HttpRequest, field: str) -> HttpResponse:
        stored = self._field(field)
        text = request.GET.get("q", "").strip()[:100]
        found = list(find_choices(self.choices(stored), text)[: CHOICES_SHOWN + 1])
        note = ""
        if not found:
            note = _("没有找到，换一个词试试")
        elif len(found) > CHOICES_SHOWN:
            note = _("还有更多，再写几个字")
        choices = [{"value": str(one.pk), "label": str(one)} for one in found[:CHOICES_SHOWN]]
        return JsonResponse({"choices": choices, "note": note})

    def _field(self, name: str) -> models.ForeignKey[Any, Any]:
        """A field of the form or of the filters. Raises Http404."""
        if name not in self.register.pointing_fields():
            raise Http404
        stored = self.register.model._meta.get_field(name)
        assert isinstance(stored, models.ForeignKey)
        return stored
