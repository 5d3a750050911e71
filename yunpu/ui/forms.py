"""Forms of registers: one column, labels above, findings below the field, units inside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from yunpu.kernel.money import NotMoney, parse_money, show_money
from yunpu.ui.registers import Register


class MoneyField(forms.CharField):
    """An amount written in a unit, kept in fen."""

    def __init__(self, *, unit: str = "元", **values: Any) -> None:
        super().__init__(**values)
        self.money_unit = unit
        self.widget.attrs |= {"inputmode": "decimal", "data-unit": unit, "class": "yp-number"}

    def prepare_value(self, value: Any) -> Any:
        return show_money(value, self.money_unit, comma=False) if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_money(text, self.money_unit)
        except NotMoney as fault:
            raise forms.ValidationError(str(fault)) from None


Choices = Callable[[models.ForeignKey[Any, Any]], models.QuerySet[Any]]


def make_form(register: type[Register], choices: Choices) -> type[forms.Form]:
    """The form of a register's fields. `choices(stored)` gives the other records a field may point at."""
    units = {column.name: column.money for column in register.list_columns() if column.money}
    made: dict[str, Any] = {}
    for name in register.fields:
        stored = register.model._meta.get_field(name)
        assert isinstance(stored, models.Field)
        made[name] = _form_field(stored, units.get(name, ""), choices)
    return type("RegisterForm", (forms.Form,), made)


def _form_field(stored: models.Field[Any, Any], unit: str, choices: Choices) -> forms.Field:
    required = not stored.blank
    if unit or stored.name.endswith("_fen"):
        return MoneyField(
            unit=unit or "元", label=stored.verbose_name, required=required, help_text=stored.help_text
        )
    if isinstance(stored, models.ForeignKey):
        return forms.ModelChoiceField(choices(stored), label=stored.verbose_name, required=required)
    made = stored.formfield()
    assert made is not None
    if isinstance(stored, models.DateField):
        made.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return made


def initial_of(record: models.Model, fields: Sequence[str]) -> dict[str, Any]:
    """A form's first values."""
    return {name: getattr(record, name) for name in fields}


class ReasonForm(forms.Form):
    """Why something that cannot be undone is done."""

    reason = forms.CharField(label=_("理由"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
