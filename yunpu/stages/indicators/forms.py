"""Forms of the indicators: which snapshot, which period, which figures."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yunpu.kernel.periods import NotAPeriod, Period
from yunpu.stages.indicators.models import Figure
from yunpu.stages.snapshots.queries import list_snapshots


def read_period(code: str) -> Period:
    """The period of a code, or a ValidationError with the reason."""
    try:
        return Period.parse(code)
    except NotAPeriod as fault:
        raise forms.ValidationError(fault.reason(lambda text: str(_(text)))) from fault


class FiguresFilter(forms.Form):
    """What of a period's figures is listed, and of which period."""

    period = forms.CharField(label=_("期间"), max_length=24)
    snapshot = forms.ModelChoiceField(
        list_snapshots(), label=_("快照"), required=False, to_field_name="number", empty_label=_("最新的")
    )
    q = forms.CharField(label=_("查找"), required=False)
    state = forms.ChoiceField(
        label=_("状态"), required=False, choices=[("", _("全部")), *Figure.State.choices]
    )

    def clean_period(self) -> Any:
        return read_period(self.cleaned_data["period"])


class ComputeForm(forms.Form):
    """Which snapshot's figures of which period to compute."""

    snapshot = forms.ModelChoiceField(
        list_snapshots(), label=_("快照"), to_field_name="number", empty_label=None
    )
    period = forms.CharField(label=_("期间"), max_length=24, help_text=_("如 2020、2020H1、2020Q3、2020-11"))

    def clean_period(self) -> Any:
        return read_period(self.cleaned_data["period"])
