"""Pages of the second factor and of one's own sign-ins. All of them concern the person who asks, but for the reset."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views import View

from yunpu.access import factor_operations, second_factor, sessions
from yunpu.access.forms import AppForm, KeyForm, PresentPasswordForm
from yunpu.access.models import SignedIn, User
from yunpu.access.signing_in import FACTOR, complete_sign_in, count_failure, find_waiting, is_locked
from yunpu.access.views import WithReason, locked_out
from yunpu.trail import clock
from yunpu.trail.clock import now
from yunpu.trail.models import Event

NEW_SECRET = "new_secret"  # in the session: what the app is being shown  # noqa: S105


class ProveFactor(View):
    """The second step of the door: a code, or a security key."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        waiting = find_waiting(request)
        if waiting is None:
            return redirect("access:sign-in")
        user = waiting.user
        if is_locked(request, user):
            return locked_out(request, credentials={"username": user.username})
        factor = self._proved(request, user)
        if not factor:
            count_failure(request, user)
            return self._show(request, failed=True)
        complete_sign_in(request, user, factor=factor, at=now())
        if factor == second_factor.RECOVERY:
            left = second_factor.count_codes(user)
            messages.warning(request, gettext("用了一个恢复码，还剩 %(left)s 个") % {"left": left})
        return redirect(waiting.next_url)

    def _proved(self, request: HttpRequest, user: User) -> str:
        if request.POST.get("credential"):
            return "webauthn" if second_factor.key_proves(user, request.POST["credential"]) else ""
        return second_factor.proves(user, request.POST.get("code", "")[:40])

    def _show(self, request: HttpRequest, *, failed: bool = False) -> HttpResponse:
        waiting = find_waiting(request)
        if waiting is None:
            return redirect("access:sign-in")
        has_keys = bool(second_factor.list_keys(waiting.user))
        context = {
            "failed": failed,
            "has_app": second_factor.find_totp(waiting.user) is not None,
            "challenge": second_factor.key_challenge(waiting.user) if has_keys else None,
        }
        return render(request, "access/prove_factor.html", context, status=422 if failed else 200)


