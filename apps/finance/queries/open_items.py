"""Receivables and payables: what is open at a date, and for how long it is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from apps.core.models import Company
from apps.core.money import ZERO
from apps.core.sql import fetch_all, fetch_dicts

_ALLOCATED = """
SELECT i.id, coalesce(p.amount, 0) + coalesce(c.amount, 0) + coalesce(s.amount, 0),
       coalesce(p.amount_company, 0) + coalesce(c.amount_company, 0)
         + coalesce(s.amount_company, 0),
       (SELECT l.account_id FROM finance_journalline l JOIN finance_account c ON c.id = l.account_id
         WHERE l.entry_id = i.entry_id AND c.control IN ('receivable', 'payable') LIMIT 1),
       coalesce(p.amount, 0),
       CASE WHEN i.kind IN ('customer', 'bill_credit') THEN 1 ELSE -1 END * coalesce((
         SELECT sum(v.difference) FROM finance_revaluationline v WHERE v.invoice_id = i.id), 0)
  FROM finance_invoice i
  LEFT JOIN LATERAL (
       SELECT sum(a.amount) AS amount, sum(a.amount_company) AS amount_company
         FROM finance_paymentallocation a
         JOIN finance_payment p ON p.id = a.payment_id AND p.status = 'posted'
        WHERE a.invoice_id = i.id) AS p ON true
  LEFT JOIN LATERAL (
       SELECT sum(a.amount) AS amount,
              sum(CASE WHEN a.invoice_id = i.id THEN a.amount_company
                       ELSE a.credit_company END) AS amount_company
         FROM finance_creditallocation a
         JOIN finance_invoice n ON n.id = a.credit_note_id AND n.status = 'posted'
        WHERE a.invoice_id = i.id OR a.credit_note_id = i.id) AS c ON true
  LEFT JOIN LATERAL (
       SELECT sum(a.amount) AS amount, sum(a.amount_company) AS amount_company
         FROM finance_settlementline a
         JOIN finance_settlement x ON x.id = a.settlement_id AND x.status = 'posted'
        WHERE a.invoice_id = i.id) AS s ON true
 WHERE i.id = ANY(%s)
"""
# What payments, credit notes and settlements have settled of an invoice or a note by a day.
_SETTLED = """
SELECT sum(s.amount) AS amount, sum(s.amount_company) AS amount_company
  FROM (SELECT a.amount, a.amount_company
          FROM finance_paymentallocation a JOIN finance_payment p ON p.id = a.payment_id
          LEFT JOIN finance_journalentry pr ON pr.reverses_id = p.entry_id
         WHERE a.invoice_id = i.id AND a.date <= %(date)s
           AND (pr.id IS NULL OR pr.date > %(date)s)
         UNION ALL
        SELECT a.amount, a.{company_column}
          FROM finance_creditallocation a JOIN finance_invoice x ON x.id = a.credit_note_id
          LEFT JOIN finance_journalentry xr ON xr.reverses_id = x.entry_id
         WHERE a.{side} = i.id AND a.date <= %(date)s
           AND (xr.id IS NULL OR xr.date > %(date)s)
         UNION ALL
        SELECT a.amount, a.amount_company
          FROM finance_settlementline a JOIN finance_settlement x ON x.id = a.settlement_id
          LEFT JOIN finance_journalentry xr ON xr.reverses_id = x.entry_id
         WHERE a.invoice_id = i.id AND x.date <= %(date)s
           AND (xr.id IS NULL OR xr.date > %(date)s)) AS s
"""
# What revaluations have added to the carrying amount, as posted: a debit above zero.
_REVALUED = """
coalesce((SELECT sum(v.difference) FROM finance_revaluationline v
           WHERE v.invoice_id = i.id AND v.date <= %(date)s), 0)
"""
_OF_INVOICE = _SETTLED.format(company_column="amount_company", side="invoice_id")
_OF_CREDIT_NOTE = _SETTLED.format(company_column="credit_company", side="credit_note_id")
# A reversal counts from its own date on, so the list of an earlier day stays what it was.
OPEN_ITEMS = f"""
SELECT 'invoice' AS kind, i.id, i.number, i.reference, i.partner_id, n.code AS partner_code,
       n.name AS partner_name, i.date, i.due_date, i.currency_id AS currency, i.total AS amount,
       i.total - coalesce(paid.amount, 0) AS open,
       i.total_company - coalesce(paid.amount_company, 0)
         + CASE WHEN i.kind = 'customer' THEN 1 ELSE -1 END * {_REVALUED} AS open_company
  FROM finance_invoice i
  JOIN masterdata_partner n ON n.id = i.partner_id
  LEFT JOIN finance_journalentry r ON r.reverses_id = i.entry_id
  LEFT JOIN LATERAL ({_OF_INVOICE}) AS paid ON true
 WHERE i.company_id = %(company)s AND i.kind = %(kind)s AND i.status IN ('posted', 'reversed')
   AND i.date <= %(date)s AND (r.id IS NULL OR r.date > %(date)s)
   AND (%(partner)s::bigint IS NULL OR i.partner_id = %(partner)s)
