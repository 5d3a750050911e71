"""The base of every view: who may, said once, denied unless allowed."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views import View

from yunpu.ui.hooks import hooks


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
            raise PermissionDenied
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

    def show(self, context: dict[str, Any], template: str = "", status: int = 200) -> HttpResponse:
        return render(self.request, template or self.template, context, status=status)
