"""The base of every view: who may, said once, denied unless allowed."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext
from django.views import View

from yunpu.ui.hooks import hooks
from yunpu.ui.registers import Action, Register, registers_of


class NotForThisPerson(PermissionDenied):
    """A view that this person has no right to; the page says who has it."""

    def __init__(self, needed: str) -> None:
        super().__init__(needed)
        self.needed = needed


class ScopedView(LoginRequiredMixin, View):
    """A view for people with a right. Records come through `scoped`, never from a manager."""

    right: ClassVar[str] = ""
    right_model: ClassVar[type[Model] | None] = None
    template: ClassVar[str] = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        assert self.right, f"{type(self).__name__} names no right"
        if not hooks.may(request, self.right, self.right_model):
            raise NotForThisPerson(self.right)
        return super().dispatch(request, *args, **kwargs)

    def scoped(self, model: type[Model] | QuerySet[Any], action: str = "view") -> QuerySet[Any]:
        """The records of a model that this person may see, or act on."""
        queryset = model if isinstance(model, QuerySet) else model._default_manager.all()
        return hooks.scope(self.request, queryset, action)

    def get_record(self, model: type[Model], pk: int, action: str = "view") -> Any:
        """One record in scope. Raises Http404."""
        found = self.scoped(model, action).filter(pk=pk).first()
        if found is None:
            raise Http404
        return found

    @classmethod
    def in_year(cls, address: str, year: int) -> str:
        """The address of this page for another year; the same where it shows no year."""
        return address

    def show(self, context: dict[str, Any], template: str = "", status: int = 200) -> HttpResponse:
        return render(self.request, template or self.template, context, status=status)


class RegisterView(ScopedView):
    """A view of one register."""

    register: ClassVar[type[Register]]

    def may(self, action: str) -> bool:
        """Whether this person may do something to records of the register at all."""
        return hooks.may(self.request, action, self.register.model)

    def context(self, **more: Any) -> dict[str, Any]:
        register = self.register
        kept = bool(register.fields)
        return {
            "register": register,
            "register_title": gettext(register.shown_title()),
            "siblings": [
                (one, gettext(one.shown_title()), reverse(one.url_name("list")))
                for one in registers_of(register.app())
                if hooks.may(self.request, one.view_right, one.model)
            ],
            "list_url": reverse(register.url_name("list")),
            "may_create": kept and self.may("create"),
            "may_change": kept and self.may("change"),
            "may_remove": kept and self.may("remove"),
            "may_export": self.may(register.take_right()),
            "may_import": bool(register.import_format) and self.may("import"),
            "page_actions": self.list_actions(register.page_actions),
            **more,
        }

    def choices(self, stored: Any, record: Any = None) -> QuerySet[Any]:
        """What a field may point at: where the record's place hangs on it, what this person may write for; else
        what this person sees; and what the record points at already."""
        model, others = self.register.model, stored.related_model._default_manager.all()
        others = others.filter(getattr(stored.related_model, "choosable", Q()))
        hangs_on_itself = stored.related_model is model and getattr(model, "administered", False)  # a tree
        hangs_on_it = stored.name == str(getattr(model, "scope_field", "")).split("__")[0]
        if hangs_on_it and not hangs_on_itself:
            return hooks.scope(self.request, others, self.right, model)
        seen = hooks.scope(self.request, others, *((self.right, model) if hangs_on_itself else ("view",)))
        present = getattr(record, stored.name, None)
        return seen if present is None else others.filter(Q(pk__in=seen.values("pk")) | Q(pk=present.pk))

    def list_actions(self, actions: Any, *args: Any) -> list[tuple[Action, str]]:
        """Those of a register's further actions that this person may do, each with its address."""
        return [(action, reverse(action.url_name, args=args)) for action in actions if self.may(action.right)]

    def import_url(self) -> str:
        """Where a file of this register is uploaded; empty where none can be."""
        if not self.register.import_format:
            return ""
        try:
            return f"{reverse('intake:upload')}?format={self.register.import_format}"
        except NoReverseMatch:
            return ""
