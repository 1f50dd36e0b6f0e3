"""What must always hold of instalments and of what settles without money."""

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register

register(
    Invariant(
        "instalments",
        _("Instalments of an invoice sum to it, each from where the one before ended"),
        """
        SELECT t.invoice_id, i.total, sum(t.amount) AS instalments
          FROM (SELECT s.*, sum(s.amount) OVER (PARTITION BY s.invoice_id ORDER BY s.upto) AS sum_
                  FROM finance_invoiceinstalment s) AS t
          JOIN finance_invoice i ON i.id = t.invoice_id
         GROUP BY t.invoice_id, i.total, i.status
        HAVING sum(t.amount) <> i.total OR bool_or(t.sum_ <> t.upto)
            OR i.status NOT IN ('posted', 'reversed')
        """,
    ),
    Invariant(
        "settlements-and-entries",
        _("What a settlement settles is what its entry took off the control accounts"),
        """
        SELECT x.id AS settlement_id, x.number, x.status, s.settled, l.posted
          FROM finance_settlement x
          LEFT JOIN finance_journalentry e ON e.id = x.entry_id
          LEFT JOIN LATERAL (
               SELECT sum(CASE i.kind WHEN 'customer' THEN -1 ELSE 1 END * a.amount_company)
                        AS settled
                 FROM finance_settlementline a JOIN finance_invoice i ON i.id = a.invoice_id
                WHERE a.settlement_id = x.id) AS s ON true
          LEFT JOIN LATERAL (
               SELECT sum(l.amount) AS posted
                 FROM finance_journalline l JOIN finance_account a ON a.id = l.account_id
                  AND a.control IN ('receivable', 'payable')
                WHERE l.entry_id = x.entry_id) AS l ON true
         WHERE e.id IS NULL OR e.number <> x.number OR s.settled IS DISTINCT FROM l.posted
            OR (x.status = 'reversed') <> EXISTS (
                 SELECT 1 FROM finance_journalentry r WHERE r.reverses_id = x.entry_id)
        """,
    ),
    Invariant(
        "discounts-and-payments",
        _("A discount stands no longer than its payment"),
        """
        SELECT x.id AS settlement_id, x.number, p.number AS payment, p.status
          FROM finance_settlement x JOIN finance_payment p ON p.id = x.payment_id
         WHERE x.status = 'posted' AND p.status <> 'posted'
        """,
    ),
)
