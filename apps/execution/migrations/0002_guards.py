"""Registers refuse change; documents get their fast number series."""

from django.db import migrations

from apps.core.ledger_guards import append_only, document_sequence


class Migration(migrations.Migration):
    dependencies = [("execution", "0001_initial"), ("core", "0002_guards")]

    operations = [
        append_only("execution_genealogyedge"),
        append_only("execution_machineevent"),
        document_sequence("execution_workorder_series"),
        document_sequence("execution_materialissue_series"),
        document_sequence("execution_productionreport_series"),
    ]
