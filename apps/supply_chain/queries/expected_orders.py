"""What is awaited at the door: orders of which something is still to come, and their open lines."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Exists, Min, OuterRef, QuerySet

from apps.core.models import Company
from apps.core.money import round_quantity
from apps.inventory.models import ExpectedMove
from apps.masterdata.models import Item
from apps.masterdata.queries.catch_weights import CatchWeight, catch_weights
from apps.supply_chain.models import PurchaseOrder, PurchaseOrderLine


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line of which ``open`` (in the unit it is counted in) is still to come.

    What has serial numbers is counted in pieces (``in_pieces``), whatever it was ordered in.
    """

    line: PurchaseOrderLine
    open: Decimal
    weight: CatchWeight | None

    @property
    def in_pieces(self) -> bool:
        return self.line.item.tracking == Item.Tracking.SERIAL

    @property
    def unit(self) -> Any:
        return self.line.item.unit if self.in_pieces else self.line.unit


def expected_orders(company: Company, *, user: Any) -> QuerySet[PurchaseOrder]:
    """Confirmed orders that goods may come in for, what is due first in front.

    With ``due`` (the first day) and ``open_lines``. What suppliers ship to customers is not ours
    to receive.
    """
    open_lines = PurchaseOrderLine.objects.filter(
        Exists(_expected().filter(source_id=OuterRef("pk"), is_open=True))
    )
    orders = PurchaseOrder.objects.visible_to(user).filter(
        company=company,
        status=PurchaseOrder.Status.CONFIRMED,
        ships_to__isnull=True,
        lines__in=open_lines,
    )
    counted = orders.annotate(due=Min("lines__due_date"), open_lines=Count("lines", distinct=True))
    return counted.select_related("partner", "site").order_by("due", "pk")


def open_lines(order: PurchaseOrder) -> list[OpenLine]:
    """The lines of ``order`` of which something is to come. Three statements."""
    rows = order.lines.select_related("item__unit", "unit").order_by("position", "pk")
    lines = {line.pk: line for line in rows}
    expected = _expected().filter(source_id__in=lines, is_open=True)
    left = {one.source_id: one.quantity_open for one in expected}
    weights = catch_weights(line.item_id for line in lines.values())
    result = []
    for key, line in lines.items():
        if key not in left:
            continue
        quantity = left[key]
        if line.item.tracking != Item.Tracking.SERIAL:
            quantity = round_quantity(quantity * line.quantity / line.stock_quantity)
        result.append(OpenLine(line, quantity, weights.get(line.item_id)))
    return result


def _expected() -> QuerySet[ExpectedMove]:
    kind = ContentType.objects.get_for_model(PurchaseOrderLine)
    return ExpectedMove.objects.filter(source_type=kind, direction=ExpectedMove.Direction.IN)
