"""What is open at any day by instalment, and how old it is: set-based, for many thousand items.

Sums of settlements are grouped once and joined, never looked up item by item.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from apps.core.models import Company
from apps.core.money import ZERO
from apps.core.sql import fetch_all, fetch_dicts
from apps.finance.queries.open_items import DIRECTIONS, OpenItem

BUCKETS = (30, 60, 90)
# A reversal counts from its own date on; only what is reversed has one. The maximum keeps the
# planner from reading all entries where an index finds the few.
_STANDS = """
({0}.status = 'posted' OR ({0}.status = 'reversed' AND (
  SELECT max(r.date) FROM finance_journalentry r
   WHERE r.reverses_id = {0}.entry_id) > %(date)s))
"""
_OF_PARTNER = "(%(partner)s::bigint IS NULL OR {0}.partner_id = %(partner)s)"


def _of(alias: str) -> str:
    return f"{_STANDS.format(alias)} AND {_OF_PARTNER.format(alias)}"


_WITH = f"""
WITH settled AS (
  SELECT s.id, sum(s.amount) AS amount, sum(s.amount_company) AS amount_company
    FROM (SELECT a.invoice_id AS id, a.amount, a.amount_company
            FROM finance_paymentallocation a JOIN finance_payment p ON p.id = a.payment_id
           WHERE a.company_id = %(company)s AND a.date <= %(date)s AND {_of("p")}
           UNION ALL
          SELECT w.id, a.amount, w.amount_company
            FROM finance_creditallocation a JOIN finance_invoice n ON n.id = a.credit_note_id
           CROSS JOIN LATERAL (VALUES (a.invoice_id, a.amount_company),
                                      (a.credit_note_id, a.credit_company)) AS w(id, amount_company)
           WHERE a.company_id = %(company)s AND a.date <= %(date)s AND {_of("n")}
           UNION ALL
          SELECT a.invoice_id, a.amount, a.amount_company
            FROM finance_settlementline a JOIN finance_settlement x ON x.id = a.settlement_id
           WHERE a.company_id = %(company)s AND x.date <= %(date)s AND {_of("x")}) AS s
   GROUP BY s.id),
revalued AS (
  SELECT v.invoice_id AS id, sum(v.difference) AS amount FROM finance_revaluationline v
   WHERE v.company_id = %(company)s AND v.date <= %(date)s AND v.invoice_id IS NOT NULL
   GROUP BY v.invoice_id),
documents AS (
  SELECT i.id, i.kind, i.number, i.reference, i.partner_id, i.date, i.due_date, i.currency_id,
         i.total, coalesce(s.amount, 0) AS settled, i.total - coalesce(s.amount, 0) AS still_open,
         i.total_company - coalesce(s.amount_company, 0)
           + CASE WHEN i.kind = 'customer' THEN 1 ELSE -1 END * coalesce(v.amount, 0) AS carrying
    FROM finance_invoice i
    LEFT JOIN settled s ON s.id = i.id
    LEFT JOIN revalued v ON v.id = i.id
   WHERE i.company_id = %(company)s AND i.date <= %(date)s AND {_of("i")}
     AND (i.kind = %(kind)s OR (i.kind = 'credit_note' AND %(kind)s = 'customer'))
     AND i.total <> coalesce(s.amount, 0)),
used AS (
  SELECT a.payment_id AS id, sum(a.amount) AS amount FROM finance_paymentallocation a
   WHERE a.company_id = %(company)s AND a.date <= %(date)s GROUP BY a.payment_id),
