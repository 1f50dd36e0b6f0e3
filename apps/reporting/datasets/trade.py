"""What suppliers deliver, and how punctually goods go out and come in."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.reporting.datasets.registry import PERIODS, Dataset, Value, register
from apps.reporting.measures.registry import Unit
from apps.reporting.measures.trade import RECEIVED, SHIPPED

_GOODS = ("item", "category", "lot", "site", *PERIODS)


def _punctuality(measure: str, formula: Any) -> tuple[Value, ...]:
    return (
        Value(
            "on_time",
            _("On time %"),
            Unit.PERCENT,
            formula,
            "100.0 * count(*) FILTER (WHERE f.is_on_time) / nullif(count(f.date), 0)",
            measure=measure,
        ),
        Value(
            "late_lines",
            _("Late lines"),
            Unit.COUNT,
            _("Lines after the date promised."),
            "count(*) FILTER (WHERE NOT f.is_on_time)",
        ),
        Value("lines", _("Lines"), Unit.COUNT, _("Lines of posted documents."), "count(f.date)"),
        Value("quantity", _("Quantity"), Unit.QUANTITY, _("Units on them."), "sum(f.quantity)"),
    )


register(
    Dataset(
        code="deliveries",
        title=_("Deliveries to customers"),
        description=_("Lines of posted shipments against the date promised."),
        permission="supply_chain.view_shipment",
        statement=f"""
SELECT x.*, i.category_id FROM ({SHIPPED} AND s.date BETWEEN %(date_from)s AND %(date_to)s) x
  JOIN masterdata_item i ON i.id = x.item_id
""",  # noqa: S608 - constants only
        dimensions=("customer", *_GOODS),
        values=_punctuality(
            "delivery_on_time",
            _("Lines shipped on or before the date promised ÷ lines shipped."),
        ),
        path=("month", "customer", "item"),
    ),
    Dataset(
        code="receipts",
        title=_("Deliveries of suppliers"),
        description=_("Lines of posted receipts against the date ordered for."),
        permission="supply_chain.view_receipt",
        statement=f"""
SELECT x.*, i.category_id FROM ({RECEIVED} AND r.date BETWEEN %(date_from)s AND %(date_to)s) x
  JOIN masterdata_item i ON i.id = x.item_id
""",  # noqa: S608 - constants only
        dimensions=("supplier", *_GOODS),
        values=_punctuality(
            "suppliers_on_time",
            _("Lines received on or before the date ordered for ÷ lines received."),
        ),
        path=("month", "supplier", "item"),
    ),
    Dataset(
        code="purchases",
        title=_("Purchases"),
        description=_("What suppliers delivered, at the price of the order, less returns."),
        permission="inventory.view_stockmove",
        statement="""
SELECT m.date, 'M' || m.id AS label, m.source_type_id, m.source_id, m.partner_id, m.item_id,
       i.category_id, m.lot_id, coalesce(t.site_id, o.site_id) AS site_id,
       CASE WHEN o.kind IN ('supplier', 'foreign') THEN m.quantity ELSE -m.quantity END AS quantity,
       CASE WHEN o.kind IN ('supplier', 'foreign') THEN abs(m.counter_value)
            ELSE -abs(m.counter_value) END AS spend
  FROM inventory_stockmove m JOIN company c ON c.id = m.company_id
  JOIN inventory_location o ON o.id = m.from_location_id
  JOIN inventory_location t ON t.id = m.to_location_id
  JOIN masterdata_item i ON i.id = m.item_id
 WHERE (o.kind IN ('supplier', 'foreign')) <> (t.kind IN ('supplier', 'foreign'))
   AND m.date BETWEEN %(date_from)s AND %(date_to)s
""",
        dimensions=("supplier", *_GOODS),
        values=(
            Value(
                "spend",
                _("Spend"),
                Unit.MONEY,
                _("Goods from suppliers less goods returned, at what was owed for them."),
                "sum(f.spend)",
            ),
            Value(
                "quantity",
                _("Quantity"),
                Unit.QUANTITY,
                _("Units received less units returned."),
                "sum(f.quantity)",
            ),
            Value("moves", _("Moves"), Unit.COUNT, _("Stock moves."), "count(f.date)"),
        ),
        path=("month", "supplier", "category", "item"),
    ),
)
