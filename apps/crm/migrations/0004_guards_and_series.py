"""Registers refuse changes; the new documents get their fast number series."""

from django.db import migrations

from apps.core.ledger_guards import append_only, document_sequence

REGISTERS = ("crm_stagechange", "crm_emaillog", "crm_emaildelivery")
SERIES = ("lead", "opportunity", "activity", "quotation", "servicecase", "complaint", "return")


class Migration(migrations.Migration):
    dependencies = [("crm", "0003_sales_chain")]

    operations = [
        *(append_only(table) for table in REGISTERS),
        *(document_sequence(f"crm_{name}_series") for name in SERIES),
    ]
