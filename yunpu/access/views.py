"""Sign-in, own settings, users and grants."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import View

from yunpu.access import operations, second_factor
from yunpu.access.forms import NewUserForm, PasswordForm, RoleForm, SettingsForm
from yunpu.access.models import Delegation, Grant, Token, User
from yunpu.access.rights import ACTION_TITLES, RIGHTS, SEPARATED, SHEETS
from yunpu.access.sessions import follow_key
from yunpu.access.signing_in import complete_sign_in, wait_for_factor
from yunpu.reference.models import Unit
from yunpu.trail import clock
from yunpu.trail.clock import now
from yunpu.ui.base import ScopedView
from yunpu.ui.forms import ReasonForm
from yunpu.ui.registers import Action, Column, Panel, Register


class SignIn(LoginView):
    """The sign-in page: one sentence for every failure. Signing in is an operation with its event."""

    template_name = "access/sign_in.html"
    redirect_authenticated_user = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the door, in the language asked for: who cannot read it cannot come in."""
        asked = request.GET.get("language", "")
        if asked in dict(settings.LANGUAGES):
            response = redirect(_without(request, "language"))
            response.set_cookie(settings.LANGUAGE_COOKIE_NAME, asked, httponly=True, samesite="Lax")
            return response
        return super().get(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user: Any = form.get_user()
        if second_factor.has_one(user):
            wait_for_factor(self.request, user, self.get_success_url())
            return redirect("access:prove-factor")
        complete_sign_in(self.request, user, factor="", at=now())
        return redirect(self.get_success_url())

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        other = "zh-hans" if translation.get_language() == "en" else "en"
        return super().get_context_data(
            other_url=_without(self.request, "language", language=other),
            idle="idle" in self.request.GET,
            lock=_lock_words(),
            **more,
        )


def locked_out(request: HttpRequest, _response: Any = None, credentials: Any = None) -> HttpResponse:
    """What somebody sees after five failures: until when, and what to do."""
    username = (credentials or {}).get("username", "")
    tried = AccessAttempt.objects.filter(
        username=username, ip_address=request.META.get("REMOTE_ADDR"), failures_since_start__gt=0
    )
    last = tried.order_by("-attempt_time").values_list("attempt_time", flat=True).first() or timezone.now()
    until = timezone.localtime(last + settings.AXES_COOLOFF_TIME)
    return render(
        request, "access/locked_out.html", {"until": f"{until:%H:%M}", "lock": _lock_words()}, status=429
    )


def _lock_words() -> dict[str, int]:
    """Failures until the lock, and its minutes, as the pages say them."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    return {"failures": settings.AXES_FAILURE_LIMIT, "minutes": minutes}


def _without(request: HttpRequest, *names: str, **more: str) -> str:
    """This address with some parameters taken out and others put in."""
    given = {key: value for key, value in request.GET.items() if key not in names} | more
    return f"{request.path}?{urlencode(given)}" if given else request.path


class SignOut(LoginRequiredMixin, View):
    """Sign out, by POST only."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        logout(request)
        return redirect("access:sign-in")


class ChangePassword(LoginRequiredMixin, View):
    """A new password, also at the first sign-in."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(request, PasswordForm(user=person_of(request)))

    def post(self, request: HttpRequest) -> HttpResponse:
        user = person_of(request)
        form = PasswordForm(request.POST, user=user)
        if not form.is_valid():
            return self._show(request, form, 422)
        here = request.session.session_key
        operations.change_password(user, form.cleaned_data["password"], here=here, at=now())
        update_session_auth_hash(request, user)
        follow_key(here, request)
        messages.success(request, gettext("密码已改"))
        return redirect("home")

    def _show(self, request: HttpRequest, form: PasswordForm, status: int = 200) -> HttpResponse:
        return render(request, "access/password.html", {"form": form}, status=status)


class Profile(LoginRequiredMixin, View):
    """Language, theme, roles."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user = person_of(request)
        return self._show(request, SettingsForm(initial={"language": user.language, "theme": user.theme}))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SettingsForm(request.POST)
        if not form.is_valid():
            return self._show(request, form, 422)
        operations.change_settings(person_of(request), at=now(), **form.cleaned_data)
        translation.activate(form.cleaned_data["language"])
        messages.success(request, gettext("设置已保存"))
        return redirect("access:profile")

    def _show(self, request: HttpRequest, form: SettingsForm, status: int = 200) -> HttpResponse:
        user = person_of(request)
        context = {
            "form": form,
            "grants": [(grant, _standing(grant)) for grant in user.grants.select_related("unit")],
        }
        return render(request, "access/profile.html", context, status=status)


class Language(LoginRequiredMixin, View):
    """Switch the language or the theme and stay on the page."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        theme = request.POST.get("theme", "")
        if theme in ("auto", "light", "dark"):
            operations.change_settings(person_of(request), at=now(), theme=theme)
        else:
            language = "en" if request.POST.get("language") == "en" else "zh-hans"
            operations.change_settings(person_of(request), at=now(), language=language)
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
        values, by, at = form.cleaned_data, person_of(request), now()
        user, secret = operations.create_user(
            username=values["username"],
            name=values["name"],
            unit=values["unit"],
            enterprise=values["credit_code"],
            by=by,
            at=at,
        )
        return _shown_once(self, user, secret)

    def _form(self, given: Any = None) -> NewUserForm:
        return NewUserForm(given, units=self.scoped(Unit, "administer"))


class UserView(ScopedView):
    """A view of one account in scope."""

    right = "administer"
    right_model = User
    template = "access/confirm.html"

    def account(self, pk: int) -> User:
        found: User = self.get_record(User, pk, self.right)
        return found


class ResetPassword(UserView):
    """A new one-time secret for somebody who forgot the password."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = self.account(pk)
        return self.show(
            {
                "subject": user,
                "title": gettext("重设密码"),
                "words": gettext("会得到一个新的一次性密码，原密码立即失效。"),
                "form": None,
                "back": reverse("access:users-record", args=[pk]),
            }
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = self.account(pk)
        return _shown_once(self, user, operations.reset_password(user, by=person_of(request), at=now()))


class GiveRole(UserView):
    """Give somebody a role at a unit, for a time."""

    right = "grant"
    template = "access/give_role.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = self.account(pk)
        return self.show({"subject": user, "form": self._form(initial={"role_unit": user.unit_id})})

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        user, form = self.account(pk), self._form(request.POST)
        if not form.is_valid():
            return self.show({"subject": user, "form": form}, status=422)
        grant = _give(user, form.cleaned_data, by=person_of(request), at=now())
        messages.success(request, gettext("已授权：%(grant)s") % {"grant": grant})
        return redirect("access:users-record", pk=pk)

    def _form(self, given: Any = None, **more: Any) -> RoleForm:
        return RoleForm(given, units=self.scoped(Unit, "grant"), **more)


class WithReason(ScopedView):
    """Something about a person that needs a reason: a page that says what will happen, and a field."""

    right = "administer"
    template = "access/confirm.html"

    def subject(self, pk: int) -> Any:
        """What it is about."""
        raise NotImplementedError

    def account_of(self, subject: Any) -> User:
        """Whose page one comes from and goes back to."""
        raise NotImplementedError

    def words(self, subject: Any) -> tuple[str, str]:
        """What will happen: a title and a sentence."""
        raise NotImplementedError

    def act(self, subject: Any, **values: Any) -> None:
        """Do it: `by`, `at`, `reason`."""
        raise NotImplementedError

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._ask(self.subject(pk), ReasonForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        subject, form = self.subject(pk), ReasonForm(request.POST)
        if not form.is_valid():
            return self._ask(subject, form, 422)
        title, _sentence = self.words(subject)
        self.act(subject, by=person_of(request), at=now(), reason=form.cleaned_data["reason"])
        messages.success(request, gettext("%(what)s：%(subject)s") % {"what": title, "subject": subject})
        return redirect("access:users-record", pk=self.account_of(subject).pk)

    def _ask(self, subject: Any, form: ReasonForm, status: int = 200) -> HttpResponse:
        title, sentence = self.words(subject)
        back = reverse("access:users-record", args=[self.account_of(subject).pk])
        return self.show(
            {"subject": subject, "title": title, "words": sentence, "form": form, "back": back},
            status=status,
        )


class CloseOrOpen(WithReason):
    """Close an open account, open a closed one again."""

    def subject(self, pk: int) -> User:
        found: User = self.get_record(User, pk, self.right)
        return found

    def account_of(self, subject: User) -> User:
        return subject

    def words(self, subject: User) -> tuple[str, str]:
        if subject.is_active:
            return gettext("停用账号"), gettext(
                "这个人将不能再登录；做过的事和留下的痕迹都在。以后可以再启用。"
            )
        return gettext("启用账号"), gettext("这个人又能用原来的密码登录，角色照旧。")

    def act(self, subject: User, **values: Any) -> None:
        act = operations.close_account if subject.is_active else operations.open_account
        act(subject, **values)


class EndRole(WithReason):
    """End a grant today."""

    right = "grant"

    def subject(self, pk: int) -> Grant:
        found: Grant = self.get_record(Grant, pk, self.right)
        return found

    def account_of(self, subject: Grant) -> User:
        return subject.user

    def words(self, subject: Grant) -> tuple[str, str]:
        return gettext("结束授权"), gettext("从今天起这个角色不再有效；授权的记录留着。")

    def act(self, subject: Grant, **values: Any) -> None:
        operations.end_role(subject, **values)


def _give(user: User, values: dict[str, Any], **by_at: Any) -> Grant:
    return operations.give_role(
        user=user,
        role=values["role"],
        unit=values["role_unit"],
        register=values["register"],
        valid_from=values["valid_from"],
        valid_to=values["valid_to"],
        **by_at,
    )


def _shown_once(view: ScopedView, user: User, secret: str) -> HttpResponse:
    """The page with a one-time secret: kept nowhere, neither by the browser."""
    response = view.show({"opened": user, "secret": secret}, "access/secret.html")
    response["Cache-Control"] = "no-store"
    return response


def _standing(grant: Grant) -> str:
    """Whether a grant is in force, ahead, or over, in words."""
    today = clock.today()
    if grant.valid_from > today:
        return gettext("还没开始")
    return gettext("有效") if grant.valid_to is None or grant.valid_to > today else gettext("已结束")


class Roles(ScopedView):
    """What each role may do: the shipped table, as it holds."""

    right = "read-users"
    template = "access/roles.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        head = [sheet.role.label for sheet in SHEETS]
        rows = [
            (title, action.value, [action in RIGHTS[sheet.role] for sheet in SHEETS])
            for action, title in ACTION_TITLES.items()
        ]
        return self.show({"sheets": SHEETS, "head": head, "rows": rows, "separated": SEPARATED})


class Users(Register):
    model = User
    slug = "users"
    title = _("用户")
    columns = (
        Column("username", link=True),
        Column("name"),
        Column("unit"),
        Column("enterprise", shown=False),
        Column("is_machine", shown=False),
        Column("is_active"),
        Column("last_login"),
    )
    filters = ("unit", "is_active", "is_machine")
    sorts = ("username",)
    default_sort = "username"
    related = ("unit", "enterprise")
    panels = (
        Panel("access.grants", "user"),
        Panel("access.delegated", "absent"),
        Panel("access.tokens", "machine"),
    )
    actions = (
        Action(_("能做什么"), "access:person-rights", right="read-users", icon="list"),
        Action(_("授权"), "access:give-role", right="grant", icon="shield"),
        Action(_("发放令牌"), "access:issue-token", right="administer", icon="key"),
        Action(_("安排代理"), "access:delegate-for", right="grant", icon="user-check"),
        Action(_("重设密码"), "access:reset-password", right="administer", icon="lock"),
        Action(_("重置第二因素"), "access:reset-factors", right="grant", icon="key"),
        Action(_("停用或启用"), "access:close-or-open", right="administer", icon="circle-x"),
        Action(_("这个人做过的事"), "trail:person", right="read-trail", icon="history"),
    )
    page_actions = (
        Action(_("新建用户"), "access:new-user", right="administer", icon="plus"),
        Action(_("新建机器账号"), "access:new-machine", right="administer", icon="plus"),
        Action(_("谁在这里能做什么"), "access:matrix", right="read-users", icon="users"),
        Action(_("角色与权利"), "access:roles", right="read-users", icon="list"),
    )
    view_right = "read-users"


class Grants(Register):
    model = Grant
    slug = "grants"
    title = _("授权")
    columns = (
        Column("user", link=True),
        Column("role"),
        Column("unit"),
        Column("register_title", title=_("限于登记册")),
        Column("valid_from"),
        Column("valid_to"),
    )
    filters = ("role", "unit")
    sorts = ("valid_from",)
    default_sort = "-valid_from"
    related = ("user", "unit")
    actions = (Action(_("结束授权"), "access:end-role", right="grant", icon="circle-x"),)
    view_right = "read-users"


class Tokens(Register):
    model = Token
    slug = "tokens"
    title = _("令牌")
    columns = (
        Column("name", link=True),
        Column("machine"),
        Column("beginning"),
        Column("action_titles", title=_("能做什么")),
        Column("issued_at"),
        Column("expires_on"),
        Column("ended_at"),
    )
    filters = ("machine", "expires_on")
    sorts = ("expires_on",)
    default_sort = "-expires_on"
    related = ("machine",)
    actions = (Action(_("作废"), "access:end-token", right="administer", icon="circle-x"),)
    view_right = "read-users"
    empty_hint = _("还没有令牌。令牌给别的系统用：先建机器账号，请安全管理员授权，再发放。")


class Delegated(Register):
    model = Delegation
    slug = "delegated"
    title = _("代理")
    columns = (
        Column("absent", link=True),
        Column("absent__unit", title=_("单位")),
        Column("substitute"),
        Column("valid_from"),
        Column("valid_to"),
    )
    filters = ("valid_from", "valid_to")
    sorts = ("valid_from",)
    default_sort = "-valid_from"
    related = ("absent__unit", "substitute")
    view_right = "read-users"


def person_of(request: HttpRequest) -> User:
    """Whoever is signed in."""
    assert isinstance(request.user, User)
    return request.user
