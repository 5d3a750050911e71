"""Forms of sign-in, password and settings, of users and their grants."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yunpu.access import second_factor
from yunpu.access.delegation import list_colleagues
from yunpu.access.models import Role, User
from yunpu.access.rights import ACTION_TITLES, Action
from yunpu.access.tokens import ACTIONS
from yunpu.reference.models import Enterprise, Unit
from yunpu.ui.registers import list_registers


class PasswordForm(forms.Form):
    """A new password, twice, and the present one of whoever did not just sign in with a one-time secret."""

    present = forms.CharField(
        label=_("现在的密码"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    password = forms.CharField(
        label=_("新密码"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("再输一次"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password"].help_text = "；".join(password_validation.password_validators_help_texts())
        if user.must_change_password:
            del self.fields["present"]

    def clean_present(self) -> str:
        present: str = self.cleaned_data["present"]
        if not self.user.check_password(present):
            raise forms.ValidationError(_("和现在的密码对不上"))
        return present

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        password = values.get("password")
        if password:
            try:
                password_validation.validate_password(password, self.user)
            except forms.ValidationError as error:
                self.add_error("password", error)
            if self.user.check_password(password):
                self.add_error("password", _("要和现在的不一样"))
            if password != values.get("again"):
                self.add_error("again", _("两次输入的不一样"))
        return values


class PresentPasswordForm(forms.Form):
    """The present password, for what must not be done at a screen somebody left open."""

    present = forms.CharField(
        label=_("现在的密码"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_present(self) -> str:
        present: str = self.cleaned_data["present"]
        if not self.user.check_password(present):
            raise forms.ValidationError(_("和现在的密码对不上"))
        return present


class AppForm(forms.Form):
    """The first code of an authenticator app; becomes the moment it is of."""

    code = forms.CharField(
        label=_("应用显示的 6 位数字"),
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, secret: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.secret = secret

    def clean_code(self) -> int:
        counter = second_factor.matching_counter(self.secret, self.cleaned_data["code"])
        if counter is None:
            raise forms.ValidationError(_("数字不对或已过期；请核对手机的时间，输入现在显示的"))
        return counter


class KeyForm(forms.Form):
    """A security key's name, and its answer."""

    name = forms.CharField(label=_("给它起个名"), max_length=60, help_text=_("如：办公桌上的钥匙"))
    credential = forms.CharField(widget=forms.HiddenInput)

    def clean_credential(self) -> dict[str, Any]:
        answer = second_factor.registered_key(self.cleaned_data["credential"])
        if answer is None:
            raise forms.ValidationError(_("没有读到安全钥匙的回答，请再试一次"))
        return answer


class MachineForm(forms.Form):
    """A service account."""

    username = forms.SlugField(label=_("用户名"), max_length=60)
    name = forms.CharField(label=_("名称"), max_length=60, help_text=_("如：省一体化系统对接"))
    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("所在单位"))

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]

    def clean_username(self) -> str:
        return free_username(self.cleaned_data["username"])


class TokenForm(forms.Form):
    """A token: what for, what it opens, until when."""

    name = forms.CharField(label=_("用途"), max_length=60)
    actions = forms.MultipleChoiceField(
        label=_("能做什么"),
        choices=[(str(action), ACTION_TITLES[action]) for action in ACTIONS],
        initial=[str(Action.VIEW)],
        widget=forms.SelectMultiple(attrs={"size": len(ACTIONS)}),
        help_text=_("只能比账号的角色少，不会更多；按住 Ctrl 选几项"),
    )
    expires_on = forms.DateField(
        label=_("到期"),
        help_text=_("这一天起不再有效；最长 366 天"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )


class UnitForm(forms.Form):
    """One unit to look at."""

    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("单位"), empty_label=None)

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]


class DelegationForm(forms.Form):
    """Who acts for an absent person, and when."""

    substitute = forms.ModelChoiceField(User.objects.none(), label=_("代理人"))
    valid_from = forms.DateField(label=_("自"), widget=forms.DateInput(attrs={"type": "date"}))
    valid_to = forms.DateField(
        label=_("至"),
        help_text=_("这一天起不再有效；最长 92 天"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    reason = forms.CharField(label=_("理由"), max_length=200, help_text=_("如：出差、休假"))

    def __init__(self, *args: Any, absent: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["substitute"].queryset = list_colleagues(absent)  # type: ignore[attr-defined]


class SettingsForm(forms.Form):
    """Language and theme."""

    language = forms.ChoiceField(label=_("语言"), choices=[("zh-hans", "中文"), ("en", "English")])
    theme = forms.ChoiceField(
        label=_("外观"), choices=[("auto", _("跟随系统")), ("light", _("浅色")), ("dark", _("深色"))]
    )


def list_limits() -> list[tuple[str, Any]]:
    """The registers to which a role can be limited: those whose records belong to units."""
    scoped = [
        one
        for one in list_registers()
        if getattr(one.model, "scope_field", None) and one.view_right == "view"
    ]
    titles = {one.model._meta.label_lower: gettext(one.shown_title()) for one in scoped}
    return [("", _("全部登记册")), *sorted(titles.items(), key=lambda one: one[1])]


def free_username(typed: str) -> str:
    """A username as it is kept. Raises ValidationError where somebody has it."""
    username = typed.lower()
    if User.objects.filter(username=username).exists():
        raise forms.ValidationError(_("这个用户名已经有人用了"))
    return username


class RoleForm(forms.Form):
    """A role at a unit, perhaps for one register, for a time."""

    role = forms.ChoiceField(label=_("角色"), choices=Role.choices)
    role_unit = forms.ModelChoiceField(
        Unit.objects.none(), label=_("在哪个单位"), help_text=_("看得到这个单位和它的下属单位")
    )
    register = forms.ChoiceField(
        label=_("限于登记册"),
        choices=list_limits,
        required=False,
        help_text=_("不选就是全部登记册；选了，别的登记册看不到也写不了"),
    )
    valid_from = forms.DateField(
        label=_("自"),
        required=False,
        help_text=_("不填就从今天起"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    valid_to = forms.DateField(
        label=_("至"),
        required=False,
        help_text=_("这一天起不再有效；不填就没有期限"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role_unit"].queryset = units  # type: ignore[attr-defined]


class NewUserForm(forms.Form):
    """An account; its roles are given by another person."""

    username = forms.SlugField(label=_("用户名"), max_length=60, help_text=_("字母、数字和横线，登录时用"))
    name = forms.CharField(label=_("姓名"), max_length=60)
    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("所在单位"))
    credit_code = forms.CharField(
        label=_("所属企业的统一社会信用代码"),
        max_length=18,
        required=False,
        help_text=_("只有企业用户要填"),
    )

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]

    def clean_credit_code(self) -> Enterprise | None:
        code: str = self.cleaned_data["credit_code"].strip().upper()
        if not code:
            return None
        found = Enterprise.objects.filter(credit_code=code, merged_into=None).first()
        if found is None:
            raise forms.ValidationError(_("企业名录里没有这个信用代码"))
        return found

    def clean_username(self) -> str:
        return free_username(self.cleaned_data["username"])
