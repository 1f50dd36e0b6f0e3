"""The locks of a stock posting, in their order: item valuations, then balances, each sorted.

Every posting of an item takes its valuation row first, so what lies below (balances, layers)
needs no lock of its own against other postings; balances are locked against reservations.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company
from apps.core.queries.currencies import decimal_places
from apps.core.sql import columns, execute, fetch_all
from apps.inventory.costing import Pool

_VALUATIONS = """
SELECT i.id, i.code, i.category_id, i.tracking, i.kind, c.costing,
       v.quantity, v.value, v.standard_cost
  FROM inventory_itemvaluation v
  JOIN masterdata_item i ON i.id = v.item_id
  JOIN masterdata_itemcategory c ON c.id = i.category_id
 WHERE v.company_id = %s AND v.item_id = ANY(%s)
 ORDER BY v.item_id FOR UPDATE OF v
"""
_START_VALUATIONS = """
INSERT INTO inventory_itemvaluation (company_id, item_id, quantity, value, standard_cost)
SELECT company_id, id, 0, 0, 0 FROM masterdata_item WHERE company_id = %s AND id = ANY(%s)
 ORDER BY id ON CONFLICT (item_id) DO NOTHING
"""
_BALANCES = """
SELECT b.item_id, b.location_id, b.lot_id, b.id, b.quantity, b.reserved, b.transit_value
  FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS k(item_id, location_id, lot_id)
  JOIN inventory_stockbalance b ON b.item_id = k.item_id AND b.location_id = k.location_id
   AND b.lot_id IS NOT DISTINCT FROM k.lot_id
 ORDER BY b.item_id, b.location_id, b.lot_id NULLS FIRST FOR UPDATE OF b
"""

BalanceKey = tuple[int, int, int | None]


@dataclass(slots=True)
class LockedItem:
    """An item whose valuation this transaction holds."""

    id: int
    code: str
    category_id: int
    tracking: str
    kind: str
    pool: Pool


@dataclass(slots=True)
class LockedBalance:
    id: int
    quantity: Decimal
    reserved: Decimal
    transit_value: Decimal


def lock_items(company: Company, item_ids: Iterable[int]) -> dict[int, LockedItem]:
    """Lock the valuations of ``item_ids``. Raises ``InvalidInput`` for an item that isn't here."""
    wanted = sorted(set(item_ids))
    rows = fetch_all(_VALUATIONS, [company.pk, wanted])
    if len(rows) < len(wanted):
        execute(_START_VALUATIONS, [company.pk, wanted])
        rows = fetch_all(_VALUATIONS, [company.pk, wanted])
    if len(rows) < len(wanted):
        missing = set(wanted) - {row[0] for row in rows}
        raise InvalidInput(
            "unknown_item", _("There is no item {id}.").format(id=min(missing)), field="item"
        )
    places = decimal_places(company.currency_id)
    locked = {}
    for item_id, code, category_id, tracking, kind, costing, quantity, value, standard in rows:
        pool = Pool(costing, quantity, value, standard, places)
        locked[item_id] = LockedItem(item_id, code, category_id, tracking, kind, pool)
    return locked


def sorted_keys(keys: Iterable[BalanceKey]) -> list[BalanceKey]:
    return sorted(keys, key=lambda key: (key[0], key[1], key[2] or 0))


def lock_balances(keys: Sequence[BalanceKey]) -> dict[BalanceKey, LockedBalance]:
    """Lock the balance rows that exist for ``keys``, in sorted order."""
    rows = fetch_all(_BALANCES, columns(sorted_keys(keys), 3))
    return {
        (item_id, location_id, lot_id): LockedBalance(row_id, quantity, reserved, value)
        for item_id, location_id, lot_id, row_id, quantity, reserved, value in rows
    }
