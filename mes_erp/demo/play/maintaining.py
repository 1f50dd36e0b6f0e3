"""Keeping machines running: assets and plans at the beginning, then services and breakdowns."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date as Date
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property, partial
from typing import Any

from apps.inventory.models import StockBalance
from apps.maintenance.models import (
    Asset,
    FailureCode,
    MaintenanceCharge,
    MaintenanceOrder,
    MaintenanceRequest,
)
from apps.maintenance.models.plans import TaskKind
from apps.maintenance.resources import AssetResource, FailureCodeResource
from apps.maintenance.services.charges import charge_order
from apps.maintenance.services.due_orders import generate_due_orders
from apps.maintenance.services.labour import book_labour
from apps.maintenance.services.meters import create_meter
from apps.maintenance.services.order_tasks import Answer, answer_tasks
from apps.maintenance.services.orders import (
    close_order,
    complete_order,
    release_order,
    start_order,
)
from apps.maintenance.services.parts import PartTaken, issue_parts
from apps.maintenance.services.plans import PartLine, TaskLine, create_plan
from apps.maintenance.services.requests import (
    approve_request,
    create_request,
    order_request,
    reject_request,
)
from mes_erp.demo.company import FOLDER
from mes_erp.demo.plan.machines import ShiftLog
from mes_erp.demo.plan.model import Plan
from mes_erp.demo.play.acts import Act, Step
from mes_erp.demo.play.master_data import import_tree_of
from mes_erp.demo.play.plant import Plant

Kind, Status = MaintenanceOrder.Kind, MaintenanceOrder.Status
HOURS = "-H"
#: A remedy, and the part that it takes.
REPLACED, BEARING = "R-REPL", "SP-BRG"
#: Breakdowns of the last days are still open.
STILL_OPEN = timedelta(days=1)


def read_maintenance() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "maintenance.toml").read_text(encoding="utf-8"))


class Technician:
    """The workshop of both sites."""

    def __init__(self, plant: Plant, plan: Plan) -> None:
        self.plant, self.plan, self.time = plant, plan, plant.time
        self.by = plant.user("maintenance")
        self.main = str(plant.files.story["company"]["main_site"])
        self.story = read_maintenance()
        self.is_charged = False

    def acts(self) -> Iterator[Act]:
        for day in self.time.days(self.main):
            for hour, minute, do in (
                (5, 15, self.order_what_is_due),
                (6, 20, self.begin),
                (12, 10, self.finish),
            ):
                at = self._at(day, hour, minute)
                yield Act(at, Step.BOOKS, "maintain", partial(do, day))
        for row in self.story["requests"]:
            day = self.time.plus(self.main, self.plan.last, -row["day"])
            do_ask = partial(self.ask, row)
            yield Act(self._at(day, 8, 40), Step.BOOKS, f"request {row['asset']}", do_ask)

    def after_log(self, log: ShiftLog) -> Act:
        """What broke down in a shift is written up half an hour after it."""
        at = log.at + timedelta(minutes=30)
        return Act(at, Step.AFTER, f"repair {log.site}", partial(self.write_up, log.site, at))

    def order_what_is_due(self, day: Date) -> None:
        if day.weekday() == 0 or day == self.time.day(self.main, 0):
            generate_due_orders(self.plant.company, by=self.by)

    def begin(self, day: Date) -> None:
        """Start what is planned for today or was left."""
        until = self._at(day, 23)
        for order in self._orders(kind=Kind.PREVENTIVE, status=Status.PLANNED):
            if (order.planned_start or until) <= until and (order.due_on or day) <= day:
                start_order(release_order(order, by=self.by), by=self.by)

    def finish(self, day: Date) -> None:
        """Do the list, take the parts, write the time down."""
        for order in self._orders(status=Status.IN_PROGRESS):
            self._answer(order)
            self._take_parts(order, day)
            self._book(order, Decimal(order.planned_minutes), day)
            self._close(order, "All in order" if order.plan_id else "Seal replaced, no more leak")

    def write_up(self, site: str, at: datetime) -> None:
        """Breakdowns that the machines have told of: repaired by now, unless it is late."""
        if at >= self.time.end(self.main) - STILL_OPEN:
            return
        day = self.time.local_date(site, at)
        orders = self._orders(kind=Kind.BREAKDOWN, status=Status.RELEASED, asset__site__code=site)
        for order in orders:
            if order.downtime_ends_at is None or order.downtime_starts_at is None:
                continue
            order = start_order(order, by=self.by)
            minutes = (order.downtime_ends_at - order.downtime_starts_at) / timedelta(minutes=1)
            self._book(order, Decimal(round(minutes)), day)
            cause, remedy, text = self._finding(order)
            if remedy == REPLACED:
                self._take(order, [(self.plant.items[BEARING], Decimal(1))], day)
            self._charge(order, day)
            self._close(
                order,
                text,
                failure_mode=self._failures["M-STOP"],
                failure_cause=self._failures[cause],
                failure_remedy=self._failures[remedy],
            )

    def ask(self, row: dict[str, Any]) -> None:
        """Somebody at a terminal noticed something; the manager decides."""
        company, manager = self.plant.company, self.plant.user("plant_manager")
        request = create_request(
            company,
            asset=self._assets[row["asset"]],
            title=row["title"],
            description=row["description"],
            employee=self.plant.employees[row["employee"]],
            by=self.plant.user("operator"),
        )
        if row["status"] == MaintenanceRequest.Status.REJECTED:
            reject_request(request, reason=row["reason"], by=manager)
        elif row["status"] == "ordered":
            order = order_request(approve_request(request, by=manager), by=manager)
            start_order(release_order(order, by=self.by), by=self.by)

    def _orders(self, **wanted: Any) -> list[MaintenanceOrder]:
        rows = MaintenanceOrder.objects.filter(company=self.plant.company, **wanted)
        return list(rows.select_related("asset__site", "asset__machine").order_by("pk"))

    def _answer(self, order: MaintenanceOrder) -> None:
        answers = [
            Answer(task, value=(task.lower_limit + task.upper_limit) / 2)
            if task.kind == TaskKind.MEASURE
            else Answer(task, "ok")
            for task in order.tasks.all()
        ]
        if answers:
            answer_tasks(order, answers, by=self.by)

    def _take_parts(self, order: MaintenanceOrder, day: Date) -> None:
        self._take(
            order, [(part.item, part.quantity) for part in order.parts.select_related("item")], day
        )

    def _finding(self, order: MaintenanceOrder) -> Any:
        """Findings in turn; nothing is replaced when no part is left."""
        findings = self.story["failures"]["findings"]
        turn = order.pk % len(findings)
        rows = [*findings[turn:], *findings[:turn]]
        return next(row for row in rows if row[1] != REPLACED or self._free(BEARING) >= 1)

    def _take(self, order: MaintenanceOrder, parts: list[Any], day: Date) -> None:
        """Spare parts lie in the store of the main site and are sent over: as far as they reach."""
        store = self.plant.store(self.main)
        wanted = [(item, min(quantity, self._free(item.code))) for item, quantity in parts]
        lines = [PartTaken(item, quantity, store) for item, quantity in wanted if quantity]
        if lines:
            issue_parts(order, lines, date=day, by=self.by)

    def _free(self, code: str) -> Decimal:
        """What is there of a spare part and not set aside."""
        rows = StockBalance.objects.filter(
            item=self.plant.items[code], location=self.plant.store(self.main)
        )
        return sum((row.available for row in rows), Decimal(0))

    def _book(self, order: MaintenanceOrder, minutes: Decimal, day: Date) -> None:
        site = order.asset.site.code
        employee = self.plant.employees[self.story["technicians"][site]]
        book_labour(order, employee=employee, minutes=minutes, date=day, by=self.by)

    def _charge(self, order: MaintenanceOrder, day: Date) -> None:
        vendor = self.story["vendor"]
        if self.is_charged or not order.asset.code.startswith(vendor["machine"]):
            return
        partner = self.plant.partners[vendor["supplier"]]
        known = MaintenanceCharge.objects.filter(company=self.plant.company, partner=partner)
        self.is_charged = True
        if not known.exists():
            charge_order(
                order,
                partner=partner,
                amount=Decimal(vendor["amount"]),
                date=day,
                reference=vendor["reference"],
                description=vendor["text"],
                tax_code=self.plant.tax_code(partner.country),
                by=self.plant.user("accountant"),
            )

    def _close(self, order: MaintenanceOrder, text: str, **failure: FailureCode) -> None:
        close_order(complete_order(order, work_done=text, by=self.by, **failure), by=self.by)

    def _at(self, day: Date, hour: int, minute: int = 0) -> datetime:
        return self.time.moment(self.main, day, hour, minute)

    @cached_property
    def _assets(self) -> dict[str, Asset]:
        return {row.code: row for row in Asset.objects.filter(company=self.plant.company)}

    @cached_property
    def _failures(self) -> dict[str, FailureCode]:
        return {row.code: row for row in FailureCode.objects.filter(company=self.plant.company)}


# --- what stands before the first day --------------------------------------------------------


def set_up_maintenance(plant: Plant, plan: Plan) -> None:
    """The tree of assets, meters that the machines tell, failure codes, plans."""
    story, by = read_maintenance(), plant.user("maintenance")
    import_tree_of(AssetResource(), "assets", list(_asset_rows(plant, story)), plant.company, by)
    names = ("code", "name", "kind", "parent")
    failures = [dict(zip(names, row, strict=True)) for row in story["failures"]["rows"]]
    import_tree_of(FailureCodeResource(), "failures", failures, plant.company, by)
    assets = {row.code: row for row in Asset.objects.filter(company=plant.company)}
    meters = {
        code: create_meter(
            company=plant.company,
            code=f"{code}{HOURS}",
            name=f"Running hours {code}",
            asset=assets[code],
            source="machine_hours",
            by=by,
        )
        for code in plant.files.machines
    }
    given = {span.machine: span.starts_at for span in plan.spans if span.reason == "P-MAINT"}
    about = story["service"]
    for code, machine in plant.files.machines.items():
        due = plant.time.local_date(machine.site, given[code])
        create_plan(
            company=plant.company,
            code=f"Q-{code}",
            name=f"{about['name']} {code}",
            asset=assets[code],
            interval_days=about["interval_days"],
            starts_on=due - timedelta(days=about["interval_days"]),
            planned_minutes=about["minutes"],
            tasks=_tasks(about["tasks"]),
            parts=_parts(plant, about["parts"].get(machine.work_centre, ())),
            by=by,
        )
    about = story["coolant"]
    for code, hours in about["every"].items():
        create_plan(
            company=plant.company,
            code=f"H-{code}",
            name=f"{about['name']} {code}",
            asset=assets[code],
            meter=meters[code],
            interval_units=Decimal(hours),
            planned_minutes=about["minutes"],
            tasks=_tasks(about["tasks"]),
            parts=_parts(plant, about["parts"]),
            by=by,
        )
    for code, name, days, minutes, stops in story["coming"]["rows"]:
        create_plan(
            company=plant.company,
            code=f"Y-{code}",
            name=name,
            asset=assets[code],
            interval_days=364,
            starts_on=plan.last + timedelta(days=days - 364),
            planned_minutes=minutes,
            stops_machine=stops,
            by=by,
        )


def _asset_rows(plant: Plant, story: dict[str, Any]) -> Iterator[dict[str, str]]:
    names = ("code", "name", "kind", "parent", "site", "criticality")
    empty = dict.fromkeys(("machine", "maker", "serial_number", "commissioned_on"), "")
    for row in story["assets"]["rows"]:
        yield dict(zip(names, row, strict=True)) | empty
    areas = {row["code"]: row["area"] for row in plant.files.work_centre_rows}
    for place, machine in enumerate(plant.files.machines.values()):
        maker, year, criticality = story["makers"][machine.work_centre]
        yield {
            "code": machine.code,
            "name": plant.machines[machine.code].name,
            "kind": "machine",
            "parent": story["areas"][areas[machine.work_centre]],
            "site": machine.site,
            "criticality": criticality,
            "machine": machine.code,
            "maker": maker,
            "serial_number": f"{machine.code[0]}{year % 100:02d}-{1200 + 37 * place}",
            "commissioned_on": f"{year + place % 3}-0{1 + place % 9}-15",
        }
    for row in story["assets"]["assemblies"]:
        yield dict(zip(names, row, strict=True)) | empty


def _tasks(rows: list[list[str]]) -> list[TaskLine]:
    lines = []
    for place, (text, kind, *limits) in enumerate(rows, start=1):
        unit, lower, upper = limits or ("", None, None)
        lines.append(
            TaskLine(
                text,
                kind,
                position=10 * place,
                unit=unit,
                lower_limit=Decimal(lower) if lower else None,
                upper_limit=Decimal(upper) if upper else None,
            )
        )
    return lines


def _parts(plant: Plant, rows: Any) -> list[PartLine]:
    return [PartLine(plant.items[code], Decimal(quantity)) for code, quantity in rows]
