"""W16: the ageing of 200,000 open items, in instalments and part-paid, against the bare sum.

Somebody waits for it: under a second on the wall. The bare SQL sums the same amounts of the same
tables by partner, currency and bucket, without credit notes, settlements or reversals to look at.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from apps.core.sql import fetch_all
from apps.finance.models import Invoice, Payment
from apps.finance.queries.ageing import BUCKETS, ageing
from benchmarks import bare
from benchmarks.database import Database
from benchmarks.measuring import Clock, Result, Side, compare, statements_of
from benchmarks.plant import new_books
from benchmarks.workloads import Options, against_bare, filling
from tests.factories import Books

ITEMS, QUICK_ITEMS = 200_000, 5_000
PARTNERS = 2_000
AT = date(2026, 12, 31)
MOST_SECONDS, GOAL = 1.0, 2.0
PEOPLE = """
INSERT INTO masterdata_partner (version, created_at, updated_at, company_id, code, name, is_active,
       is_customer, is_supplier, is_carrier, currency_id, payment_days, tax_number,
       registration_number, electronic_address, electronic_address_scheme, email, phone, address,
       delivery_address, country, language)
SELECT 1, now(), now(), %(company)s, 'P' || n, 'Partner ' || n, true, true, true, false, 'EUR', 30,
       '', '', '', '', '', '', '', '', '', 'en'
  FROM generate_series(1, %(partners)s) AS g(n)
"""
ENTRIES = """
INSERT INTO finance_journalentry (company_id, source_type_id, source_id, created_at, created_by_id,
       journal_id, fiscal_year_id, period_id, sequence_number, number, date, description, purpose)
SELECT %(company)s, %(type)s, n, now(), %(user)s, %(journal)s, %(year)s, p.id, n,
       'SAL-2026-' || lpad(n::text, 7, '0'), d.date, '', ''
  FROM generate_series(1::bigint, %(items)s::bigint) AS g(n)
 CROSS JOIN LATERAL (SELECT date '2026-01-01' + (n * 360 / %(items)s)::int AS date) AS d
  JOIN finance_period p ON p.fiscal_year_id = %(year)s AND NOT p.is_closing
   AND d.date BETWEEN p.starts_on AND p.ends_on
 ORDER BY g.n
"""
INVOICES = """
INSERT INTO finance_invoice (version, created_at, updated_at, created_by_id, company_id, number,
       status, kind, partner_id, date, due_date, discount_percent, dispute, reference, currency_id,
       exchange_rate, total, total_company, entry_id)
SELECT 1, now(), now(), e.created_by_id, e.company_id, e.number, 'posted', 'customer', p.id, e.date,
       e.date + 30, 0, '', '', 'EUR', 1, a.amount, a.amount, e.id
  FROM finance_journalentry e
  JOIN masterdata_partner p ON p.company_id = e.company_id
   AND p.code = 'P' || (1 + e.sequence_number %% %(partners)s)
 CROSS JOIN LATERAL (SELECT (100 + e.sequence_number %% 9973) AS amount) AS a
 ORDER BY e.id
"""
LINES = """
INSERT INTO finance_journalline (company_id, entry_id, period_id, date, account_id, amount,
       currency_id, amount_currency, memo, partner_id)
SELECT i.company_id, e.id, e.period_id, e.date, s.account_id, s.sign * i.total, 'EUR',
       s.sign * i.total, '', CASE WHEN s.sign > 0 THEN i.partner_id END
  FROM finance_invoice i JOIN finance_journalentry e ON e.id = i.entry_id
 CROSS JOIN LATERAL (VALUES (%(receivable)s, 1), (%(revenue)s, -1)) AS s(account_id, sign)
 ORDER BY e.id
"""
INSTALMENTS = """
INSERT INTO finance_invoiceinstalment (company_id, invoice_id, due_date, amount, upto)
SELECT i.company_id, i.id, i.date + 30 * k, CASE k WHEN 1 THEN 40 ELSE i.total - 40 END,
       CASE k WHEN 1 THEN 40 ELSE i.total END
  FROM finance_invoice i CROSS JOIN generate_series(1, 2) AS g(k)
 WHERE i.id %% 4 = 0
"""
# Every second invoice is paid in part, by a payment each.
PAY_ENTRIES = """
INSERT INTO finance_journalentry (company_id, source_type_id, source_id, created_at, created_by_id,
       journal_id, fiscal_year_id, period_id, sequence_number, number, date, description, purpose)
SELECT i.company_id, %(payment)s, i.id, now(), i.created_by_id, %(bank)s, e.fiscal_year_id,
       e.period_id, row_number() OVER (ORDER BY i.id),
       'BNK-2026-' || lpad((row_number() OVER (ORDER BY i.id))::text, 7, '0'), e.date, '', ''
  FROM finance_invoice i JOIN finance_journalentry e ON e.id = i.entry_id WHERE i.id %% 2 = 0
 ORDER BY i.id
"""
PAYMENTS = """
INSERT INTO finance_payment (version, created_at, updated_at, created_by_id, company_id, number,
       status, direction, partner_id, account_id, date, currency_id, exchange_rate, amount,
       reference, entry_id)
SELECT 1, now(), now(), i.created_by_id, i.company_id, e.number, 'posted', 'in', i.partner_id,
       %(cash)s, e.date, 'EUR', 1, 50, '', e.id
  FROM finance_journalentry e JOIN finance_invoice i ON i.id = e.source_id
 WHERE e.source_type_id = %(payment)s ORDER BY e.id
