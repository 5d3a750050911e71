"""Events and changes are written once: the database refuses UPDATE and DELETE."""

from django.db import migrations

from yunpu.trail.immutable import refuse_changes


class Migration(migrations.Migration):
    dependencies = [("trail", "0001_initial")]
    operations = [refuse_changes("trail_event", "trail_change")]