UNION ALL
SELECT 'credit_note', i.id, i.number, i.reference, i.partner_id, n.code, n.name, i.date, i.date,
       i.currency_id, -i.total, -(i.total - coalesce(used.amount, 0)),
       -(i.total_company - coalesce(used.amount_company, 0))
         + CASE WHEN i.kind = 'credit_note' THEN 1 ELSE -1 END * {_REVALUED}
  FROM finance_invoice i
  JOIN masterdata_partner n ON n.id = i.partner_id
  LEFT JOIN finance_journalentry r ON r.reverses_id = i.entry_id
  LEFT JOIN LATERAL ({_OF_CREDIT_NOTE}) AS used ON true
 WHERE i.company_id = %(company)s AND i.kind = %(credit)s
   AND i.status IN ('posted', 'reversed')
   AND i.date <= %(date)s AND (r.id IS NULL OR r.date > %(date)s)
   AND (%(partner)s::bigint IS NULL OR i.partner_id = %(partner)s)
UNION ALL
SELECT 'payment', p.id, p.number, p.reference, p.partner_id, n.code, n.name, p.date, p.date,
       p.currency_id, -p.amount, -(p.amount - coalesce(used.amount, 0)),
       -round((p.amount - coalesce(used.amount, 0)) * p.exchange_rate, c.decimal_places)
  FROM finance_payment p
  JOIN masterdata_partner n ON n.id = p.partner_id
  JOIN core_company o ON o.id = p.company_id
  JOIN core_currency c ON c.code = o.currency_id
  LEFT JOIN finance_journalentry r ON r.reverses_id = p.entry_id
  LEFT JOIN LATERAL (SELECT sum(a.amount) AS amount FROM finance_paymentallocation a
                      WHERE a.payment_id = p.id AND a.date <= %(date)s) AS used ON true
 WHERE p.company_id = %(company)s AND p.direction = %(direction)s
   AND p.date <= %(date)s AND (r.id IS NULL OR r.date > %(date)s)
   AND (%(partner)s::bigint IS NULL OR p.partner_id = %(partner)s)
"""  # noqa: S608 - constants only
_OPEN = f"SELECT * FROM ({OPEN_ITEMS}) AS o WHERE o.open <> 0 ORDER BY o.due_date, o.kind, o.id"  # noqa: S608 - constant
DIRECTIONS = {"customer": "in", "supplier": "out"}
#: The kind of document that takes one of a kind back.
CREDITS = {"customer": "credit_note", "supplier": "bill_credit"}


@dataclass(frozen=True, slots=True)
class Allocated:
    """What is settled of an invoice, in its own and in company currency; ``paid`` by payments.

    ``revalued`` is what revaluations have added to its carrying amount in company currency.
    """

    amount: Decimal
    amount_company: Decimal
    control_account_id: int | None
    paid: Decimal = ZERO
    revalued: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An invoice not fully paid, or a credit note or money on account (negative).

    ``open_company`` is its carrying amount in company currency.
    """

    kind: str
    id: int
    number: str
    reference: str
    partner_id: int
    partner_code: str
    partner_name: str
    date: Date
    due_date: Date
    currency: str
    amount: Decimal
    open: Decimal
    open_company: Decimal

    def days_overdue(self, at: Date) -> int:
        return max((at - self.due_date).days, 0)


def allocated_amounts(invoice_ids: Sequence[int]) -> dict[int, Allocated]:
    """What is settled of each invoice or credit note, by what stands."""
    return {key: Allocated(*rest) for key, *rest in fetch_all(_ALLOCATED, [list(invoice_ids)])}


def open_items(
    company: Company, *, kind: str, at: Date, partner_id: int | None = None
) -> list[OpenItem]:
    """Open items of ``kind`` (customer or supplier) at the end of ``at``, the oldest first.

    The sum of ``open_company`` is the balance of the control accounts on that day.
    """
    parameters = {
        "company": company.pk,
        "kind": kind,
        "credit": CREDITS[kind],
        "direction": DIRECTIONS[kind],
        "date": at,
        "partner": partner_id,
    }
    return [OpenItem(**row) for row in fetch_dicts(_OPEN, parameters)]
