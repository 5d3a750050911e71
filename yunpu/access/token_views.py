"""Pages of service accounts and their tokens."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from yunpu.access import tokens
from yunpu.access.forms import MachineForm, TokenForm
from yunpu.access.models import Token, User
from yunpu.access.views import UserView, WithReason, person_of
from yunpu.reference.models import Unit
from yunpu.trail.clock import now
from yunpu.ui.base import ScopedView


class NewMachine(ScopedView):
    """Open a service account."""

    right = "administer"
    template = "access/new_machine.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show({"form": self._form()})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self._form(request.POST)
        if not form.is_valid():
            return self.show({"form": form}, status=422)
        machine = tokens.create_machine(by=person_of(request), at=now(), **form.cleaned_data)
        messages.success(request, gettext("机器账号已建。下一步：请安全管理员授权，再发令牌"))
        return redirect("access:users-record", pk=machine.pk)

    def _form(self, given: Any = None) -> MachineForm:
        return MachineForm(given, units=self.scoped(Unit, "administer"))


class IssueToken(UserView):
    """A token for a service account; its secret is shown once."""

    template = "access/issue_token.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.show({"subject": self.account(pk), "form": TokenForm()})

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        machine, form = self.account(pk), TokenForm(request.POST)
        if not form.is_valid():
            return self.show({"subject": machine, "form": form}, status=422)
        token, secret = tokens.issue_token(machine, by=person_of(request), at=now(), **form.cleaned_data)
        response = self.show({"subject": machine, "token": token, "secret": secret}, "access/token.html")
        response["Cache-Control"] = "no-store"
        return response


class EndToken(WithReason):
    """A token that opens nothing from now on."""

    right_model = Token

    def subject(self, pk: int) -> Token:
        found: Token = self.get_record(Token, pk, self.right)
        return found

    def account_of(self, subject: Token) -> User:
        return subject.machine

    def words(self, subject: Token) -> tuple[str, str]:
        return gettext("作废令牌"), gettext("用它的程序马上连不上；作废的记录留着。")

    def act(self, subject: Token, **values: Any) -> None:
        tokens.end_token(subject, **values)
