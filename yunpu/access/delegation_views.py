"""Pages of acting for an absent colleague: one's own, and what who gives roles arranges for somebody."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views import View

from yunpu.access import delegation
from yunpu.access.forms import DelegationForm
from yunpu.access.models import Delegation, User
from yunpu.access.views import UserView
from yunpu.trail import clock
from yunpu.trail.clock import now
from yunpu.trail.operations import operation


class Delegations(LoginRequiredMixin, View):
    """Who acts for me, for whom I may act, and a form to arrange it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(request, DelegationForm(absent=_person(request)))

    def post(self, request: HttpRequest) -> HttpResponse:
        user = _person(request)
        form = DelegationForm(request.POST, absent=user)
        if not form.is_valid():
            return self._show(request, form, 422)
        given = delegation.delegate(user, by=user, at=now(), **form.cleaned_data)
        messages.success(request, gettext("已设代理：%(given)s") % {"given": given})
        return redirect("access:delegations")

    def _show(self, request: HttpRequest, form: DelegationForm, status: int = 200) -> HttpResponse:
        user, today = _person(request), clock.today()
        current = Delegation.objects.filter(valid_to__gt=today).select_related("absent", "substitute")
        context = {
            "form": form,
            "given": current.filter(absent=user).order_by("valid_from", "pk"),
            "taken": [
                (one, one.valid_from <= today and one.absent.is_active)
                for one in current.filter(substitute=user).order_by("valid_from", "pk")
            ],
        }
        return render(request, "access/delegations.html", context, status=status)


class DelegateFor(UserView):
    """Arrange a substitute for somebody who cannot do it: who gives roles may."""

    right = "grant"
    template = "access/delegate_for.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = self.account(pk)
        return self.show({"subject": user, "form": DelegationForm(absent=user)})

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = self.account(pk)
        form = DelegationForm(request.POST, absent=user)
        if not form.is_valid():
            return self.show({"subject": user, "form": form}, status=422)
        given = delegation.delegate(user, by=_person(request), at=now(), **form.cleaned_data)
        messages.success(request, gettext("已设代理：%(given)s") % {"given": given})
        return redirect("access:users-record", pk=pk)


class OwnDelegation(LoginRequiredMixin, View):
    """Something done with a delegation of one's own, by POST only."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = _person(request)
        mine = Q(absent=user) | Q(substitute=user)
        found = Delegation.objects.filter(mine, pk=pk).select_related("absent__unit", "substitute").first()
        if found is None:
            raise Http404
        return self.act(request, user, found)

    def act(self, request: HttpRequest, user: User, found: Delegation) -> HttpResponse:
        raise NotImplementedError


class EndDelegation(OwnDelegation):
    """The absent person is back, or the substitute cannot go on."""

    def act(self, request: HttpRequest, user: User, found: Delegation) -> HttpResponse:
        delegation.end_delegation(found, by=user, at=now())
        messages.success(request, gettext("代理已结束"))
        return redirect("access:delegations")


class StartActing(OwnDelegation):
    """Act for the absent person from now on."""

    def act(self, request: HttpRequest, user: User, found: Delegation) -> HttpResponse:
        if delegation.find_in_force(user, found.pk, clock.today()) is None:
            raise Http404
        with operation("access.acting-started", by=user, at=now()) as note:
            note.act(found.absent, until=found.valid_to)
        request.session[delegation.ACTING] = found.pk
        return redirect("home")


class StopActing(LoginRequiredMixin, View):
    """Be oneself again."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        user = _person(request)
        chosen = user.acting_for
        if chosen is not None:
            with operation("access.acting-stopped", by=user, at=now()) as note:
                note.act(chosen.absent)
            del request.session[delegation.ACTING]
        return redirect(reverse("access:delegations"))


def _person(request: HttpRequest) -> Any:
    assert isinstance(request.user, User)
    return request.user
