"""Forms of sign-in, password and settings, of users and their grants."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yunpu.access.models import Role, User
from yunpu.reference.models import Enterprise, Unit
from yunpu.ui.registers import list_registers


class PasswordForm(forms.Form):
    """A new password, twice, and the present one of whoever did not just sign in with a one-time secret."""

    present = forms.CharField(
        label=_("现在的密码"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    password = forms.CharField(
        label=_("新密码"),
        help_text=_("至少 10 个字符；不要只用数字、常见密码，也不要像用户名"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("再输一次"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
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
        username: str = self.cleaned_data["username"].lower()
        if User.objects.filter(username=username).exists():
            raise forms.ValidationError(_("这个用户名已经有人用了"))
        return username
