"""The stores: places and rules, line-side bins, counts, packages, picks, carriers."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal
from typing import Any

from apps.core.services.documents import insert_all
from apps.inventory.models import (
    CountClass,
    ExpectedMove,
    Location,
    SsccSeries,
    StockBalance,
    StockCount,
)
from apps.inventory.services.count_entries import Counted, enter_counted, post_stock_count
from apps.inventory.services.count_plans import classify_items, plan_cycle_count
from apps.inventory.services.counts import finish_counting, start_stock_count
from apps.inventory.services.handling import create_item_handling, create_put_away_rule
from apps.inventory.services.kanban import (
    add_kanban_cards,
    create_kanban_loop,
    empty_kanban_card,
    fill_kanban_card,
)
from apps.inventory.services.packages import (
    NewPackage,
    Packed,
    close_package,
    create_packages,
    pack,
)
from apps.inventory.services.pick_lists import (
    ToPick,
    draft_pick_list,
    draft_wave,
    release_pick_list,
)
from apps.masterdata.models import Item
from apps.supply_chain.models import CarrierService, Shipment
from apps.supply_chain.services.carriers import create_carrier_service, create_rate
from apps.supply_chain.services.consignments import (
    deliver_consignment,
    dispatch_consignment,
    plan_consignment,
)
from mes_erp.demo.company import FOLDER
from mes_erp.demo.plan.model import Plan
from mes_erp.demo.play.acts import Act, Step
from mes_erp.demo.play.plant import Plant

DAY, WEEK = timedelta(days=1), timedelta(days=7)


def read_warehouse() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "warehouse.toml").read_text(encoding="utf-8"))


def set_up_stores(plant: Plant, date: Date) -> None:
    """Places, how goods are put away, picked and counted, who carries them."""
    story, company, by = read_warehouse(), plant.company, plant.user("plant_manager")
    insert_all(
        [
            Location(company=company, code=code, name=name, site=plant.sites[site], use=use)
            for code, name, site, use in story["places"]["rows"]
        ],
        by=by,
    )
    categories = {item.category.code: item.category for item in plant.items.values()}
    places = {row.code: row for row in Location.objects.filter(company=company)}
    for code, strategy in story["handling"].items():
        category = categories[code]
        create_item_handling(
            company=company,
            code=code,
            name=category.name,
            category=category,
            pick_strategy=strategy,
            by=by,
        )
    for code, position, category, place, strategy in story["put_away"]["rows"]:
        create_put_away_rule(
            company=company,
            code=code,
            name=categories[category].name if category else "All else",
            position=position,
            category=categories.get(category),
            location=places[place],
            strategy=strategy,
            by=by,
        )
    _set_up_counts(plant, story)
    _set_up_carriers(plant, story, date)


def _set_up_counts(plant: Plant, story: dict[str, Any]) -> None:
    by, company = plant.user("plant_manager"), plant.company
    rows = [
        CountClass(
            company=company,
            code=code,
            name=name,
            value_share=Decimal(share),
            interval_days=days,
            tolerance_percent=Decimal(tolerance),
        )
        for code, name, share, days, tolerance in story["count_classes"]["rows"]
    ]
    insert_all(rows, by=by)
    prefix = story["packages"]["gs1_prefix"]
    series = SsccSeries(company=company, code="SSCC", name="Cartons and pallets", gs1_prefix=prefix)
    insert_all([series], by=by)


def _set_up_carriers(plant: Plant, story: dict[str, Any], date: Date) -> None:
    by, company = plant.user("plant_manager"), plant.company
    for partner, code, name, days, base, per_kg in story["carriers"]["services"]:
        service = create_carrier_service(
            company=company,
            code=code,
            name=name,
            carrier=plant.partners[partner],
            currency=company.currency,
            transit_days=days,
            by=by,
        )
        create_rate(
            company=company,
            service=service,
            base_price=Decimal(base),
            price_per_kg=Decimal(per_kg),
            valid_from=date,
            by=by,
        )


class Storekeeper:
    """What is going on in the stores on the last evening: something of everything."""

    def __init__(self, plant: Plant, plan: Plan) -> None:
        self.plant, self.plan, self.story = plant, plan, read_warehouse()
        self.by, self.approver = plant.user("planner"), plant.user("plant_manager")

    def acts(self) -> Iterator[Act]:
        for minute, do in enumerate(
            (self.fill_bins, self.count_stock, self.pack_goods, self.send_goods, self.pick_goods)
        ):
            main = self.plant.main_site.code
            at = self.plant.time.moment(main, self.plan.last, 21, minute)
            yield Act(at, Step.AFTER, f"stores {minute}", do)

    def fill_bins(self) -> None:
        """Each loop has its bins brought once; the last one is empty and waits."""
        told, plant = self.story["kanban"], self.plant
        for code, quantity, bins in told["loops"]:
            loop = create_kanban_loop(
                company=plant.company,
                code=f"KB-{code}",
                name=plant.items[code].name,
                item=plant.items[code],
                supply=plant.locations[told["supply"]],
                line=plant.locations[told["line"]],
                quantity=Decimal(quantity),
                by=self.by,
            )
            cards = add_kanban_cards(loop, bins, by=self.by)
            cards = [empty_kanban_card(card, by=self.by) for card in cards]
            for card in cards[:-1]:
                if _free(loop.item, loop.supply) >= loop.quantity:
                    fill_kanban_card(card, by=self.by)

    def count_stock(self) -> None:
        """One list is right and approved; on the other something is missing, and it waits."""
        told, plant = self.story["count"], self.plant
        classify_items(plant.company, since=self.plan.first, until=self.plan.last)
        approved = self._counted(told["approved"], Decimal(0))
        post_stock_count(approved, by=self.approver)
        self._counted(told["waiting"], Decimal(told["missing"]))

    def _counted(self, site: str, missing: Decimal) -> StockCount:
        count = plan_cycle_count(
            self.plant.company,
            site=self.plant.sites[site],
            on=self.plan.last,
            limit=self.story["count"]["lines"],
            reason=self.plant.reasons["A-COUNT"],
            by=self.by,
        )
        count = start_stock_count(count, by=self.by)
        entries = []
        for line in count.lines.select_related("item", "location", "lot"):
            held = StockBalance.objects.get(
                item=line.item, location=line.location, lot=line.lot
            ).quantity
            found = held - min(missing, held) if not entries else held
            entries.append(
                Counted(line.item, line.location, found, line.lot.code if line.lot else "")
            )
        for _once_more in range(2):  # what is beyond its tolerance is counted again
            count = enter_counted(count, entries, by=self.by)
        return finish_counting(count, by=self.by)

    def pack_goods(self) -> None:
        """A carton with an SSCC stands closed in the store, another one is being filled."""
        store = self.plant.store(self.plant.main_site.code)
        cartons = create_packages(
            self.plant.company, [NewPackage(store), NewPackage(store)], by=self.by
        )
        filled = []
        for carton, (code, quantity) in zip(
            cartons, self.story["packages"]["contents"], strict=True
        ):
            item = self.plant.items[code]
            there = min(Decimal(quantity), _free(item, store))
            if there:
                pack(carton, [Packed(item, there, store)], by=self.by, date=self.plan.last)
                filled.append(carton)
        if filled:
            close_package(filled[0], by=self.by)

    def send_goods(self) -> None:
        """Of the last shipments one is with the customer, one on the road, one planned."""
        told = self.story["carriers"]
        service = CarrierService.objects.select_related("carrier", "currency").get(
            company=self.plant.company, code=told["used"]
        )
        rows = Shipment.objects.filter(company=self.plant.company, status="posted")
        found = list(rows.select_related("partner", "site", "company").order_by("-date", "-pk")[:3])
        planned = [
            plan_consignment(
                self.plant.company,
                shipments=[shipment],
                date=self.plan.last,
                service=service,
                gross_weight=Decimal(12 + place),
                package_count=1,
                by=self.by,
            )
            for place, shipment in enumerate(reversed(found))
        ]
        on_the_road = [
            dispatch_consignment(
                one, date=self.plan.last, tracking_number=f"HL{one.number[-4:]}DE", by=self.by
            )
            for one in planned[:2]
        ]
        deliver_consignment(on_the_road[0], received_by=told["receiver"], by=self.by)

    def pick_goods(self) -> None:
        """A list for the most urgent order whose goods are there; another of what comes next."""
        site, lane = self.plant.main_site, self.plant.locations["LUE-OUT"]
        promises = (
            ExpectedMove.objects.filter(
                company=self.plant.company,
                site=site,
                direction=ExpectedMove.Direction.OUT,
                is_open=True,
                partner__isnull=False,
            )
            .select_related("item")
            .order_by("due_date", "pk")
        )
        ready = [promise for promise in promises if self._is_there(promise)][:3]
        if ready:
            wanted = draft_pick_list(
                self.plant.company,
                site=site,
                staging=lane,
                lines=[ToPick(promise) for promise in ready],
                date=self.plan.last + DAY,
                by=self.by,
            )
            release_pick_list(wanted, by=self.by, today=self.plan.last)
        until = self.plan.last + WEEK
        if any(one.due_date <= until for one in promises if one not in ready):
            draft_wave(
                self.plant.company,
                site=site,
                staging=lane,
                until=until,
                date=self.plan.last + DAY,
                most_lines=12,
                by=self.by,
            )

    def _is_there(self, promise: ExpectedMove) -> bool:
        wanted = promise.quantity - promise.quantity_done
        return _free(promise.item, self.plant.locations["LUE-FG"]) >= wanted


def _free(item: Item, place: Location) -> Decimal:
    """What lies there and is set aside for nothing."""
    rows = StockBalance.objects.filter(item=item, location=place)
    return sum((row.quantity - row.reserved for row in rows), Decimal(0))
