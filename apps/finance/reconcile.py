"""What must always hold between the ledger and its documents; each statement finds offences."""

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register
from apps.finance import (
    accrual_invariants,
    allocation_invariants,
    asset_invariants,
    bank_invariants,
    budget_invariants,
    intercompany_invariants,
    receivable_invariants,
)
from apps.finance.queries.open_items import CREDITS, OPEN_ITEMS

__all__ = [
    "accrual_invariants",
    "allocation_invariants",
    "asset_invariants",
    "bank_invariants",
    "budget_invariants",
    "intercompany_invariants",
    "receivable_invariants",
]
_OPEN = OPEN_ITEMS.replace("%(date)s", "'infinity'::date").replace("%(partner)s", "NULL")


def _sub_ledger(control: str, kind: str, direction: str, sign: int) -> str:
    """Control accounts against open items, by company and partner."""
    items = (
        _OPEN.replace("%(kind)s", f"'{kind}'")
        .replace("%(credit)s", f"'{CREDITS[kind]}'")
        .replace("%(direction)s", f"'{direction}'")
        .replace("i.company_id = %(company)s", "true")
        .replace("p.company_id = %(company)s", "true")
        .replace("SELECT 'invoice' AS kind,", "SELECT i.company_id, 'invoice' AS kind,")
        .replace("SELECT 'credit_note',", "SELECT i.company_id, 'credit_note',")
        .replace("SELECT 'payment',", "SELECT p.company_id, 'payment',")
    )
    return f"""
    SELECT coalesce(g.company_id, o.company_id) AS company_id,
           coalesce(g.partner_id, o.partner_id) AS partner_id,
           coalesce(g.amount, 0) AS ledger, coalesce(o.amount, 0) AS open_items
      FROM (SELECT l.company_id, l.partner_id, sum(l.amount) AS amount
              FROM finance_journalline l JOIN finance_account a ON a.id = l.account_id
             WHERE a.control = '{control}' GROUP BY 1, 2) AS g
      FULL JOIN (SELECT company_id, partner_id, {sign} * sum(open_company) AS amount
                   FROM ({items}) AS i GROUP BY 1, 2) AS o
        ON o.company_id = g.company_id AND o.partner_id = g.partner_id
     WHERE coalesce(g.amount, 0) <> coalesce(o.amount, 0)
    """  # noqa: S608 - constants


