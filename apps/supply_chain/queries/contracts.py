"""How much of contracts is released: read from the purchase orders that name them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType

from apps.core.models import Company
from apps.core.sql import fetch_dicts
from apps.supply_chain.models import PurchaseOrderLine

# A cancelled order releases nothing, a closed one what came of it. Agreed and released are in
# the contract line's unit.
_RELEASED = """
SELECT c.id AS contract_id, c.number, c.kind, c.status, c.valid_until, c.currency_id AS currency,
       c.value_agreed, p.code AS partner_code, p.name AS partner_name,
       n.id AS line_id, n.position, i.code AS item_code, u.code AS unit_code, n.unit_price,
       n.quantity AS agreed, coalesce(r.orders, 0) AS releases,
       coalesce(round(r.stock_quantity / n.stock_per_unit, 6), 0) AS released,
       coalesce(r.value, 0) AS value
  FROM supply_chain_purchasecontractline n
  JOIN supply_chain_purchasecontract c ON c.id = n.contract_id
  JOIN masterdata_partner p ON p.id = c.partner_id
  JOIN masterdata_item i ON i.id = n.item_id
  JOIN masterdata_unit u ON u.id = n.unit_id
  LEFT JOIN LATERAL (
       SELECT count(DISTINCT s.order_id) AS orders, sum(s.quantity) AS stock_quantity,
              sum(s.quantity * s.price) AS value
         FROM (SELECT l.order_id, l.quantity * l.unit_price / l.stock_quantity AS price,
                      CASE WHEN o.status = 'closed'
                           THEN least(coalesce(e.quantity_done, 0), l.stock_quantity)
                           ELSE l.stock_quantity END AS quantity
                 FROM supply_chain_purchaseorderline l
                 JOIN supply_chain_purchaseorder o ON o.id = l.order_id
                 LEFT JOIN inventory_expectedmove e
                   ON e.source_type_id = %(type)s AND e.source_id = l.id
                WHERE l.contract_line_id = n.id AND o.status <> 'cancelled'
                  AND (%(without)s::bigint IS NULL OR o.id <> %(without)s)) AS s) AS r ON true
 WHERE {condition} ORDER BY c.valid_until, c.id, n.position, n.id
"""


@dataclass(frozen=True, slots=True)
class Released:
    """A contract line: agreed and released in its unit, the value in the contract's currency."""

    contract_id: int
    number: str
    kind: str
    status: str
    valid_until: Date
    currency: str
    value_agreed: Decimal | None
    partner_code: str
    partner_name: str
    line_id: int
    position: int
    item_code: str
    unit_code: str
    unit_price: Decimal
    agreed: Decimal | None
    releases: int
    released: Decimal
    value: Decimal

    @property
    def open(self) -> Decimal | None:
        """What may still be released; None where no quantity is agreed."""
        return None if self.agreed is None else self.agreed - self.released


def released_of(contract_ids: Iterable[int], *, without: int | None = None) -> list[Released]:
    """The lines of contracts, ``without`` what one order releases; one statement."""
    return _released("c.id = ANY(%(contracts)s)", without, contracts=list(contract_ids))


def contracts_in_force(company: Company, *, at: Date) -> list[Released]:
    """The lines of contracts that hold on a day, those that end first at the top."""
    return _released(
        "c.company_id = %(company)s AND c.status = 'active'"
        " AND %(at)s BETWEEN c.valid_from AND c.valid_until",
        None,
        company=company.pk,
        at=at,
    )


def _released(condition: str, without: int | None, **values: object) -> list[Released]:
    parameters = {
        "type": ContentType.objects.get_for_model(PurchaseOrderLine).pk,
        "without": without,
        **values,
    }
    return [
        Released(**row) for row in fetch_dicts(_RELEASED.format(condition=condition), parameters)
    ]
