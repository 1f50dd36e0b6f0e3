"""Figures of the stock."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.reporting.measures.registry import Behind, Chart, Measure, Unit, register
from apps.reporting.measures.scope import in_sites

register(
    Measure(
        code="stock_value",
        title=_("Stock value"),
        unit=Unit.MONEY,
        permission="inventory.view_itemvaluation",
        formula=_("Value of all stock on hand; equals the inventory accounts at every moment."),
        statement="""
SELECT c.currency, coalesce(sum(v.value), 0), count(v.id) FILTER (WHERE v.quantity > 0), NULL
  FROM company c LEFT JOIN inventory_itemvaluation v ON v.company_id = c.id
 GROUP BY c.currency
""",
        behind=Behind(model="inventory.ItemValuation"),
        note=_("{n} items"),
        icon="inventory_2",
        is_company_wide=True,
    ),
    Measure(
        code="lots_held",
        title=_("Lots held"),
        unit=Unit.COUNT,
        permission="inventory.view_lot",
        formula=_("Lots in quarantine, on hold or rejected of which there is stock."),
        statement=f"""
SELECT NULL, count(*), NULL, array_agg(id ORDER BY id) FROM (
  SELECT DISTINCT o.id FROM inventory_lot o JOIN company c ON c.id = o.company_id
    JOIN inventory_stockbalance b ON b.lot_id = o.id AND b.quantity > 0
    JOIN inventory_location p ON p.id = b.location_id AND {in_sites("p")}
   WHERE o.status <> 'available') AS held
""",  # noqa: S608 - constants only
        behind=Behind(model="inventory.Lot", query="status__in=quarantine,hold,rejected"),
        icon="front_hand",
        is_alarm=True,
    ),
    Measure(
        code="lots_expiring",
        title=_("Lots that expire in 30 days"),
        unit=Unit.COUNT,
        permission="inventory.view_lot",
        formula=_("Lots with stock whose expiry date is past or within 30 days."),
        statement=f"""
SELECT NULL, count(*), NULL, array_agg(id ORDER BY id) FROM (
  SELECT DISTINCT o.id FROM inventory_lot o JOIN company c ON c.id = o.company_id
    JOIN inventory_stockbalance b ON b.lot_id = o.id AND b.quantity > 0
    JOIN inventory_location p ON p.id = b.location_id AND {in_sites("p")}
   WHERE o.expires_on <= %(today)s::date + 30) AS expiring
""",  # noqa: S608 - constants only
        behind=Behind(model="inventory.Lot", query="expires_on__isnull=False"),
        icon="hourglass_bottom",
        is_alarm=True,
    ),
    Measure(
        code="items_short",
        title=_("Items short in seven days"),
        unit=Unit.COUNT,
        permission="inventory.view_expectedmove",
        formula=_(
            "Items of which a site is expected to hand out more within seven days than it has and "
            "expects to get in."
        ),
        statement=f"""
SELECT NULL, count(*), NULL, array_agg(item_id ORDER BY item_id) FROM (
  SELECT item_id FROM (
    SELECT e.item_id, e.site_id,
           CASE e.direction WHEN 'in' THEN 1 ELSE -1 END * greatest(e.quantity - e.quantity_done, 0)
      FROM inventory_expectedmove e JOIN company c ON c.id = e.company_id
     WHERE e.is_open AND e.cost_object_id IS NULL AND e.due_date <= %(today)s::date + 7
       AND {in_sites("e")}
     UNION ALL
    SELECT b.item_id, p.site_id, b.quantity
      FROM inventory_stockbalance b JOIN company c ON c.id = b.company_id
      JOIN inventory_location p ON p.id = b.location_id AND p.kind = 'internal'
       AND NOT p.is_quarantine AND p.held_by_id IS NULL AND {in_sites("p")}
     WHERE b.quantity > 0) AS x(item_id, site_id, quantity)
   GROUP BY item_id, site_id HAVING sum(quantity) < 0) AS short(item_id)
""",  # noqa: S608 - constants only
        behind=Behind(model="masterdata.Item"),
        icon="production_quantity_limits",
        is_alarm=True,
    ),
    Chart(
        code="stock_by_category",
        title=_("Stock value by category"),
        unit=Unit.MONEY,
        kind="rank",
        permission="inventory.view_itemvaluation",
        formula=_("Value of stock on hand by item category."),
        statement="""
SELECT row_number() OVER (ORDER BY sum(v.value) DESC)::int, g.name, c.currency, sum(v.value)
  FROM inventory_itemvaluation v JOIN company c ON c.id = v.company_id
  JOIN masterdata_item i ON i.id = v.item_id
  JOIN masterdata_itemcategory g ON g.id = i.category_id
 GROUP BY g.name, c.currency HAVING sum(v.value) <> 0
""",
        empty=_("No stock yet. Post an opening balance or a receipt first."),
        is_company_wide=True,
    ),
)
