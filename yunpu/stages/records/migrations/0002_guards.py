from django.db import migrations

from yunpu.stages.records.guarding import guard_states
from yunpu.trail.immutable import refuse_changes


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]

    operations = [guard_states(), refuse_changes("records_move", "records_declaration")]
