"""From the purchase order to its bill."""

from __future__ import annotations

from datetime import date as Date
from decimal import Decimal
from random import Random

from apps.supply_chain.models import PurchaseOrder, PurchaseOrderLine, Receipt, ReceiptLine
from apps.supply_chain.services.bills import BilledLine, bill_receipts
from apps.supply_chain.services.purchase_orders import (
    OrderLine,
    confirm_purchase_orders,
    create_purchase_order,
)
from apps.supply_chain.services.receipts import Delivered, receive, reverse_receipt
from mes_erp.demo.plan.model import Arrival
from mes_erp.demo.plan.model import PurchaseOrder as Planned
from mes_erp.demo.play.plant import Plant


class Buyer:
    """Orders, receives and enters bills. Finds its papers again by the supplier's reference."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self._orders: dict[str, tuple[PurchaseOrder, list[PurchaseOrderLine]]] = {}
        self._receipts: dict[tuple[str, int], Receipt] = {}

    def order(self, plans: list[Planned]) -> None:
        """Write the orders of a day and send them."""
        plant, by = self.plant, self.plant.user("buyer")
        made = [
            create_purchase_order(
                plant.company,
                partner=plant.partners[plan.supplier],
                site=plant.sites[plan.site],
                lines=[
                    OrderLine(
                        item=plant.items[line.item],
                        quantity=Decimal(line.quantity),
                        unit_price=line.unit_price,
                        unit=plant.units[line.unit],
                    )
                    for line in plan.lines
                ],
                order_date=plan.order_date,
                due_date=plan.due_date,
                supplier_reference=plan.key,
                by=by,
            )
            for plan in plans
        ]
        confirm_purchase_orders(made, by=by)

    def receive(self, plan: Planned, number: int, arrival: Arrival) -> None:
        """Take a delivery in, each line under a lot of its own where lots are kept."""
        order, lines = self._order(plan)
        date = self.plant.time.local_date(plan.site, arrival.at)
        store = self.plant.store(plan.site)
        receipt = receive(
            order,
            lines=[
                self._delivered(plan, number, place, lines[place], quantity, date, store)
                for place, quantity in arrival.quantities.items()
            ],
            date=date,
            delivery_note=f"LS {plan.key[3:]}-{number + 1}",
            by=self.plant.user("buyer"),
        )
        self._receipts[plan.key, number] = receipt

    def _delivered(
        self,
        plan: Planned,
        number: int,
        place: int,
        line: PurchaseOrderLine,
        quantity: Decimal,
        date: Date,
        store: object,
    ) -> Delivered:
        about = {}
        if self.plant.items[plan.lines[place].item].tracking == "lot":
            chance = Random(f"{plan.key}/{number}/{place}")  # noqa: S311 - a story
            about = {
                "lot_code": f"{date:%y%m%d}-{plan.key[3:]}-{place + 1}",
                "supplier_lot": f"{chance.choice('ABCKLMRST')}{chance.randrange(10**5, 10**6)}",
            }
        in_order_unit = quantity / self.plant.files.purchases[plan.lines[place].item].stock_units
        return Delivered(line, in_order_unit, store, **about)

    def receive_twice(self, plan: Planned, number: int, arrival: Arrival) -> None:
        """A delivery entered with the wrong note first, reversed, and entered again."""
        self.receive(plan, number, arrival)
        receipt = self._receipts.pop((plan.key, number))
        reverse_receipt(
            receipt,
            date=receipt.date,
            reason="Delivery note of another supplier",
            by=self.plant.user("buyer"),
        )
        self.receive(plan, number, arrival)

    def bill(self, plan: Planned, number: int, arrival: Arrival) -> None:
        """Enter the supplier's bill for a delivery, at the price that it asks."""
        partner = self.plant.partners[plan.supplier]
        lines = self._receipt_lines(plan, number)
        bill_receipts(
            self.plant.company,
            partner=partner,
            reference=f"RE-{plan.key[3:]}-{number + 1}",
            date=arrival.bill_date,
            lines=[
                BilledLine(
                    receipt_line=row,
                    unit_price=arrival.price_changes.get(place),
                    tax_code=self.plant.tax_code(partner.country),
                )
                for place, row in zip(arrival.quantities, lines, strict=True)
            ],
            by=self.plant.user("accountant"),
        )

    def _receipt_lines(self, plan: Planned, number: int) -> list[ReceiptLine]:
        order, _lines = self._order(plan)
        receipt = self._receipts.get((plan.key, number))
        if receipt is None:
            standing = order.receipts.filter(status=Receipt.Status.POSTED).order_by("pk")
            receipt = standing[number]
        return list(receipt.lines.select_related("receipt__order").order_by("pk"))

    def _order(self, plan: Planned) -> tuple[PurchaseOrder, list[PurchaseOrderLine]]:
        if plan.key not in self._orders:
            order = PurchaseOrder.objects.select_related("company", "site", "partner").get(
                company=self.plant.company, supplier_reference=plan.key
            )
            lines = list(order.lines.select_related("item").order_by("position"))
            self._orders[plan.key] = order, lines
        return self._orders[plan.key]
