"""Cost roll-ups get their fast number series."""

from django.db import migrations

from apps.core.ledger_guards import document_sequence


class Migration(migrations.Migration):
    dependencies = [("engineering", "0001_initial")]

    operations = [document_sequence("engineering_costrollup_series")]
