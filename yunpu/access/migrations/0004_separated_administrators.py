"""The database refuses two separated administrators in one person."""

from django.db import migrations

from yunpu.access.separation import separate_administrators


class Migration(migrations.Migration):
    dependencies = [("access", "0003_roles")]

    operations = [separate_administrators()]
