"""Engineer to order: a packaging line is designed, bought for, built and billed.

Budgets 20 000: engineering 6000, frame 4000, drives 9000, commissioning 1000. By 20 March the
hours, steel and drives cost 11 460: 4800 + (960 + 600 + 600) + (4400 + 100).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from apps.finance.models import Invoice
from apps.finance.services.credit_notes import credit_invoice
from apps.inventory.services.stock_documents import draft_stock_document, post_stock_document
from apps.inventory.services.stock_lines import StockLine
from apps.projects.models import BillingMilestone, Project, Task
from apps.projects.services.baselines import take_baseline
from apps.projects.services.billing import bill_milestones
from apps.projects.services.milestones import create_milestone
from apps.projects.services.nodes import NodeLine
from apps.projects.services.progress import Progress, report_progress
from apps.projects.services.tasks import TaskLine, Waits, create_tasks
from apps.supply_chain.models import PurchaseOrder
from apps.supply_chain.services.billable_lines import BilledLine
from apps.supply_chain.services.bills import bill_receipts
from apps.supply_chain.services.purchase_orders import (
    OrderLine,
    confirm_purchase_order,
    create_purchase_order,
)
from apps.supply_chain.services.receipts import Delivered, receive
from tests.projects.conftest import MONDAY, D, Yard

FRIDAY = date(2026, 3, 20)


@dataclass
class Story:
    yard: Yard
    project: Project
    tasks: dict[str, Task]
    design: BillingMilestone
    delivery: BillingMilestone
    order: PurchaseOrder | None = None

    def bill(self, *rows: BillingMilestone) -> Invoice:
        return bill_milestones(self.project, milestones=rows, date=FRIDAY, by=self.yard.by)


def plan(yard: Yard) -> Story:
    """The project with its breakdown, network, baseline and billing plan."""
    project = yard.project(
        partner=yard.customer,
        billing="milestone",
        due_on=date(2026, 3, 27),
        nodes=[
            NodeLine("1", "Engineering", budget_labour=D(6000)),
            NodeLine("2", "Build"),
            NodeLine(
                "2.1", "Frame", parent_code="2",
                budget_labour=D(2000), budget_material=D(1500), budget_machine=D(500),
            ),
            NodeLine("2.2", "Drives", parent_code="2", budget_purchases=D(9000)),
            NodeLine("3", "Commissioning", budget_labour=D(1000)),
        ],
    )  # fmt: skip
    node = lambda code: yard.node(project, code)  # noqa: E731
    waits = {"predecessors": [Waits("FRAME"), Waits("DRIVES")]}
    made = create_tasks(
        project,
        [
            TaskLine(node("1"), "DESIGN", "Design", D(10)),
            TaskLine(node("2.1"), "FRAME", "Weld", D(5), predecessors=[Waits("DESIGN")]),
            TaskLine(
                node("2.2"), "DRIVES", "Buy", D(8), predecessors=[Waits("DESIGN", "SS", D(5))]
            ),
            TaskLine(node("3"), "TEST", "Commission", D(3), **waits),
        ],
        by=yard.by,
    )
    tasks = {task.code: task for task in made}
    take_baseline(project, by=yard.by, date=MONDAY)
    milestones = [
        create_milestone(
            company=yard.books.company, project=project, node=node(code), name=name,
            amount=amount, task=tasks[task], by=yard.by,
        )
        for code, name, amount, task in (
            ("1", "Design approved", D(8000), "DESIGN"),
            ("3", "Delivery", D(16000), "TEST"),
        )
    ]  # fmt: skip
    return Story(yard, project, tasks, *milestones)


def order_drives(story: Story) -> PurchaseOrder:
    """Two drives at 4400 for the node of the drives."""
    yard = story.yard
    drives = yard.node(story.project, "2.2").cost_object
    order = create_purchase_order(
        yard.books.company,
        partner=yard.books.partner("DRIVECO"),
        site=yard.books.site,
        lines=[OrderLine(yard.books.item("DRIVE"), D(2), D(4400), cost_object=drives)],
        order_date=MONDAY,
        due_date=FRIDAY,
        by=yard.by,
    )
    story.order = confirm_purchase_order(order, by=yard.by)
    return story.order


def work(story: Story) -> None:
    """Hours, steel and a first drive, billed dearer than it was ordered; progress at the end."""
    yard, project = story.yard, story.project
    days = [date(2026, 3, day) for day in (2, 3, 4, 5, 6, 9, 10, 11, 12, 13)]
    yard.approved(yard.node(project, "1"), *[(yard.engineer, day, "8") for day in days])
    frame = yard.node(project, "2.1")
    welding = [(yard.welder, date(2026, 3, day), "8") for day in (16, 17, 18)]
    yard.approved(frame, *welding, machine=yard.machine)
    issue = draft_stock_document(
        yard.books.company, kind="issue", site=yard.books.site, date=date(2026, 3, 16),
        lines=[StockLine(yard.stocked("STEEL", "100", "12"), D(50), from_location=yard.stock)],
        cost_object=frame.cost_object, by=yard.by,
    )  # fmt: skip
    post_stock_document(issue, by=yard.by)
    assert story.order is not None
    line = story.order.lines.get()
    receipt = receive(
        story.order, lines=[Delivered(line, D(1), yard.stock)], date=FRIDAY, by=yard.by
    )
    bill_receipts(
        yard.books.company, partner=story.order.partner, reference="D-1", date=FRIDAY,
        lines=[BilledLine(receipt.lines.get(), unit_price=D(4500))], by=yard.by,
    )  # fmt: skip
    done = {"DESIGN": D(100), "FRAME": D(60), "DRIVES": D(50)}
    report_progress(
        project, [Progress(story.tasks[code], part) for code, part in done.items()],
        date=FRIDAY, by=yard.by,
    )  # fmt: skip


def play(yard: Yard) -> Story:
    """All of it: the design is billed, credited and billed again."""
    story = plan(yard)
    order_drives(story)
    work(story)
    credit_invoice(story.bill(story.design), date=FRIDAY, by=yard.by)
    story.bill(story.design)
    return story
