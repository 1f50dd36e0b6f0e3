"""What must always hold between accruals and deferrals and the ledger."""

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register

register(
    Invariant(
        "accruals-add-up",
        _("What accruals and deferrals have posted and have left is their amount"),
        """
        SELECT s.id AS schedule_id, s.number, s.amount, 
               sum(p.amount) FILTER (WHERE q.id IS NOT NULL)
                 AS posted, sum(p.amount) FILTER (WHERE q.id IS NULL) AS rest
          FROM finance_accrualschedule s
          LEFT JOIN finance_accrualpart p ON p.schedule_id = s.id
          LEFT JOIN finance_accrualposting q ON q.part_id = p.id AND q.status = 'posted'
         WHERE s.status IN ('active', 'done')
         GROUP BY s.id
        HAVING coalesce(sum(p.amount), 0) <> s.amount
            OR (s.status = 'done')
               <> (count(p.id) FILTER (WHERE q.id IS NULL AND p.amount <> 0) = 0)
        """,
    ),
    Invariant(
        "accruals-and-entries",
        _("Posted months of accruals and deferrals are what their entries say"),
        """
        SELECT q.id AS posting_id, q.number, q.amount, l.amount AS in_ledger
          FROM finance_accrualposting q
          JOIN finance_accrualpart p ON p.id = q.part_id
          JOIN finance_accrualschedule s ON s.id = p.schedule_id
          LEFT JOIN LATERAL (
               SELECT sum(j.amount) AS amount FROM finance_journalline j
                WHERE j.entry_id = q.entry_id AND j.account_id = s.balance_account_id) AS l ON true
         WHERE coalesce(l.amount, 0) <> CASE WHEN s.kind IN ('deferred_expense', 'accrued_expense')
                                             THEN -q.amount ELSE q.amount END
            OR q.amount <> CASE WHEN s.kind IN ('deferred_expense', 'deferred_revenue')
                                THEN p.amount
                                ELSE (SELECT sum(o.amount) FROM finance_accrualpart o
                                       WHERE o.schedule_id = s.id AND o.date <= p.date) END
            OR (s.kind IN ('accrued_expense', 'accrued_revenue') OR q.status = 'reversed')
               <> EXISTS (SELECT 1 FROM finance_journalentry r WHERE r.reverses_id = q.entry_id)
        """,
    ),
    Invariant(
        "accrual-credits",
        _("A schedule is credited by posted credit notes, and by no others"),
        """
        SELECT c.schedule_id, s.number, n.number AS note, n.status, sum(c.deferred) AS deferred,
               sum(c.earned) AS earned
          FROM finance_accrualcredit c
          JOIN finance_accrualschedule s ON s.id = c.schedule_id
          JOIN finance_invoiceline l ON l.id = c.source_id
          JOIN finance_invoice n ON n.id = l.invoice_id
         GROUP BY c.schedule_id, s.number, n.id
        HAVING (n.status <> 'posted' AND (sum(c.deferred) <> 0 OR sum(c.earned) <> 0))
            OR (n.status = 'posted' AND sum(c.deferred) = 0 AND sum(c.earned) = 0)
            OR sum(c.deferred) < 0
        """,
    ),
)
