"""What must hold between sales orders, what went out for them and what was invoiced."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register

_LINE = "(SELECT id FROM django_content_type WHERE app_label = 'crm' AND model = 'salesorderline')"

register(
    Invariant(
        "invoiced-within-shipped",
        _("No order line is invoiced beyond what was shipped of it"),
        f"""
        SELECT l.id AS order_line_id, l.order_id, l.quantity AS ordered,
               coalesce(e.quantity_done, 0) AS shipped, v.invoiced
          FROM (SELECT n.source_id, sum(n.quantity) AS invoiced
                  FROM finance_invoiceline n
                  JOIN finance_invoice h ON h.id = n.invoice_id AND h.status = 'posted'
                 WHERE n.source_type_id = {_LINE} GROUP BY n.source_id) AS v
          JOIN crm_salesorderline l ON l.id = v.source_id
          JOIN masterdata_item i ON i.id = l.item_id
          LEFT JOIN inventory_expectedmove e
            ON e.source_type_id = {_LINE} AND e.source_id = l.id
         WHERE v.invoiced > CASE WHEN i.kind = 'service' THEN l.quantity
                 ELSE round(coalesce(e.quantity_done, 0) * l.quantity / l.stock_quantity, 6) END
        """,  # noqa: S608 - constants only
    ),
    Invariant(
        "orders-promised",
        _("Confirmed orders promise each of their lines, drafts none"),
        f"""
        SELECT o.id AS order_id, o.number, o.status, l.id AS line_id, e.is_open
          FROM crm_salesorderline l
          JOIN crm_salesorder o ON o.id = l.order_id
          JOIN masterdata_item i ON i.id = l.item_id
          LEFT JOIN inventory_expectedmove e
            ON e.source_type_id = {_LINE} AND e.source_id = l.id
         WHERE i.kind <> 'service'
           AND (o.status = 'confirmed'
                AND (e.id IS NULL OR e.is_open <> (e.quantity_done < e.quantity)
                     OR e.quantity <> l.stock_quantity OR e.partner_id <> o.partner_id)
                OR o.status = 'draft' AND e.id IS NOT NULL
                OR o.status = 'cancelled' AND (e.is_open OR e.quantity_done <> 0))
        """,  # noqa: S608 - constants only
    ),
)
