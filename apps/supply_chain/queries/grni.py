"""Goods received, not invoiced: by receipt line, with its age. Its sum is the control account."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from apps.core.models import Company
from apps.core.sql import fetch_all, fetch_dicts
from apps.supply_chain.queries.supplier_returns import GONE_BACK_BY_DAY

_BILLED = """
SELECT receipt_line_id,
       sum(CASE WHEN reverses_id IS NULL THEN quantity ELSE -quantity END)
  FROM supply_chain_billmatch WHERE receipt_line_id = ANY(%s) GROUP BY receipt_line_id
"""
# At a day: what had come by then and not gone back, less what bills had cleared by then.
_LINES = f"""
SELECT r.id AS receipt_line_id, h.number AS receipt, h.date, o.id AS order_id, o.number AS order,
       l.position, p.id AS partner_id, p.code AS partner_code, i.code AS item_code,
       r.quantity - coalesce(q.quantity, 0) AS received, coalesce(b.quantity, 0) AS billed,
       m.counter_value - coalesce(q.value, 0) AS value, coalesce(b.value, 0) AS billed_value
  FROM supply_chain_receiptline r
  JOIN supply_chain_receipt h ON h.id = r.receipt_id
  JOIN inventory_stockmove m ON m.id = r.move_id
  JOIN supply_chain_purchaseorderline l ON l.id = r.order_line_id
  JOIN supply_chain_purchaseorder o ON o.id = l.order_id
  JOIN masterdata_partner p ON p.id = o.partner_id
  JOIN masterdata_item i ON i.id = l.item_id
  LEFT JOIN LATERAL (
       SELECT sum(CASE WHEN t.reverses_id IS NULL THEN t.quantity ELSE -t.quantity END) AS quantity,
              sum(t.value) AS value
         FROM supply_chain_billmatch t
         JOIN finance_invoiceline n ON n.id = t.invoice_line_id
         JOIN finance_invoice v ON v.id = n.invoice_id
         JOIN finance_journalentry e ON e.id = v.entry_id
         LEFT JOIN finance_journalentry u ON u.reverses_id = e.id AND t.reverses_id IS NOT NULL
        WHERE t.receipt_line_id = r.id AND coalesce(u.date, e.date) <= %(at)s) AS b ON true
  LEFT JOIN LATERAL ({GONE_BACK_BY_DAY.format(day="%(at)s")}) AS q ON true
 WHERE h.company_id = %(company)s AND m.date <= %(at)s
   AND NOT EXISTS (SELECT 1 FROM inventory_stockmove w
                    WHERE w.reverses_id = m.id AND w.date <= %(at)s)
   AND (m.counter_value - coalesce(q.value, 0) <> coalesce(b.value, 0)
        OR r.quantity - coalesce(q.quantity, 0) <> coalesce(b.quantity, 0))
   AND (%(partner)s::bigint IS NULL OR o.partner_id = %(partner)s)
 ORDER BY h.date, r.id
"""  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class UnbilledLine:
    """A receipt line not wholly billed: stock units, and values in company currency.

    What went back to its supplier does not count as received. Where it was billed before it went,
    ``open_value`` is below zero: the supplier owes a credit.
    """

    receipt_line_id: int
    receipt: str
    date: Date
    order_id: int
    order: str
    position: int
    partner_id: int
    partner_code: str
    item_code: str
    received: Decimal
    billed: Decimal
    value: Decimal
    billed_value: Decimal

    @property
    def open_value(self) -> Decimal:
        return self.value - self.billed_value

    def age(self, at: Date) -> int:
        """Days since it came."""
        return (at - self.date).days


def unbilled_lines(
    company: Company, *, at: Date, partner_id: int | None = None
) -> list[UnbilledLine]:
    """Receipt lines not wholly billed at the end of ``at``, the oldest first.

    The sum of ``open_value`` is the credit balance of goods received, not invoiced on that day.
    """
    parameters = {"company": company.pk, "at": at, "partner": partner_id}
    return [UnbilledLine(**row) for row in fetch_dicts(_LINES, parameters)]


def billed_quantities(receipt_line_ids: Iterable[int]) -> dict[int, Decimal]:
    """Stock units billed of each receipt line that bills name."""
    return dict(fetch_all(_BILLED, [list(receipt_line_ids)]))
