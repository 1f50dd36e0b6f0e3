"""What was announced beside what came."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from apps.core.sql import fetch_dicts
from apps.supply_chain.models import Receipt

# In the unit of the order line; a reversed receipt brought nothing.
_DIFFERENCES = """
SELECT n.id AS line_id, n.notice_id, o.number AS order_number, l.position, i.code AS item_code,
       u.code AS unit_code, n.lot_code, n.sscc, n.quantity AS announced,
       coalesce(r.quantity, 0) AS received, coalesce(r.rejected, 0) AS rejected
  FROM supply_chain_shippingnoticeline n
  JOIN supply_chain_purchaseorderline l ON l.id = n.order_line_id
  JOIN supply_chain_purchaseorder o ON o.id = l.order_id
  JOIN masterdata_item i ON i.id = l.item_id
  JOIN masterdata_unit u ON u.id = l.unit_id
  LEFT JOIN LATERAL (
       SELECT round(sum(r.quantity) * l.quantity / l.stock_quantity, 6) AS quantity,
              round(sum(r.quantity_rejected) * l.quantity / l.stock_quantity, 6) AS rejected
         FROM supply_chain_receiptline r
         JOIN supply_chain_receipt h ON h.id = r.receipt_id AND h.status = 'posted'
        WHERE r.notice_line_id = n.id) AS r ON true
 WHERE n.notice_id = ANY(%s) ORDER BY n.notice_id, n.id
"""


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """An announced line in its order line's unit, and what came and was refused of it."""

    line_id: int
    notice_id: int
    order_number: str
    position: int
    item_code: str
    unit_code: str
    lot_code: str
    sscc: str
    announced: Decimal
    received: Decimal
    rejected: Decimal

    @property
    def difference(self) -> Decimal:
        """What came more (less) than announced, refused goods included in what came."""
        return self.received + self.rejected - self.announced


def notice_differences(notice_ids: Iterable[int]) -> list[NoticeLine]:
    """The lines of notices with what came of them; one statement."""
    return [NoticeLine(**row) for row in fetch_dicts(_DIFFERENCES, [list(notice_ids)])]


def receipts_of_notice(notice_id: int) -> list[Receipt]:
    """The receipts that took a notice in, reversed ones too."""
    rows = Receipt.objects.filter(lines__notice_line__notice=notice_id)
    return list(rows.distinct().order_by("pk"))
