"""The company under torture: open orders that take any number of receipts, shipments and reports.

Every document carries its request's key in a field of its own, so that the database can be asked
what became of each key.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from knox.models import AuthToken

from apps.core.models import User
from apps.crm.services.sales_orders import OrderLine as SalesLine
from apps.crm.services.sales_orders import confirm_sales_order, create_sales_order
from apps.engineering.models import BillOfMaterials, BomLine
from apps.execution.models import WorkOrder
from apps.execution.services.work_orders import create_work_order, release_work_order
from apps.inventory.models import ExpectedMove
from apps.inventory.services.locations import ensure_virtual_locations
from apps.inventory.services.lots import NewLot, create_lots
from apps.inventory.services.moves import Move, post_moves
from apps.masterdata.models import Item
from apps.supply_chain.services.purchase_orders import OrderLine
from benchmarks.plant import DAY, new_books
from tests.support.trade import Trade, make_trade

ORDERS = 3  # of each kind: callers meet, and yet not always
PLENTY, COST = Decimal(10**8), Decimal("2.5")
PER_UNIT, MADE = Decimal(2), Decimal(10**5)


@dataclass(frozen=True, slots=True)
class Request:
    """One request that has one effect, of ``quantity`` units."""

    kind: str
    path: str
    body: dict[str, Any]
    quantity: int


class Plant:
    """Goods come in, are made and go out, all over the same two bought items."""

    def __init__(self, trade: Trade) -> None:
        self.trade, self.books = trade, trade.books
        self.by: User = trade.books.by
        self.bought = [trade.item("average", code="AVG"), trade.item("fifo", code="FIFO")]
        self.raw = trade.item("fifo", code="RAW", tracking="lot")
        self.made = trade.item("average", code="MADE", kind=Item.Kind.MANUFACTURED, tracking="lot")
        self._stock()
        self.purchase_orders = [self._purchase_order() for _ in range(ORDERS)]
        self.promises = [self._promises() for _ in range(ORDERS)]
        self._bom()
        self.work_orders = [self._work_order() for _ in range(ORDERS)]
        self.token: str = AuthToken.objects.create(self.by)[1]

    def receipt(self, key: str, number: int, quantity: int) -> Request:
        order_id, line_ids = self.purchase_orders[number % ORDERS]
        lines = [
            {"order_line": line_id, "quantity": str(quantity), "location": self.trade.stock.pk}
            for line_id in line_ids
        ]
        body = {"date": DAY.isoformat(), "delivery_note": key, "lines": lines}
        path = f"/supply-chain/purchase-orders/{order_id}/receive/"
        return Request("receipt", path, body, quantity)

    def shipment(self, key: str, number: int, quantity: int) -> Request:
        body = {
            "partner": self.trade.customer.pk,
            "site": self.books.site.pk,
            "date": DAY.isoformat(),
            "tracking_number": key,
            "lines": [
                {"expected_move": promise, "quantity": str(quantity)}
                for promise in self.promises[number % ORDERS]
            ],
        }
        return Request("shipment", "/supply-chain/shipments/", body, quantity)

    def report(self, key: str, number: int, quantity: int) -> Request:
        order = self.work_orders[number % ORDERS]
        body = {"quantity_good": str(quantity), "note": key, "date": DAY.isoformat()}
        return Request("report", f"/execution/work-orders/{order.pk}/report/", body, quantity)

    def travelers(self, key: str, number: int, quantity: int) -> Request:
        """A job for the worker: the papers of one order."""
        body = {"orders": [self.work_orders[number % ORDERS].pk]}
        return Request("job", "/execution/work-orders/print-travelers/", body, 1)

    def _stock(self) -> None:
        company, by = self.books.company, self.by
        opening = ensure_virtual_locations(company, by=by)["opening"]
        [lot] = create_lots(company, [NewLot(self.raw, "RAW-1")], by=by)
        moves = [
            Move(item.pk, PLENTY, opening, self.trade.stock, value=PLENTY * COST)
            for item in self.bought
        ]
        moves.append(
            Move(self.raw.pk, PLENTY, opening, self.trade.stock, lot=lot, value=PLENTY * COST)
        )
        post_moves(company, moves, source=self.raw, date=DAY, journal="INV", by=by)

    def _purchase_order(self) -> tuple[int, list[int]]:
        order = self.trade.ordered(*(OrderLine(item, PLENTY, COST) for item in self.bought))
        return order.pk, list(order.lines.values_list("pk", flat=True))

    def _promises(self) -> list[int]:
        order = create_sales_order(
            self.books.company,
            partner=self.trade.customer,
            site=self.books.site,
            lines=[SalesLine(item, PLENTY, Decimal(5)) for item in self.bought],
            order_date=DAY,
            due_date=DAY,
            by=self.by,
        )
        confirm_sales_order(order, by=self.by)
        found = ExpectedMove.objects.filter(
            source_type__model="salesorderline",
            source_id__in=order.lines.values_list("pk", flat=True),
        )
        return list(found.order_by("pk").values_list("pk", flat=True))

    def _bom(self) -> None:
        company, by = self.books.company, self.by
        bom = BillOfMaterials(company=company, item=self.made, status="released", created_by=by)
        bom.save_by(by)
        BomLine.objects.bulk_create(
            BomLine(
                company=company,
                bom=bom,
                position=10 * number,
                item=item,
                quantity=PER_UNIT,
                issue_method=BomLine.IssueMethod.BACKFLUSH,
            )
            for number, item in enumerate([self.raw, *self.bought], start=1)
        )

    def _work_order(self) -> WorkOrder:
        order = create_work_order(
            self.books.company,
            item=self.made,
            quantity=MADE,
            site=self.books.site,
            start_date=DAY,
            due_date=DAY,
            component_location=self.trade.stock,
            output_location=self.trade.stock,
            by=self.by,
        )
        return release_work_order(order, by=self.by)


def make_plant() -> Plant:
    return Plant(make_trade(new_books()))
