"""What of receipts from companies of ours is still in stock, and what the seller earned on it.

What is left of a receipt is what its layer still has, and what came back by a reversal of what was
taken from it; items at standard cost keep no layers: of them the newest receipts are there. The
seller's cost is found by papers: the receipt's delivery note is the number of the seller's
shipment, the item has the same code in both books and, where both keep lots, so has the lot. Its
price is what was invoiced for the order's line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from django.contrib.contenttypes.models import ContentType

from apps.core.sql import fetch_dicts
from apps.finance.group_stock import AskedGoods, GroupGoods
from apps.supply_chain.models import Shipment

_LEFT = """
WITH received AS (
  SELECT m.id AS move_id, m.company_id AS buyer_id, x.counterpart_id AS seller_id, m.item_id,
         m.entry_id, m.quantity, m.counter_value, r.number AS receipt, r.delivery_note,
         coalesce(nullif(t.supplier_lot, ''), t.code) AS lot
    FROM finance_intercompanypartner x
    JOIN supply_chain_purchaseorder o ON o.partner_id = x.partner_id
    JOIN supply_chain_receipt r ON r.order_id = o.id
    JOIN supply_chain_receiptline n ON n.receipt_id = r.id
    JOIN inventory_stockmove m ON m.id = n.move_id AND m.date <= %(at)s
    LEFT JOIN inventory_lot t ON t.id = m.lot_id
   WHERE x.company_id = ANY(%(members)s) AND x.counterpart_id = ANY(%(members)s)),
changed AS (
  SELECT m.id, m.item_id, m.date, m.quantity,
         (t.kind IN ('internal', 'transit'))::int - (f.kind IN ('internal', 'transit'))::int AS sign
    FROM inventory_stockmove m
    JOIN masterdata_item i ON i.id = m.item_id
    JOIN masterdata_itemcategory c ON c.id = i.category_id AND c.costing = 'standard'
    JOIN inventory_location f ON f.id = m.from_location_id
    JOIN inventory_location t ON t.id = m.to_location_id
   WHERE m.item_id IN (SELECT item_id FROM received) AND m.date <= %(at)s),
on_hand AS (SELECT item_id, sum(sign * quantity) AS quantity FROM changed GROUP BY item_id),
newest AS (
  SELECT c.id, c.item_id, c.quantity,
         sum(c.quantity) OVER (PARTITION BY c.item_id ORDER BY c.date DESC, c.id DESC)
         - c.quantity AS newer
    FROM changed c WHERE c.sign = 1),
remaining (move_id, quantity) AS (
  SELECT l.move_id, l.quantity - coalesce(used.quantity, 0) + coalesce(back.quantity, 0)
    FROM inventory_costlayer l
    LEFT JOIN LATERAL (
         SELECT sum(u.quantity) AS quantity FROM inventory_layerconsumption u
           JOIN inventory_stockmove d ON d.id = u.move_id
          WHERE u.layer_id = l.id AND d.date <= %(at)s) AS used ON true
    LEFT JOIN LATERAL (
         SELECT round(sum(there.quantity * u.quantity / taken.quantity), 6) AS quantity
           FROM inventory_layerconsumption u
           JOIN inventory_stockmove v ON v.reverses_id = u.move_id AND v.date <= %(at)s
           JOIN inventory_costlayer b ON b.move_id = v.id
          CROSS JOIN LATERAL (SELECT sum(t.quantity) AS quantity FROM inventory_layerconsumption t
                               WHERE t.move_id = u.move_id) AS taken
          CROSS JOIN LATERAL (
                SELECT b.quantity - coalesce(sum(w.quantity), 0) AS quantity
                  FROM inventory_layerconsumption w
                  JOIN inventory_stockmove d ON d.id = w.move_id AND d.date <= %(at)s
                 WHERE w.layer_id = b.id) AS there
          WHERE u.layer_id = l.id) AS back ON true
   WHERE l.move_id IN (SELECT move_id FROM received)
  UNION ALL
  SELECT n.id, least(n.quantity, h.quantity - n.newer)
    FROM newest n JOIN on_hand h ON h.item_id = n.item_id
   WHERE n.id IN (SELECT move_id FROM received))
SELECT v.*, i.code AS item, i.name, remaining.quantity AS quantity_left,
       (SELECT j.account_id FROM finance_journalline j
          JOIN finance_account a ON a.id = j.account_id AND a.control = 'inventory'
         WHERE j.entry_id = v.entry_id AND j.item_id = v.item_id LIMIT 1) AS account_id
  FROM received v JOIN remaining ON remaining.move_id = v.move_id AND remaining.quantity > 0
  JOIN masterdata_item i ON i.id = v.item_id
 ORDER BY v.move_id
