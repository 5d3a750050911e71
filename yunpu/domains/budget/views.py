"""The screens of the budget book: its lines, two years beside one another, sums by two dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from yunpu.domains.budget import queries, tables
from yunpu.domains.budget.forms import BookForm, ComparisonForm, PivotForm
from yunpu.domains.budget.models import BudgetLine
from yunpu.domains.budget.queries import Book
from yunpu.domains.budget.tables import Grid
from yunpu.ui.base import ScopedView
from yunpu.ui.hooks import hooks
from yunpu.ui.registers import Action, Column, Register

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Lines(Register):
    model = BudgetLine
    slug = "lines"
    title = _("预算明细")
    icon = "report-money"
    columns = (
        Column("body_name", link=True),
        Column("year"),
        Column("body_code", shown=False),
        Column("section_name", shown=False),
        Column("function_code"),
        Column("function_name"),
        Column("chapter_name", shown=False),
        Column("economic_code"),
        Column("economic_name"),
        Column("fund"),
        Column("project_code", shown=False, code=True),
        Column("currency"),
        Column("amount_fen", money="万元", unit=_("万，本币"), total=True, alike="currency"),
        Column("unit", shown=False),
    )
    filters = ("year", "fund", "body_code", "function_code", "chapter_code", "currency", "unit")
    sorts = ("year", "amount_fen")
    default_sort = "-year"
    fields = (
        "year",
        "body_code",
        "body_name",
        "function_code",
        "function_name",
        "chapter_code",
        "chapter_name",
        "economic_code",
        "economic_name",
        "fund",
        "project_code",
        "currency",
        "amount_fen",
        "unit",
    )
    groups = (
        (_("功能分类"), ("function_code", "function_name")),
        (_("经济分类"), ("chapter_code", "chapter_name", "economic_code", "economic_name")),
        (_("资金与填报"), ("fund", "project_code", "currency", "unit")),
    )
    related = ("unit",)
    page_actions = (
        Action(_("年度比较"), "budget:compare", icon="arrows-sort"),
        Action(_("交叉汇总"), "budget:pivot", icon="table"),
    )
    import_format = "budget.lines"
    empty_hint = _("还没有预算明细。下载模板填好预算书再导入，金额默认以万元为单位。")
    year_field = "year"


class BookView(ScopedView):
    """A view of one book: choose, compute, show or export. Nothing to choose from is said, not shown as zero."""

    right = "view"
    right_model = BudgetLine
    form_class: type[BookForm]
    file_name = ""

    def get(self, request: HttpRequest) -> HttpResponse:
        books = queries.list_books(self.scoped(BudgetLine))
        if not books:
            return self.show({"form": None})
        given = {**self.defaults(books), **request.GET.dict()}
        form = self.form_class(books, given)
        if not form.is_valid():
            return self.show({"form": form, "grid": None}, status=422)
        grid, more = self.compute(form)
        if given.get("format") == "xlsx":
            return self.export(grid, form)
        given.pop("format", None)
        may_export = hooks.may(request, "export", BudgetLine)
        return self.show({"form": form, "grid": grid, "may_export": may_export, "unit": form.unit, **more})

    def defaults(self, books: Sequence[Book]) -> dict[str, Any]:
        """What is shown before anything was chosen."""
        raise NotImplementedError

    def compute(self, form: Any) -> tuple[Grid, dict[str, Any]]:
        """The grid of a valid choice, and what else the page shows."""
        raise NotImplementedError

    def export(self, grid: Grid, form: Any) -> HttpResponse:
        if not hooks.may(self.request, "export", BudgetLine):
            return HttpResponse(status=403)
        hooks.record_export(self.request, f"budget.{self.file_name}", len(grid.lines))
        response = HttpResponse(tables.write_workbook(grid, self.file_name, form.about), content_type=_XLSX)
        response["Content-Disposition"] = f'attachment; filename="{self.file_name}.xlsx"'
        return response


class CompareView(BookView):
    """Two years of a book by one dimension."""

    template = "budget/compare.html"
    form_class = ComparisonForm
    file_name = "compare"

    def defaults(self, books: Sequence[Book]) -> dict[str, Any]:
        years = _book_asked(self.request, books).years
        return {"book": books[0].code, "dimension": "body", "earlier": years[-2:][0], "later": years[-1]}

    def compute(self, form: ComparisonForm) -> tuple[Grid, dict[str, Any]]:
        lines = queries.of_book(self.scoped(BudgetLine), form.chosen_book)
        earlier, later = form.cleaned_data["earlier"], form.cleaned_data["later"]
        comparison = queries.compare_years(lines, form.chosen_dimension, earlier, later)
        return tables.grid_of_comparison(comparison, form.chosen_dimension, (earlier, later), form.unit), {}


class PivotView(BookView):
    """A book's sums by two dimensions, with a chart of the largest."""

    template = "budget/pivot.html"
    form_class = PivotForm
    file_name = "pivot"

    def defaults(self, books: Sequence[Book]) -> dict[str, Any]:
        newest = _book_asked(self.request, books).years[-1]
        return {"book": books[0].code, "down": "body", "across": "chapter", "year": newest}

    def compute(self, form: PivotForm) -> tuple[Grid, dict[str, Any]]:
        lines = queries.of_book(self.scoped(BudgetLine), form.chosen_book)
        if form.cleaned_data["year"] is not None:
            lines = lines.filter(year=form.cleaned_data["year"])
        down, across = form.chosen_dimensions
        found = queries.pivot(lines, down, across)
        chart = tables.chart_of_pivot(found, form.unit)
        more = {"chart": chart, "chart_table": tables.chart_table(chart)}
        return tables.grid_of_pivot(found, down, form.unit), more


def _book_asked(request: HttpRequest, books: Sequence[Book]) -> Book:
    """The book in the address where there is one, else the first."""
    return next((book for book in books if book.code == request.GET.get("book")), books[0])
