"""Sign-in, own settings, users and grants."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import View

from yunpu.access import operations
from yunpu.access.forms import NewUserForm, PasswordForm, SettingsForm
from yunpu.access.models import Grant, User
from yunpu.reference.models import Unit
from yunpu.trail.clock import now
from yunpu.ui.base import ScopedView
from yunpu.ui.registers import Action, Column, Panel, Register


class SignIn(LoginView):
    """The sign-in page: one sentence for every failure."""

    template_name = "access/sign_in.html"
    redirect_authenticated_user = True


class SignOut(LoginRequiredMixin, View):
    """Sign out, by POST only."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        logout(request)
        return redirect("access:sign-in")


class ChangePassword(LoginRequiredMixin, View):
    """A new password, also at the first sign-in."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(request, PasswordForm(user=_user(request)))

    def post(self, request: HttpRequest) -> HttpResponse:
        user = _user(request)
        form = PasswordForm(request.POST, user=user)
        if not form.is_valid():
            return self._show(request, form, 422)
        operations.change_password(user, form.cleaned_data["password"], at=now())
        update_session_auth_hash(request, user)
        messages.success(request, gettext("密码已改"))
        return redirect("home")

    def _show(self, request: HttpRequest, form: PasswordForm, status: int = 200) -> HttpResponse:
        return render(request, "access/password.html", {"form": form}, status=status)


class Profile(LoginRequiredMixin, View):
    """Language, theme, roles."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user = _user(request)
        return self._show(request, SettingsForm(initial={"language": user.language, "theme": user.theme}))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SettingsForm(request.POST)
        if not form.is_valid():
            return self._show(request, form, 422)
        operations.change_settings(_user(request), at=now(), **form.cleaned_data)
        translation.activate(form.cleaned_data["language"])
        messages.success(request, gettext("设置已保存"))
        return redirect("access:profile")

    def _show(self, request: HttpRequest, form: SettingsForm, status: int = 200) -> HttpResponse:
        grants = Grant.objects.filter(user=_user(request)).select_related("unit")
        return render(request, "access/profile.html", {"form": form, "grants": grants}, status=status)


class Language(LoginRequiredMixin, View):
    """Switch the language or the theme and stay on the page."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        theme = request.POST.get("theme", "")
        if theme in ("auto", "light", "dark"):
            operations.change_settings(_user(request), at=now(), theme=theme)
        else:
            language = "en" if request.POST.get("language") == "en" else "zh-hans"
            operations.change_settings(_user(request), at=now(), language=language)
        back = request.headers.get("Referer", "/")
        return redirect(back if back.startswith(f"{request.scheme}://{request.get_host()}/") else "/")


class NewUser(ScopedView):
    """Open an account; its one-time secret is shown once."""

    right = "administer"
    template = "access/new_user.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show({"form": self._form()})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self._form(request.POST)
        if not form.is_valid():
            return self.show({"form": form}, status=422)
        values, by, at = form.cleaned_data, _user(request), now()
        user, secret = operations.create_user(
            username=values["username"], name=values["name"], unit=values["unit"], by=by, at=at
        )
        operations.give_role(user=user, role=values["role"], unit=values["role_unit"], by=by, at=at)
        return self.show({"opened": user, "secret": secret})

    def _form(self, given: Any = None) -> NewUserForm:
        return NewUserForm(given, units=self.scoped(Unit, "administer"))


class ResetPassword(ScopedView):
    """A new one-time secret for somebody who forgot the password."""

    right = "administer"
    template = "access/new_user.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.show({"resetting": self.get_record(User, pk, "administer")})

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = self.get_record(User, pk, "administer")
        return self.show(
            {"opened": user, "secret": operations.reset_password(user, by=_user(request), at=now())}
        )


class Users(Register):
    model = User
    slug = "users"
    title = _("用户")
    columns = (
        Column("username", link=True),
        Column("name"),
        Column("unit"),
        Column("is_active"),
        Column("last_login"),
    )
    filters = ("unit", "is_active")
    sorts = ("username",)
    default_sort = "username"
    related = ("unit",)
    panels = (Panel("access.grants", "user"),)
    actions = (Action(_("重设密码"), "access:reset-password", right="administer", icon="lock"),)
    page_actions = (Action(_("新建用户"), "access:new-user", right="administer", icon="plus"),)
    view_right = "administer"


class Grants(Register):
    model = Grant
    slug = "grants"
    title = _("授权")
    columns = (
        Column("user", link=True),
        Column("role"),
        Column("unit"),
        Column("valid_from"),
        Column("valid_to"),
    )
    filters = ("role", "unit")
    sorts = ("valid_from",)
    default_sort = "-valid_from"
    related = ("user", "unit")
    view_right = "administer"


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
