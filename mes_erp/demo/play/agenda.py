"""The plan as one list of acts in time: who does what, and when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date as Date
from datetime import timedelta
from functools import partial

from mes_erp.demo.plan.machines import ShiftLog, shift_logs
from mes_erp.demo.plan.model import Plan, Portion, WorkOrder
from mes_erp.demo.plan.people import People
from mes_erp.demo.play.acts import Act, Step
from mes_erp.demo.play.bookkeeping import Bookkeeper
from mes_erp.demo.play.buying import Buyer
from mes_erp.demo.play.courting import Courtship
from mes_erp.demo.play.engineering import Engineer
from mes_erp.demo.play.inspecting import Inspector
from mes_erp.demo.play.maintaining import Technician
from mes_erp.demo.play.making import Maker, count_events
from mes_erp.demo.play.money import PAYMENT_RUN, Treasurer
from mes_erp.demo.play.moving import Mover
from mes_erp.demo.play.people import Personnel
from mes_erp.demo.play.planning import Planner
from mes_erp.demo.play.plant import Plant
from mes_erp.demo.play.projects import ProjectOffice
from mes_erp.demo.play.reporting import Controller
from mes_erp.demo.play.selling import Seller
from mes_erp.demo.play.sourcing import Sourcing
from mes_erp.demo.play.storekeeping import Storekeeper


class Agenda:
    """All acts of the month, by day of the main site."""

    def __init__(self, plant: Plant, plan: Plan, seed: int) -> None:
        self.plant, self.plan, self.time = plant, plan, plant.time
        self.site = plant.files.story["company"]["main_site"]
        self.incidents = plant.files.story["incidents"]
        people = People(plant.files, plant.time, plan, seed)
        self.buyer, self.seller, self.maker = Buyer(plant), Seller(plant), Maker(plant, people)
        self.personnel, self.technician = Personnel(plant, people), Technician(plant, plan)
        self.inspector = Inspector(plant, plan, seed)
        self.courtship = Courtship(plant, plan)
        self.planner = Planner(plant, plan, seed)
        self.projects, self.engineer = ProjectOffice(plant, people), Engineer(plant, plan)
        self.controller = Controller(plant, plan)
        self.mover, self.treasurer = Mover(plant), Treasurer(plant, seed, plan.first)
        self.bookkeeper = Bookkeeper(plant, plan)
        self.sourcing, self.storekeeper = Sourcing(plant, plan), Storekeeper(plant, plan)

    def by_day(self) -> dict[Date, list[Act]]:
        """Every day of the month with its acts in order."""
        count = (self.plan.last - self.plan.first).days + 1
        days: dict[Date, list[Act]] = {
            self.plan.first + timedelta(days=n): [] for n in range(count)
        }
        for act in self._acts():
            day = self.time.local_date(self.site, act.at - timedelta(microseconds=1))
            if day in days:
                days[day].append(act)
        for acts in days.values():
            acts.sort(key=lambda act: act.place)
        return days

    def _acts(self) -> Iterator[Act]:
        yield from self._money()
        yield from self._purchases()
        yield from self._sales()
        yield from self._stock()
        for order in self.plan.work_orders:
            yield from self._work_order(order)
        yield from self._reports()
        yield from self.personnel.acts()
        yield from self.technician.acts()
        yield from self.inspector.acts()
        yield from self.courtship.acts()
        yield from self.planner.acts()
        yield from self.projects.acts()
        yield from self.engineer.acts()
        yield from self.controller.acts()
        yield from self.bookkeeper.acts()
        yield from self.sourcing.acts()
        yield from self.storekeeper.acts()
        for log in shift_logs(self.time, self.plan):
            yield Act(log.at, Step.LOG, log.site, partial(self._log, log))
            yield self.technician.after_log(log)

    def _log(self, log: ShiftLog) -> None:
        self.maker.record(
            [
                {"event_id": event.event_id, "machine": event.machine, "occurred_at": event.at}
                | {"state": event.state, "reason": event.reason}
                for event in log.events
            ]
        )

    def _money(self) -> Iterator[Act]:
        monday = self.personnel.people.monday
        if monday > self.plan.first:
            at = self.time.moment(self.site, monday - timedelta(days=1), 21)
            do_pay = partial(self.treasurer.pay_by_the_former_payroll, monday)
            yield Act(at, Step.BOOKS, "wages", do_pay)
        days = self.time.days(self.site)
        day = self.plan.first
        while day <= self.plan.last:
            for hour, step, do in (
                (1, Step.RATES, self.treasurer.set_rates),
                (20, Step.BOOKS, self.treasurer.post_costs),
            ):
                at = self.time.moment(self.site, day, hour)
                yield Act(at, step, "", partial(do, day))
            if day in days:
                at = self.time.moment(self.site, day, 13)
                yield Act(at, Step.BOOKS, "in", partial(self.treasurer.collect, day))
                if day.weekday() == PAYMENT_RUN:
                    yield Act(at, Step.BOOKS, "out", partial(self._pay_suppliers, day))
            day += timedelta(days=1)

    def _pay_suppliers(self, day: Date) -> None:
        self.bookkeeper.pay(day)
        self.treasurer.pay_abroad(day)

    def _purchases(self) -> Iterator[Act]:
        by_day: dict[Date, list] = {}
        for order in self.plan.purchases:
            by_day.setdefault(max(order.order_date, self.plan.first), []).append(order)
        for day, orders in by_day.items():
            hour = 2 if day == self.plan.first else 8  # carried over: there from the beginning
            at = self.time.moment(self.site, day, hour)
            yield Act(at, Step.ORDERS, "buy", partial(self.buyer.order, orders))
        arrivals = [
            (arrival.at, order.key, number, order, arrival)
            for order in self.plan.purchases
            for number, arrival in enumerate(order.arrivals)
        ]
        for count, (at, key, number, order, arrival) in enumerate(
            sorted(arrivals, key=lambda one: one[:3]), start=1
        ):
            is_wrong = count == self.incidents["reversed_receipt"]
            do = self.buyer.receive_twice if is_wrong else self.buyer.receive
            yield Act(at, Step.ARRIVES, key, partial(do, order, number, arrival))
            billed_at = self.time.moment(order.site, arrival.bill_date, 11)
            do_bill = partial(self.buyer.bill, order, number, arrival)
            yield Act(billed_at, Step.BOOKS, key, do_bill)

    def _sales(self) -> Iterator[Act]:
        for place, order in enumerate(self.plan.sales):
            is_carried = order.order_date < self.plan.first
            day = self.plan.first if is_carried else order.order_date
            at = self.time.moment(self.site, day, 3 if is_carried else 9 + place % 5, place % 60)
            yield Act(at, Step.ORDERS, order.key, partial(self.seller.order, order))
        deliveries = [
            (delivery.at, order.key, order, delivery)
            for order in self.plan.sales
            for delivery in order.deliveries
        ]
        for count, (at, key, order, delivery) in enumerate(
            sorted(deliveries, key=lambda one: one[:2]), start=1
        ):
            is_wrong = count == self.incidents["reversed_shipment"]
            do = partial(self.seller.deliver, order, delivery, is_repeated=is_wrong)
            yield Act(at, Step.LEAVES, key, do)

    def _stock(self) -> Iterator[Act]:
        for transfer in self.plan.transfers:
            do_load = partial(self.mover.load, transfer)
            do_unload = partial(self.mover.unload, transfer)
            yield Act(transfer.leaves_at, Step.LEAVES, transfer.key, do_load)
            yield Act(transfer.arrives_at, Step.ARRIVES, transfer.key, do_unload)
        for adjustment in self.plan.adjustments:
            date = self.time.local_date(adjustment.site, adjustment.at)
            do_adjust = partial(self.mover.adjust, adjustment, date)
            yield Act(adjustment.at, Step.LEAVES, adjustment.site, do_adjust)

    def _work_order(self, order: WorkOrder) -> Iterator[Act]:
        at = self.time.moment(self.site, order.start_date, 5)
        yield Act(at, Step.ORDERS, order.key, partial(self.maker.release, order))
        if order.started_at is None:
            return
        if any(component.is_manual for component in order.components):
            yield Act(order.started_at, Step.LEAVES, order.key, partial(self.maker.issue, order))
        last = order.portions[-1]
        is_made = last.sequence == self.plant.files.routings[order.item][-1].sequence
        if is_made and last.ends_operation:
            do_complete = partial(self.maker.complete, order)
            yield Act(last.ends_at, Step.FINISHED, f"{order.key}~", do_complete)
            day = self.time.local_date(order.site, last.ends_at)
            closed_at = self.time.moment(order.site, self.time.plus(order.site, day, 1), 4)
            do_close = partial(self.maker.close, order, closed_at)
            yield Act(closed_at, Step.CLOSED, order.key, do_close)

    def _reports(self) -> Iterator[Act]:
        """Operations start, are reported portion by portion, and end."""
        # At one moment what goes into a product is made before the product.
        levels = reversed(self.plant.files.by_level)
        rank = {item: f"{place:03d}" for place, item in enumerate(levels)}
        begun: set[tuple[str, int]] = set()
        by_hand = 0
        for portion in sorted(self.plan.portions, key=lambda one: (one.ends_at, one.order)):
            key = f"{portion.order}/{portion.sequence:03d}"
            if (portion.order, portion.sequence) not in begun:
                begun.add((portion.order, portion.sequence))
                yield Act(portion.starts_at, Step.STARTS, key, partial(self.maker.start, portion))
            place = f"{rank[self.plan.work_order(portion.order).item]} {key}"
            if self._is_counted(portion):
                events = count_events(portion)
                if events:
                    do_count = partial(self.maker.record, events)
                    yield Act(portion.ends_at, Step.REPORTED, place, do_count)
            else:
                by_hand += 1
                is_wrong = by_hand == self.incidents["reversed_report"]
                do = self.maker.report_twice if is_wrong else self.maker.report
                yield Act(portion.ends_at, Step.REPORTED, place, partial(do, portion))
            if portion.ends_operation:
                yield Act(portion.ends_at, Step.FINISHED, key, partial(self.maker.finish, portion))

    def _is_counted(self, portion: Portion) -> bool:
        order = self.plan.work_order(portion.order)
        routing = self.plant.files.routings[order.item]
        return next(one.is_counted for one in routing if one.sequence == portion.sequence)
