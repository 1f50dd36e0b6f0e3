from __future__ import annotations

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Orders ask what moved for their lines; without an index each reads the whole register.

    Availability is answered by the index of what is due alone.
    """

    atomic = False

    dependencies = [("inventory", "0016_catch_weights")]

    operations = [
        AddIndexConcurrently(
            model_name="stockmove",
            index=models.Index(
                fields=["expected_move"],
                condition=models.Q(expected_move__isnull=False),
                name="inventory_stockmove_promise",
            ),
        ),
        AddIndexConcurrently(
            model_name="expectedmove",
            index=models.Index(
                fields=["item", "due_date"],
                include=["direction", "quantity", "quantity_done", "site", "cost_object"],
                condition=models.Q(is_open=True),
                name="inventory_expectedmove_due",
            ),
        ),
        RemoveIndexConcurrently(model_name="expectedmove", name="inventory_expectedmove_open"),
    ]