items AS (
  SELECT CASE d.kind WHEN 'credit_note' THEN d.kind ELSE 'invoice' END AS kind, d.id, d.number,
         d.reference, d.partner_id, d.date, d.currency_id,
         CASE WHEN d.kind = 'credit_note' THEN d.date ELSE coalesce(t.due_date, d.due_date) END
           AS due_date,
         CASE WHEN d.kind = 'credit_note' THEN -d.total ELSE coalesce(t.amount, d.total) END
           AS amount,
         CASE WHEN d.kind = 'credit_note' THEN -d.still_open
              WHEN t.id IS NULL THEN d.still_open
              ELSE least(t.amount, t.upto - d.settled) END AS open,
         CASE WHEN d.kind = 'credit_note' THEN -d.carrying
              WHEN t.id IS NULL THEN d.carrying
              ELSE round(d.carrying * (t.upto - d.settled) / d.still_open, %(places)s)
                 - round(d.carrying * greatest(t.upto - t.amount - d.settled, 0) / d.still_open,
                         %(places)s) END AS open_company
    FROM documents d LEFT JOIN finance_invoiceinstalment t ON t.invoice_id = d.id
   WHERE t.id IS NULL OR t.upto > d.settled
   UNION ALL
  SELECT 'payment', p.id, p.number, p.reference, p.partner_id, p.date, p.currency_id, p.date,
         -p.amount, -(p.amount - coalesce(u.amount, 0)),
         -round((p.amount - coalesce(u.amount, 0)) * p.exchange_rate, %(places)s)
    FROM finance_payment p LEFT JOIN used u ON u.id = p.id
   WHERE p.company_id = %(company)s AND p.direction = %(direction)s AND p.date <= %(date)s
     AND {_of("p")} AND p.amount <> coalesce(u.amount, 0))
"""  # noqa: S608 - constants only
_ITEMS = f"""
{_WITH}
SELECT o.kind, o.id, o.number, o.reference, o.partner_id, n.code AS partner_code,
       n.name AS partner_name, o.date, o.due_date, o.currency_id AS currency, o.amount, o.open,
       o.open_company
  FROM items o JOIN masterdata_partner n ON n.id = o.partner_id
 ORDER BY o.due_date, o.kind, o.id
"""  # noqa: S608 - constants only
_AGED = f"""
{_WITH}
SELECT o.partner_id, n.code, n.name, o.currency, o.bucket, o.open, o.open_company
  FROM (SELECT o.partner_id, o.currency_id AS currency,
               width_bucket(%(date)s - o.due_date, %(starts)s::int[]) AS bucket,
               sum(o.open) AS open, sum(o.open_company) AS open_company
          FROM items o GROUP BY 1, 2, 3) AS o
  JOIN masterdata_partner n ON n.id = o.partner_id
 ORDER BY n.code, o.currency
"""  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class AgeingRow:
    """Open amounts of a partner: not due, then by days overdue, a bucket each, the last for older.

    In company currency, or of one ``currency`` where documents' own is asked for.
    """

    partner_id: int
    partner_code: str
    partner_name: str
    currency: str
    amounts: tuple[Decimal, ...]

    @property
    def total(self) -> Decimal:
        return sum(self.amounts, ZERO)


def open_instalments(
    company: Company, *, kind: str, at: Date, partner_id: int | None = None
) -> list[OpenItem]:
    """What is open of ``kind`` (customer or supplier) at the end of ``at``: an item per instalment.

    What is paid fills the earliest instalment first. The sum of ``open_company`` is the balance
    of the control accounts. One statement.
    """
    parameters = _parameters(company, kind, at, partner_id)
    return [OpenItem(**row) for row in fetch_dicts(_ITEMS, parameters)]


def ageing(
    company: Company,
    *,
    kind: str,
    at: Date,
    partner_id: int | None = None,
    buckets: Sequence[int] = BUCKETS,
    by_currency: bool = False,
) -> list[AgeingRow]:
    """Open instalments by partner and days overdue at ``at``; ``buckets`` are their last days.

    In company currency, or ``by_currency`` in the documents' own, a row per currency. One
    statement however many items.
    """
    parameters = _parameters(company, kind, at, partner_id)
    parameters["starts"] = [1, *(last + 1 for last in buckets)]
    sums: dict[tuple[int, str], list[Decimal]] = {}
    names: dict[int, tuple[str, str]] = {}
    for key, code, name, currency, bucket, own, in_company in fetch_all(_AGED, parameters):
        names[key] = (code, name)
        shown = currency if by_currency else company.currency_id
        row = sums.setdefault((key, shown), [ZERO] * (len(buckets) + 2))
        row[bucket] += own if by_currency else in_company
    return [
        AgeingRow(key, *names[key], currency, tuple(amounts))
        for (key, currency), amounts in sums.items()
    ]


def _parameters(company: Company, kind: str, at: Date, partner_id: int | None) -> dict[str, Any]:
    return {
        "company": company.pk,
        "kind": kind,
        "direction": DIRECTIONS[kind],
        "date": at,
        "partner": partner_id,
        "places": company.currency.decimal_places,
    }
