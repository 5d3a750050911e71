"""Forms of sign-in, password and settings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.utils.translation import gettext_lazy as _

from yunpu.access.models import Role, User
from yunpu.reference.models import Unit


class PasswordForm(forms.Form):
    """A new password, twice."""

    password = forms.CharField(
        label=_("新密码"),
        help_text=_("至少 10 个字符，不要只用数字或常见密码"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("再输一次"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        password = values.get("password")
        if password:
            try:
                password_validation.validate_password(password, self.user)
            except forms.ValidationError as error:
                self.add_error("password", error)
            if password != values.get("again"):
                self.add_error("again", _("两次输入的不一样"))
        return values


class SettingsForm(forms.Form):
    """Language and theme."""

    language = forms.ChoiceField(label=_("语言"), choices=[("zh-hans", "中文"), ("en", "English")])
    theme = forms.ChoiceField(
        label=_("外观"), choices=[("auto", _("跟随系统")), ("light", _("浅色")), ("dark", _("深色"))]
    )


class NewUserForm(forms.Form):
    """An account and its first role."""

    username = forms.SlugField(label=_("用户名"), max_length=60)
    name = forms.CharField(label=_("姓名"), max_length=60)
    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("所在单位"))
    role = forms.ChoiceField(label=_("角色"), choices=Role.choices)
    role_unit = forms.ModelChoiceField(
        Unit.objects.none(), label=_("在哪个单位"), help_text=_("看得到这个单位和它的下属单位")
    )

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("unit", "role_unit"):
            self.fields[name].queryset = units  # type: ignore[attr-defined]

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if User.objects.filter(username=username).exists():
            raise forms.ValidationError(_("这个用户名已经有人用了"))
        return username
