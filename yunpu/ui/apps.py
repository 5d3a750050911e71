from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from yunpu.kernel.text import mark as _


class UiConfig(AppConfig):
    """Generic screens (界面)."""

    name = "yunpu.ui"
    label = "ui"
    title = _("界面")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(fill_search, sender=self)


def fill_search(**_given: Any) -> None:
    """After a migration, index what has no words yet: records of before they were searched, or a renewed index."""
    from django.db import connection

    from yunpu.ui import search

    tables = set(connection.introspection.table_names())
    for model in search.searched_models():
        if {search.TABLE, model._meta.db_table} <= tables and search.is_unbuilt(model):
            search.rebuild(model)
