"""What must always hold between allocation runs and the ledger."""

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register

register(
    Invariant(
        "allocations-and-entries",
        _("What allocation runs moved is what they posted, and moves no cost in or out"),
        """
        WITH moved AS (
          SELECT r.id AS run_id, r.entry_id, s.cost_object_id, sum(s.amount) AS amount
            FROM finance_allocationrun r JOIN finance_allocationline l ON l.run_id = r.id
           CROSS JOIN LATERAL (VALUES (l.receiver_id, l.amount), (l.sender_id, -l.amount))
                 AS s(cost_object_id, amount)
           WHERE r.status IN ('posted', 'reversed') GROUP BY 1, 2, 3),
        posted AS (
          SELECT r.id AS run_id, l.cost_object_id, sum(l.amount) AS amount
            FROM finance_allocationrun r JOIN finance_journalline l ON l.entry_id = r.entry_id
           GROUP BY 1, 2)
        SELECT coalesce(m.run_id, p.run_id) AS run_id,
               coalesce(m.cost_object_id, p.cost_object_id) AS cost_object_id,
               m.amount AS moved, p.amount AS posted
          FROM moved m
          FULL JOIN posted p ON p.run_id = m.run_id AND p.cost_object_id = m.cost_object_id
         WHERE coalesce(m.amount, 0) <> coalesce(p.amount, 0)
        UNION ALL
        SELECT r.id, NULL, r.total, sum(l.amount)
          FROM finance_allocationrun r LEFT JOIN finance_allocationline l ON l.run_id = r.id
         GROUP BY r.id HAVING coalesce(sum(l.amount), 0) <> r.total
        """,
    ),
)
