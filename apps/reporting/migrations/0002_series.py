"""Numbers of investments."""

from django.db import migrations

from apps.core.ledger_guards import document_sequence


class Migration(migrations.Migration):
    dependencies = [("reporting", "0001_initial")]
    operations = [document_sequence("reporting_roicase_series")]
