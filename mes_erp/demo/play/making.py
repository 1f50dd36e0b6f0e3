"""From the work order to its close: material, operations, reports, counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from apps.execution.models import WorkOrder, WorkOrderComponent, WorkOrderOperation
from apps.execution.services.closing import close_work_order
from apps.execution.services.dispatch import finish_operation, start_operation
from apps.execution.services.machine_events import record_events
from apps.execution.services.material_issues import IssueLine, issue_material
from apps.execution.services.production import report_production
from apps.execution.services.reversals import reverse_production_report
from apps.execution.services.work_orders import (
    complete_work_order,
    create_work_order,
    release_work_order,
)
from mes_erp.demo.plan.model import Portion
from mes_erp.demo.plan.model import WorkOrder as Planned
from mes_erp.demo.plan.people import People
from mes_erp.demo.play.plant import Plant

SECOND = timedelta(seconds=1)
COUNT_EVERY = timedelta(minutes=60)


class RejectedEvents(Exception):
    """The machine event service refused what a machine said; the text names the first."""


class Maker:
    """Plays the shop floor. Work orders are found again by the order of their creation."""

    def __init__(self, plant: Plant, people: People) -> None:
        self.plant, self.people = plant, people
        self._orders: dict[str, WorkOrder] = {}
        self._operations: dict[tuple[str, int], WorkOrderOperation] = {}

    def release(self, plan: Planned) -> None:
        plant, by = self.plant, self.plant.user("planner")
        order = create_work_order(
            plant.company,
            item=plant.items[plan.item],
            quantity=Decimal(plan.quantity),
            site=plant.sites[plan.site],
            start_date=plan.start_date,
            due_date=plan.due_date,
            component_location=plant.store(plan.site),
            output_location=plant.output(plan.item),
            customer_reference=plan.customer_order,
            by=by,
        )
        release_work_order(order, by=by)

    def issue(self, plan: Planned) -> None:
        """Hand out what is issued by hand, when the first operation begins."""
        order = self.order(plan.key)
        components = order.components.select_related("operation", "item").filter(
            issue_method=WorkOrderComponent.IssueMethod.MANUAL
        )
        assert plan.started_at is not None  # noqa: S101 - only called for what begins
        issue_material(
            order,
            [IssueLine(component, component.quantity) for component in components],
            date=self.plant.time.local_date(plan.site, plan.started_at),
            by=self.plant.user("operator"),
        )

    def start(self, portion: Portion) -> None:
        machine = self.plant.files.machines[portion.machine]
        day = self.plant.time.local_date(machine.site, portion.starts_at)
        signs = self.people.stand_in(machine.work_centre, portion.shift, day)
        start_operation(
            self.operation(portion),
            machine=self.plant.machines[portion.machine],
            employee=self.plant.employees[signs] if signs else None,
            at=portion.starts_at,
            by=self.plant.user("operator"),
        )

    def report(self, portion: Portion) -> None:
        """What a person reports at the end of a shift or of the operation."""
        plant = self.plant
        worker = self.people.worker(portion)
        self._last_report = report_production(
            self.order(portion.order),
            operation=self.operation(portion),
            reported_at=portion.ends_at - SECOND,
            quantity_good=Decimal(portion.good),
            quantity_scrap=Decimal(portion.scrap),
            scrap_reason=plant.reasons[portion.scrap_reason] if portion.scrap else None,
            labour_minutes=portion.labour_minutes,
            machine_minutes=portion.machine_minutes,
            employee=plant.employees[worker] if worker else None,
            machine=plant.machines[portion.machine],
            shift=plant.shifts[portion.shift],
            by=plant.user("operator"),
        )

    def report_twice(self, portion: Portion) -> None:
        """A report entered, found wrong, reversed and entered again."""
        self.report(portion)
        reverse_production_report(
            self._last_report,
            date=self._last_report.date,
            reason="Entered on the wrong operation",
            by=self.plant.user("plant_manager"),
        )
        self.report(portion)

    def record(self, events: Sequence[dict[str, Any]]) -> None:
        answers = record_events(self.plant.company, events, by=self.plant.user("maintenance"))
        for answer in answers:
            if answer.status != "created":
                raise RejectedEvents(f"{answer.event_id}: {answer.status} {answer.error}")

    def finish(self, portion: Portion) -> None:
        finish_operation(
            self.operation(portion), at=portion.ends_at, by=self.plant.user("operator")
        )

    def complete(self, plan: Planned) -> None:
        """Declare an order done that scrap has left short."""
        order = self.order(plan.key)
        order.refresh_from_db(fields=["status"])
        if order.status == WorkOrder.Status.RUNNING:
            complete_work_order(order, by=self.plant.user("planner"))

    def close(self, plan: Planned, at: datetime) -> None:
        date = self.plant.time.local_date(plan.site, at)
        close_work_order(self.order(plan.key), date=date, by=self.plant.user("accountant"))

    def order(self, key: str) -> WorkOrder:
        if key not in self._orders:
            place = int(key[1:]) - 1
            rows = WorkOrder.objects.select_related("company", "site", "item__category")
            order = rows.filter(company=self.plant.company).order_by("pk")[place]
            self._orders[key] = order
            for operation in order.operations.select_related("work_order"):
                self._operations[key, operation.sequence] = operation
        return self._orders[key]

    def operation(self, portion: Portion) -> WorkOrderOperation:
        self.order(portion.order)
        return self._operations[portion.order, portion.sequence]


def count_events(portion: Portion) -> list[dict[str, Any]]:
    """The counts of a portion, every hour; all at its end when there was scrap to tell.

    The service makes one report of the counts of a shift, but another of those with a reason.
    """
    end = portion.ends_at - SECOND
    prefix = f"{portion.machine}/{portion.order}/{portion.sequence}/{portion.starts_at:%d%H%M}"
    if portion.scrap:
        return [_count(portion, f"{prefix}/1", end, portion.good, portion.scrap)]
    moments = []
    at = portion.starts_at + COUNT_EVERY
    while at < end:
        moments.append(at)
        at += COUNT_EVERY
    moments.append(end)
    span = (end - portion.starts_at) / timedelta(seconds=1)
    events = []
    counted = 0
    for number, moment in enumerate(moments, start=1):
        share = (moment - portion.starts_at) / timedelta(seconds=1) / span
        reached = portion.good if moment == end else int(portion.good * share)
        if reached > counted:
            events.append(_count(portion, f"{prefix}/{number}", moment, reached - counted, 0))
            counted = reached
    return events


def _count(portion: Portion, event_id: str, at: datetime, good: int, scrap: int) -> dict[str, Any]:
    event = {
        "event_id": event_id,
        "machine": portion.machine,
        "occurred_at": at,
        "quantity_good": good,
        "quantity_scrap": scrap,
    }
    return event | ({"reason": portion.scrap_reason} if scrap else {})
