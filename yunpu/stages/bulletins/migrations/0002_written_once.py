"""An issue is never changed and never deleted: the database refuses both."""

from django.db import migrations

from yunpu.trail.immutable import refuse_changes


class Migration(migrations.Migration):
    dependencies = [("bulletins", "0001_initial")]
    operations = [refuse_changes("bulletins_issue")]
