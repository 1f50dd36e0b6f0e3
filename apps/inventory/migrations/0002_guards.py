"""The stock register refuses change; stock documents get their fast number series."""

from django.db import migrations

from apps.core.ledger_guards import append_only, document_sequence


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial"), ("core", "0002_guards")]

    operations = [
        append_only("inventory_stockmove"),
        append_only("inventory_layerconsumption"),
        append_only("inventory_valuationadjustment"),
        document_sequence("inventory_stockdocument_series"),
    ]
