"""All addresses. An area is an app: its registers' screens, then its own pages (`urls.py`), below its label.

Nothing is listed by hand: a register or a `urls.py` that is there is reachable.
"""

from __future__ import annotations

import importlib
import importlib.util

from django.apps import apps
from django.urls import include, path
from django.urls.resolvers import URLPattern, URLResolver
from django.views.i18n import JavaScriptCatalog

from yunpu.config.monitoring import show_health, show_metrics
from yunpu.ui.registers import list_registers
from yunpu.ui.screens import register_urls
from yunpu.ui.views import HomeView, OverviewView, SearchView, TasksView, YearView


def area_urls() -> list[URLResolver]:
    """One include for each area, by its name."""
    areas: dict[str, list[URLPattern | URLResolver]] = {}
    for register in list_registers():
        areas.setdefault(register.app(), []).extend(register_urls(register))
    for config in apps.get_app_configs():
        if config.name.startswith("yunpu.") and importlib.util.find_spec(f"{config.name}.urls"):
            areas.setdefault(config.label, []).extend(
                importlib.import_module(f"{config.name}.urls").urlpatterns
            )
    return [path(f"{area}/", include((patterns, area))) for area, patterns in sorted(areas.items())]


handler403 = "yunpu.ui.errors.forbidden"
handler500 = "yunpu.ui.views.show_defect"

urlpatterns = [
    path("", HomeView.as_view(), name="home"),
    path("tasks/", TasksView.as_view(), name="tasks"),
    path("overview/", OverviewView.as_view(), name="overview"),
    path("year/", YearView.as_view(), name="year"),
    path("search/", SearchView.as_view(), name="search"),
    path("healthz", show_health, name="health"),
    path("metrics", show_metrics, name="metrics"),
    path("messages.js", JavaScriptCatalog.as_view(), name="messages"),
    *area_urls(),
]
