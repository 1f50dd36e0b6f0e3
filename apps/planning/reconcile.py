"""What must hold between plans, registers and documents."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register

register(
    Invariant(
        "plan-company",
        _("Rows of a plan refer to items, sites and runs of their own company"),
        """
        SELECT 'order' AS kind, o.id, o.company_id
          FROM planning_plannedorder o
          LEFT JOIN planning_planningrun r ON r.id = o.run_id
          LEFT JOIN masterdata_item i ON i.id = o.item_id
          LEFT JOIN core_site s ON s.id = o.site_id
          LEFT JOIN core_site f ON f.id = o.source_site_id
         WHERE r.company_id IS DISTINCT FROM o.company_id
            OR i.company_id IS DISTINCT FROM o.company_id
            OR s.company_id IS DISTINCT FROM o.company_id
            OR o.source_site_id IS NOT NULL AND f.company_id IS DISTINCT FROM o.company_id
        UNION ALL
        SELECT 'peg', p.id, p.company_id
          FROM planning_pegging p
          LEFT JOIN planning_planningrun r ON r.id = p.run_id
          LEFT JOIN masterdata_item i ON i.id = p.item_id
          LEFT JOIN core_site s ON s.id = p.site_id
         WHERE r.company_id IS DISTINCT FROM p.company_id
            OR i.company_id IS DISTINCT FROM p.company_id
            OR s.company_id IS DISTINCT FROM p.company_id
        """,
    ),
    Invariant(
        "plan-pegged",
        _("Each planned order of the current plan is pegged to the last unit, once"),
        """
        SELECT o.id AS planned_order_id, o.quantity_good, coalesce(p.quantity, 0) AS pegged
          FROM planning_plannedorder o
          JOIN planning_planningrun r ON r.id = o.run_id AND r.is_current
          LEFT JOIN (SELECT planned_order_id, sum(quantity) AS quantity FROM planning_pegging
                      WHERE planned_order_id IS NOT NULL GROUP BY planned_order_id) AS p
            ON p.planned_order_id = o.id
         WHERE o.status = 'planned' AND o.changed_at IS NULL
           AND o.quantity_good <> coalesce(p.quantity, 0)
        """,
    ),
    Invariant(
        "plan-ordered",
        _("An ordered planned order has exactly one document, of its item and kind"),
        """
        SELECT o.id AS planned_order_id, o.kind, o.status
          FROM planning_plannedorder o
          LEFT JOIN execution_workorder w ON w.id = o.work_order_id
         WHERE (o.status = 'ordered') <>
               (num_nonnulls(o.work_order_id, o.purchase_order_id, o.stock_document_id) = 1)
            OR o.work_order_id IS NOT NULL
               AND (w.item_id IS DISTINCT FROM o.item_id OR o.kind <> 'make')
            OR o.purchase_order_id IS NOT NULL AND o.kind <> 'buy'
        """,
    ),
    Invariant(
        "schedule-precedence",
        _("In a published schedule no operation starts before the one before it ends"),
        """
        SELECT a.schedule_id, a.operation_id, b.operation_id AS before
          FROM planning_schedule s
          JOIN planning_scheduledoperation a ON a.schedule_id = s.id
          JOIN execution_workorderoperation x ON x.id = a.operation_id
          JOIN execution_workorderoperation y ON y.work_order_id = x.work_order_id
                                             AND y.sequence < x.sequence
          JOIN planning_scheduledoperation b ON b.schedule_id = s.id AND b.operation_id = y.id
         WHERE s.status = 'published' AND a.starts_at < b.ends_at
        """,
    ),
)
