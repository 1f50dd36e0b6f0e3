"""What must hold between assets, meters, orders and the registers."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register

_TYPE = "(SELECT id FROM django_content_type WHERE app_label = 'maintenance' AND model = '{}')"
_ISSUE, _LABOUR = (_TYPE.format(model) for model in ("partsissue", "maintenancelabour"))

register(
    Invariant(
        "meter-totals",
        _("A meter's total is the sum of its readings, and none of them took anything back"),
        """
        SELECT t.company_id, m.code, t.total, coalesce(sum(r.increment), 0) AS read,
               max(r.total) AS highest
          FROM maintenance_metertotal t
          JOIN maintenance_meter m ON m.id = t.meter_id
          LEFT JOIN maintenance_meterreading r ON r.meter_id = t.meter_id
         GROUP BY t.id, m.code
        HAVING t.total <> coalesce(sum(r.increment), 0) OR t.total <> coalesce(max(r.total), 0)
        """,
    ),
    Invariant(
        "maintenance-labour",
        _("Labour on maintenance orders is in the ledger as long as it stands"),
        f"""
        SELECT b.company_id, b.number, b.status, b.amount, coalesce(p.amount, 0) AS posted
          FROM maintenance_maintenancelabour b
          LEFT JOIN LATERAL (
               SELECT sum(l.amount) AS amount FROM finance_journalentry e
                 JOIN finance_journalline l ON l.entry_id = e.id AND l.cost_object_id IS NOT NULL
                WHERE e.source_type_id = {_LABOUR} AND e.source_id = b.id) p ON true
         WHERE coalesce(p.amount, 0) <> CASE b.status WHEN 'posted' THEN b.amount ELSE 0 END
        """,  # noqa: S608 - a constant
    ),
    Invariant(
        "maintenance-parts",
        _("Parts on maintenance orders left stock as long as their issue stands"),
        f"""
        SELECT i.company_id, i.number, i.status, count(m.id) AS moves,
               count(m.reverses_id) AS moves_back
          FROM maintenance_partsissue i
          LEFT JOIN inventory_stockmove m ON m.source_type_id = {_ISSUE} AND m.source_id = i.id
         GROUP BY i.id
        HAVING count(m.id) = 0
            OR i.status = 'posted' AND count(m.reverses_id) > 0
            OR i.status = 'reversed' AND count(m.reverses_id) * 2 <> count(m.id)
        """,  # noqa: S608 - a constant
    ),
    Invariant(
        "maintenance-charges",
        _("A charge on a maintenance order stands as long as its bill does"),
        """
        SELECT c.company_id, c.number, c.status, i.status AS bill
          FROM maintenance_maintenancecharge c JOIN finance_invoice i ON i.id = c.invoice_id
         WHERE c.status <> i.status
        """,
    ),
    Invariant(
        "maintenance-charges-credited",
        _("What is credited of a charge is what posted credit notes took back of its bill"),
        """
        SELECT c.company_id, c.number, c.credited, coalesce(n.amount, 0) AS by_notes
          FROM maintenance_maintenancecharge c
          LEFT JOIN LATERAL (
               SELECT sum(l.amount) AS amount
                 FROM finance_invoice i JOIN finance_invoiceline l ON l.invoice_id = i.id
                WHERE i.credits_id = c.invoice_id AND i.status = 'posted') AS n ON true
         WHERE c.credited <> coalesce(n.amount, 0)
        """,
    ),
    Invariant(
        "maintenance-cost-objects",
        _("What was posted on a maintenance order is on its asset's cost object"),
        f"""
        SELECT o.company_id, o.number, e.number AS entry
          FROM maintenance_maintenanceorder o
          JOIN maintenance_asset a ON a.id = o.asset_id
          JOIN LATERAL (
               SELECT {_ISSUE} AS type_id, id FROM maintenance_partsissue WHERE order_id = o.id
               UNION ALL
               SELECT {_LABOUR}, id FROM maintenance_maintenancelabour WHERE order_id = o.id) d
            ON true
          JOIN finance_journalentry e ON e.source_type_id = d.type_id AND e.source_id = d.id
         WHERE NOT EXISTS (SELECT 1 FROM finance_journalline l
                            WHERE l.entry_id = e.id AND l.cost_object_id = a.cost_object_id)
        """,  # noqa: S608 - a constant
    ),
    Invariant(
        "maintenance-capacity",
        _("Only maintenance that is still to be done, or took its time, has a machine"),
        """
        SELECT r.company_id, o.number, o.status, r.starts_at, r.ends_at
          FROM maintenance_capacityreservation r
          JOIN maintenance_maintenanceorder o ON o.id = r.order_id
         WHERE o.status = 'cancelled' OR o.status IN ('done', 'closed') AND r.ends_at > o.done_at
        """,
    ),
    Invariant(
        "maintenance-requests",
        _("An ordered request has one order that was not cancelled"),
        """
        SELECT r.company_id, r.number, r.status, count(o.id) AS orders
          FROM maintenance_maintenancerequest r
          LEFT JOIN maintenance_maintenanceorder o ON o.request_id = r.id
                                                 AND o.status <> 'cancelled'
         GROUP BY r.id
        HAVING count(o.id) <> CASE r.status WHEN 'converted' THEN 1 ELSE 0 END
        """,
    ),
    Invariant(
        "maintenance-done",
        _("What is done has its required tasks answered"),
        """
        SELECT o.company_id, o.number, o.status, count(*) AS open_tasks
          FROM maintenance_maintenanceorder o
          JOIN maintenance_ordertask t ON t.order_id = o.id AND t.is_required AND t.result = ''
         WHERE o.status IN ('done', 'closed') GROUP BY o.id
        """,
    ),
)