register(
    Invariant(
        "ledger-balances",
        _("Debits equal credits in every company"),
        "SELECT company_id, sum(amount) AS difference FROM finance_journalline"
        " GROUP BY company_id HAVING sum(amount) <> 0",
    ),
    Invariant(
        "entries-balance",
        _("Every entry balances, in its own currencies too"),
        """
        SELECT e.id AS entry_id, e.number, l.currency_id, coalesce(sum(l.amount), 0) AS difference
          FROM finance_journalentry e LEFT JOIN finance_journalline l ON l.entry_id = e.id
         GROUP BY e.id, l.currency_id
        HAVING count(l.id) = 0 OR sum(l.amount_currency) <> 0
        UNION ALL
        SELECT entry_id, '', NULL, sum(amount) FROM finance_journalline
         GROUP BY entry_id HAVING sum(amount) <> 0 OR count(*) < 2
        """,
    ),
    Invariant(
        "numbers-contiguous",
        _("Numbers of each journal and year run from 1 without a hole"),
        """
        SELECT journal_id, fiscal_year_id, count(*) AS entries, min(sequence_number) AS first,
               max(sequence_number) AS last
          FROM finance_journalentry GROUP BY journal_id, fiscal_year_id
        HAVING min(sequence_number) <> 1 OR max(sequence_number) <> count(*)
        """,
    ),
    Invariant(
        "numbers-and-series-agree",
        _("Each series stands at the last number given"),
        """
        SELECT e.journal_id, e.fiscal_year_id, e.last, s.last_number AS series
          FROM (SELECT company_id, journal_id, fiscal_year_id, max(sequence_number) AS last
                  FROM finance_journalentry GROUP BY 1, 2, 3) AS e
          LEFT JOIN core_numbersequence s ON s.company_id = e.company_id
               AND s.series = 'journal:' || e.journal_id || ':' || e.fiscal_year_id
         WHERE s.last_number IS DISTINCT FROM e.last
        """,
    ),
    Invariant(
        "lines-in-their-period",
        _("Every line lies in its entry's period, and the date in that period"),
        """
        SELECT l.id AS line_id, l.entry_id, l.date
          FROM finance_journalline l
          JOIN finance_journalentry e ON e.id = l.entry_id
          LEFT JOIN finance_period p ON p.id = l.period_id
         WHERE p.id IS NULL OR e.period_id <> l.period_id OR e.date <> l.date
            OR l.date NOT BETWEEN p.starts_on AND p.ends_on
            OR e.fiscal_year_id <> p.fiscal_year_id
        """,
    ),
    Invariant(
        "folded-balances",
        _("Folded balances and the lines since agree with all lines"),
        """
        SELECT coalesce(f.account_id, l.account_id) AS account_id,
               coalesce(f.period_id, l.period_id) AS period_id,
               f.debit AS folded_debit, l.debit, f.credit AS folded_credit, l.credit
          FROM (SELECT period_id, account_id, debit, credit FROM finance_accountbalance
                 WHERE debit <> 0 OR credit <> 0) AS f
          FULL JOIN (SELECT period_id, account_id,
                            coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS debit,
                            coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS credit
                       FROM finance_journalline
                      WHERE tx < (SELECT tx FROM finance_balancefold WHERE id = 1)
                      GROUP BY 1, 2) AS l
            ON l.period_id = f.period_id AND l.account_id = f.account_id
         WHERE f.debit IS DISTINCT FROM l.debit OR f.credit IS DISTINCT FROM l.credit
        """,
    ),
    Invariant(
        "receivables",
        _("Receivables are the open items of customers"),
        _sub_ledger("receivable", "customer", "in", 1),
    ),
    Invariant(
        "payables",
        _("Payables are the open items of suppliers"),
        _sub_ledger("payable", "supplier", "out", -1),
    ),
    Invariant(
        "revaluations-and-entries",
        _("What revaluations did to items is what they posted"),
        """
        SELECT coalesce(v.account_id, l.account_id) AS account_id,
               coalesce(v.date, l.date) AS date, v.amount AS revalued, l.amount AS posted
          FROM (SELECT account_id, date, sum(difference) AS amount
                  FROM finance_revaluationline GROUP BY 1, 2) AS v
          FULL JOIN (SELECT l.account_id, l.date, sum(l.amount) AS amount
                  FROM finance_journalline l
                  JOIN finance_account a ON a.id = l.account_id
                       AND a.control IN ('receivable', 'payable', 'cash')
                  JOIN finance_journalentry e ON e.id = l.entry_id
                 WHERE e.purpose = 'revaluation released' OR e.source_type_id = (
                       SELECT id FROM django_content_type
                        WHERE app_label = 'finance' AND model = 'currencyrevaluation')
                 GROUP BY 1, 2) AS l
            ON l.account_id = v.account_id AND l.date = v.date
         WHERE coalesce(v.amount, 0) <> coalesce(l.amount, 0)
        """,
    ),
    Invariant(
        "tax-ledger",
        _("The tax ledger is what invoices and settlements posted to tax accounts"),
        """
        WITH taxed AS (
          SELECT entry_id, account_id,
                 sum(CASE side WHEN 'due' THEN -tax ELSE tax END) AS amount
            FROM finance_taxentry GROUP BY 1, 2),
        posted AS (
          SELECT l.entry_id, l.account_id, sum(l.amount) AS amount
            FROM finance_journalline l
            JOIN finance_journalentry e ON e.id = l.entry_id AND e.source_type_id IN (
                 SELECT id FROM django_content_type
                  WHERE app_label = 'finance' AND model IN ('invoice', 'settlement'))
            JOIN finance_account a ON a.id = l.account_id AND a.control = 'tax'
           GROUP BY 1, 2)
        SELECT coalesce(t.entry_id, p.entry_id) AS entry_id,
               coalesce(t.account_id, p.account_id) AS account_id,
               t.amount AS tax_ledger, p.amount AS posted
          FROM taxed t FULL JOIN posted p ON p.entry_id = t.entry_id AND p.account_id = t.account_id
         WHERE coalesce(t.amount, 0) <> coalesce(p.amount, 0)
        """,
    ),
    Invariant(
        "allocations-within-bounds",
        _("No invoice is paid beyond its total and no payment used beyond its amount"),
        """
        WITH used AS (
          SELECT a.invoice_id, a.amount FROM finance_paymentallocation a
            JOIN finance_payment p ON p.id = a.payment_id AND p.status = 'posted'
           UNION ALL
          SELECT s.invoice_id, a.amount FROM finance_creditallocation a
            JOIN finance_invoice n ON n.id = a.credit_note_id AND n.status = 'posted'
           CROSS JOIN LATERAL (VALUES (a.invoice_id), (a.credit_note_id)) AS s(invoice_id)
           UNION ALL
          SELECT a.invoice_id, a.amount FROM finance_settlementline a
            JOIN finance_settlement x ON x.id = a.settlement_id AND x.status = 'posted')
        SELECT 'invoice' AS kind, i.id, i.number, i.total AS limit_amount, sum(u.amount) AS used
          FROM finance_invoice i JOIN used u ON u.invoice_id = i.id
         GROUP BY i.id
        HAVING sum(u.amount) NOT BETWEEN 0 AND i.total
            OR (i.status <> 'posted' AND sum(u.amount) <> 0)
        UNION ALL
        SELECT 'payment', p.id, p.number, p.amount, sum(a.amount)
          FROM finance_payment p JOIN finance_paymentallocation a ON a.payment_id = p.id
         GROUP BY p.id HAVING sum(a.amount) NOT BETWEEN 0 AND p.amount
        """,
    ),
    Invariant(
        "credits-within-invoices",
        _("No invoice and none of its lines is credited beyond what it billed"),
        """
        SELECT i.id AS invoice_id, NULL AS line_id, i.total AS billed, sum(n.total) AS credited
          FROM finance_invoice i
          JOIN finance_invoice n ON n.credits_id = i.id AND n.status = 'posted'
         GROUP BY i.id
        HAVING sum(n.total) > i.total OR i.status <> 'posted'
            OR bool_or((i.kind, n.kind) NOT IN (('customer', 'credit_note'),
                                                ('supplier', 'bill_credit')))
        UNION ALL
        SELECT l.invoice_id, l.id, l.quantity, sum(c.quantity)
          FROM finance_invoiceline l
          JOIN finance_invoiceline c ON c.source_id = l.id AND c.source_type_id = (
               SELECT id FROM django_content_type
                WHERE app_label = 'finance' AND model = 'invoiceline')
          JOIN finance_invoice n ON n.id = c.invoice_id AND n.status = 'posted'
         GROUP BY l.id
        HAVING coalesce(sum(c.quantity) FILTER (WHERE NOT c.credits_price), 0) > l.quantity
            OR abs(sum(c.amount)) > abs(l.amount)
        """,
    ),
    Invariant(
        "invoices-and-entries",
        _("Invoices have an entry from the moment they are posted, and none before"),
        """
        SELECT i.id AS invoice_id, i.number, i.status, e.id AS entry_id
          FROM finance_invoice i LEFT JOIN finance_journalentry e ON e.id = i.entry_id
         WHERE (i.status IN ('posted', 'reversed')) <> (e.id IS NOT NULL)
            OR e.number IS DISTINCT FROM nullif(i.number, '')
            OR (i.status = 'reversed') <> EXISTS (
                 SELECT 1 FROM finance_journalentry r WHERE r.reverses_id = i.entry_id)
        """,
    ),
    Invariant(
        "payments-and-entries",
        _("Every payment has its entry"),
        """
        SELECT p.id AS payment_id, p.number, p.status
          FROM finance_payment p LEFT JOIN finance_journalentry e ON e.id = p.entry_id
         WHERE e.id IS NULL OR e.number <> p.number
            OR (p.status = 'reversed') <> EXISTS (
                 SELECT 1 FROM finance_journalentry r WHERE r.reverses_id = p.entry_id)
        """,
    ),
    Invariant(
        "vouchers-and-entries",
        _("Vouchers have an entry from the moment they are posted, and none before"),
        """
        SELECT v.id AS voucher_id, v.number, v.status, e.id AS entry_id
          FROM finance_journalvoucher v
          LEFT JOIN finance_journalentry e ON e.purpose = '' AND e.source_id = v.id
               AND e.source_type_id = (SELECT id FROM django_content_type
                                        WHERE app_label = 'finance' AND model = 'journalvoucher')
         WHERE (v.status IN ('posted', 'reversed')) <> (e.id IS NOT NULL)
            OR e.number IS DISTINCT FROM nullif(v.number, '')
        """,
    ),
    Invariant(
        "manual-lines",
        _("No voucher posts to a control account of a sub-ledger"),
        """
        SELECT l.id AS line_id, l.account_id, l.entry_id
          FROM finance_journalline l
          JOIN finance_account a ON a.id = l.account_id
               AND a.control IN ('receivable', 'payable', 'inventory', 'grni', 'wip', 'asset')
          JOIN finance_journalentry e ON e.id = l.entry_id
         WHERE e.source_type_id = (SELECT id FROM django_content_type
                                    WHERE app_label = 'finance' AND model = 'journalvoucher')
        """,
    ),
    Invariant(
        "seals",
        _("Sealed entries are what they were, in their place, unbroken"),
        """
        SELECT s.journal_id, s.fiscal_year_id, s.sequence_number, e.number
          FROM (SELECT s.*, row_number() OVER series AS expected,
                       sha256(coalesce(lag(s.chain_hash) OVER series, ''::bytea) || s.content_hash)
                         AS link
                  FROM finance_ledgerseal s
                WINDOW series AS (PARTITION BY s.journal_id, s.fiscal_year_id
                                  ORDER BY s.sequence_number)) AS s
          LEFT JOIN finance_journalentry e ON e.id = s.entry_id
         WHERE e.id IS NULL OR s.sequence_number <> s.expected OR s.chain_hash <> s.link
            OR e.sequence_number <> s.sequence_number
            OR s.content_hash IS DISTINCT FROM finance_entry_content_hash(s.entry_id)
        """,
    ),
)
