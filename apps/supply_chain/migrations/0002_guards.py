"""Bill matches refuse change; documents get their fast number series."""

from django.db import migrations

from apps.core.ledger_guards import append_only, document_sequence


class Migration(migrations.Migration):
    dependencies = [("supply_chain", "0001_initial"), ("core", "0002_guards")]

    operations = [
        append_only("supply_chain_billmatch"),
        document_sequence("supply_chain_purchaseorder_series"),
        document_sequence("supply_chain_receipt_series"),
        document_sequence("supply_chain_shipment_series"),
    ]
