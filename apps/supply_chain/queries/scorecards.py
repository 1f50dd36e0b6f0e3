"""How suppliers keep their word: on time, in full, without rejects, at the price agreed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType

from apps.core.models import Company
from apps.core.money import ZERO
from apps.core.sql import fetch_dicts
from apps.supply_chain.models import ReceiptLine

#: Shares of a score, beside its counts.
RATES = ("on_time_rate", "in_full_rate", "otif_rate", "ppm", "price_variance_rate")
MILLION = Decimal(1_000_000)
HUNDRED = Decimal(100)

# Lines are judged in the month in which they were wanted, goods in the month in which they came.
# What a reversed receipt brought never came. A price variance is what receipts and bills booked,
# and what an order paid above the price that its contract agreed.
_SCORES = """
WITH due AS (
  SELECT o.partner_id, {due_month} AS month, count(*) AS lines,
         count(*) FILTER (WHERE g.quantity > 0 AND g.last_day <= l.due_date) AS on_time,
         count(*) FILTER (WHERE g.quantity >= l.stock_quantity OR l.is_closed_short) AS in_full,
         count(*) FILTER (WHERE g.in_time >= l.stock_quantity
                             OR l.is_closed_short AND g.in_time = g.quantity) AS otif
    FROM supply_chain_purchaseorderline l
    JOIN supply_chain_purchaseorder o ON o.id = l.order_id
    JOIN LATERAL (
         SELECT coalesce(sum(r.quantity), 0) AS quantity, max(h.date) AS last_day,
                coalesce(sum(r.quantity) FILTER (WHERE h.date <= l.due_date), 0) AS in_time
           FROM supply_chain_receiptline r
           JOIN supply_chain_receipt h ON h.id = r.receipt_id AND h.status = 'posted'
          WHERE r.order_line_id = l.id AND r.quantity > 0) AS g ON true
   WHERE o.company_id = %(company)s AND o.status IN ('confirmed', 'closed')
     AND l.due_date BETWEEN %(since)s AND %(until)s
     AND (%(partner)s::bigint IS NULL OR o.partner_id = %(partner)s)
   GROUP BY 1, 2),
came AS (
  SELECT o.partner_id, {came_month} AS month, count(DISTINCT h.id) AS receipts,
         sum(r.quantity + r.quantity_rejected) AS delivered,
         sum(r.quantity_rejected + coalesce(q.rejected, 0)) AS rejected,
         coalesce(sum(m.counter_value), 0) AS value,
         coalesce(sum(m.counter_value - m.value)
                  FILTER (WHERE t.kind IN ('internal', 'transit')), 0)
           + coalesce(sum(b.variance), 0)
           + coalesce(sum(round(h.exchange_rate * r.quantity
                                * (w.quantity * w.unit_price / w.stock_quantity
                                   - k.unit_price / k.stock_per_unit), %(places)s)), 0) AS variance
    FROM supply_chain_receiptline r
    JOIN supply_chain_receipt h ON h.id = r.receipt_id AND h.status = 'posted'
    JOIN supply_chain_purchaseorder o ON o.id = h.order_id
    JOIN supply_chain_purchaseorderline w ON w.id = r.order_line_id
    LEFT JOIN supply_chain_purchasecontractline k ON k.id = w.contract_line_id
    LEFT JOIN inventory_stockmove m ON m.id = r.move_id
    LEFT JOIN inventory_location t ON t.id = m.to_location_id
    LEFT JOIN LATERAL (
         SELECT sum(i.quantity_rejected) AS rejected FROM quality_inspection i
          WHERE i.source_type_id = %(line_type)s AND i.source_id = r.id
            AND i.status IN ('partial', 'rejected')) AS q ON true
    LEFT JOIN LATERAL (
         SELECT sum(x.variance) AS variance FROM supply_chain_billmatch x
          WHERE x.receipt_line_id = r.id) AS b ON true
   WHERE h.company_id = %(company)s AND h.date BETWEEN %(since)s AND %(until)s
     AND (%(partner)s::bigint IS NULL OR o.partner_id = %(partner)s)
   GROUP BY 1, 2)
SELECT p.id AS partner_id, p.code AS partner_code, p.name AS partner_name, month,
       coalesce(lines, 0) AS lines, coalesce(on_time, 0) AS on_time,
       coalesce(in_full, 0) AS in_full, coalesce(otif, 0) AS otif,
       coalesce(receipts, 0) AS receipts, coalesce(delivered, 0) AS delivered,
       coalesce(rejected, 0) AS rejected, coalesce(value, 0) AS value,
       coalesce(variance, 0) AS price_variance
  FROM due FULL JOIN came USING (partner_id, month)
  JOIN masterdata_partner p ON p.id = partner_id
 ORDER BY p.code, month
"""
_NO_MONTH = "NULL::text"
_MONTH = "to_char({day}, 'YYYY-MM')"


@dataclass(frozen=True, slots=True)
class Score:
    """One supplier (in one ``month``, ``2026-03``, where asked). Values in company currency.

    ``lines`` were wanted in the time: ``on_time`` if all that came of them came by the day that
    was wanted, ``in_full`` if no less than ordered (or than is allowed) has come by now, ``otif``
    if that was so on the day. ``delivered`` and ``rejected`` (at the door and by inspection) are
    stock units of what came in the time.
    """

    partner_id: int
    partner_code: str
    partner_name: str
    month: str | None
    lines: int
    on_time: int
    in_full: int
    otif: int
    receipts: int
    delivered: Decimal
    rejected: Decimal
    value: Decimal
    price_variance: Decimal

    @property
    def on_time_rate(self) -> Decimal | None:
        return _percent(self.on_time, self.lines)

    @property
    def in_full_rate(self) -> Decimal | None:
        return _percent(self.in_full, self.lines)

    @property
    def otif_rate(self) -> Decimal | None:
        return _percent(self.otif, self.lines)

    @property
    def ppm(self) -> Decimal | None:
        """Rejected parts of a million delivered."""
        return round(self.rejected * MILLION / self.delivered, 0) if self.delivered else None

    @property
    def price_variance_rate(self) -> Decimal | None:
        """The variance in percent of what the goods would have cost without it."""
        planned = self.value - self.price_variance
        return round(HUNDRED * self.price_variance / planned, 2) if planned > ZERO else None


def scorecard(
    company: Company,
    *,
    since: Date,
    until: Date,
    by_month: bool = False,
    partner_id: int | None = None,
) -> list[Score]:
    """Scores of suppliers with lines wanted or goods received in a time. One statement."""
    due = _MONTH.format(day="l.due_date") if by_month else _NO_MONTH
    came = _MONTH.format(day="h.date") if by_month else _NO_MONTH
    # months are compared as text: a join of nulls would find nothing
    statement = _SCORES.format(due_month=f"coalesce({due}, '')", came_month=f"coalesce({came}, '')")
    parameters = {
        "company": company.pk,
        "since": since,
        "until": until,
        "partner": partner_id,
        "line_type": ContentType.objects.get_for_model(ReceiptLine).pk,
        "places": company.currency.decimal_places,
    }
    rows = fetch_dicts(statement, parameters)
    return [Score(**{**row, "month": row["month"] or None}) for row in rows]


def _percent(part: int, whole: int) -> Decimal | None:
    return round(Decimal(100 * part) / whole, 1) if whole else None
