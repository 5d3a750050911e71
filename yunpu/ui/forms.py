"""Forms of registers: one column, labels above, findings below the field, units inside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.db import models
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from yunpu.kernel.digests import sm3_hex
from yunpu.kernel.money import NotMoney, parse_money, show_money
from yunpu.ui import search
from yunpu.ui.registers import Register

SELECT_MOST = 60  # more choices than these are looked up by typing

Choices = Callable[[models.ForeignKey[Any, Any]], QuerySet[Any]]


class MoneyField(forms.CharField):
    """An amount written in a unit, kept in fen."""

    def __init__(self, *, unit: str = "元", **values: Any) -> None:
        super().__init__(**values)
        self.money_unit = unit
        self.widget.attrs |= {"inputmode": "decimal", "class": "yp-number", "autocomplete": "off"}

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


class PickerWidget(forms.Widget):
    """A text field with what is written, and a hidden one with the number of the record that was chosen."""

    def __init__(self, url: str, name_of: Callable[[str], str]) -> None:
        super().__init__()
        self.url, self.name_of = url, name_of

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        number, text = value if isinstance(value, tuple) else (value, None)
        number = "" if number is None else str(number)
        given = attrs or {}
        described = given.get("aria-describedby", "")
        return format_html(
            '<span class="yp-picker" data-picker data-url="{}"><input type="hidden" name="{}" value="{}">'
            '<input type="text" name="{}-text" id="{}" value="{}" autocomplete="off" placeholder="{}"{}{}></span>',
            self.url,
            name,
            number,
            name,
            given.get("id", name),
            self.name_of(number) if text is None else text,
            _("输入名称或编码"),
            format_html(' aria-describedby="{}"', described) if described else "",
            format_html(' aria-invalid="{}"', "true") if given.get("aria-invalid") else "",
        )

    def value_from_datadict(self, data: Any, files: Any, name: str) -> tuple[str, str]:
        return data.get(name, "").strip(), data.get(f"{name}-text", "").strip()


class PickerField(forms.Field):
    """One record of many. What is written counts: where no record was chosen it must name exactly one."""

    widget: PickerWidget

    def __init__(self, queryset: QuerySet[Any], url: str, **values: Any) -> None:
        self.queryset = queryset
        super().__init__(widget=PickerWidget(url, self._name_of), **values)

    def prepare_value(self, value: Any) -> Any:
        return value.pk if isinstance(value, models.Model) else value

    def clean(self, value: Any) -> Any:
        number, text = value
        if not text:
            if self.required:
                raise forms.ValidationError(self.error_messages["required"], code="required")
            return None
        chosen = self.queryset.filter(pk=int(number)).first() if _is_number(number) else None
        if chosen is not None and str(chosen) == text:
            return chosen
        found = list(find_choices(self.queryset, text)[:2])
        exact = [one for one in found if str(one) == text] or found
        if len(exact) == 1:
            return exact[0]
        if not found:
            raise forms.ValidationError(
                _("没有找到“%(text)s”，请写名称或编码的一段再选"), params={"text": text}
            )
        raise forms.ValidationError(
            _("不止一条符合“%(text)s”，请写得更全或从列表里选"), params={"text": text}
        )

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(initial or "") != (data or ("", ""))[0]

    def _name_of(self, number: str) -> str:
        found = self.queryset.filter(pk=int(number)).first() if _is_number(number) else None
        return str(found) if found is not None else ""


def find_choices(queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
    """The records that a text may mean, by number of their code or the words of their name."""
    model = queryset.model
    names = search.searched_names(model)
    if not text:
        return queryset.order_by("-pk")
    unique = [
        stored.name
        for stored in model._meta.concrete_fields
        if isinstance(stored, models.CharField) and (stored.unique or stored.name in names)
    ]
    exact = Q(pk__in=[])
    for name in unique:
        exact |= Q(**{name: text})
    same = queryset.filter(exact)
    if same.exists() or not names:
        return same.order_by("-pk")
    return search.search(queryset, text).order_by("-pk")


def make_form(register: type[Register], choices: Choices, fields: Sequence[str] = ()) -> type[forms.Form]:
    """The form of a register's fields, or of some. `choices(stored)` gives the records a field may point at."""
    units = {column.name: column.money for column in register.list_columns() if column.money}
    made: dict[str, Any] = {}
    for name in fields or register.fields:
        stored = register.model._meta.get_field(name)
        assert isinstance(stored, models.Field)
        made[name] = _form_field(register, stored, units.get(name, ""), choices)
    return type("RegisterForm", (forms.Form,), made)


def _form_field(
    register: type[Register], stored: models.Field[Any, Any], unit: str, choices: Choices
) -> forms.Field:
    required = not stored.blank
    if unit or stored.name.endswith("_fen"):
        return MoneyField(
            unit=unit or "元", label=stored.verbose_name, required=required, help_text=stored.help_text
        )
    if isinstance(stored, models.ForeignKey):
        return _choice_field(register, stored, choices(stored), required)
    made = stored.formfield()
    assert made is not None
    if isinstance(stored, models.DateField) and not isinstance(stored, models.DateTimeField):
        made.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    elif isinstance(made, forms.TypedChoiceField):
        offered: Any = made.choices
        made.choices = [("", _("请选择")) if key == "" else (key, label) for key, label in offered]
    elif isinstance(stored, models.IntegerField) and not stored.choices:
        made.widget = forms.TextInput(attrs={"inputmode": "numeric", "class": "yp-number"})
    elif isinstance(stored, models.CharField) and not stored.choices and (stored.max_length or 0) <= 32:
        made.widget.attrs["class"] = "yp-short"
    return made


def _choice_field(
    register: type[Register], stored: models.ForeignKey[Any, Any], queryset: QuerySet[Any], required: bool
) -> forms.Field:
    """A drop-down where the choices are few, else looked up by typing."""
    words: dict[str, Any] = {
        "label": stored.verbose_name,
        "required": required,
        "help_text": stored.help_text,
    }
    if len(queryset.order_by().values_list("pk", flat=True)[: SELECT_MOST + 1]) <= SELECT_MOST:
        return forms.ModelChoiceField(queryset, empty_label=str(_("请选择")), **words)
    return PickerField(queryset, reverse(register.url_name("choices"), args=[stored.name]), **words)


def initial_of(record: models.Model, fields: Sequence[str]) -> dict[str, Any]:
    """A form's first values."""
    return {name: getattr(record, name) for name in fields}


def state_of(record: models.Model, fields: Sequence[str]) -> str:
    """A mark of what a record's fields hold: another one when somebody changed it meanwhile."""
    values = []
    for name in fields:
        stored: Any = record._meta.get_field(name)
        values.append(f"{name}={stored.value_to_string(record)}")
    return sm3_hex("\n".join(values).encode())[:16]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


class ReasonForm(forms.Form):
    """Why something that cannot be undone is done."""

    reason = forms.CharField(label=_("理由"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
