"""What must hold between orders, receipts, shipments, bills and the registers."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register
from apps.supply_chain import subcontracting_invariants as _subcontracting  # noqa: F401 - registers

_TYPE = (
    "(SELECT id FROM django_content_type WHERE app_label = 'supply_chain' AND model = '{model}')"
)
_RECEIPT, _SHIPMENT, _ORDER_LINE, _RETURN = (
    _TYPE.format(model=model)
    for model in ("receipt", "shipment", "purchaseorderline", "supplierreturn")
)

register(
    Invariant(
        "grni",
        _("Goods received, not invoiced: the account equals receipts less what bills cleared"),
        """
        SELECT company_id, sum(ledger) AS ledger, sum(received) AS received, sum(billed) AS billed
          FROM (SELECT l.company_id, l.amount AS ledger, 0 AS received, 0 AS billed
                  FROM finance_journalline l
                  JOIN finance_account a ON a.id = l.account_id AND a.control = 'grni'
                UNION ALL
                SELECT m.company_id, 0, m.counter_value, 0
                  FROM inventory_stockmove m
                  JOIN inventory_location f ON f.id = m.from_location_id
                   AND f.kind IN ('supplier', 'foreign')
                UNION ALL
                SELECT m.company_id, 0, -m.counter_value, 0
                  FROM inventory_stockmove m
                  JOIN inventory_location t ON t.id = m.to_location_id
                   AND t.kind IN ('supplier', 'foreign')
                UNION ALL
                SELECT company_id, 0, 0, value FROM supply_chain_billmatch) AS parts
         GROUP BY company_id HAVING sum(ledger) + sum(received) - sum(billed) <> 0
        """,
    ),
    Invariant(
        "grni-lines",
        _("Bills clear no more of a receipt line than came, all of its value when all of it"),
        """
        SELECT r.id AS receipt_line_id, r.receipt_id, h.status, r.quantity, b.quantity AS billed,
               m.counter_value, b.value
          FROM (SELECT receipt_line_id, sum(value) AS value,
                       sum(CASE WHEN reverses_id IS NULL THEN quantity ELSE -quantity END)
                         AS quantity
                  FROM supply_chain_billmatch GROUP BY receipt_line_id) AS b
          JOIN supply_chain_receiptline r ON r.id = b.receipt_line_id
          JOIN supply_chain_receipt h ON h.id = r.receipt_id
          LEFT JOIN inventory_stockmove m ON m.id = r.move_id
         WHERE b.quantity < 0 OR b.quantity > r.quantity OR m.id IS NULL
            OR (b.quantity = r.quantity) AND b.value <> m.counter_value
            OR b.quantity = 0 AND b.value <> 0
            OR h.status = 'reversed' AND b.quantity <> 0
        """,
    ),
    Invariant(
        "bills-and-matches",
        _("What a bill matched stands while the bill does"),
        """
        SELECT v.id AS invoice_id, v.number, v.status, t.id AS match_id
          FROM supply_chain_billmatch t
          JOIN finance_invoiceline n ON n.id = t.invoice_line_id
          JOIN finance_invoice v ON v.id = n.invoice_id
          LEFT JOIN supply_chain_billmatch u ON u.reverses_id = t.id
         WHERE t.reverses_id IS NULL
           AND (v.status NOT IN ('posted', 'reversed')
                OR (v.status = 'reversed') <> (u.id IS NOT NULL))
        """,
    ),
    Invariant(
        "receipts-and-moves",
        _("A receipt's lines are its moves, and a reversed receipt's moves are reversed"),
        f"""
        SELECT h.id AS receipt_id, h.number, h.status, r.id AS line_id, m.id AS move_id
          FROM supply_chain_receiptline r
          JOIN supply_chain_receipt h ON h.id = r.receipt_id
          LEFT JOIN inventory_stockmove m ON m.id = r.move_id
          LEFT JOIN inventory_stockmove w ON w.reverses_id = m.id
         WHERE (r.quantity > 0) <> (m.id IS NOT NULL)
            OR m.quantity <> r.quantity OR m.lot_id IS DISTINCT FROM r.lot_id
            OR m.source_id <> h.id OR m.source_type_id <> {_RECEIPT}
            OR m.id IS NOT NULL AND (h.status = 'reversed') <> (w.id IS NOT NULL)
        """,  # noqa: S608 - constants only
    ),
    Invariant(
        "orders-received",
        _("What came of an order line is what its receipts say"),
        f"""
        SELECT l.id AS order_line_id, l.order_id, e.quantity_done,
               coalesce(r.quantity, 0) AS received
          FROM supply_chain_purchaseorderline l
          JOIN inventory_expectedmove e ON e.source_type_id = {_ORDER_LINE} AND e.source_id = l.id
          LEFT JOIN (SELECT r.order_line_id, sum(r.quantity) AS quantity
                       FROM supply_chain_receiptline r
                       JOIN supply_chain_receipt h ON h.id = r.receipt_id AND h.status = 'posted'
                      GROUP BY r.order_line_id) AS r ON r.order_line_id = l.id
         WHERE e.quantity_done <> coalesce(r.quantity, 0) OR e.quantity <> l.stock_quantity
        """,  # noqa: S608 - constants only
    ),
    Invariant(
        "orders-expected",
        _("Confirmed orders expect each of their lines not closed short, drafts none"),
        f"""
        SELECT o.id AS order_id, o.number, o.status, l.id AS line_id, e.is_open
          FROM supply_chain_purchaseorderline l
          JOIN supply_chain_purchaseorder o ON o.id = l.order_id
          LEFT JOIN inventory_expectedmove e
            ON e.source_type_id = {_ORDER_LINE} AND e.source_id = l.id
         WHERE o.status = 'confirmed'
               AND (e.id IS NULL
                    OR e.is_open <> (e.quantity_done < e.quantity AND NOT l.is_closed_short))
            OR o.status = 'draft' AND e.id IS NOT NULL
            OR o.status = 'cancelled' AND (e.is_open OR e.quantity_done <> 0)
        """,  # noqa: S608 - constants only
    ),
    Invariant(
        "order-promises",
        _("What is open is expected on the day that the supplier promised last"),
        f"""
        SELECT l.id AS order_line_id, l.order_id, e.due_date, c.promised_date
          FROM inventory_expectedmove e
          JOIN supply_chain_purchaseorderline l
            ON e.source_type_id = {_ORDER_LINE} AND e.source_id = l.id
          JOIN LATERAL (SELECT promised_date FROM supply_chain_orderconfirmation
                         WHERE order_line_id = l.id ORDER BY id DESC LIMIT 1) AS c ON true
         WHERE e.is_open AND e.due_date <> c.promised_date
        """,  # noqa: S608 - constants only
    ),
    Invariant(
        "requisitions-ordered",
        _("Each line of an ordered requisition is one order line, of no other requisition any"),
        """
        SELECT r.id AS requisition_id, r.number, r.status, q.id AS line_id, count(l.id) AS ordered
          FROM supply_chain_requisitionline q
          JOIN supply_chain_requisition r ON r.id = q.requisition_id
          LEFT JOIN supply_chain_purchaseorderline l ON l.requisition_line_id = q.id
         GROUP BY r.id, q.id HAVING count(l.id) > (r.status = 'ordered')::int
        """,
    ),
    Invariant(
        "shipments-and-moves",
        _("A shipment's lines are its moves, and a reversed shipment's moves are reversed"),
        f"""
        SELECT h.id AS shipment_id, h.number, h.status, l.item_id, l.lot_id, l.quantity AS shipped,
               coalesce(m.quantity, 0) AS moved, coalesce(m.reversed, 0) AS reversed
          FROM (SELECT shipment_id, expected_move_id, item_id, location_id, lot_id,
                       sum(quantity) AS quantity
                  FROM supply_chain_shipmentline GROUP BY 1, 2, 3, 4, 5) AS l
          JOIN supply_chain_shipment h ON h.id = l.shipment_id
          LEFT JOIN LATERAL (
               SELECT sum(m.quantity) AS quantity,
                      sum(m.quantity) FILTER (WHERE w.id IS NOT NULL) AS reversed
                 FROM inventory_stockmove m
                 LEFT JOIN inventory_stockmove w ON w.reverses_id = m.id
                WHERE m.source_type_id = {_SHIPMENT} AND m.source_id = h.id
                  AND m.reverses_id IS NULL AND m.item_id = l.item_id
                  AND m.expected_move_id = l.expected_move_id
                  AND m.from_location_id = l.location_id
                  AND m.lot_id IS NOT DISTINCT FROM l.lot_id) AS m ON true
         WHERE l.quantity <> coalesce(m.quantity, 0)
            OR coalesce(m.reversed, 0) <> CASE h.status WHEN 'reversed' THEN l.quantity ELSE 0 END
        """,  # noqa: S608 - constants only
    ),
    Invariant(
        "supplier-returns-and-moves",
        _("A return's lines are its moves or decisions; what is taken back is reversed"),
        f"""
        SELECT h.id AS return_id, h.number, h.status, s.id AS line_id, m.id AS move_id
          FROM supply_chain_supplierreturnline s
          JOIN supply_chain_supplierreturn h ON h.id = s.supplier_return_id
          LEFT JOIN quality_disposition d ON d.id = s.disposition_id
          LEFT JOIN inventory_stockmove m ON m.id = s.move_id
          LEFT JOIN inventory_stockmove w ON w.reverses_id = m.id
         WHERE m.quantity <> s.quantity OR m.item_id <> s.item_id
            OR m.lot_id IS DISTINCT FROM s.lot_id AND m.id IS NOT NULL
            OR d.id IS NOT NULL AND d.move_id IS DISTINCT FROM m.id
            OR d.id IS NULL
               AND ((h.status IN ('draft', 'cancelled')) <> (m.id IS NULL)
                    OR m.source_id <> h.id OR m.source_type_id <> {_RETURN}
                    OR m.id IS NOT NULL AND (h.status = 'reversed') <> (w.id IS NOT NULL))
        """,  # noqa: S608 - constants only
    ),
    Invariant(
        "returned-of-receipts",
        _("No more goes back of a receipt than came, all of its value when all of it"),
        """
        SELECT r.id AS receipt_line_id, m.quantity, m.counter_value, b.quantity AS returned, b.value
          FROM (SELECT receipt_line_id, sum(k.quantity) AS quantity, sum(k.counter_value) AS value
                  FROM (SELECT r.id AS receipt_line_id, d.move_id
                          FROM supply_chain_receiptline r
                          JOIN quality_inspection c ON c.move_id = r.move_id
                          JOIN quality_nonconformance n ON n.inspection_id = c.id
                          JOIN quality_disposition d ON d.nonconformance_id = n.id
                           AND d.kind = 'return' AND NOT d.is_reversed
                        UNION ALL
                        SELECT s.receipt_line_id, s.move_id
                          FROM supply_chain_supplierreturnline s
                          JOIN supply_chain_supplierreturn h ON h.id = s.supplier_return_id
                         WHERE s.disposition_id IS NULL AND h.status <> 'reversed') AS sent
                  JOIN inventory_stockmove k ON k.id = sent.move_id
                 GROUP BY receipt_line_id) AS b
          JOIN supply_chain_receiptline r ON r.id = b.receipt_line_id
          JOIN inventory_stockmove m ON m.id = r.move_id
         WHERE b.quantity > m.quantity
            OR b.quantity = m.quantity AND b.value <> m.counter_value
        """,
    ),
)
