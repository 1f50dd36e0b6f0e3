"""Numbers of pieces that came, as a scanner types them: one per line, weighed ones with theirs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.money import ZERO
from apps.inventory.models import Location
from apps.supply_chain.models import PurchaseOrderLine
from apps.supply_chain.services.receipt_lines import Delivered

MOST_PIECES = 500


def read_pieces(
    text: str, *, is_weighed: bool, field: str = "serials"
) -> list[tuple[str, Decimal | None]]:
    """(serial number, weight) of each line; the weight stands behind the last blank.

    Raises ``InvalidInput`` for a line without a weight where pieces are weighed.
    """
    rows = [row.strip() for row in text.splitlines()]
    rows = [row for row in rows if row]
    if len(rows) > MOST_PIECES:
        raise InvalidInput("too_many", _("At most {most}.").format(most=MOST_PIECES), field=field)
    return [_weighed(row, field) if is_weighed else (row, None) for row in rows]


def delivered_pieces(
    line: PurchaseOrderLine,
    pieces: Sequence[tuple[str, Decimal | None]],
    location: Location,
    *,
    supplier_lot: str = "",
    expires_on: Date | None = None,
    refused: Decimal = ZERO,
) -> list[Delivered]:
    """What came of a line whose pieces have numbers: each by itself, and what was refused."""
    came = [
        Delivered(
            line,
            Decimal(1),
            location,
            unit=line.item.unit,
            lot_code=code,
            supplier_lot=supplier_lot,
            expires_on=expires_on,
            catch_weight=weight,
        )
        for code, weight in pieces
    ]
    if refused:
        unit = line.item.unit
        came.append(Delivered(line, ZERO, location, unit=unit, quantity_rejected=refused))
    return came


def _weighed(row: str, field: str) -> tuple[str, Decimal]:
    code, _blank, weight = row.rpartition(" ")
    try:
        value = Decimal(weight.replace(",", "."))
    except ArithmeticError:
        value = Decimal("NaN")
    if not code.strip() or not value.is_finite():
        raise InvalidInput(
            "weight_required",
            _("“{row}”: write the serial number, a blank and the weight.").format(row=row[:80]),
            field=field,
        )
    return code.strip(), value
