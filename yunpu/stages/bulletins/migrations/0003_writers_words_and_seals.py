"""Who wrote a bulletin, the district's own fixed words, what passed the guard; an issued bulletin stays as it is."""

from django.db import migrations, models

from yunpu.trail.immutable import refuse_changes

POSTGRESQL = """
CREATE OR REPLACE FUNCTION bulletins_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an issued bulletin does not change' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER bulletins_bulletin_issued_stays BEFORE UPDATE OR DELETE ON bulletins_bulletin
    FOR EACH ROW WHEN (OLD.state = 'issued') EXECUTE FUNCTION bulletins_refuse_change();
"""
SQLITE = (
    "CREATE TRIGGER bulletins_bulletin_issued_{verb} BEFORE {verb} ON bulletins_bulletin WHEN OLD.state = 'issued'"
    " BEGIN SELECT RAISE(ABORT, 'an issued bulletin does not change'); END"
)


def seal(_apps, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute(POSTGRESQL, params=None)
        return
    for verb in ("UPDATE", "DELETE"):
        editor.execute(SQLITE.format(verb=verb))


def unseal(_apps, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP TRIGGER bulletins_bulletin_issued_stays ON bulletins_bulletin")
        return
    for verb in ("UPDATE", "DELETE"):
        editor.execute(f"DROP TRIGGER bulletins_bulletin_issued_{verb}")


def open_issues(apps, editor):
    """SQLite makes the table anew for a new column, and loses its triggers with the old one."""
    refuse_changes("bulletins_issue").reverse_code(apps, editor)


def close_issues(apps, editor):
    refuse_changes("bulletins_issue").code(apps, editor)


class Migration(migrations.Migration):
    dependencies = [("bulletins", "0002_written_once")]
    operations = [
        migrations.CreateModel(
            name="FixedWord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("word", models.CharField(max_length=40, unique=True, verbose_name="固定词")),
                ("reason", models.CharField(max_length=100, verbose_name="理由")),
                ("added_at", models.DateTimeField(verbose_name="添加时间")),
                ("added_by", models.CharField(max_length=100, verbose_name="添加人")),
            ],
            options={"verbose_name": "固定词", "ordering": ["word"]},
        ),
        migrations.AddField(
            "bulletin", "writer_ids", models.JSONField(blank=True, default=list, verbose_name="写过正文的人")
        ),
        migrations.AddField(
            "bulletin",
            "checked_digest",
            models.CharField(blank=True, default="", max_length=64, verbose_name="核稿时的摘要"),
            preserve_default=False,
        ),
        migrations.AlterField(
            "bulletin",
            "state",
            models.CharField(
                choices=[
                    ("draft", "编辑中"),
                    ("submitted", "待核稿"),
                    ("checked", "待签发"),
                    ("issued", "已签发"),
                    ("withdrawn", "已作废"),
                ],
                default="draft",
                max_length=10,
                verbose_name="状态",
            ),
        ),
        migrations.RunPython(open_issues, close_issues),
        migrations.AddField(
            "issue", "numerals", models.JSONField(default=list, verbose_name="不由记录算出的数字和理由")
        ),
        migrations.RunPython(close_issues, open_issues),
        migrations.RunPython(seal, unseal),
    ]
