"""A yard that builds to order: people with rates, a welding machine, steel, a customer."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest

from apps.core.models import User
from apps.hr.models import Employee
from apps.inventory.models import Location
from apps.inventory.services.locations import ensure_virtual_locations
from apps.inventory.services.moves import Move, post_moves
from apps.masterdata.models import Item, Machine, Partner, Shift, WorkCentre, WorkCentreRate
from apps.projects.models import Project, Task, Timesheet, WbsNode
from apps.projects.services.nodes import NodeLine, create_nodes
from apps.projects.services.projects import activate_project, create_project
from apps.projects.services.tasks import TaskLine, Waits, create_tasks
from apps.projects.services.timesheets import (
    HoursLine,
    approve_timesheet,
    create_timesheet,
    submit_timesheet,
)
from tests.factories import Books, make_user

D = Decimal
MONDAY = date(2026, 3, 2)
_purposes = itertools.count(1)


@dataclass
class Yard:
    """Makes projects, hours and stock in one line each."""

    books: Books
    stock: Location
    places: dict[str, Location]
    engineer: Employee
    welder: Employee
    machine: Machine
    customer: Partner
    writer: User

    @property
    def by(self) -> User:
        return self.books.by

    def project(self, *, status: str = "active", nodes: Any = None, **values: Any) -> Project:
        values.setdefault("name", "Packaging line")
        values.setdefault("starts_on", MONDAY)
        project = create_project(self.books.company, site=self.books.site, by=self.by, **values)
        create_nodes(project, nodes or [NodeLine("1", "All of it")], by=self.by)
        return activate_project(project, by=self.by) if status == "active" else project

    def node(self, project: Project, code: str = "1") -> WbsNode:
        return WbsNode.objects.select_related("project__company", "cost_object").get(
            project=project, code=code
        )

    def tasks(self, project: Project, *rows: tuple[Any, ...], node: str = "1") -> dict[str, Task]:
        """Each row: code, days, and what it waits for."""
        place = self.node(project, node)
        lines = [
            TaskLine(
                place,
                code,
                f"Task {code}",
                D(str(days)),
                predecessors=[one if isinstance(one, Waits) else Waits(one) for one in waits],
            )
            for code, days, *waits in rows
        ]
        return {task.code: task for task in create_tasks(project, lines, by=self.by)}

    def hours(self, node: WbsNode, *days: tuple[Employee, date, str], **values: Any) -> Timesheet:
        lines = [HoursLine(who, day, D(hours), node, **values) for who, day, hours in days]
        return create_timesheet(self.books.company, lines=lines, by=self.writer)

    def approved(self, node: WbsNode, *days: Any, **values: Any) -> Timesheet:
        sheet = submit_timesheet(self.hours(node, *days, **values), by=self.writer)
        return approve_timesheet(sheet, by=self.by)

    def stocked(self, code: str, quantity: str, cost: str) -> Item:
        item = self.books.item(code)
        value = D(quantity) * D(cost)
        move = Move(item.pk, D(quantity), self.places["opening"], self.stock, value=value)
        post_moves(
            self.books.company,
            [move],
            source=item,
            date=MONDAY,
            journal="INV",
            by=self.by,
            purpose=f"open{next(_purposes)}",
        )
        return item


def make_yard(books: Books) -> Yard:
    company, by = books.company, books.by
    places = ensure_virtual_locations(company, by=by)
    stock = Location(company=company, code="YARD", name="Yard", site=books.site).save_by(by)
    Shift(
        company=company,
        code="DAY",
        name="Day",
        site=books.site,
        starts_at=time(7),
        ends_at=time(15, 30),
        break_minutes=30,
    ).save_by(by)
    people = {}
    centres = {}
    for code, labour, machine in (("ENG", 60, 0), ("WELD", 40, 25)):
        centre = WorkCentre(company=company, code=code, name=code, site=books.site).save_by(by)
        WorkCentreRate(
            company=company,
            work_centre=centre,
            effective_from=books.year.starts_on,
            labour_rate=D(labour),
            machine_rate=D(machine),
        ).save_by(by)
        centres[code] = centre
        people[code] = Employee(
            company=company, code=f"E-{code}", name=code.title(), site=books.site,
            work_centre=centre,
        ).save_by(by)  # fmt: skip
    robot = Machine(
        company=company,
        code="ROBOT",
        name="Welding robot",
        site=books.site,
        work_centre=centres["WELD"],
    ).save_by(by)
    return Yard(
        books=books,
        stock=stock,
        places=places,
        engineer=people["ENG"],
        welder=people["WELD"],
        machine=robot,
        customer=books.partner("NORTHWIND"),
        writer=make_user("writer", company=company),
    )


@pytest.fixture
def yard(books: Books) -> Yard:
    return make_yard(books)
