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
from apps.finance.queries.open_items import CREDITS, DIRECTIONS, OpenItem

BUCKETS = (30, 60, 90)
# Nearly everything stands, so what was taken back is looked for, by an index of its own, and left
# out: joining every settlement to its document costs more than all the rest. A reversal counts
# from its own date on. The maximum keeps the planner from reading all entries.
_TAKEN_BACK = """
{key} NOT IN (SELECT x.id FROM {table} x
               WHERE x.company_id = %(company)s AND x.status = 'reversed'
                 AND (SELECT max(r.date) FROM finance_journalentry r
                       WHERE r.reverses_id = x.entry_id) <= %(date)s)
"""
_PAID = _TAKEN_BACK.format(key="a.payment_id", table="finance_payment")
_CREDITED = _TAKEN_BACK.format(key="a.credit_note_id", table="finance_invoice")
_SETTLED = _TAKEN_BACK.format(key="a.settlement_id", table="finance_settlement")
_STANDS = """
({0}.status = 'posted' OR ({0}.status = 'reversed' AND (
  SELECT max(r.date) FROM finance_journalentry r
   WHERE r.reverses_id = {0}.entry_id) > %(date)s))
"""
# OFFSET 0 keeps the planner from copying an expression to every place that names it. A document
# whose amounts are the same in both currencies has no ``carrying`` of its own, and its
# instalments none either: they are parts of the carrying amount, rounded.
_WITH = f"""
WITH paid AS (
  SELECT a.invoice_id AS id, sum(a.amount) AS amount, sum(a.amount_company) AS amount_company
    FROM finance_paymentallocation a
   WHERE a.company_id = %(company)s AND a.date <= %(date)s AND {_PAID} {{of_payment}}
   GROUP BY a.invoice_id),
others AS (
  SELECT s.id, sum(s.amount) AS amount, sum(s.amount_company) AS amount_company
    FROM (SELECT w.id, a.amount, w.amount_company
            FROM finance_creditallocation a
           CROSS JOIN LATERAL (VALUES (a.invoice_id, a.amount_company),
                                      (a.credit_note_id, a.credit_company)) AS w(id, amount_company)
           WHERE a.company_id = %(company)s AND a.date <= %(date)s AND {_CREDITED} {{of_note}}
           UNION ALL
          SELECT a.invoice_id, a.amount, a.amount_company
            FROM finance_settlementline a JOIN finance_settlement x ON x.id = a.settlement_id
           WHERE a.company_id = %(company)s AND x.date <= %(date)s AND {_SETTLED} {{of_x}}) AS s
   GROUP BY s.id),
revalued AS (
  SELECT v.invoice_id AS id, sum(v.difference) AS amount FROM finance_revaluationline v
   WHERE v.company_id = %(company)s AND v.date <= %(date)s AND v.invoice_id IS NOT NULL
   GROUP BY v.invoice_id),
documents AS (
  SELECT i.id, i.kind = %(credit)s AS is_credit, i.number, i.reference, i.partner_id, i.date,
         i.due_date, i.currency_id, i.total,
         CASE WHEN s.id IS NULL THEN coalesce(p.amount, 0)
              ELSE s.amount + coalesce(p.amount, 0) END AS settled,
         CASE WHEN i.currency_id = %(currency)s AND i.total = i.total_company AND v.id IS NULL
               AND p.amount IS NOT DISTINCT FROM p.amount_company
               AND s.amount IS NOT DISTINCT FROM s.amount_company THEN NULL
              ELSE i.total_company - coalesce(p.amount_company, 0) - coalesce(s.amount_company, 0)
                 + coalesce(CASE WHEN i.kind IN ('customer', 'bill_credit') THEN v.amount
                                 ELSE -v.amount END, 0) END AS carrying
    FROM finance_invoice i
    LEFT JOIN paid p ON p.id = i.id
    LEFT JOIN others s ON s.id = i.id
    LEFT JOIN revalued v ON v.id = i.id
   WHERE i.company_id = %(company)s AND i.date <= %(date)s AND {_STANDS.format("i")} {{of_i}}
     AND i.kind IN (%(kind)s, %(credit)s)
  OFFSET 0),
used AS (
  SELECT a.payment_id AS id, sum(a.amount) AS amount FROM finance_paymentallocation a
   WHERE a.company_id = %(company)s AND a.date <= %(date)s {{of_payment}} GROUP BY a.payment_id),
items AS (
  SELECT CASE WHEN d.is_credit THEN 'credit_note' ELSE 'invoice' END AS kind, d.id, d.number,
         d.reference, d.partner_id, d.date, d.currency_id,
         CASE WHEN d.is_credit THEN d.date ELSE coalesce(t.due_date, d.due_date) END AS due_date,
         CASE WHEN d.is_credit THEN -d.total ELSE coalesce(t.amount, d.total) END AS amount,
         CASE WHEN d.is_credit THEN d.settled - d.total
              WHEN t.id IS NULL THEN d.total - d.settled
              ELSE least(t.amount, t.upto - d.settled) END AS open,
         CASE WHEN d.is_credit THEN -coalesce(d.carrying, d.total - d.settled)
              WHEN t.id IS NULL THEN coalesce(d.carrying, d.total - d.settled)
              WHEN d.carrying IS NULL THEN least(t.amount, t.upto - d.settled)
              ELSE round(d.carrying * (t.upto - d.settled) / (d.total - d.settled), %(places)s)
                 - round(d.carrying * greatest(t.upto - t.amount - d.settled, 0)
                         / (d.total - d.settled), %(places)s) END AS open_company
    FROM documents d LEFT JOIN finance_invoiceinstalment t ON t.invoice_id = d.id
   WHERE d.total <> d.settled AND (t.id IS NULL OR t.upto > d.settled)
   UNION ALL
  SELECT 'payment', p.id, p.number, p.reference, p.partner_id, p.date, p.currency_id, p.date,
         -p.amount, -(p.amount - coalesce(u.amount, 0)),
         -round((p.amount - coalesce(u.amount, 0)) * p.exchange_rate, %(places)s)
    FROM finance_payment p LEFT JOIN used u ON u.id = p.id
   WHERE p.company_id = %(company)s AND p.direction = %(direction)s AND p.date <= %(date)s
     AND {_STANDS.format("p")} {{of_p}} AND p.amount <> coalesce(u.amount, 0))
"""  # noqa: S608 - constants only
_ITEMS = """
SELECT o.kind, o.id, o.number, o.reference, o.partner_id, n.code AS partner_code,
       n.name AS partner_name, o.date, o.due_date, o.currency_id AS currency, o.amount, o.open,
       o.open_company
  FROM items o JOIN masterdata_partner n ON n.id = o.partner_id
 ORDER BY o.due_date, o.kind, o.id
"""
# A row per partner, or per partner and currency, with a sum per bucket.
_AGED = """
SELECT o.partner_id, n.code, n.name, o.currency, o.amounts
  FROM (SELECT o.partner_id, o.currency, ARRAY[{sums}] AS amounts
          FROM (SELECT o.partner_id, {currency} AS currency, {amount} AS amount,
                       width_bucket(%(date)s - o.due_date, %(starts)s::int[]) AS bucket
                  FROM items o OFFSET 0) AS o
         GROUP BY 1, 2) AS o
  JOIN masterdata_partner n ON n.id = o.partner_id
 ORDER BY n.code, o.currency
"""
_IN_COMPANY = {"currency": "%(currency)s", "amount": "o.open_company"}
_BY_CURRENCY = {"currency": "o.currency_id", "amount": "o.open"}
_ANYBODY = dict.fromkeys(("of_payment", "of_note", "of_x", "of_i", "of_p"), "")
_ONE = {
    "of_payment": "AND a.payment_id IN"
    " (SELECT p.id FROM finance_payment p WHERE p.partner_id = %(partner)s)",
    "of_note": "AND a.credit_note_id IN"
    " (SELECT n.id FROM finance_invoice n WHERE n.partner_id = %(partner)s)",
    **{f"of_{alias}": f"AND {alias}.partner_id = %(partner)s" for alias in "xip"},
}


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
    return [OpenItem(**row) for row in fetch_dicts(_of(partner_id) + _ITEMS, parameters)]


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
    sums = ", ".join(
        f"coalesce(sum(o.amount) FILTER (WHERE o.bucket = {n}), 0)" for n in range(len(buckets) + 2)
    )
    aged = _AGED.format(sums=sums, **(_BY_CURRENCY if by_currency else _IN_COMPANY))
    return [
        AgeingRow(key, code, name, currency, tuple(amounts))
        for key, code, name, currency, amounts in fetch_all(_of(partner_id) + aged, parameters)
    ]


def _of(partner_id: int | None) -> str:
    """What is open, of anybody or of one partner, whose few rows are found by their indexes."""
    return _WITH.format(**(_ANYBODY if partner_id is None else _ONE))


def _parameters(company: Company, kind: str, at: Date, partner_id: int | None) -> dict[str, Any]:
    return {
        "company": company.pk,
        "kind": kind,
        "credit": CREDITS[kind],
        "direction": DIRECTIONS[kind],
        "date": at,
        "partner": partner_id,
        "currency": company.currency_id,
        "places": company.currency.decimal_places,
    }
