"""Runs and schedules get their fast number series."""

from django.db import migrations

from apps.core.ledger_guards import document_sequence


class Migration(migrations.Migration):
    dependencies = [("planning", "0001_initial")]

    operations = [
        document_sequence("planning_planningrun_series"),
        document_sequence("planning_schedule_series"),
    ]
