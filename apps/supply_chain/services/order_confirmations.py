"""What suppliers promise for what is ordered: each promise is kept, the last one is expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import require_decimal
from apps.core.services.documents import lock, require_status
from apps.core.sql import insert_rows
from apps.core.transactions import unit_of_work
from apps.inventory.models import ExpectedMove
from apps.inventory.services.expected import Expected, expect_moves
from apps.supply_chain.models import OrderConfirmation, PurchaseOrder, PurchaseOrderLine


@dataclass(frozen=True, slots=True)
class Promise:
    """What the supplier says of one order line, in its unit and the order's currency.

    Without a quantity all that was ordered, without a price the order's.
    """

    order_line: PurchaseOrderLine
    promised_date: Date
    quantity: Decimal | None = None
    unit_price: Decimal | None = None


def record_confirmation(
    order: PurchaseOrder, *, lines: Sequence[Promise], by: User, reference: str = ""
) -> PurchaseOrder:
    """Note what the supplier promises; from now on the lines are expected on those days.

    The order's own days stay as what was wanted. Raises ``InvalidInput`` or ``BusinessError``
    naming the row: a line of another order or with nothing to come, a day before the order, more
    than was ordered.
    """
    if not lines:
        raise InvalidInput("no_lines", _("Say what is promised."), field="lines")
    with unit_of_work():
        order = lock(order, related=("company", "site", "partner"))
        require_status(order, PurchaseOrder.Status.CONFIRMED)
        known = {line.pk: line for line in order.lines.select_related("item")}
        line_type = ContentType.objects.get_for_model(PurchaseOrderLine)
        is_open = set(
            ExpectedMove.objects.filter(
                source_type=line_type, source_id__in=known, is_open=True
            ).values_list("source_id", flat=True)
        )
        _check(order, lines, known, is_open)
        _write(order, lines, known, reference, by)
        wanted = [known[one.order_line.pk] for one in lines]
        expect_moves(
            order.company,
            [
                Expected(
                    line,
                    ExpectedMove.Direction.IN,
                    line.item,
                    order.site,
                    order.partner,
                    line.stock_quantity,
                    one.promised_date,
                    line.cost_object_id,
                )
                for one, line in zip(lines, wanted, strict=True)
            ],
            by=by,
        )
    return order


def _check(
    order: PurchaseOrder,
    lines: Sequence[Promise],
    known: dict[int, PurchaseOrderLine],
    is_open: set[int],
) -> None:
    seen: set[int] = set()
    for row, one in enumerate(lines):
        line = known.get(one.order_line.pk)
        if line is None:
            raise InvalidInput(
                "wrong_order",
                _("This line is not of {order}.").format(order=order),
                field="order_line",
                row=row,
            )
        if line.pk in seen:
            raise InvalidInput(
                "line_twice", _("One promise for each line."), field="order_line", row=row
            )
        seen.add(line.pk)
        if line.pk not in is_open:
            raise BusinessError(
                "nothing_expected",
                _("Nothing more is expected of {line}.").format(line=line),
                field="order_line",
                row=row,
            )
        _check_promise(order, one, line, row)


def _check_promise(order: PurchaseOrder, one: Promise, line: PurchaseOrderLine, row: int) -> None:
    if one.promised_date < order.order_date:
        raise InvalidInput(
            "due_before_order",
            _("It can't be due before it is ordered."),
            field="promised_date",
            row=row,
        )
    if one.quantity is not None:
        require_decimal(one.quantity, field="quantity", row=row)
        if one.quantity > line.quantity:
            raise InvalidInput(
                "more_than_ordered",
                _("{quantity} were ordered.").format(quantity=f"{line.quantity.normalize():f}"),
                field="quantity",
                row=row,
            )
    if one.unit_price is not None:
        price = require_decimal(one.unit_price, field="unit_price", row=row, positive=False)
        if price < 0:
            raise InvalidInput("negative", _("May not be negative."), field="unit_price", row=row)


def _write(
    order: PurchaseOrder,
    lines: Sequence[Promise],
    known: dict[int, PurchaseOrderLine],
    reference: str,
    by: User,
) -> None:
    now = timezone.now()
    order_type = ContentType.objects.get_for_model(PurchaseOrder)
    insert_rows(
        OrderConfirmation,
        [
            {
                "company_id": order.company_id,
                "source_type_id": order_type.pk,
                "source_id": order.pk,
                "created_at": now,
                "created_by_id": by.pk,
                "order_line_id": one.order_line.pk,
                "promised_date": one.promised_date,
                "quantity": one.quantity
                if one.quantity is not None
                else known[one.order_line.pk].quantity,
                "unit_price": one.unit_price
                if one.unit_price is not None
                else known[one.order_line.pk].unit_price,
                "reference": reference,
            }
            for one in lines
        ],
    )