"""
PAY_LINES = """
INSERT INTO finance_journalline (company_id, entry_id, period_id, date, account_id, amount,
       currency_id, amount_currency, memo, partner_id)
SELECT e.company_id, e.id, e.period_id, e.date, s.account_id, s.sign * 50, 'EUR', s.sign * 50, '',
       p.partner_id
  FROM finance_payment p JOIN finance_journalentry e ON e.id = p.entry_id
 CROSS JOIN LATERAL (VALUES (%(cash)s, 1), (%(receivable)s, -1)) AS s(account_id, sign)
 ORDER BY e.id
"""
ALLOCATIONS = """
INSERT INTO finance_paymentallocation (company_id, payment_id, invoice_id, amount, amount_company,
       date)
SELECT p.company_id, p.id, e.source_id, 50, 50, p.date
  FROM finance_payment p JOIN finance_journalentry e ON e.id = p.entry_id
"""
SERIES = """
INSERT INTO core_numbersequence AS s (company_id, series, last_number) VALUES (%s, %s, %s)
ON CONFLICT (company_id, series) DO UPDATE SET last_number = EXCLUDED.last_number
"""
BARE = """
WITH paid AS (SELECT invoice_id, sum(amount) AS amount, sum(amount_company) AS amount_company
                FROM finance_paymentallocation
               WHERE company_id = %(company)s AND date <= %(at)s GROUP BY 1)
SELECT n.code, x.currency_id, x.bucket, x.open, x.open_company
  FROM (SELECT i.partner_id, i.currency_id,
               width_bucket(%(at)s - coalesce(s.due_date, i.due_date), %(starts)s::int[]) AS bucket,
               sum(least(coalesce(s.amount, i.total),
                         coalesce(s.upto, i.total) - coalesce(p.amount, 0))) AS open,
               sum(least(coalesce(s.amount, i.total),
                         coalesce(s.upto, i.total) - coalesce(p.amount_company, 0))) AS open_company
          FROM finance_invoice i LEFT JOIN paid p ON p.invoice_id = i.id
          LEFT JOIN finance_invoiceinstalment s ON s.invoice_id = i.id
         WHERE i.company_id = %(company)s AND i.kind = 'customer' AND i.status = 'posted'
           AND i.date <= %(at)s AND coalesce(s.upto, i.total) > coalesce(p.amount, 0)
         GROUP BY 1, 2, 3) AS x
  JOIN masterdata_partner n ON n.id = x.partner_id ORDER BY n.code, x.currency_id
"""


def measure(database: Database, options: Options) -> Iterator[Result]:
    books = new_books()
    items = QUICK_ITEMS if options.is_quick else ITEMS
    with filling() as said:
        fill(database, books, items)
    parameters = {
        "company": books.company.pk,
        "at": AT,
        "starts": [1, *(last + 1 for last in BUCKETS)],
    }

    def ours(_n: int = 0) -> Any:
        return ageing(books.company, kind="customer", at=AT)

    agree(ours(), fetch_all(BARE, parameters), books)
    count = statements_of(ours)
    most = options.here(MOST_SECONDS)
    began = time.perf_counter()
    ours()
    spent = time.perf_counter() - began
    # The CPU of parallel workers can't be read: without them, ours and the bare SQL.
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
    with database.connect() as own:
        own.autocommit = True
        own.execute("SET max_parallel_workers_per_gather = 0")
        found = compare(
            Side(ours, database.django_clock),
            Side(lambda _n: own.execute(BARE, parameters).fetchall(), Clock(own.info.backend_pid)),
            seconds=options.seconds,
        )
    yield against_bare(
        "W16",
        f"ageing of {items:,} open items",
        found,
        goal=GOAL,
        statements=count,
        most_statements=1,
        note=f"{spent:.2f} s on the wall (most {most:.2f} s here), {said[0]}",
    ).failed_unless(spent <= most)


def agree(rows: Any, expected: Any, books: Books) -> None:
    """Raises ``AssertionError`` unless both say the same, and it is the control account."""
    total = sum((row.total for row in rows), Decimal(0))
    if total != sum(row[4] for row in expected) or total != books.balance("1100", AT):
        raise AssertionError("the ageing, the bare sum and the ledger differ")


def fill(database: Database, books: Books, items: int) -> None:
    """Write documents and their entries as their owner would, in bulk."""
    values: dict[str, Any] = {
        "company": books.company.pk,
        "type": bare.content_type(Invoice),
        "payment": bare.content_type(Payment),
        "user": books.by.pk,
        "journal": books.journal("SAL").pk,
        "bank": books.journal("BNK").pk,
        "year": books.year.pk,
        "items": items,
        "partners": min(PARTNERS, items // 10),
        "receivable": books.account("1100").pk,
        "revenue": books.account("4000").pk,
        "cash": books.account("1010").pk,
    }
    with database.cluster.connect(database=database.name) as admin:
        admin.execute("SET session_replication_role = replica")  # no checks: they are made below
        admin.execute("SET synchronous_commit = off")
        for statement in (
            PEOPLE, ENTRIES, INVOICES, LINES, INSTALMENTS, PAY_ENTRIES, PAYMENTS, PAY_LINES,
            ALLOCATIONS,
        ):  # fmt: skip
            admin.execute(statement, values)
        for journal, last in ((values["journal"], items), (values["bank"], items // 2)):
            series = f"journal:{journal}:{values['year']}"
            admin.execute(SERIES, [books.company.pk, series, last])
    database.settle()
