import apps.core.fields
from django.db import migrations

# What lies in transit carries what its moves brought in and have not taken out.
_CARRIED = """
UPDATE inventory_stockbalance b SET transit_value = c.value
  FROM (SELECT item_id, location_id, lot_id, sum(value) AS value
          FROM (SELECT m.item_id, t.id AS location_id, m.lot_id, m.value
                  FROM inventory_stockmove m
                  JOIN inventory_location t ON t.id = m.to_location_id AND t.kind = 'transit'
                UNION ALL
                SELECT m.item_id, f.id, m.lot_id, -m.value
                  FROM inventory_stockmove m
                  JOIN inventory_location f ON f.id = m.from_location_id AND f.kind = 'transit'
               ) AS moves
         GROUP BY item_id, location_id, lot_id) AS c
 WHERE b.item_id = c.item_id AND b.location_id = c.location_id
   AND b.lot_id IS NOT DISTINCT FROM c.lot_id AND c.value <> 0
"""


class Migration(migrations.Migration):

    dependencies = [("inventory", "0005_issues_to_cost_objects")]

    operations = [
        migrations.AddField(
            model_name="stockbalance",
            name="transit_value",
            field=apps.core.fields.MoneyField(db_default=0, decimal_places=4, default=0, max_digits=20, verbose_name="value in transit"),
        ),
        migrations.RunSQL(_CARRIED, migrations.RunSQL.noop),
    ]
