"""Lines of returns to suppliers: of receipts, or of what quality decided; checked, made rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company
from apps.core.money import ZERO, require_decimal, round_money
from apps.core.queries.currencies import decimal_places
from apps.core.services.documents import require_company
from apps.inventory.models import Location
from apps.quality.models import Disposition
from apps.quality.queries.returns import returned_of
from apps.supply_chain.models import (
    Receipt,
    ReceiptLine,
    SupplierReturn,
    SupplierReturnLine,
)
from apps.supply_chain.queries.supplier_returns import kept_quantities
from apps.supply_chain.services.billable_lines import lock_receipt_lines

STEP = 10


@dataclass(frozen=True, slots=True)
class GoingBack:
    """``quantity`` (stock units) of what a receipt line brought, from where it lies now.

    Without a place it leaves where it was taken in. A ``disposition`` says all of that itself.
    """

    receipt_line: ReceiptLine | None = None
    quantity: Decimal | None = None
    location: Location | None = None
    disposition: Disposition | None = None
    position: int | None = None


def return_rows(document: SupplierReturn, lines: Sequence[GoingBack]) -> list[SupplierReturnLine]:
    """Rows for ``lines``. Raises ``InvalidInput`` or ``BusinessError`` naming the row."""
    if not lines:
        raise InvalidInput("no_lines", _("Say what goes back."), field="lines")
    for row, line in enumerate(lines):
        require_company(
            document.company,
            row=row,
            receipt_line=line.receipt_line,
            location=line.location,
            disposition=line.disposition,
        )
    keys = [line.receipt_line.pk for line in lines if line.receipt_line is not None]
    receipts = lock_receipt_lines(document.company, keys) if keys else {}
    rows: list[SupplierReturnLine] = []
    for row, line in enumerate(lines):
        if line.disposition is not None:
            made = _decided(document, line, line.disposition, row)
        elif line.receipt_line is not None:
            made = _of_receipt(document, line, receipts[line.receipt_line.pk], row)
        else:
            raise InvalidInput(
                "required", _("Say which receipt brought it."), field="receipt_line", row=row
            )
        last = max((one.position for one in rows), default=0)
        made.position = line.position or (last // STEP + 1) * STEP
        rows.append(made)
    require_kept(rows, receipts)
    _require_once(document, rows)
    return rows


def require_kept(
    lines: Sequence[SupplierReturnLine], receipts: Mapping[int, ReceiptLine]
) -> dict[int, Decimal]:
    """Raise ``BusinessError`` naming the row for more than came and was not sent back before.

    Returns what is left of each receipt line afterwards.
    """
    left = kept_quantities(receipts.values())
    for row, line in enumerate(lines):
        if line.disposition_id is not None or line.receipt_line_id is None:
            continue
        open_quantity = left[line.receipt_line_id]
        if line.quantity > open_quantity:
            raise BusinessError(
                "over_return",
                _("Only {quantity} can go back of it.").format(
                    quantity=f"{max(open_quantity, ZERO).normalize():f}"
                ),
                field="quantity",
                row=row,
                details={"open": str(max(open_quantity, ZERO))},
            )
        left[line.receipt_line_id] -= line.quantity
    return left


def shares(
    company: Company, lines: Sequence[SupplierReturnLine], receipts: Mapping[int, ReceiptLine]
) -> list[Decimal]:
    """What the supplier's side bears of each line: its share of what the receipt cost.

    The step between two rounded running sums, so all of a receipt gives back all of its value.
    The caller holds the items, so nobody else sends the same goods back meanwhile.
    """
    before = returned_of(row.move_id for row in receipts.values() if row.move_id)
    running: dict[int, tuple[Decimal, Decimal]] = dict(before)
    places = decimal_places(company.currency_id)
    result = []
    for line in lines:
        move = receipts[line.receipt_line_id or 0].move
        if move is None:
            raise ValueError("a receipt line that brought something has a move")
        quantity, value = running.get(move.pk, (ZERO, ZERO))
        quantity += line.quantity
        upto = round_money(move.counter_value * quantity / move.quantity, places)
        result.append(upto - value)
        running[move.pk] = quantity, upto
    return result


def _of_receipt(
    document: SupplierReturn, line: GoingBack, origin: ReceiptLine, row: int
) -> SupplierReturnLine:
    receipt = origin.receipt
    if receipt.order.partner_id != document.partner_id:
        raise InvalidInput(
            "other_partner",
            _("{receipt} is of another supplier.").format(receipt=receipt),
            field="receipt_line",
            row=row,
        )
    if receipt.status != Receipt.Status.POSTED or origin.move is None:
        raise BusinessError(
            "not_received",
            _("{receipt} brought nothing that could go back.").format(receipt=receipt),
            field="receipt_line",
            row=row,
        )
    if origin.cost_move is None or not origin.cost_move.to_location.is_physical:
        raise BusinessError(
            "never_stocked",
            _("{item} of {receipt} never lay in stock: ask for a credit note.").format(
                item=origin.move.item.code, receipt=receipt
            ),
            field="receipt_line",
            row=row,
        )
    if line.quantity is None:
        raise InvalidInput("required", _("Say how much."), field="quantity", row=row)
    quantity = require_decimal(line.quantity, field="quantity", row=row)
    place = line.location or origin.location
    if place.kind != Location.Kind.INTERNAL or place.site_id != document.site_id:
        raise InvalidInput(
            "wrong_location",
            _("{location} is no place of {site}.").format(location=place, site=document.site),
            field="location",
            row=row,
        )
    return SupplierReturnLine(
        company_id=document.company_id,
        supplier_return=document,
        receipt_line=origin,
        item_id=origin.move.item_id,
        lot_id=origin.lot_id,
        quantity=quantity,
        location=place,
    )


def _decided(
    document: SupplierReturn, line: GoingBack, decided: Disposition, row: int
) -> SupplierReturnLine:
    ncr = decided.nonconformance
    if decided.kind != Disposition.Kind.RETURN or decided.is_reversed or decided.move_id is None:
        raise InvalidInput(
            "not_returned",
            _("{nonconformance} has not decided to return it.").format(nonconformance=ncr.number),
            field="disposition",
            row=row,
        )
    if ncr.partner_id != document.partner_id:
        raise InvalidInput(
            "other_partner",
            _("{receipt} is of another supplier.").format(receipt=ncr.number),
            field="disposition",
            row=row,
        )
    if line.quantity is not None and line.quantity != decided.quantity:
        raise InvalidInput(
            "decided",
            _("Quality has decided on {quantity}.").format(
                quantity=f"{decided.quantity.normalize():f}"
            ),
            field="quantity",
            row=row,
        )
    brought = ncr.inspection.move_id if ncr.inspection is not None else None
    origin = ReceiptLine.objects.filter(move=brought).first() if brought else None
    return SupplierReturnLine(
        company_id=document.company_id,
        supplier_return=document,
        receipt_line=origin,
        disposition=decided,
        item_id=ncr.item_id,
        lot_id=decided.nonconforming_lot.lot_id,
        quantity=decided.quantity,
        move_id=decided.move_id,
    )


def _require_once(document: SupplierReturn, rows: Sequence[SupplierReturnLine]) -> None:
    """A decision travels once."""
    keys = [row.disposition_id for row in rows if row.disposition_id is not None]
    if not keys:
        return
    list(Disposition.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
    others = set(
        SupplierReturnLine.objects.filter(
            disposition__in=keys, supplier_return__status__in=SupplierReturn.STANDING
        )
        .exclude(supplier_return=document.pk)
        .values_list("disposition_id", flat=True)
    )
    seen: set[int] = set()
    for place, row in enumerate(rows):
        if row.disposition_id is None:
            continue
        if row.disposition_id in others or row.disposition_id in seen:
            raise BusinessError(
                "returned_before",
                _("This is on a return already."),
                field="disposition",
                row=place,
            )
        seen.add(row.disposition_id)
