"""What is short by no more than is allowed is closed; what is taken back is expected again."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import Company, User
from apps.core.money import ZERO
from apps.inventory.services.expected import close_expected, reopen_expected
from apps.supply_chain.models import PurchaseOrderLine, Receipt
from apps.supply_chain.services.receivable_lines import ReceivableLine


def over_receipt(line: ReceivableLine, most: Decimal, taken: Decimal, row: int) -> BusinessError:
    """The refusal of what came above the order and its tolerance, in stock units."""
    still = max(most, ZERO)
    message = _("{item}: {open} open, {quantity} came.").format(
        item=line.item.code,
        open=f"{still.normalize():f}",
        quantity=f"{taken.normalize():f}",
    )
    if line.over_percent:
        allowed = _("{percent} % above the order are allowed in that.").format(
            percent=f"{line.over_percent.normalize():f}"
        )
        message = f"{message} {allowed}"
    return BusinessError(
        "over_receipt", message, field="quantity", row=row, details={"open": str(still)}
    )


def close_short(
    company: Company, received: Iterable[tuple[ReceivableLine, Decimal]], *, by: User
) -> list[int]:
    """Expect no more of lines that ``received`` (stock units) brought near enough; their ids."""
    taken: dict[int, Decimal] = {}
    lines: dict[int, ReceivableLine] = {}
    for line, quantity in received:
        lines[line.id] = line
        taken[line.id] = taken.get(line.id, ZERO) + quantity
    short = [key for key, line in lines.items() if taken[key] and line.is_enough(taken[key])]
    if short:
        PurchaseOrderLine.objects.filter(pk__in=short).update(is_closed_short=True)
        close_expected(company, [PurchaseOrderLine(pk=key) for key in short], by=by)
    return short


def expect_rest(receipt: Receipt, *, by: User) -> None:
    """After a receipt is reversed: its lines that were closed short expect the rest again."""
    lines = list(
        PurchaseOrderLine.objects.filter(
            is_closed_short=True, pk__in=receipt.lines.values("order_line_id")
        )
    )
    if lines:
        PurchaseOrderLine.objects.filter(pk__in=[line.pk for line in lines]).update(
            is_closed_short=False
        )
        reopen_expected(receipt.company, lines, by=by)
