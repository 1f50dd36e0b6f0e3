"""What customers bring, by the ledger, and whether promises were kept, by the stock register."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from apps.core.models import Company
from apps.core.sql import fetch_dicts
from apps.crm.queries.sales_orders import line_type_id, part_type_id
from apps.masterdata.models import Partner

# Revenue: income accounts, in entries of invoices and credit notes. Cost: accounts that rules
# name for cost of goods sold. Lines without a partner stand apart, so the sum is the ledger's.
MARGIN = """
WITH cogs AS (SELECT DISTINCT account_id FROM finance_postingrule
               WHERE company_id = %(company)s AND role = 'cogs'),
billing AS (SELECT id FROM django_content_type WHERE app_label = 'finance' AND model = 'invoice'),
posted AS (
  SELECT l.partner_id, -l.amount AS revenue, 0::numeric AS cogs
    FROM finance_journalline l
    JOIN finance_account a ON a.id = l.account_id AND a.kind = 'income'
    JOIN finance_journalentry e ON e.id = l.entry_id
     AND e.source_type_id = (SELECT id FROM billing)
   WHERE l.company_id = %(company)s AND l.date BETWEEN %(since)s AND %(until)s
  UNION ALL
  SELECT l.partner_id, 0, l.amount
    FROM finance_journalline l JOIN cogs ON cogs.account_id = l.account_id
   WHERE l.company_id = %(company)s AND l.date BETWEEN %(since)s AND %(until)s)
SELECT p.id AS partner_id, p.code AS partner_code, p.name AS partner_name,
       sum(x.revenue) AS revenue, sum(x.cogs) AS cogs
  FROM posted x LEFT JOIN masterdata_partner p ON p.id = x.partner_id
 WHERE %(partner)s::bigint IS NULL OR x.partner_id = %(partner)s
 GROUP BY p.id HAVING sum(x.revenue) <> 0 OR sum(x.cogs) <> 0
 ORDER BY sum(x.revenue) - sum(x.cogs) DESC, p.code
"""
# A kit is there with the last of its parts: what of it went out is as many as are whole.
_PROMISES = """
WITH sent AS (
  SELECT d.line_id, e.due_date, e.quantity / d.per_kit AS quantity,
         CASE WHEN d.is_part THEN floor(coalesce(m.in_time, 0) / d.per_kit)
              ELSE coalesce(m.in_time, 0) END AS in_time,
         CASE WHEN d.is_part THEN floor(coalesce(m.shipped, 0) / d.per_kit)
              ELSE coalesce(m.shipped, 0) END AS shipped, m.last_shipped
    FROM inventory_expectedmove e
    JOIN LATERAL (
         SELECT e.source_id AS line_id, 1::numeric AS per_kit, false AS is_part
          WHERE e.source_type_id = %(type)s
          UNION ALL
         SELECT k.line_id, k.per_kit, true FROM crm_salesorderlinepart k
          WHERE e.source_type_id = %(part)s AND k.id = e.source_id) AS d ON true
    LEFT JOIN LATERAL (
       SELECT sum(CASE WHEN s.reverses_id IS NULL THEN s.quantity ELSE -s.quantity END) AS shipped,
              sum(CASE WHEN s.reverses_id IS NULL THEN s.quantity ELSE -s.quantity END)
                FILTER (WHERE coalesce(b.date, s.date) <= e.due_date) AS in_time,
              max(s.date) FILTER (WHERE s.reverses_id IS NULL) AS last_shipped
         FROM inventory_stockmove s LEFT JOIN inventory_stockmove b ON b.id = s.reverses_id
        WHERE s.expected_move_id = e.id) AS m ON true
   WHERE e.company_id = %(company)s AND e.source_type_id IN (%(type)s, %(part)s)
     AND e.due_date BETWEEN %(since)s AND %(until)s),
lines AS (
  SELECT line_id, min(due_date) AS due_date, max(round(quantity, 6)) AS quantity,
         min(in_time) AS quantity_in_time, min(shipped) AS quantity_shipped,
         max(last_shipped) AS last_shipped
    FROM sent GROUP BY line_id)
SELECT o.id AS order_id, o.number, l.position, p.code AS partner_code, i.code AS item_code,
       s.due_date, s.quantity, s.quantity_in_time, s.quantity_shipped, s.last_shipped
  FROM lines s
  JOIN crm_salesorderline l ON l.id = s.line_id
  JOIN crm_salesorder o ON o.id = l.order_id
  JOIN masterdata_partner p ON p.id = o.partner_id
  JOIN masterdata_item i ON i.id = l.item_id
 WHERE o.status IN ('confirmed', 'closed')
   AND (%(partner)s::bigint IS NULL OR o.partner_id = %(partner)s)
 ORDER BY s.due_date, o.id, l.position
"""


@dataclass(frozen=True, slots=True)
class CustomerMargin:
    """Posted revenue less posted cost of goods sold, in company currency."""

    partner_id: int | None
    partner_code: str | None
    partner_name: str | None
    revenue: Decimal
    cogs: Decimal

    @property
    def margin(self) -> Decimal:
        return self.revenue - self.cogs

    @property
    def margin_percent(self) -> Decimal | None:
        return None if not self.revenue else round(self.margin * 100 / self.revenue, 2)


@dataclass(frozen=True, slots=True)
class KeptPromise:
    """A promised line: ``is_kept`` when all of it went out on or before its day."""

    order_id: int
    number: str
    position: int
    partner_code: str
    item_code: str
    due_date: Date
    quantity: Decimal
    quantity_in_time: Decimal
    quantity_shipped: Decimal
    last_shipped: Date | None

    @property
    def is_kept(self) -> bool:
        return self.quantity_in_time >= self.quantity


def customer_margins(
    company: Company, *, since: Date, until: Date, partner: Partner | None = None
) -> list[CustomerMargin]:
    """Margin by customer from the ledger's lines, the best first; no customer comes as None."""
    values = {
        "company": company.pk,
        "since": since,
        "until": until,
        "partner": partner.pk if partner else None,
    }
    return [CustomerMargin(**row) for row in fetch_dicts(MARGIN, values)]


def kept_promises(
    company: Company, *, since: Date, until: Date, partner: Partner | None = None
) -> list[KeptPromise]:
    """Lines promised for a day from ``since`` to ``until``, and what was in time of them."""
    values = {
        "company": company.pk,
        "type": line_type_id(),
        "part": part_type_id(),
        "since": since,
        "until": until,
        "partner": partner.pk if partner else None,
    }
    return [KeptPromise(**row) for row in fetch_dicts(_PROMISES, values)]
