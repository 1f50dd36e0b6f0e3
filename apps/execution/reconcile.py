"""Invariants of manufacturing: work in process is what the open orders hold."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register
from apps.execution.invariants import closed_shifts as _closed_shifts  # noqa: F401 - registers
from apps.execution.invariants import machine_time as _machine_time  # noqa: F401 - registers

register(
    Invariant(
        "wip-open-orders",
        _("Work in process belongs to open work orders"),
        """
        SELECT l.company_id, c.code AS cost_object, w.status, sum(l.amount) AS wip
          FROM finance_journalline l
          JOIN finance_account a ON a.id = l.account_id AND a.control = 'wip'
          LEFT JOIN finance_costobject c ON c.id = l.cost_object_id
          LEFT JOIN execution_workorder w ON w.cost_object_id = l.cost_object_id
         GROUP BY l.company_id, l.cost_object_id, c.code, w.status
        HAVING sum(l.amount) <> 0
           AND (l.cost_object_id IS NULL OR w.status IN ('closed', 'cancelled', 'draft'))
        """,
    ),
    Invariant(
        "work-order-completion",
        _("Goods taken into stock are what the last operation reported"),
        """
        WITH made AS (
          SELECT w.id, sum(CASE WHEN f.kind = 'production' THEN m.quantity ELSE -m.quantity END)
                 AS quantity
            FROM execution_workorder w
            JOIN inventory_stockmove m ON m.cost_object_id = w.cost_object_id
                                      AND m.item_id = w.item_id
            JOIN inventory_location t ON t.id = m.to_location_id
            JOIN inventory_location f ON f.id = m.from_location_id
           WHERE f.kind = 'production' AND t.kind = 'internal'
              OR t.kind = 'production' AND f.kind = 'internal'
           GROUP BY w.id),
        reported AS (
          SELECT r.work_order_id AS id, sum(r.quantity_good) AS quantity
            FROM execution_productionreport r
           WHERE r.status = 'posted'
             AND r.operation_id IS NOT DISTINCT FROM (
                   SELECT o.id FROM execution_workorderoperation o
                    WHERE o.work_order_id = r.work_order_id ORDER BY o.sequence DESC LIMIT 1)
           GROUP BY r.work_order_id)
        SELECT w.company_id, w.number, made.quantity AS in_stock, reported.quantity AS reported
          FROM execution_workorder w LEFT JOIN made ON made.id = w.id
          LEFT JOIN reported ON reported.id = w.id
         WHERE coalesce(made.quantity, 0) <> coalesce(reported.quantity, 0)
        """,
    ),
    Invariant(
        "booked-labour-equals-reports",
        _("Labour booked to employees is what their production reports say"),
        """
        SELECT r.company_id, r.number, r.status, r.labour_minutes, sum(b.minutes) AS booked
          FROM hr_labourbooking b
          JOIN django_content_type t ON t.id = b.source_type_id
           AND t.app_label = 'execution' AND t.model = 'productionreport'
          JOIN execution_productionreport r ON r.id = b.source_id
         GROUP BY r.id
        HAVING sum(b.minutes)
               <> CASE WHEN r.status = 'posted' THEN r.labour_minutes ELSE 0 END
        """,
    ),
)
