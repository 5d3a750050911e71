"""The spaces of the search table come from the models' names now, not from their place among the models.

The old numbers cannot be told apart safely, so the table starts empty; after the migration it is filled again
(yunpu.ui.apps), a short transaction at a time.
"""

from importlib import import_module

from django.db import migrations

before = import_module("yunpu.ui.migrations.0002_search")


def renew(apps, editor):
    before.drop(apps, editor)
    before.create(apps, editor)
    if editor.connection.vendor == "postgresql":
        editor.execute("ALTER TABLE ui_search ALTER COLUMN space TYPE integer")
        editor.execute("ALTER INDEX ui_search_words SET (gin_pending_list_limit = 65536)")


def put_back(apps, editor):
    before.drop(apps, editor)
    before.create(apps, editor)


class Migration(migrations.Migration):
    dependencies = [("ui", "0002_search")]
    operations = [migrations.RunPython(renew, put_back)]
