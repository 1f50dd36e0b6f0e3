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
               SELECT sum(t.amount) AS settled
                 FROM (SELECT CASE i.kind WHEN 'customer' THEN -1 ELSE 1 END * a.amount_company
                                AS amount
                         FROM finance_settlementline a JOIN finance_invoice i ON i.id = a.invoice_id
                        WHERE a.settlement_id = x.id
                        UNION ALL
                       SELECT CASE p.direction WHEN 'in' THEN 1 ELSE -1 END * a.amount_company
                         FROM finance_paymentallocation a
                         JOIN finance_payment p ON p.id = a.payment_id
                        WHERE a.settlement_id = x.id AND a.reverses_id IS NULL) AS t) AS s ON true
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
        _("What was taken or written off with a payment stands no longer than that"),
        """
        SELECT x.id AS settlement_id, x.number, p.number AS payment, p.status
          FROM finance_settlement x JOIN finance_payment p ON p.id = x.payment_id
         WHERE x.status = 'posted' AND p.status <> 'posted'
        """,
    ),
    Invariant(
        "kept-overpayments",
        _("What was kept of a payment is used of it as long as its write-off stands"),
        """
        SELECT x.id AS settlement_id, x.number, x.status, sum(a.amount) AS used
          FROM finance_settlement x JOIN finance_paymentallocation a ON a.settlement_id = x.id
         GROUP BY x.id
        HAVING x.kind <> 'write_off' OR bool_or(a.payment_id IS DISTINCT FROM x.payment_id)
            OR (x.status = 'posted') <> (sum(a.amount) > 0)
            OR x.status = 'reversed' AND sum(a.amount) <> 0
        """,
    ),
)
