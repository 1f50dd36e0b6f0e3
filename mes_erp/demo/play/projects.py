"""Projects: planned on the first Monday, worked on week by week, bought for, billed."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from datetime import date as Date
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from functools import partial
from typing import Any

from apps.core.models import User
from apps.inventory.services.stock_documents import draft_stock_document, post_stock_document
from apps.inventory.services.stock_lines import StockLine
from apps.projects.models import Project, Task, WbsNode
from apps.projects.services.baselines import take_baseline
from apps.projects.services.billing import bill_hours, bill_milestones
from apps.projects.services.milestones import create_milestone
from apps.projects.services.nodes import NodeLine, create_nodes
from apps.projects.services.progress import Progress, report_progress
from apps.projects.services.projects import activate_project, create_project
from apps.projects.services.rates import create_rate
from apps.projects.services.tasks import TaskLine, Waits, create_tasks
from apps.projects.services.timesheets import (
    HoursLine,
    approve_timesheet,
    create_timesheet,
    submit_timesheet,
)
from apps.supply_chain.models import PurchaseOrder, Receipt
from apps.supply_chain.services.bills import BilledLine, bill_receipts
from apps.supply_chain.services.purchase_orders import (
    OrderLine,
    confirm_purchase_order,
    create_purchase_order,
)
from apps.supply_chain.services.receipts import Delivered, receive
from mes_erp.demo.company import FOLDER
from mes_erp.demo.plan.people import People
from mes_erp.demo.play.acts import Act, Step
from mes_erp.demo.play.plant import Plant

DAY, WEEK = timedelta(days=1), timedelta(days=7)
FRIDAY = 4
QUARTER, QUARTERS, MINUTES_PER_HOUR = Decimal("0.25"), 4, 60
#: Minutes of a day that are nobody's: to wash hands, to walk.
SPARE = 20
Story = dict[str, Any]


def read_projects() -> Story:
    return tomllib.loads((FOLDER / "projects.toml").read_text(encoding="utf-8"))


class ProjectOffice:
    """Finds its projects again by their names."""

    def __init__(self, plant: Plant, people: People) -> None:
        self.plant, self.people, self.time = plant, people, plant.time
        self.plan, self.story = people.plan, read_projects()
        self.main = str(plant.files.story["company"]["main_site"])
        self.by, self.manager = plant.user(self.story["writer"]), plant.user("plant_manager")
        self.accountant = plant.user("accountant")

    def acts(self) -> Iterator[Act]:
        for number, story in enumerate(self.story["projects"]):
            key = f"project {number}"
            yield Act(self._at((0, 0), 7, 10), Step.ORDERS, key, partial(self.open, story))
            for week, monday in enumerate(self._mondays()):
                at = self.time.moment(self.main, self._end_of(monday), 18, 40)
                yield Act(at, Step.BOOKS, key, partial(self.end_week, story, week))
                at = self.time.moment(self.main, self._working(monday), 9, 50)
                yield Act(at, Step.BOOKS, key, partial(self.bill, story, week))
            yield from self._material(story, key)

    def _material(self, story: Story, key: str) -> Iterator[Act]:
        if "purchase" in story:
            about = story["purchase"]
            for day, hour, step, do in (
                ("ordered", 10, Step.ORDERS, self.order),
                ("received", 7, Step.ARRIVES, self.receive),
                ("billed", 11, Step.BOOKS, self.enter_bill),
            ):
                yield Act(self._at(about[day], hour, 35), step, key, partial(do, story))
        if "issue" in story:
            at = self._at(story["issue"]["day"], 8, 20)
            yield Act(at, Step.LEAVES, key, partial(self.issue, story))

    # --- the plan ---------------------------------------------------------------------------

    def open(self, story: Story) -> None:
        """Breakdown, network, baseline, billing plan; from now on it takes cost."""
        plant, partner = self.plant, self.plant.partners.get(story.get("customer", ""))
        starts_on = self._day((0, 0))
        project = create_project(
            plant.company,
            name=story["name"],
            description=story["description"],
            site=plant.main_site,
            manager=plant.employees[story["manager"]],
            partner=partner,
            customer_reference=story.get("customer_reference", ""),
            tax_code=plant.tax_code(partner.country) if partner else None,
            billing=story["billing"],
            starts_on=starts_on,
            due_on=starts_on + timedelta(days=story["due_in_days"]),
            by=self.by,
        )
        nodes = {node.code: node for node in create_nodes(project, _nodes(story), by=self.by)}
        tasks = create_tasks(project, list(_tasks(story, nodes)), by=self.by)
        by_code = {task.code: task for task in tasks}
        for name, node, amount, task, _week in story["milestones"]:
            create_milestone(
                company=plant.company,
                project=project,
                node=nodes[node],
                name=name,
                amount=Decimal(amount),
                task=by_code[task],
                by=self.accountant,
            )
        take_baseline(activate_project(project, by=self.by), by=self.by, reason="As agreed")

    # --- week by week -----------------------------------------------------------------------

    def end_week(self, story: Story, week: int) -> None:
        """Hours written down and approved, tasks reported; a late project's last ones wait."""
        project = self._project(story)
        tasks = {task.code: task for task in project.tasks.select_related("node__project")}
        monday = self._mondays()[week]
        end = self._end_of(monday)
        lines = list(self._hours(story, week, tasks, end))
        if lines:
            sheet = create_timesheet(
                self.plant.company, lines=lines, note=f"Week {end.isocalendar().week}", by=self.by
            )
            sheet = submit_timesheet(sheet, by=self.by)
            is_running = monday + WEEK > self.plan.last  # no time card of it is closed yet
            if not (is_running and story.get("is_late")):
                approve_timesheet(sheet, by=self.manager)
        for reported, done in story["progress"]:
            if reported == week:
                reports = [Progress(tasks[code], Decimal(part)) for code, part in done.items()]
                report_progress(project, reports, date=end, by=self.by)

    def _hours(
        self, story: Story, week: int, tasks: dict[str, Task], end: Date
    ) -> Iterator[HoursLine]:
        for wanted, weekday, code, task, hours in story["hours"]:
            day = self._mondays()[week] + weekday * DAY
            if wanted != week or day > end:
                continue
            found = min(Decimal(hours), self._free_hours(code, day))
            machine = story["machines"].get(task)
            if found > 0:
                yield HoursLine(
                    self.plant.employees[code],
                    day,
                    found,
                    task=tasks[task],
                    machine=self.plant.machines[machine] if machine else None,
                    is_billable=story["billing"] == Project.BillingMethod.TIME,
                )

    def _free_hours(self, employee: str, day: Date) -> Decimal:
        """What a day that is clocked has left beside the labour that machines were given.

        Not for less than an hour: nobody writes that down.
        """
        minutes = Decimal(max(self.people.free_minutes(employee, day) - SPARE, 0))
        quarters = (minutes / MINUTES_PER_HOUR / QUARTER).to_integral_value(ROUND_FLOOR)
        return quarters * QUARTER if quarters >= QUARTERS else Decimal(0)

    def bill(self, story: Story, week: int) -> None:
        """On Monday: milestones that were reached, hours of last week."""
        day = self._working(self._mondays()[week])
        names = [name for name, *_more, billed in story["milestones"] if billed == week]
        if names:
            project = self._project(story)
            rows = list(project.milestones.filter(name__in=names).order_by("pk"))
            bill_milestones(project, milestones=rows, date=day, by=self.accountant)
        if week - 1 in story.get("billed_weeks", ()):
            until = self._mondays()[week] - DAY
            bill_hours(self._project(story), until=until, date=day, by=self.accountant)

    # --- material ---------------------------------------------------------------------------

    def order(self, story: Story) -> None:
        about, project = story["purchase"], self._project(story)
        nodes = self._nodes(project)
        order = create_purchase_order(
            self.plant.company,
            partner=self.plant.partners[about["supplier"]],
            site=self.plant.main_site,
            lines=[
                OrderLine(
                    self.plant.items[item],
                    Decimal(pieces),
                    Decimal(price),
                    cost_object=nodes[node].cost_object,
                )
                for item, node, pieces, price, _billed in about["lines"]
            ],
            order_date=self._day(about["ordered"]),
            due_date=self._day(about["received"]),
            supplier_reference=project.number,
            by=self.plant.user("buyer"),
        )
        confirm_purchase_order(order, by=self.plant.user("buyer"))

    def receive(self, story: Story) -> None:
        order = self._order(story)
        store = self.plant.store(self.main)
        lines = order.lines.order_by("position")
        receive(
            order,
            lines=[Delivered(line, line.quantity, store) for line in lines],
            date=self._day(story["purchase"]["received"]),
            delivery_note=f"LS {order.supplier_reference}",
            by=self.plant.user("buyer"),
        )

    def enter_bill(self, story: Story) -> None:
        order = self._order(story)
        receipt = Receipt.objects.get(order=order)
        rows = receipt.lines.select_related("receipt__order").order_by("pk")
        prices = [Decimal(billed) for *_more, billed in story["purchase"]["lines"]]
        bill_receipts(
            self.plant.company,
            partner=order.partner,
            reference=f"RE-{order.supplier_reference}",
            date=self._day(story["purchase"]["billed"]),
            lines=[
                BilledLine(row, unit_price=price, tax_code=self._tax_code(order))
                for row, price in zip(rows, prices, strict=True)
            ],
            by=self.accountant,
        )

    def issue(self, story: Story) -> None:
        """Parts from the store, borne by the node."""
        about, project = story["issue"], self._project(story)
        store = self.plant.store(self.main)
        by: User = self.manager
        document = draft_stock_document(
            self.plant.company,
            kind="issue",
            site=self.plant.main_site,
            date=self._day(about["day"]),
            lines=[
                StockLine(self.plant.items[code], Decimal(pieces), from_location=store)
                for code, pieces in about["parts"].items()
            ],
            cost_object=self._nodes(project)[about["node"]].cost_object,
            note=f"{project.number} {about['note']}",
            by=by,
        )
        post_stock_document(document, by=by)

    # --- helpers ----------------------------------------------------------------------------

    def _project(self, story: Story) -> Project:
        rows = Project.objects.select_related("company__currency", "site", "partner", "currency")
        found: Project = rows.get(company=self.plant.company, name=story["name"])
        return found

    def _nodes(self, project: Project) -> dict[str, WbsNode]:
        return {node.code: node for node in project.nodes.select_related("cost_object")}

    def _order(self, story: Story) -> PurchaseOrder:
        rows = PurchaseOrder.objects.select_related("company", "site", "partner")
        found: PurchaseOrder = rows.get(
            company=self.plant.company, supplier_reference=self._project(story).number
        )
        return found

    def _tax_code(self, order: PurchaseOrder) -> Any:
        return self.plant.tax_code(order.partner.country)

    def _mondays(self) -> list[Date]:
        """The Mondays of the story's weeks, the last of them perhaps not whole."""
        days = (self.people.monday + n * WEEK for n in range(5))
        return [day for day in days if day <= self.plan.last]

    def _end_of(self, monday: Date) -> Date:
        return min(monday + FRIDAY * DAY, self.plan.last)

    def _working(self, day: Date) -> Date:
        return self.time.plus(self.main, day, 0)

    def _day(self, place: Sequence[int]) -> Date:
        """The working day of a week and weekday."""
        week, weekday = place
        return self._working(self.people.monday + week * WEEK + weekday * DAY)

    def _at(self, place: Sequence[int], hour: int, minute: int) -> datetime:
        return self.time.moment(self.main, self._day(place), hour, minute)


def set_up_projects(plant: Plant, first: Date) -> None:
    """What an hour costs, and what it is billed at."""
    story, by = read_projects(), plant.user("accountant")
    since = Date(first.year - 1, 1, 1)
    for code, rate in story["cost_rates"].items():
        create_rate(
            company=plant.company,
            employee=plant.employees[code],
            effective_from=since,
            cost_rate=Decimal(rate),
            by=by,
        )
    rate = Decimal(story["billing_rate"])
    create_rate(company=plant.company, effective_from=since, billing_rate=rate, by=by)


def _nodes(story: Story) -> list[NodeLine]:
    return [
        NodeLine(
            code,
            name,
            parent_code=parent,
            budget_labour=Decimal(labour),
            budget_material=Decimal(material),
            budget_purchases=Decimal(purchases),
            budget_machine=Decimal(machine),
        )
        for code, name, parent, labour, material, purchases, machine in story["nodes"]
    ]


def _tasks(story: Story, nodes: dict[str, WbsNode]) -> Iterator[TaskLine]:
    for code, node, name, days, waits in story["tasks"]:
        links = [Waits(before, kind, Decimal(lag)) for before, kind, lag in waits]
        yield TaskLine(nodes[node], code, name, Decimal(days), predecessors=links)
