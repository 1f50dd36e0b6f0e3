"""Meter readings refuse change; documents get their fast number series."""

from django.db import migrations

from apps.core.ledger_guards import append_only, document_sequence


class Migration(migrations.Migration):
    dependencies = [("maintenance", "0001_initial"), ("core", "0002_guards")]

    operations = [
        append_only("maintenance_meterreading"),
        document_sequence("maintenance_request_series"),
        document_sequence("maintenance_order_series"),
        document_sequence("maintenance_partsissue_series"),
        document_sequence("maintenance_labour_series"),
        document_sequence("maintenance_charge_series"),
    ]
