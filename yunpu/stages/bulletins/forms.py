"""Forms of bulletins."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yunpu.kernel.periods import NotAPeriod, Period
from yunpu.reference.models import Unit
from yunpu.stages.snapshots.models import Snapshot

START_TEXT = """名称: {name}
编发: {office}

# 栏目

## 标题

（供稿：单位）

正文。数字用“插入数字”写进来。
"""


class CreateForm(forms.Form):
    """A new bulletin: name, unit, period and the snapshot it counts from."""

    name = forms.CharField(label=_("简报名称"), max_length=60)
    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("编发单位"))
    period = forms.CharField(label=_("报告期"), max_length=24, help_text=_("如 2020、2020H1、2020-03"))
    snapshot = forms.ModelChoiceField(Snapshot.objects.none(), label=_("快照"))

    def __init__(self, *args: Any, units: Any, snapshots: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.fields["snapshot"].queryset = snapshots  # type: ignore[attr-defined]

    def clean_period(self) -> Period:
        try:
            return Period.parse(self.cleaned_data["period"])
        except NotAPeriod as fault:
            raise forms.ValidationError(str(fault)) from None


class WordForm(forms.Form):
    """A word of the district's own, and why its numeral counts nothing."""

    word = forms.CharField(label=_("固定词"), max_length=40, help_text=_("如 五个到位行动、四色预警"))
    reason = forms.CharField(label=_("理由"), max_length=100, help_text=_("如 本区行动名称"))


class ConfirmForm(forms.Form):
    """What a reader outside types from the paper."""

    number = forms.CharField(
        label=_("期号"),
        max_length=40,
        help_text=_("印在报头，如 2020年第1期"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    code = forms.CharField(
        label=_("核验码"),
        max_length=40,
        help_text=_("印在最后一页底部，十二位，不分大小写"),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