"""
# Value and quantity of what the seller issued, and what it invoiced for the same order's line.
_ISSUED = """
SELECT k.place, e.source_type_id, e.source_id, e.quantity AS promised,
       sum(m.quantity) AS quantity, sum(m.value) AS value, billed.amount, billed.quantity AS units
  FROM unnest(%(places)s::int[], %(sellers)s::bigint[], %(buyers)s::bigint[], %(notes)s::text[],
              %(items)s::text[], %(lots)s::text[]) AS k(place, seller, buyer, note, item, lot)
  JOIN supply_chain_shipment s
    ON s.company_id = k.seller AND s.number = k.note AND s.status = 'posted'
  JOIN finance_intercompanypartner x
    ON x.partner_id = s.partner_id AND x.counterpart_id = k.buyer
  JOIN inventory_stockmove m
    ON m.source_type_id = %(shipment)s AND m.source_id = s.id AND m.reverses_id IS NULL
  JOIN masterdata_item i ON i.id = m.item_id AND i.code = k.item
  JOIN inventory_expectedmove e ON e.id = m.expected_move_id
  LEFT JOIN inventory_lot t ON t.id = m.lot_id
 CROSS JOIN LATERAL (
   SELECT sum(n.amount * v.exchange_rate) AS amount, sum(n.quantity) AS quantity
     FROM finance_invoiceline n
     JOIN finance_invoice v ON v.id = n.invoice_id AND v.kind = 'customer' AND v.status = 'posted'
    WHERE n.source_type_id = e.source_type_id AND n.source_id = e.source_id) AS billed
 WHERE k.lot IS NULL OR t.code IS NULL OR t.code = k.lot
 GROUP BY k.place, e.id, billed.amount, billed.quantity
"""


def received_goods(asked: AskedGoods) -> list[GroupGoods]:
    """Receipts of which something is left. Three statements, and one per kind of order."""
    rows = fetch_dicts(_LEFT, {"members": list(asked.members), "at": asked.at})
    margins = _margins(rows) if rows else {}
    return [
        GroupGoods(
            buyer_id=row["buyer_id"],
            seller_id=row["seller_id"],
            account_id=row["account_id"],
            item=row["item"],
            name=row["name"],
            receipt=row["receipt"],
            shipment=row["delivery_note"] if margins.get(place) is not None else "",
            quantity=row["quantity_left"],
            worth=Fraction(row["counter_value"])
            * Fraction(row["quantity_left"])
            / Fraction(row["quantity"]),
            margin=margins.get(place),
        )
        for place, row in enumerate(rows)
    ]


def _margins(rows: Sequence[dict[str, Any]]) -> dict[int, Fraction | None]:
    """By place in ``rows``: the seller's margin on what it shipped; None where it has no price."""
    noted = [place for place, row in enumerate(rows) if row["delivery_note"]]
    issued = fetch_dicts(
        _ISSUED,
        {
            "shipment": ContentType.objects.get_for_model(Shipment).pk,
            "places": noted,
            "sellers": [rows[place]["seller_id"] for place in noted],
            "buyers": [rows[place]["buyer_id"] for place in noted],
            "notes": [rows[place]["delivery_note"] for place in noted],
            "items": [rows[place]["item"] for place in noted],
            "lots": [rows[place]["lot"] for place in noted],
        },
    )
    ordered = _ordered(issued)
    prices: dict[int, Fraction | None] = {}
    costs: dict[int, Fraction] = defaultdict(Fraction)
    for one in issued:
        place = one["place"]
        costs[place] += Fraction(one["value"])
        units = ordered.get((one["source_type_id"], one["source_id"]))
        if not one["amount"] or not one["units"] or units is None:
            prices[place] = None
        elif (so_far := prices.get(place, Fraction(0))) is not None:
            price = Fraction(one["amount"]) / Fraction(one["units"])
            per_stock_unit = price * units / Fraction(one["promised"])
            prices[place] = so_far + per_stock_unit * Fraction(one["quantity"])
    return {
        place: None if not price else 1 - costs[place] / price for place, price in prices.items()
    }


def _ordered(issued: Sequence[dict[str, Any]]) -> dict[tuple[int, int], Fraction]:
    """The quantity that each promising line was written with, in its own unit."""
    keys: dict[int, set[int]] = defaultdict(set)
    for one in issued:
        keys[one["source_type_id"]].add(one["source_id"])
    found = {}
    for type_id, ids in keys.items():
        model: Any = ContentType.objects.get_for_id(type_id).model_class()
        for key, quantity in model._default_manager.filter(pk__in=ids).values_list(
            "pk", "quantity"
        ):
            found[type_id, key] = Fraction(quantity)
    return found
