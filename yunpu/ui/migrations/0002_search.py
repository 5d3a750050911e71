"""The search table: FTS5 on SQLite (contentless would need the old text to delete; this keeps no positions), tsvector
with GIN on PostgreSQL."""

from django.db import migrations


def create(apps, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute(
            "CREATE TABLE ui_search (space smallint NOT NULL, object_id bigint NOT NULL, words tsvector NOT NULL, "
            "PRIMARY KEY (space, object_id))"
        )
        editor.execute("CREATE INDEX ui_search_words ON ui_search USING gin (words) WITH (gin_pending_list_limit = 16384)")
    else:
        editor.execute(
            "CREATE VIRTUAL TABLE ui_search USING fts5(words, detail=none, columnsize=0, tokenize=\"unicode61 categories 'L* N* Co'\")"
        )


def drop(apps, editor):
    editor.execute("DROP TABLE ui_search")


class Migration(migrations.Migration):
    dependencies = [("ui", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
