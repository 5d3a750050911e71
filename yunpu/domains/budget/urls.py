"""Addresses of the budget book's own screens; those of its register come by themselves."""

from django.urls import path

from yunpu.domains.budget.views import CompareView, PivotView

urlpatterns = [
    path("compare/", CompareView.as_view(), name="compare"),
    path("pivot/", PivotView.as_view(), name="pivot"),
]
