"""Forms of the snapshots: the date to freeze at."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class FreezeForm(forms.Form):
    """The date up to which facts are taken."""

    as_of = forms.DateField(
        label=_("数据截至"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("只收发生在这一天及以前的事实，按台账此刻的样子。"),
    )
