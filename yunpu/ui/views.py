"""Home and the language and theme of a person's screens."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.http import HttpRequest, HttpResponse

from yunpu import flow
from yunpu.ui.base import ScopedView


@dataclass(frozen=True)
class Panel:
    """A part of the home page, declared in an app's `home.py`: `read(request)` gives rows or None to stay away."""

    title: str
    template: str
    read: Callable[[HttpRequest], Any]
    order: int = 100


class HomeView(ScopedView):
    """The first page: numbers, what waits, what changed."""

    right = "view"
    template = "ui/home.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        panels = []
        for panel in sorted(_list_panels(), key=lambda one: one.order):
            content = panel.read(request)
            if content is not None:
                panels.append((panel, content))
        return self.show({"panels": panels})


def _list_panels() -> Iterator[Panel]:
    for config in apps.get_app_configs():
        if config.name.startswith("yunpu.") and importlib.util.find_spec(f"{config.name}.home"):
            yield from flow.declared_in(importlib.import_module(f"{config.name}.home"), Panel)
