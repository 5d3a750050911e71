"""A figure and the definition it was computed by are written once: the database refuses anything else."""

from django.db import migrations

from yunpu.trail.immutable import refuse_changes


class Migration(migrations.Migration):
    dependencies = [("indicators", "0001_initial")]
    operations = [refuse_changes("indicators_definition", "indicators_figure")]
