"""Checks of the close about goods: what came without a bill, what left without an invoice."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.finance.close_checks import CloseCheck, by_statement, register_check
from apps.supply_chain.queries.supplier_returns import GONE_BACK_BY_DAY

_GRNI = f"""
SELECT h.number AS receipt, h.date, o.number AS purchase_order, n.code AS partner, i.code AS item,
       r.quantity - coalesce(q.quantity, 0) - coalesce(b.quantity, 0) AS open_quantity,
       m.counter_value - coalesce(q.value, 0) - coalesce(b.value, 0) AS amount
  FROM supply_chain_receiptline r
  JOIN supply_chain_receipt h ON h.id = r.receipt_id AND h.status = 'posted'
  JOIN inventory_stockmove m ON m.id = r.move_id
  JOIN masterdata_item i ON i.id = m.item_id
  JOIN supply_chain_purchaseorderline p ON p.id = r.order_line_id
  JOIN supply_chain_purchaseorder o ON o.id = p.order_id
  JOIN masterdata_partner n ON n.id = o.partner_id
  LEFT JOIN LATERAL (
       SELECT sum(CASE WHEN t.reverses_id IS NULL THEN t.quantity ELSE -t.quantity END)
                AS quantity, sum(t.value) AS value
         FROM supply_chain_billmatch t
         JOIN finance_invoiceline v ON v.id = t.invoice_line_id
         JOIN finance_invoice d ON d.id = v.invoice_id
        WHERE t.receipt_line_id = r.id AND d.date <= %(last)s) AS b ON true
  LEFT JOIN LATERAL ({GONE_BACK_BY_DAY.format(day="%(last)s")}) AS q ON true
 WHERE h.company_id = %(company)s AND h.date <= %(last)s
   AND m.counter_value - coalesce(q.value, 0) <> coalesce(b.value, 0)
 ORDER BY h.date, h.id, r.id
"""  # noqa: S608 - constants only

register_check(
    CloseCheck("grni", _("Goods received are billed"), by_statement(_GRNI)),
)
