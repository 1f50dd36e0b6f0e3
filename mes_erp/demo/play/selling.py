"""From the sales order to its invoice."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.contenttypes.models import ContentType

from apps.crm.models import SalesOrder, SalesOrderLine
from apps.crm.services.invoicing import invoice_order
from apps.crm.services.sales_orders import OrderLine, confirm_sales_order, create_sales_order
from apps.inventory.models import ExpectedMove
from apps.supply_chain.services.shipments import reverse_shipment, ship
from apps.supply_chain.services.shippable_lines import Shipped
from mes_erp.demo.plan.model import Delivery
from mes_erp.demo.plan.model import SalesOrder as Planned
from mes_erp.demo.play.plant import Plant

HOME, OVERSEAS, ROAD = "DE", ("US", "CA"), "T3001"
AIR = "T3003"


class Seller:
    """Takes orders, ships and invoices. Finds its papers again by the customer's reference."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self._orders: dict[str, tuple[SalesOrder, list[ExpectedMove]]] = {}

    def order(self, plan: Planned) -> None:
        plant, by = self.plant, self.plant.user("sales")
        customer = plant.partners[plan.customer]
        tax_code = plant.tax_code(customer.country)
        order = create_sales_order(
            plant.company,
            partner=customer,
            site=plant.main_site,
            lines=[
                OrderLine(
                    item=plant.items[line.item],
                    quantity=Decimal(line.quantity),
                    unit_price=line.unit_price,
                    tax_code=tax_code,
                )
                for line in plan.lines
            ],
            order_date=plan.order_date,
            due_date=plan.due_date,
            customer_reference=plan.key,
            by=by,
        )
        confirm_sales_order(order, by=by)

    def deliver(self, plan: Planned, delivery: Delivery, *, is_repeated: bool = False) -> None:
        """Ship and invoice on the same day. ``is_repeated``: the first note had to be reversed."""
        order, promises = self._order(plan)
        date = self.plant.time.local_date(order.site.code, delivery.at)
        country = self.plant.files.customers[plan.customer].country
        for _attempt in range(2 if is_repeated else 1):
            shipment = ship(
                self.plant.company,
                partner=order.partner,
                site=order.site,
                lines=[
                    Shipped(promises[place], Decimal(pieces))
                    for place, pieces in delivery.quantities.items()
                ],
                date=date,
                carrier=self.plant.partners[AIR if country in OVERSEAS else ROAD],
                by=self.plant.user("sales"),
            )
            if is_repeated and not _attempt:
                reverse_shipment(
                    shipment,
                    date=date,
                    reason="Wrong carrier on the delivery note",
                    by=self.plant.user("sales"),
                )
        invoice_order(order, date=date, by=self.plant.user("accountant"))

    def _order(self, plan: Planned) -> tuple[SalesOrder, list[ExpectedMove]]:
        """The order with what is promised of each line."""
        if plan.key not in self._orders:
            order = SalesOrder.objects.select_related("company", "site", "partner").get(
                company=self.plant.company, customer_reference=plan.key
            )
            lines = list(order.lines.order_by("position").values_list("pk", flat=True))
            kind = ContentType.objects.get_for_model(SalesOrderLine)
            moves = {
                move.source_id: move
                for move in ExpectedMove.objects.filter(source_type=kind, source_id__in=lines)
            }
            self._orders[plan.key] = order, [moves[line] for line in lines]
        return self._orders[plan.key]
