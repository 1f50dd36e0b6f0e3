"""What went back to suppliers of each receipt, what may still, and what they owe for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType

from apps.core.money import ZERO
from apps.core.sql import fetch_all
from apps.finance.models import Invoice, InvoiceLine
from apps.quality.models import Disposition
from apps.quality.queries.returns import Returned, returned_of
from apps.supply_chain.models import (
    ReceiptLine,
    SupplierReturn,
    SupplierReturnCredit,
    SupplierReturnLine,
)

#: (quantity, value) that had gone back of receipt line ``r`` with the move ``m`` by a day: by
#: decisions of quality and by returns. What has come back since does not count.
GONE_BACK_BY_DAY = """
       SELECT sum(k.quantity) AS quantity, sum(k.counter_value) AS value
         FROM (SELECT d.move_id
                 FROM quality_inspection c
                 JOIN quality_nonconformance n ON n.inspection_id = c.id
                 JOIN quality_disposition d ON d.nonconformance_id = n.id AND d.kind = 'return'
                WHERE c.move_id = m.id
                UNION ALL
               SELECT s.move_id FROM supply_chain_supplierreturnline s
                WHERE s.receipt_line_id = r.id AND s.disposition_id IS NULL) AS sent
         JOIN inventory_stockmove k ON k.id = sent.move_id AND k.date <= {day}
        WHERE NOT EXISTS (SELECT 1 FROM inventory_stockmove w
                           WHERE w.reverses_id = k.id AND w.date <= {day})
"""
_SENT = """
SELECT r.move_id, sum(m.quantity), sum(m.counter_value)
  FROM supply_chain_supplierreturnline s
  JOIN supply_chain_supplierreturn h ON h.id = s.supplier_return_id
  JOIN supply_chain_receiptline r ON r.id = s.receipt_line_id
  JOIN inventory_stockmove m ON m.id = s.move_id
 WHERE s.disposition_id IS NULL AND h.status <> 'reversed' AND r.move_id = ANY(%s)
 GROUP BY r.move_id
"""
# What each bill's line still matches of a receipt line, less what credit notes took of it.
_BILLED = """
SELECT t.receipt_line_id, b.id, b.invoice_id,
       sum(CASE WHEN t.reverses_id IS NULL THEN t.quantity ELSE -t.quantity END)
  FROM supply_chain_billmatch t
  JOIN finance_invoiceline l ON l.id = t.invoice_line_id
  JOIN finance_invoiceline b
    ON b.id = CASE WHEN l.source_type_id = %(line_type)s THEN l.source_id ELSE l.id END
  JOIN finance_invoice v ON v.id = b.invoice_id AND v.status = 'posted'
 WHERE t.receipt_line_id = ANY(%(keys)s)
 GROUP BY t.receipt_line_id, b.id, b.invoice_id
HAVING sum(CASE WHEN t.reverses_id IS NULL THEN t.quantity ELSE -t.quantity END) > 0
 ORDER BY t.receipt_line_id, b.id
"""


@dataclass(frozen=True, slots=True)
class BilledPart:
    """``quantity`` (stock units) of a receipt line that a bill's line still bills."""

    invoice_line_id: int
    invoice_id: int
    quantity: Decimal


def sent_back(move_ids: Sequence[int]) -> Returned:
    """(quantity, value) that supplier returns sent back of what each move brought in."""
    return {key: (quantity, value) for key, quantity, value in fetch_all(_SENT, [list(move_ids)])}


def kept_quantities(lines: Iterable[ReceiptLine]) -> dict[int, Decimal]:
    """Stock units of each receipt line that came and did not go back, by its key."""
    rows = list(lines)
    returned = returned_of(row.move_id for row in rows if row.move_id)
    return {row.pk: row.quantity - returned.get(row.move_id or 0, (ZERO, ZERO))[0] for row in rows}


def billed_parts(receipt_line_ids: Iterable[int]) -> dict[int, list[BilledPart]]:
    """The bills' lines behind each receipt line, the oldest first."""
    line_type = ContentType.objects.get_for_model(InvoiceLine).pk
    found: dict[int, list[BilledPart]] = {}
    rows = fetch_all(_BILLED, {"line_type": line_type, "keys": list(receipt_line_ids)})
    for receipt_line, *part in rows:
        found.setdefault(receipt_line, []).append(BilledPart(*part))
    return found


def owed_quantities(lines: Iterable[ReceiptLine]) -> dict[int, Decimal]:
    """Stock units of each receipt line that are billed and have gone back: a credit is owed."""
    rows = list(lines)
    kept = kept_quantities(rows)
    parts = billed_parts(row.pk for row in rows)
    billed = {key: sum((one.quantity for one in own), ZERO) for key, own in parts.items()}
    return {row.pk: max(billed.get(row.pk, ZERO) - kept[row.pk], ZERO) for row in rows}


def undocumented_returns(company_id: int) -> list[Disposition]:
    """Decisions of quality to return goods that no return carries yet, the oldest first."""
    carried = SupplierReturnLine.objects.filter(
        disposition__isnull=False, supplier_return__status__in=SupplierReturn.STANDING
    ).values("disposition_id")
    rows = Disposition.objects.filter(
        company=company_id, kind=Disposition.Kind.RETURN, is_reversed=False, move__isnull=False
    ).exclude(pk__in=carried)
    return list(
        rows.select_related(
            "nonconformance__partner", "nonconformance__item", "nonconforming_lot__lot", "move"
        ).order_by("pk")
    )


def returns_of_receipt(receipt_id: int) -> list[SupplierReturn]:
    """The returns of goods of a receipt, cancelled ones too."""
    rows = SupplierReturn.objects.filter(lines__receipt_line__receipt=receipt_id)
    return list(rows.distinct().order_by("pk"))


def notes_of_return(return_id: int) -> list[Invoice]:
    """The credit notes of a return, reversed ones too."""
    keys = SupplierReturnCredit.objects.filter(supplier_return=return_id).values("invoice_id")
    return list(Invoice.objects.filter(pk__in=keys).order_by("pk"))
