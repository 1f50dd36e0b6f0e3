from __future__ import annotations

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Orders ask what moved for their lines; without an index each reads the whole register."""

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
    ]
