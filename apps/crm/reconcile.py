"""What must hold along the sales chain: offers, orders, what went out, came back, was invoiced."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register
from apps.crm.queries.sales_orders import WEIGHED

_LINE = "(SELECT id FROM django_content_type WHERE app_label = 'crm' AND model = 'salesorderline')"
_PART = (
    "(SELECT id FROM django_content_type WHERE app_label = 'crm' AND model = 'salesorderlinepart')"
)

register(
    Invariant(
        "invoiced-within-shipped",
        _("No order line is invoiced beyond what was shipped of it"),
        f"""
        SELECT l.id AS order_line_id, l.order_id, l.quantity AS ordered,
               coalesce(e.quantity_done, k.shipped, 0) AS shipped, v.invoiced
          FROM (SELECT n.source_id, sum(n.quantity) AS invoiced
                  FROM finance_invoiceline n
                  JOIN finance_invoice h ON h.id = n.invoice_id AND h.status = 'posted'
                 WHERE n.source_type_id = {_LINE} GROUP BY n.source_id) AS v
          JOIN crm_salesorderline l ON l.id = v.source_id
          JOIN masterdata_item i ON i.id = l.item_id
          LEFT JOIN inventory_expectedmove e
            ON e.source_type_id = {_LINE} AND e.source_id = l.id
          LEFT JOIN (SELECT p.line_id,
                            min(floor(coalesce(x.quantity_done, 0) / p.per_kit)) AS shipped
                       FROM crm_salesorderlinepart p
                       LEFT JOIN inventory_expectedmove x
                         ON x.source_type_id = {_PART} AND x.source_id = p.id
                      GROUP BY 1) AS k ON k.line_id = l.id
          {WEIGHED}
         WHERE v.invoiced > CASE WHEN i.kind = 'service' THEN l.quantity
                 WHEN w.id IS NOT NULL THEN g.weighed
                 ELSE round(coalesce(e.quantity_done, k.shipped, 0) * l.quantity
                            / l.stock_quantity, 6) END
        """,  # noqa: S608 - constants only
    ),
    Invariant(
        "orders-promised",
        _("Confirmed orders promise each of their lines and each part of their kits, drafts none"),
        f"""
        SELECT o.id AS order_id, o.number, o.status, d.line_id, d.part_id, e.is_open
          FROM (SELECT {_LINE} AS type_id, l.id, l.id AS line_id, NULL::bigint AS part_id,
                       l.order_id, l.stock_quantity AS quantity
                  FROM crm_salesorderline l JOIN masterdata_item i ON i.id = l.item_id
                 WHERE i.kind NOT IN ('service', 'phantom')
                 UNION ALL
                SELECT {_PART}, p.id, l.id, p.id, l.order_id,
                       round(l.stock_quantity * p.per_kit, 6)
                  FROM crm_salesorderline l JOIN masterdata_item i ON i.id = l.item_id
                  LEFT JOIN crm_salesorderlinepart p ON p.line_id = l.id
                 WHERE i.kind = 'phantom') AS d
          JOIN crm_salesorder o ON o.id = d.order_id
          LEFT JOIN inventory_expectedmove e
            ON e.source_type_id = d.type_id AND e.source_id = d.id
         WHERE (o.status = 'confirmed'
                AND (e.id IS NULL OR e.is_open <> (e.quantity_done < e.quantity)
                     OR e.quantity <> d.quantity OR e.partner_id <> o.partner_id)
                OR o.status = 'draft' AND e.id IS NOT NULL
                OR o.status = 'cancelled' AND (e.is_open OR e.quantity_done <> 0))
        """,  # noqa: S608 - constants only
    ),
    Invariant(
        "leads-and-opportunities",
        _("A converted lead has its customer and its opportunity, and no other lead has one"),
        """
        SELECT l.id AS lead_id, l.number, l.status, l.partner_id, o.id AS opportunity_id
          FROM crm_lead l LEFT JOIN crm_opportunity o ON o.lead_id = l.id
         WHERE (l.status = 'converted') <> (o.id IS NOT NULL)
            OR l.status = 'converted' AND l.partner_id IS DISTINCT FROM o.partner_id
        """,
    ),
    Invariant(
        "stages-and-their-history",
        _("An opportunity stands where its last step took it"),
        """
        SELECT o.id AS opportunity_id, o.number, o.stage_id, c.to_stage_id, o.probability,
               c.probability AS probability_then
          FROM crm_opportunity o
          LEFT JOIN LATERAL (SELECT * FROM crm_stagechange WHERE opportunity_id = o.id
                              ORDER BY id DESC LIMIT 1) AS c ON true
         WHERE c.id IS NULL OR c.to_stage_id <> o.stage_id OR c.probability <> o.probability
        """,
    ),
    Invariant(
        "price-rules-apart",
        _("No two price rules of equal rank hold on the same day"),
        """
        SELECT a.id AS rule_id, b.id AS other_id, la.currency_id, a.valid_from
          FROM crm_pricerule a
          JOIN crm_pricelist la ON la.id = a.price_list_id AND la.is_active
          JOIN crm_pricerule b ON b.company_id = a.company_id AND b.id > a.id AND b.is_active
           AND b.min_quantity = a.min_quantity
           AND b.partner_id IS NOT DISTINCT FROM a.partner_id
           AND b.segment_id IS NOT DISTINCT FROM a.segment_id
           AND b.item_id IS NOT DISTINCT FROM a.item_id
           AND b.category_id IS NOT DISTINCT FROM a.category_id
          JOIN crm_pricelist lb ON lb.id = b.price_list_id AND lb.is_active
           AND lb.currency_id = la.currency_id
         WHERE a.is_active
           AND daterange(a.valid_from, a.valid_until, '[]')
            && daterange(b.valid_from, b.valid_until, '[]')
        """,
    ),
    Invariant(
        "quotation-versions",
        _("Of an offer one version at most is with the customer, and versions follow each other"),
        """
        SELECT q.company_id, q.base_number, count(*) AS versions,
               count(*) FILTER (WHERE q.status IN ('sent', 'won')) AS live, max(q.revision) AS last
          FROM crm_quotation q GROUP BY 1, 2
        HAVING count(*) FILTER (WHERE q.status IN ('sent', 'won')) > 1
            OR max(q.revision) <> count(*)
        """,
    ),
    Invariant(
        "quotations-and-orders",
        _("An offer is won by an order of the same customer, and every such order has won one"),
        """
        SELECT q.id AS quotation_id, q.number, q.status, o.id AS order_id, o.number AS order_number
          FROM crm_quotation q LEFT JOIN crm_salesorder o ON o.quotation_id = q.id
         WHERE (q.status = 'won') <> (o.id IS NOT NULL) OR q.partner_id <> o.partner_id
        """,
    ),
    Invariant(
        "quotation-costs",
        _("Cost and price of a quoted line follow from its cost sheet and discount"),
        """
        SELECT l.id AS line_id, l.quotation_id, l.unit_cost, c.amount AS sheet, l.unit_price
          FROM crm_quotationline l
          LEFT JOIN (SELECT line_id, sum(amount) AS amount FROM crm_costsheet GROUP BY 1) AS c
            ON c.line_id = l.id
         WHERE l.unit_cost IS DISTINCT FROM c.amount
            OR abs(l.list_price * (100 - l.discount_percent) / 100 - l.unit_price)
               > 0.000001 * greatest(l.list_price, 1)
        """,
    ),
    Invariant(
        "returns-within-shipped",
        _("Nothing comes back that was not shipped"),
        f"""
        SELECT r.order_line_id, r.item_id, r.lot_id, r.quantity AS returned,
               coalesce(s.quantity, 0) AS shipped
          FROM (SELECT l.order_line_id, l.item_id, l.lot_id, sum(l.quantity) AS quantity
                  FROM crm_returnline l JOIN crm_return h ON h.id = l.rma_id
                 WHERE h.status <> 'cancelled' GROUP BY 1, 2, 3) AS r
          LEFT JOIN (
                SELECT coalesce(p.line_id, e.source_id) AS line_id, m.item_id, m.lot_id,
                       sum(CASE WHEN m.reverses_id IS NULL THEN m.quantity
                                ELSE -m.quantity END) AS quantity
                  FROM inventory_expectedmove e
                  LEFT JOIN crm_salesorderlinepart p
                    ON e.source_type_id = {_PART} AND p.id = e.source_id
                  JOIN inventory_stockmove m ON m.expected_move_id = e.id
                 WHERE e.source_type_id IN ({_LINE}, {_PART}) GROUP BY 1, 2, 3) AS s
            ON s.line_id = r.order_line_id AND s.item_id = r.item_id
           AND s.lot_id IS NOT DISTINCT FROM r.lot_id
         WHERE r.quantity > coalesce(s.quantity, 0)
        """,  # noqa: S608 - constants only
    ),
    Invariant(
        "returns-and-moves",
        _("What came back is in the stock register at its original cost, and nothing else is"),
        """
        SELECT r.id AS return_id, r.number, r.status, l.quantity, m.quantity AS moved, l.cost,
               m.cost AS moved_cost
          FROM crm_return r
          JOIN (SELECT rma_id, sum(quantity) AS quantity, sum(original_cost) AS cost
                  FROM crm_returnline GROUP BY 1) AS l ON l.rma_id = r.id
          LEFT JOIN (
                SELECT m.source_id, sum(m.quantity) AS quantity, sum(m.counter_value) AS cost
                  FROM inventory_stockmove m
                  JOIN inventory_location f ON f.id = m.from_location_id AND f.kind = 'customer'
                 WHERE m.source_type_id = (SELECT id FROM django_content_type
                                            WHERE app_label = 'crm' AND model = 'return')
                 GROUP BY 1) AS m ON m.source_id = r.id
         WHERE (r.received_on IS NOT NULL) <> (m.source_id IS NOT NULL)
            OR r.received_on IS NOT NULL AND (l.quantity <> m.quantity OR l.cost <> m.cost)
            OR (r.received_on IS NOT NULL)
               <> (r.status IN ('received', 'inspected', 'credited', 'closed'))
        """,
    ),
    Invariant(
        "returns-and-credits",
        _("Credit notes of returns stand once they are credited, and not before"),
        """
        SELECT r.id AS return_id, r.number, r.status, l.id AS line_id, c.id AS credit_id
          FROM crm_returnline l JOIN crm_return r ON r.id = l.rma_id
          LEFT JOIN crm_returncredit c ON c.line_id = l.id
         WHERE (l.resolution = 'credit' AND r.status IN ('credited', 'closed'))
               <> (c.id IS NOT NULL)
        """,
    ),
)
