"""Number series; ids of planned orders by the thousand; pegs as rows."""

from django.db import migrations

from apps.core.ledger_guards import document_sequence

PEGGING = """
CREATE VIEW planning_pegging AS
SELECT p.id * 1000000 + g.n AS id, p.company_id, p.run_id, p.item_id, p.site_id,
       (ARRAY['stock', 'expected', 'planned', 'none'])[g.supply + 1]::varchar(8) AS supply,
       CASE g.supply WHEN 2 THEN g.supply_id END AS planned_order_id,
       CASE g.supply WHEN 1 THEN g.supply_id END AS supply_move_id,
       (ARRAY['expected', 'forecast', 'dependent', 'stock'])[g.demand + 1]::varchar(9) AS demand,
       CASE g.demand WHEN 0 THEN g.demand_id END AS demand_move_id,
       CASE g.demand WHEN 1 THEN g.demand_id END AS demand_forecast_id,
       CASE WHEN g.day >= 0 THEN date '2000-01-01' + g.day END AS demand_date,
       (g.quantity::numeric / 1000000)::numeric(20, 6) AS quantity
  FROM planning_planneditem p
 CROSS JOIN LATERAL unnest(p.peg_supply, p.peg_supply_id, p.peg_demand, p.peg_demand_id,
                           p.peg_day, p.peg_quantity)
            WITH ORDINALITY AS g(supply, supply_id, demand, demand_id, day, quantity, n)
"""


class Migration(migrations.Migration):
    dependencies = [("planning", "0001_initial")]

    operations = [
        document_sequence("planning_planningrun_series"),
        document_sequence("planning_schedule_series"),
        # A run takes hundreds of thousands of ids: each number of the sequence stands for 1,000.
        migrations.RunSQL(
            "ALTER TABLE planning_plannedorder ALTER COLUMN id SET INCREMENT BY 1000",
            "ALTER TABLE planning_plannedorder ALTER COLUMN id SET INCREMENT BY 1",
        ),
        migrations.RunSQL(PEGGING, "DROP VIEW planning_pegging"),
    ]
