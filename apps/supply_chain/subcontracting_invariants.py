"""What must hold of goods that suppliers make from our material."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register

register(
    Invariant(
        "subcontracted-material",
        _("What a supplier made from our material took what its bill says, at the supplier's"),
        """
        SELECT r.id AS receipt_line_id, r.receipt_id, c.item_id, r.quantity AS made,
               round(c.per_unit * r.quantity, 6) AS due, u.quantity AS used
          FROM supply_chain_receiptline r
          JOIN supply_chain_subcontractcomponent c ON c.order_line_id = r.order_line_id
          LEFT JOIN inventory_stockmove m ON m.id = r.made_move_id
          LEFT JOIN LATERAL (
               SELECT sum(x.quantity) AS quantity
                 FROM inventory_stockmove x
                 JOIN inventory_location f ON f.id = x.from_location_id
                WHERE x.cost_object_id = m.cost_object_id AND x.item_id = c.item_id
                  AND x.reverses_id IS NULL AND f.held_by_id IS NOT NULL) AS u ON true
         WHERE r.quantity > 0
           AND (m.id IS NULL OR m.quantity <> r.quantity
                OR coalesce(u.quantity, 0) <> round(c.per_unit * r.quantity, 6))
        """,
    ),
    Invariant(
        "subcontracted-cost",
        _("What material and work of a receipt came to has gone into its goods"),
        """
        SELECT r.receipt_id, m.cost_object_id, sum(l.amount) AS wip
          FROM supply_chain_receiptline r
          JOIN inventory_stockmove m ON m.id = r.made_move_id
          JOIN finance_journalline l ON l.cost_object_id = m.cost_object_id
          JOIN finance_account a ON a.id = l.account_id AND a.control = 'wip'
         GROUP BY r.receipt_id, m.cost_object_id HAVING sum(l.amount) <> 0
        """,
    ),
)
