"""What documents stand behind expected moves, for people: number, partner, due date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from apps.core.sql import fetch_all

_LABELS = """
SELECT e.id, coalesce(so.number, w.number, wc.number, po.number, ''),
       CASE t.model WHEN 'salesorderline' THEN 'sales_order'
                    WHEN 'salesorderlinepart' THEN 'sales_order'
                    WHEN 'purchaseorderline' THEN 'purchase_order'
                    WHEN 'subcontractcomponent' THEN 'purchase_order'
                    WHEN 'workorder' THEN 'work_order'
                    WHEN 'workordercomponent' THEN 'work_order' ELSE t.model END,
       coalesce(so.id, w.id, wc.id, po.id, e.source_id), coalesce(p.name, '')
  FROM inventory_expectedmove e
  JOIN django_content_type t ON t.id = e.source_type_id
  LEFT JOIN crm_salesorderlinepart sp ON t.model = 'salesorderlinepart' AND sp.id = e.source_id
  LEFT JOIN crm_salesorderline sl ON sl.id = CASE t.model WHEN 'salesorderline' THEN e.source_id
                                                          ELSE sp.line_id END
  LEFT JOIN crm_salesorder so ON so.id = sl.order_id
  LEFT JOIN execution_workorder w ON t.model = 'workorder' AND w.id = e.source_id
  LEFT JOIN execution_workordercomponent c ON t.model = 'workordercomponent'
                                          AND c.id = e.source_id
  LEFT JOIN execution_workorder wc ON wc.id = c.work_order_id
  LEFT JOIN supply_chain_subcontractcomponent sc ON t.model = 'subcontractcomponent'
                                                AND sc.id = e.source_id
  LEFT JOIN supply_chain_purchaseorderline pl
    ON pl.id = CASE t.model WHEN 'purchaseorderline' THEN e.source_id
                            ELSE sc.order_line_id END
  LEFT JOIN supply_chain_purchaseorder po ON po.id = pl.order_id
  LEFT JOIN masterdata_partner p ON p.id = e.partner_id
 WHERE e.id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class OrderLabel:
    """``kind`` is sales_order, purchase_order or work_order; ``partner`` who gets or sends it."""

    number: str
    kind: str
    document_id: int
    partner: str


def order_labels(move_ids: Iterable[int]) -> dict[int, OrderLabel]:
    """By expected move; one statement."""
    wanted = sorted({int(key) for key in move_ids if key})
    if not wanted:
        return {}
    return {key: OrderLabel(*row) for key, *row in fetch_all(_LABELS, [wanted])}
