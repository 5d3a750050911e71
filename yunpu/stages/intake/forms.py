"""Forms of the intake: upload, reading, acknowledgement, withdrawal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yunpu.reference.models import Unit
from yunpu.stages.intake.files import LIMITS
from yunpu.stages.intake.models import Load
from yunpu.stages.intake.queries import list_choices
from yunpu.stages.intake.registry import get_format, list_formats

ENDINGS = (
    *(".xlsx", ".xlsm", ".xls", ".et", ".ods"),
    *(".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson"),
)


class UploadForm(forms.Form):
    """A file, the unit it is for, and its format where the person knows it."""

    file = forms.FileField(
        label=_("文件"),
        help_text=_(".xlsx、.xls、.ods、.csv 或 JSON 行；一次一个文件，不超过 512 MB"),
        widget=forms.FileInput(attrs={"accept": ",".join(ENDINGS)}),
        error_messages={"empty": _("这个文件是空的，一个字节也没有"), "required": _("请先选一个文件")},
    )
    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("为哪个单位导入"))
    format_code = forms.ChoiceField(label=_("格式"), required=False, help_text=_("不选就由系统判断"))

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        choices = [("", gettext("由系统判断"))] + [(one.code, gettext(one.title)) for one in list_formats()]
        self.fields["format_code"].choices = choices  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        """What cannot be a table, or is too large, is told before it is stored; the content itself is judged later."""
        file = self.cleaned_data["file"]
        ending = Path(file.name).suffix.lower()
        if ending and ending not in ENDINGS:
            words = {"ending": ending}
            raise ValidationError(
                gettext("不收 %(ending)s 文件；请另存为 .xlsx，或改交 .xls、.ods、.csv、JSON 行") % words
            )
        if file.size > LIMITS.file_bytes:
            words = {"size": f"{file.size >> 20:,}", "limit": f"{LIMITS.file_bytes >> 20:,}"}
            raise ValidationError(gettext("文件有 %(size)s MB，超过 %(limit)s MB；请拆成几个文件") % words)
        return file


class ReadingForm(forms.Form):
    """Which sheet and format, which column is which, and how bare fractions are meant."""

    format_code = forms.ChoiceField(label=_("格式"))
    sheet_name = forms.ChoiceField(label=_("工作表"), required=False)

    def __init__(self, *args: Any, load: Load, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.load = load
        formats = [(one.code, gettext(one.title)) for one in list_formats()]
        asked = [] if load.format_code else [("", gettext("请选择"))]
        self.fields["format_code"].choices = asked + formats  # type: ignore[attr-defined]
        self.fields["format_code"].initial = load.format_code
        self.fields["sheet_name"].choices = [(name, name or "—") for name in load.facts.get("sheets", [""])]  # type: ignore[attr-defined]
        self.fields["sheet_name"].initial = load.sheet_name
        if not load.format_code:
            return
        columns = [("", gettext("没有这一列"))] + [(str(i), title) for i, title in list_choices(load)]
        taken = {name: position for position, _title, name, _why in load.columns}
        for column in get_format(load.format_code).columns:
            self.fields[f"map-{column.name}"] = forms.ChoiceField(
                choices=columns,
                required=False,
                label=gettext(column.title),
                initial=str(taken[column.name]) if column.name in taken else "",
            )

    def clean(self) -> dict[str, Any]:
        """One column of the file is one column of the format."""
        values: dict[str, Any] = super().clean() or {}
        taken: dict[str, str] = {}
        for name, position in list(values.items()):
            if name.startswith("map-") and position:
                if position in taken:
                    words = {"one": self.fields[taken[position]].label, "other": self.fields[name].label}
                    self.add_error(name, gettext("“%(one)s”和“%(other)s”选了文件的同一列") % words)
                taken[position] = name
        return values

    def read_choices(self) -> dict[str, Any]:
        """What changed, in the words of `operations.change_reading`."""
        values = self.cleaned_data
        choices: dict[str, Any] = {}
        if values["format_code"] != self.load.format_code:
            return {"format_code": values["format_code"]}
        if values["sheet_name"] != self.load.sheet_name:
            choices["sheet_name"] = values["sheet_name"]
            choices["mapping"] = None
            return choices
        mapping = {
            name.removeprefix("map-"): int(position)
            for name, position in values.items()
            if name.startswith("map-") and position
        }
        if mapping != {name: position for position, _title, name, _why in self.load.columns}:
            choices["mapping"] = mapping
        return choices
