"""Forms of the shared identities' own pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from yunpu.reference.models import Unit
from yunpu.ui.forms import ReasonForm


class OnForm(forms.Form):
    """As of which day a tree is shown."""

    on = forms.DateField(label=_("日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class SchemeYearForm(forms.Form):
    """Which scheme of classification is shown, as of which year."""

    scheme = forms.ChoiceField(label=_("分类体系"))
    year = forms.ChoiceField(label=_("年度"))

    def __init__(self, *args: Any, schemes: Any, years: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.fields["scheme"].choices = schemes  # type: ignore[attr-defined]
        self.fields["year"].choices = years  # type: ignore[attr-defined]


class MoveUnitForm(ReasonForm):
    """Under which unit another one is put."""

    parent = forms.ModelChoiceField(
        Unit.objects.none(), label=_("新的上级单位"), required=False, empty_label=_("没有上级，作为最上级")
    )
    field_order = ("parent", "reason")

    def __init__(self, *args: Any, units: QuerySet[Unit], **values: Any) -> None:
        super().__init__(*args, **values)
        self.fields["parent"].queryset = units  # type: ignore[attr-defined]


class CloseUnitForm(ReasonForm):
    """From which day a unit is no more."""

    on = forms.DateField(
        label=_("停用日期"),
        help_text=_("不再有效的第一天"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    field_order = ("on", "reason")
