"""Purchasing beside its orders: terms of suppliers, requisitions, bids, contracts, promises."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date as Date
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from apps.core.models import Site
from apps.inventory.models import ExpectedMove
from apps.supply_chain.models import PurchaseOrder, PurchaseOrderLine
from apps.supply_chain.services.order_confirmations import Promise, record_confirmation
from apps.supply_chain.services.purchase_contracts import (
    Agreed,
    activate_contract,
    create_contract,
)
from apps.supply_chain.services.reorder_rules import save_reorder_rules
from apps.supply_chain.services.requests_for_quotation import (
    Price,
    Requested,
    create_request,
    enter_bid,
    send_request,
)
from apps.supply_chain.services.requisitions import (
    Wanted,
    approve_requisition,
    create_requisition,
    order_requisition,
    reject_requisition,
    submit_requisition,
)
from apps.supply_chain.services.shipping_notices import Announced, announce_shipment
from apps.supply_chain.services.supplier_items import save_supplier_items
from mes_erp.demo.company import FOLDER, Purchase
from mes_erp.demo.plan.model import Plan
from mes_erp.demo.play.acts import Act, Step
from mes_erp.demo.play.plant import Plant

DAY = timedelta(days=1)
HUNDRED = Decimal(100)
STEP = Decimal("0.0001")
MONTH = 30


class Sourcing:
    def __init__(self, plant: Plant, plan: Plan) -> None:
        self.plant, self.plan = plant, plan
        self.buyer, self.manager = plant.user("buyer"), plant.user("plant_manager")
        self.story = tomllib.loads((FOLDER / "sourcing.toml").read_text(encoding="utf-8"))

    def acts(self) -> Iterator[Act]:
        """In working hours of the day that the story names; the list of terms on the last."""
        for nouns, do in (
            ("requisitions", self.request_goods),
            ("requests", self.ask_suppliers),
            ("contracts", self.agree),
        ):
            for place, told in enumerate(self.story[nouns]):
                day = self.plan.first + (told["day"] - 1) * DAY
                yield self._act(day, 14, f"{nouns} {place}", partial(do, told))
        yield self._act(self.plan.last, 19, "terms", self.keep_terms)
        yield self._act(self.plan.last, 20, "promises", self.confirm_orders)

    def _act(self, day: Date, hour: int, key: str, do: Any) -> Act:
        at = self.plant.time.moment(self.plant.main_site.code, day, hour)
        return Act(at, Step.BOOKS, key, do)

    def request_goods(self, told: dict[str, Any]) -> None:
        """The planner asks, the plant manager agrees or not, the buyer orders."""
        today, planner = timezone.localdate(), self.plant.user("planner")
        lines = [
            Wanted(self.plant.items[code], Decimal(quantity), self._unit(code))
            for code, quantity in told["lines"]
        ]
        wanted = create_requisition(
            self.plant.company,
            site=self._site(told["lines"][0][0]),
            lines=lines,
            needed_by=today + 14 * DAY,
            note=told["note"],
            by=planner,
        )
        if told["state"] == "draft":
            return
        wanted = submit_requisition(wanted, by=planner)
        if told["state"] == "rejected":
            reject_requisition(wanted, reason=told["reason"], by=self.manager)
        elif told["state"] != "submitted":
            wanted = approve_requisition(wanted, by=self.manager)
            if told["state"] == "ordered":
                order_requisition(wanted, by=self.buyer)

    def ask_suppliers(self, told: dict[str, Any]) -> None:
        """Ask several for a price; those who have answered stand side by side."""
        today, code = timezone.localdate(), told["item"]
        suppliers = [self.plant.partners[supplier] for supplier in told["suppliers"]]
        line = Requested(
            self.plant.items[code], Decimal(told["quantity"]), today + MONTH * DAY, self._unit(code)
        )
        request = create_request(
            self.plant.company,
            site=self._site(code),
            answer_by=today + told["days"] * DAY,
            lines=[line],
            suppliers=suppliers,
            by=self.buyer,
        )
        request = send_request(request, by=self.buyer)
        asked = request.lines.get()
        for number, (partner, price) in enumerate(zip(suppliers, told["prices"], strict=False), 1):
            enter_bid(
                request,
                partner=partner,
                lines=[Price(asked, Decimal(price))],
                reference=f"A-{today:%y%m}{number}",
                valid_until=today + 2 * MONTH * DAY,
                lead_time_days=7 * number,
                by=self.buyer,
            )

    def agree(self, told: dict[str, Any]) -> None:
        today, bought = timezone.localdate(), self._bought(told["item"])
        price = self._price(bought) * Decimal(told["percent"]) / HUNDRED
        line = Agreed(
            self.plant.items[bought.item],
            price.quantize(STEP, ROUND_HALF_UP),
            Decimal(told["quantity"]),
            self.plant.units[bought.unit],
        )
        contract = create_contract(
            self.plant.company,
            partner=self.plant.partners[bought.supplier],
            valid_from=today,
            valid_until=today + 365 * DAY,
            lines=[line],
            kind=told["kind"],
            reference=f"RV {today:%Y}-{bought.item}",
            by=self.buyer,
        )
        if told["is_active"]:
            activate_contract(contract, by=self.manager)

    def keep_terms(self) -> None:
        """What each supplier asks and how long he takes; when to order again."""
        breaks = self.story["price_breaks"]
        less = 1 - Decimal(breaks["percent"]) / HUNDRED
        rows = []
        for bought in self.plant.files.purchases.values():
            price = self._price(bought)
            many = Decimal(bought.multiple * breaks["from_multiples"])
            terms = self._terms(bought)
            rows += [
                terms | {"from_quantity": quantity, "unit_price": asked.quantize(STEP)}
                for quantity, asked in ((Decimal(0), price), (many, price * less))
            ]
        save_supplier_items(self.plant.company, rows, by=self.buyer)
        save_reorder_rules(self.plant.company, list(self._rules()), by=self.buyer)

    def _terms(self, bought: Purchase) -> dict[str, Any]:
        item, partner = self.plant.items[bought.item], self.plant.partners[bought.supplier]
        return {
            "item": item,
            "partner": partner,
            "unit": self.plant.units[bought.unit],
            "currency": partner.currency,
            "order_multiple": Decimal(bought.multiple),
            "lead_time_days": self.plant.files.items[bought.item].lead_time_days,
            "is_preferred": True,
            "valid_from": self.plan.first,
        }

    def _rules(self) -> Iterator[dict[str, Any]]:
        """The minimum is one smallest order, the maximum ten."""
        for bought in self.plant.files.purchases.values():
            method = self.story["reorder"].get(self.plant.files.items[bought.item].category)
            if method is None:
                continue
            lot = bought.multiple * bought.stock_units
            yield {
                "item": self.plant.items[bought.item],
                "site": self._site(bought.item),
                "method": method,
                "minimum": lot if method == "min_max" else None,
                "maximum": 10 * lot if method == "min_max" else None,
                "history_days": MONTH,
            }

    def confirm_orders(self) -> None:
        """What suppliers promise for the orders that come next, some of it late."""
        told, by = self.story["promises"], self.buyer
        for place, (order, lines) in enumerate(self._open_orders(told["orders"])):
            late = told["late_days"] if place % told["every"] == 0 else 0
            day = max(order.due_date or self.plan.last, self.plan.last + DAY) + late * DAY
            reference = f"AB {order.number[-4:]}"
            promises = [Promise(line, day) for line in lines]
            record_confirmation(order, lines=promises, reference=reference, by=by)
            if place < told["announced"]:
                announce_shipment(
                    self.plant.company,
                    partner=order.partner,
                    reference=f"LS-{order.number[-4:]}",
                    shipped_on=self.plan.last,
                    expected_on=day,
                    lines=[Announced(line, line.quantity) for line in lines],
                    by=by,
                )

    def _open_orders(self, most: int) -> list[tuple[PurchaseOrder, list[PurchaseOrderLine]]]:
        """Orders of which nothing has come yet, the next first."""
        waiting = ExpectedMove.objects.filter(
            company=self.plant.company,
            source_type=ContentType.objects.get_for_model(PurchaseOrderLine),
            is_open=True,
            quantity_done=0,
        )
        open_lines = set(waiting.values_list("source_id", flat=True))
        rows = PurchaseOrder.objects.filter(company=self.plant.company, status="confirmed")
        found = []
        related = ("partner", "site__company", "company")
        for order in rows.select_related(*related).order_by("due_date", "pk"):
            lines = list(order.lines.select_related("item"))
            if all(line.pk in open_lines for line in lines):
                found.append((order, lines))
            if len(found) == most:
                break
        return found

    # --- words of the files -----------------------------------------------------------------

    def _bought(self, code: str) -> Purchase:
        return self.plant.files.purchases[code]

    def _unit(self, code: str) -> Any:
        return self.plant.units[self._bought(code).unit]

    def _site(self, code: str) -> Site:
        return self.plant.sites[self.plant.files.site_of(code)]

    def _price(self, bought: Purchase) -> Decimal:
        """Of an order unit, in the supplier's currency."""
        price = self.plant.files.items[bought.item].purchase_price * bought.stock_units
        currency = self.plant.partners[bought.supplier].currency_id
        if currency != self.plant.company.currency_id:
            price /= Decimal(self.plant.files.story["exchange"][currency]["start"])
        return price
