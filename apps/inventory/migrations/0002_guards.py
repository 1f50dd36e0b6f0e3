"""The stock register refuses change."""

from django.db import migrations

from apps.core.ledger_guards import append_only


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial"), ("core", "0002_guards")]

    operations = [
        append_only("inventory_stockmove"),
        append_only("inventory_layerconsumption"),
        append_only("inventory_valuationadjustment"),
    ]
