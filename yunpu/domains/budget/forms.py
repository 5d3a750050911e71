"""What a person chooses on the screens of the budget book: book, dimensions, years."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy

from yunpu.domains.budget.queries import DIMENSIONS, Book, Dimension
from yunpu.domains.budget.tables import unit_of


class BookForm(forms.Form):
    """A choice of one book among those that the person may see."""

    book = forms.ChoiceField(label=gettext_lazy("预算书"))

    def __init__(self, books: Sequence[Book], *args: object, **values: object) -> None:
        super().__init__(*args, **values)  # type: ignore[arg-type]
        self.books = {book.code: book for book in books}
        self.fields["book"].choices = [  # type: ignore[attr-defined]
            (book.code, f"{book.unit_name} {gettext(book.currency_title)}") for book in books
        ]
        for field in self.fields.values():
            field.widget.attrs["class"] = "yp-input"

    @property
    def chosen_book(self) -> Book:
        return self.books[self.cleaned_data["book"]]

    @property
    def about(self) -> str:
        """What is shown, in words: every choice, and the unit of money."""
        chosen = [f"{field.label} {self.said(field)}" for field in self]
        return " · ".join([*chosen, gettext("金额单位：%(unit)s") % {"unit": self.unit}])

    def said(self, field: forms.BoundField) -> str:
        """What was chosen in a field, as the person read it."""
        choices = {str(value): str(label) for value, label in field.field.choices}  # type: ignore[attr-defined]
        return choices.get(str(field.value() or ""), "")

    @property
    def unit(self) -> str:
        """The unit in which the book's sums are shown."""
        return unit_of(self.chosen_book.currency)


class ComparisonForm(BookForm):
    """Two years of a book by one dimension."""

    dimension = forms.ChoiceField(label=gettext_lazy("按"))
    earlier = forms.TypedChoiceField(label=gettext_lazy("比较年度"), coerce=int)
    later = forms.TypedChoiceField(label=gettext_lazy("本年度"), coerce=int)

    def __init__(self, books: Sequence[Book], *args: object, **values: object) -> None:
        super().__init__(books, *args, **values)
        years = sorted({year for book in books for year in book.years})
        self.fields["dimension"].choices = _dimension_choices(without="year")  # type: ignore[attr-defined]
        for name in ("earlier", "later"):
            self.fields[name].choices = [(year, str(year)) for year in years]  # type: ignore[attr-defined]

    @property
    def chosen_dimension(self) -> Dimension:
        return DIMENSIONS[self.cleaned_data["dimension"]]


class PivotForm(BookForm):
    """A book's sums by two dimensions, of one year or of all."""

    down = forms.ChoiceField(label=gettext_lazy("行"))
    across = forms.ChoiceField(label=gettext_lazy("列"))
    year = forms.TypedChoiceField(label=gettext_lazy("年度"), coerce=int, required=False, empty_value=None)

    def __init__(self, books: Sequence[Book], *args: object, **values: object) -> None:
        super().__init__(books, *args, **values)
        years = sorted({year for book in books for year in book.years})
        for name in ("down", "across"):
            self.fields[name].choices = _dimension_choices()  # type: ignore[attr-defined]
        self.fields["year"].choices = [  # type: ignore[attr-defined]
            ("", gettext("全部年度")),
            *((year, str(year)) for year in years),
        ]

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        if cleaned.get("down") and cleaned.get("down") == cleaned.get("across"):
            raise ValidationError(gettext("行和列不能是同一个维度，请另选一个。"))
        return cleaned

    @property
    def chosen_dimensions(self) -> tuple[Dimension, Dimension]:
        return DIMENSIONS[self.cleaned_data["down"]], DIMENSIONS[self.cleaned_data["across"]]


def _dimension_choices(without: str = "") -> list[tuple[str, str]]:
    return [(code, gettext(one.title)) for code, one in DIMENSIONS.items() if code != without]
