"""What units in stock bear of write-downs, and which items are carried above what they bring."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from apps.core.models import Company
from apps.core.money import ZERO
from apps.core.queries.currencies import decimal_places
from apps.core.sql import fetch_all, fetch_dicts
from apps.inventory.costing import AVERAGE
from apps.inventory.net_realisable import Held, share_left, whole_cents

# A unit bears of each change what it was for a unit then: units that went took theirs along.
_BORNE = """
LEFT JOIN LATERAL (SELECT sum(a.amount / a.quantity) AS a_unit
                     FROM inventory_valuationadjustment a
                    WHERE a.layer_id = l.id AND a.kind = 'write_down') AS w ON true
"""
_HELD = f"""
SELECT l.item_id, l.lot_id, l.id, l.quantity_left, l.value_left,
       greatest(-coalesce(w.a_unit, 0), 0) * l.quantity_left
  FROM inventory_costlayer l {_BORNE}
 WHERE l.company_id = %s AND l.item_id = ANY(%s) AND l.quantity_left > 0 ORDER BY l.id
"""  # noqa: S608 - constants only
_CHANGED_LAYERS = """
SELECT a.item_id, a.layer_id, a.amount, a.quantity, l.quantity_left, l.value_left
  FROM inventory_valuationadjustment a JOIN inventory_costlayer l ON l.id = a.layer_id
 WHERE a.kind = 'write_down' AND a.source_type_id = %s AND a.source_id = %s ORDER BY a.id
"""
# At an average every unit bears the same, whichever receipt the layers say that it came with.
_CHANGES = """
SELECT a.item_id, a.created_at, a.source_id, sum(a.amount)
  FROM inventory_valuationadjustment a
 WHERE a.company_id = %s AND a.item_id = ANY(%s) AND a.kind = 'write_down'
 GROUP BY a.item_id, a.created_at, a.source_id
"""
_MOVED = """
SELECT m.item_id, m.created_at, m.quantity * CASE WHEN t.kind IN ('internal', 'transit') THEN 1
                                                  ELSE -1 END
  FROM inventory_stockmove m
  JOIN inventory_location f ON f.id = m.from_location_id
  JOIN inventory_location t ON t.id = m.to_location_id
 WHERE m.company_id = %s AND m.item_id = ANY(%s) AND m.created_at > %s
   AND (f.kind IN ('internal', 'transit')) <> (t.kind IN ('internal', 'transit'))
 ORDER BY m.id DESC
"""
# Priced items carried above what they bring, and those written down before.
_CANDIDATES = f"""
SELECT i.id, round(i.sales_price * (1 - %(selling)s::numeric / 100), 6)
  FROM inventory_itemvaluation v
  JOIN masterdata_item i ON i.id = v.item_id
  JOIN masterdata_itemcategory c ON c.id = i.category_id
 WHERE v.company_id = %(company)s AND v.quantity > 0 AND c.costing <> 'standard'
   AND i.sales_price > 0
   AND (v.value > v.quantity * i.sales_price * (1 - %(selling)s::numeric / 100)
        OR EXISTS (SELECT 1 FROM inventory_costlayer l {_BORNE}
                    WHERE l.item_id = i.id AND l.quantity_left > 0 AND w.a_unit < 0))
 ORDER BY i.code
"""  # noqa: S608 - constants only
_WRITTEN_DOWN = f"""
SELECT i.id AS item_id, i.code, i.name, u.code AS unit, v.quantity, v.value, c.costing,
       round(b.borne, 6) AS written_down
  FROM (SELECT l.item_id, sum(-w.a_unit * l.quantity_left) AS borne
          FROM inventory_costlayer l {_BORNE}
         WHERE l.company_id = %s AND l.quantity_left > 0 AND w.a_unit < 0
         GROUP BY l.item_id) AS b
  JOIN inventory_itemvaluation v ON v.item_id = b.item_id
  JOIN masterdata_item i ON i.id = b.item_id
  JOIN masterdata_unit u ON u.id = i.unit_id
  JOIN masterdata_itemcategory c ON c.id = i.category_id
 ORDER BY i.code
"""  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class ChangedLayer:
    """What a document changed a layer by, of how much, and what is left of it now."""

    item_id: int
    layer_id: int
    amount: Decimal
    quantity: Decimal
    quantity_left: Decimal
    value_left: Decimal


@dataclass(frozen=True, slots=True)
class WrittenDownItem:
    """An item in stock whose units bear a write-down; ``cost`` is what they had cost."""

    item_id: int
    code: str
    name: str
    unit: str
    quantity: Decimal
    value: Decimal
    written_down: Decimal

    @property
    def cost(self) -> Decimal:
        return self.value + self.written_down


def held_layers(
    company: Company, item_ids: Iterable[int]
) -> dict[int, list[tuple[int | None, Held]]]:
    """Item → what is left of its receipts, each with its lot. The caller holds the items."""
    found: dict[int, list[tuple[int | None, Held]]] = {}
    for item_id, lot_id, layer_id, quantity, value, borne in fetch_all(
        _HELD, [company.pk, sorted(set(item_ids))]
    ):
        found.setdefault(item_id, []).append((lot_id, Held(layer_id, quantity, value, borne)))
    return found


def average_borne(
    company: Company, quantities: Mapping[int, Decimal], *, source_id: int | None = None
) -> dict[int, Decimal]:
    """Item at moving average → what its ``quantities`` bear of write-downs; two statements.

    Of one document with ``source_id``; below zero where it took an earlier one back.
    """
    if not quantities:
        return {}
    changes = fetch_all(_CHANGES, [company.pk, sorted(quantities)])
    first = min((at for _item, at, _source, _amount in changes), default=None)
    moved: dict[int, list[tuple[datetime, Decimal]]] = {}
    if first is not None:
        for item_id, at, change in fetch_all(_MOVED, [company.pk, sorted(quantities), first]):
            moved.setdefault(item_id, []).append((at, change))
    borne = dict.fromkeys(quantities, ZERO)
    for item_id, since, source, amount in changes:
        if source_id is None or source == source_id:
            later = [change for at, change in moved.get(item_id, ()) if at > since]
            borne[item_id] -= amount * share_left(quantities[item_id], later)
    return borne


def changed_layers(source_type_id: int, source_id: int) -> list[ChangedLayer]:
    """What a posted write-down did, layer by layer."""
    return [ChangedLayer(*row) for row in fetch_all(_CHANGED_LAYERS, [source_type_id, source_id])]


def write_down_candidates(
    company: Company, selling_cost_percent: Decimal
) -> list[tuple[int, Decimal]]:
    """Items to be looked at, each with its sales price less the cost of selling."""
    return fetch_all(_CANDIDATES, {"company": company.pk, "selling": selling_cost_percent})


def written_down_items(company: Company) -> list[WrittenDownItem]:
    """What is in stock and bears a write-down now, by item."""
    places = decimal_places(company.currency_id)
    rows = fetch_dicts(_WRITTEN_DOWN, [company.pk])
    averages = {row["item_id"]: row["quantity"] for row in rows if row["costing"] == AVERAGE}
    most = average_borne(company, averages)
    found = []
    for row in rows:
        del row["costing"]
        borne = min(row["written_down"], most.get(row["item_id"], row["written_down"]))
        row["written_down"] = whole_cents(borne, places)
        if row["written_down"] > 0:
            found.append(WrittenDownItem(**row))
    return found