class Security(LoginRequiredMixin, View):
    """One's own second factors, places one is signed in at, last sign-ins."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user = _person(request)
        events = Event.objects.filter(object_type="access.user", object_id=user.pk).order_by("-id")
        shown = ("access.user-signed-in", "access.user-sign-in-failed", "access.user-locked-out")
        context = {
            "app": second_factor.find_totp(user),
            "keys": second_factor.list_keys(user),
            "codes": second_factor.count_codes(user),
            "required": second_factor.is_required(user, clock.today()),
            "optional_in_demo": clock.is_set() and not settings.SECOND_FACTOR_ROLES,
            "places": sessions.list_places(user, request.session.session_key),
            "sign_ins": events.filter(verb__in=shown)[:10],
        }
        return render(request, "access/security.html", context)


class OwnPage(LoginRequiredMixin, View):
    """A page with one form about oneself."""

    template = "access/own_form.html"

    def form(self, given: Any = None) -> Any:
        raise NotImplementedError

    def words(self) -> dict[str, Any]:
        """What the page says: title, words, button."""
        raise NotImplementedError

    def act(self, values: dict[str, Any]) -> HttpResponse:
        raise NotImplementedError

    def get(self, request: HttpRequest, **_arguments: Any) -> HttpResponse:
        return self._show(self.form())

    def post(self, request: HttpRequest, **_arguments: Any) -> HttpResponse:
        form = self.form(request.POST)
        return self.act(form.cleaned_data) if form.is_valid() else self._show(form, 422)

    def _show(self, form: Any, status: int = 200) -> HttpResponse:
        must = FACTOR not in self.request.session and second_factor.is_required(
            _person(self.request), clock.today()
        )
        return _unkept(
            render(self.request, self.template, {"form": form, "must": must, **self.words()}, status=status)
        )

    def enrolled(self, factor: str, codes: list[str]) -> HttpResponse:
        """This session is proved by the new factor; the recovery codes are shown, the one time."""
        self.request.session[FACTOR] = factor
        messages.success(self.request, gettext("第二因素已添加，下次登录要用"))
        return _show_codes(self.request, codes) if codes else redirect("access:security")


class AddApp(OwnPage):
    """Pair an authenticator app: a picture to scan, and its first code."""

    template = "access/add_app.html"

    def form(self, given: Any = None) -> AppForm:
        return AppForm(given, secret=self._secret())

    def words(self) -> dict[str, Any]:
        secret = self._secret()
        side, path = second_factor.picture_path(second_factor.app_address(_person(self.request), secret))
        groups = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
        return {"side": side, "path": path, "groups": groups}

    def act(self, values: dict[str, Any]) -> HttpResponse:
        user, secret = _person(self.request), self._secret()
        codes = factor_operations.add_app(user, secret=secret, counter=values["code"], at=now())
        del self.request.session[NEW_SECRET]
        return self.enrolled("totp", codes)

    def _secret(self) -> str:
        if NEW_SECRET not in self.request.session:
            self.request.session[NEW_SECRET] = second_factor.new_secret()
        return str(self.request.session[NEW_SECRET])


class AddKey(OwnPage):
    """Register a security key."""

    template = "access/add_key.html"

    def form(self, given: Any = None) -> KeyForm:
        return KeyForm(given)

    def words(self) -> dict[str, Any]:
        return {"challenge": second_factor.registration_challenge(_person(self.request))}

    def act(self, values: dict[str, Any]) -> HttpResponse:
        name, answer = values["name"], values["credential"]
        codes = factor_operations.add_key(_person(self.request), name=name, answer=answer, at=now())
        return self.enrolled("webauthn", codes)


class RenewCodes(OwnPage):
    """New recovery codes instead of the old ones."""

    def form(self, given: Any = None) -> PresentPasswordForm:
        return PresentPasswordForm(given, user=_person(self.request))

    def words(self) -> dict[str, Any]:
        return {
            "title": gettext("换一批恢复码"),
            "words": gettext("新的恢复码只显示一次；旧的马上作废。"),
            "button": gettext("换一批"),
        }

    def act(self, values: dict[str, Any]) -> HttpResponse:
        return _show_codes(self.request, factor_operations.renew_codes(_person(self.request), at=now()))


class RemoveFactor(OwnPage):
    """Remove an app or a key of one's own."""

    def form(self, given: Any = None) -> PresentPasswordForm:
        self._factor()
        return PresentPasswordForm(given, user=_person(self.request))

    def words(self) -> dict[str, Any]:
        kept = self._factor()
        name = kept.wrap().name if kept.type == second_factor.KEY else gettext("验证器应用")
        return {
            "title": gettext("移除第二因素：%(name)s") % {"name": name},
            "words": gettext("移除后，用它登录不了。"),
            "button": gettext("移除它"),
        }

    def act(self, values: dict[str, Any]) -> HttpResponse:
        factor_operations.remove_factor(self._factor(), by=_person(self.request), at=now())
        messages.success(self.request, gettext("已移除"))
        return redirect("access:security")

    def _factor(self) -> Authenticator:
        kept = Authenticator.objects.filter(
            user=_person(self.request), pk=self.kwargs["pk"], type__in=(second_factor.TOTP, second_factor.KEY)
        ).first()
        if kept is None:
            raise Http404
        return kept


class EndPlace(LoginRequiredMixin, View):
    """Sign out at another place."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = _person(request)
        row = SignedIn.objects.filter(user=user, pk=pk).first()
        if row is None:
            raise Http404
        sessions.end_place(row, by=user, at=now())
        messages.success(request, gettext("那一处已退出"))
        return redirect("access:security")


class ResetFactors(WithReason):
    """Take the second factors from somebody who lost them."""

    right = "grant"
    right_model = User

    def subject(self, pk: int) -> User:
        found: User = self.get_record(User, pk, self.right)
        return found

    def account_of(self, subject: User) -> User:
        return subject

    def words(self, subject: User) -> tuple[str, str]:
        return gettext("重置第二因素"), gettext(
            "先当面核实本人。他的验证器、安全钥匙和恢复码都作废，各处登录都退出；密码不变，下次登录时重新添加。"
        )

    def act(self, subject: User, **values: Any) -> None:
        factor_operations.reset_factors(subject, **values)


def _show_codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    return _unkept(render(request, "access/codes.html", {"codes": codes}))


def _unkept(response: HttpResponse) -> HttpResponse:
    """A page that holds a secret: kept nowhere, neither by the browser."""
    response["Cache-Control"] = "no-store"
    return response


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
