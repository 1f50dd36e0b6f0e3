from __future__ import annotations

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models, transaction

_FILL = """
INSERT INTO execution_machineoutput
       (company_id, machine_id, starts_at, operation_id, quantity_good, quantity_scrap)
SELECT company_id, machine_id, date_bin('15 minutes', occurred_at, '2000-01-01T00:00Z'),
       operation_id, sum(quantity_good), sum(quantity_scrap)
  FROM execution_machineevent WHERE machine_id = %s AND kind = 'count'
 GROUP BY 1, 2, 3, 4
"""


def fill(apps, schema_editor):
    """Sum what was counted so far: a transaction per machine, under the lock of its timeline."""
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM masterdata_machine ORDER BY id")
        for (machine_id,) in cursor.fetchall():
            with transaction.atomic(using=connection.alias):
                cursor.execute(
                    "SELECT FROM masterdata_machine WHERE id = %s FOR NO KEY UPDATE", [machine_id]
                )
                cursor.execute(
                    "DELETE FROM execution_machineoutput WHERE machine_id = %s", [machine_id]
                )
                cursor.execute(_FILL, [machine_id])


class Migration(migrations.Migration):
    """Indexes on tables that are large in a plant that runs, and the counts of its past."""

    atomic = False

    dependencies = [("execution", "0011_machine_output")]

    operations = [
        AddIndexConcurrently(
            model_name="machineevent",
            index=models.Index(
                condition=models.Q(quantity_scrap__gt=0),
                fields=["machine", "occurred_at"],
                name="execution_machineevent_scrap",
            ),
        ),
        AddIndexConcurrently(
            model_name="machineinterval",
            index=models.Index(
                condition=models.Q(state="setup"),
                fields=["machine", "starts_at"],
                name="execution_interval_setup",
            ),
        ),
        AddIndexConcurrently(
            model_name="productionreport",
            index=models.Index(
                condition=models.Q(event__isnull=True),
                fields=["machine", "reported_at"],
                name="execution_report_by_hand",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
