"""What suppliers have promised and how often they changed it, beside what was wanted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType

from apps.core.models import Company
from apps.core.sql import fetch_dicts
from apps.supply_chain.models import OrderConfirmation, PurchaseOrderLine

# A promise is read from the register; what has none is due when it was wanted.
_PROMISES = """
SELECT l.id AS line_id, o.id AS order_id, o.number, l.position, p.code AS partner_code,
       p.name AS partner_name, i.code AS item_code, i.name AS item_name,
       e.quantity - e.quantity_done AS open, l.due_date AS wanted, c.promised_date AS promised,
       c.first_promise, coalesce(c.promises, 0) AS promises, c.confirmed_at,
       greatest(e.due_date - l.due_date, 0) AS days_later,
       greatest(%(today)s - e.due_date, 0) AS days_overdue,
       c.quantity IS NOT NULL AND c.quantity < l.quantity AS is_short,
       c.unit_price IS NOT NULL AND c.unit_price <> l.unit_price AS has_other_price
  FROM inventory_expectedmove e
  JOIN supply_chain_purchaseorderline l ON l.id = e.source_id
  JOIN supply_chain_purchaseorder o ON o.id = l.order_id
  JOIN masterdata_partner p ON p.id = o.partner_id
  JOIN masterdata_item i ON i.id = l.item_id
  LEFT JOIN LATERAL (
       SELECT (array_agg(promised_date ORDER BY id DESC))[1] AS promised_date,
              (array_agg(promised_date ORDER BY id))[1] AS first_promise,
              (array_agg(quantity ORDER BY id DESC))[1] AS quantity,
              (array_agg(unit_price ORDER BY id DESC))[1] AS unit_price,
              max(created_at) AS confirmed_at, count(*) AS promises
         FROM supply_chain_orderconfirmation WHERE order_line_id = l.id
       HAVING count(*) > 0) AS c ON true
 WHERE e.source_type_id = %(type)s AND e.is_open AND e.company_id = %(company)s
   AND e.quantity > e.quantity_done
   AND (%(partner)s::bigint IS NULL OR o.partner_id = %(partner)s)
 ORDER BY e.due_date, o.id, l.position
"""


@dataclass(frozen=True, slots=True)
class PromisedLine:
    """An open order line: what was ``wanted``, first and last promised; ``open`` in stock units.

    ``days_later`` is the promise behind the wish, ``days_overdue`` today behind the promise.
    """

    line_id: int
    order_id: int
    number: str
    position: int
    partner_code: str
    partner_name: str
    item_code: str
    item_name: str
    open: Decimal
    wanted: Date
    promised: Date | None
    first_promise: Date | None
    promises: int
    confirmed_at: datetime | None
    days_later: int
    days_overdue: int
    is_short: bool
    has_other_price: bool

    @property
    def changes(self) -> int:
        """How often the supplier changed his mind."""
        return max(self.promises - 1, 0)


def promised_lines(
    company: Company, *, today: Date, partner_id: int | None = None
) -> list[PromisedLine]:
    """Open lines of confirmed orders with their promises, the next to come first; a statement."""
    parameters = {
        "company": company.pk,
        "type": ContentType.objects.get_for_model(PurchaseOrderLine).pk,
        "partner": partner_id,
        "today": today,
    }
    return [PromisedLine(**row) for row in fetch_dicts(_PROMISES, parameters)]


def confirmations_of(order_ids: Iterable[int]) -> list[OrderConfirmation]:
    """The history of promises of these orders, the latest of each line first."""
    return list(
        OrderConfirmation.objects.filter(order_line__order__in=list(order_ids))
        .select_related("order_line__item", "created_by")
        .order_by("order_line__position", "-pk")
    )
