"""Somebody at work: contracts, clocks, cards and runs in one line each."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from apps.core.models import User
from apps.finance.models import CostObject
from apps.finance.services.cost_objects import open_cost_object
from apps.hr.models import (
    Contract,
    Department,
    Employee,
    PayComponent,
    PayRun,
    PaySlip,
    PayStructure,
    TimeCard,
)
from apps.hr.services.clock_events import clock
from apps.hr.services.contracts import create_contract
from apps.hr.services.departments import create_department
from apps.hr.services.labour import Labour, book_labour
from apps.hr.services.pay_components import NewFormula, save_component, save_structure
from apps.hr.services.pay_facts import create_pay_fact
from apps.hr.services.pay_posting import post_pay_run
from apps.hr.services.pay_runs import approve_pay_run, calculate_pay_run, create_pay_run
from apps.hr.services.time_cards import TimeLine, approve_time_card, open_time_card
from tests import factories
from tests.factories import Books

D = Decimal
MONDAY = date(2026, 3, 9)
SUNDAY = date(2026, 3, 15)
FIRST = date(2026, 1, 1)
_numbers = itertools.count(1)
SIMPLE = (
    ("REGULAR", "earning", "regular_time", "regular_pay"),
    ("SALARY", "earning", "regular_time", "salary"),
    ("OVERTIME", "earning", "cost_centre", "overtime_pay * 1.5"),
    ("ABSENCE", "earning", "cost_centre", "absence_pay"),
    ("BONUS", "earning", "cost_centre", "bonus"),
    ("GROSS", "information", "", "REGULAR + SALARY + OVERTIME + ABSENCE + BONUS + arrears"),
    ("TAX", "deduction", "", "GROSS * 10 / 100"),
    ("SOCIAL", "employer_cost", "cost_centre", "GROSS * 5 / 100"),
)


@dataclass
class Staff:
    """A company with people, paid weekly by the hour."""

    books: Books
    department: Department
    approver: User

    @property
    def by(self) -> User:
        return self.books.by

    @property
    def centre(self) -> CostObject:
        return self.department.cost_object

    def employee(self, code: str = "", **values: Any) -> Employee:
        code = code or f"E{next(_numbers)}"
        values.setdefault("department", self.department)
        return Employee(
            company=self.books.company, code=code, name=f"Name {code}", site=self.books.site,
            **values,
        ).save_by(self.by)  # fmt: skip

    def component(self, code: str, formula: str, kind: str = "earning", **values: Any) -> Any:
        base = values.pop("base", "")
        since = values.pop("since", FIRST)
        return save_component(
            company=self.books.company,
            code=code,
            name=code.title(),
            kind=kind,
            formulas=[NewFormula(since, formula, base)],
            by=self.by,
            **values,
        )

    def structure(self, code: str = "WEEKLY", frequency: str = "weekly") -> PayStructure:
        found = PayStructure.objects.filter(company=self.books.company, code=code).first()
        if found is not None:
            return found
        components = [
            PayComponent.objects.filter(company=self.books.company, code=name).first()
            or self.component(
                name, formula, kind, sequence=n, **({"distribution": policy} if policy else {})
            )
            for n, (name, kind, policy, formula) in enumerate(SIMPLE)
        ]
        return save_structure(
            company=self.books.company,
            code=code,
            name=code,
            frequency=frequency,
            components=components,
            inputs=[{"code": "bonus"}],
            by=self.by,
        )

    def contract(self, employee: Employee, rate: str = "20", **values: Any) -> Contract:
        values.setdefault("structure", values.get("structure") or self.structure())
        values.setdefault("effective_from", FIRST)
        values.setdefault("basis", "hourly")
        made = create_contract(
            company=self.books.company,
            employee=employee,
            rate=D(rate),
            cost_centre=self.centre,
            by=self.by,
            **values,
        )
        employee.refresh_from_db()
        return made

    def hired(self, code: str = "", rate: str = "20", **values: Any) -> Employee:
        employee = self.employee(code)
        self.contract(employee, rate, **values)
        return employee

    def order(self, code: str = "") -> CostObject:
        code = code or f"WO-{next(_numbers)}"
        return open_cost_object(
            self.books.company, code=code, name=code, kind=CostObject.Kind.WORK_ORDER, by=self.by
        )

    def clock(self, employee: Employee, kind: str, day: int, hour: float) -> Any:
        at = datetime(2026, 3, day, int(hour), int(hour % 1 * 60), tzinfo=UTC)
        return clock(employee, kind=kind, at=at, by=self.by)

    def book(self, employee: Employee, day: int, hours: str, order: CostObject) -> None:
        source = order
        labour = Labour(
            employee, date(2026, 3, day), D(hours) * 60, order.pk, source, f"p{next(_numbers)}"
        )
        book_labour([labour], by=self.by)

    def card(self, employee: Employee, *hours: str, **values: Any) -> TimeCard:
        """A week from ``MONDAY`` with so many hours by hand on its days."""
        starts_on = values.pop("starts_on", MONDAY)
        lines = [
            TimeLine(date.fromordinal(starts_on.toordinal() + n), D(worked) * 60)
            for n, worked in enumerate(hours)
            if D(worked)
        ]
        return open_time_card(
            company=self.books.company,
            employee=employee,
            starts_on=starts_on,
            lines=lines,
            by=self.by,
            **values,
        )

    def approved(self, employee: Employee, *hours: str, **values: Any) -> TimeCard:
        return approve_time_card(self.card(employee, *hours, **values), by=self.by)

    def run(self, **values: Any) -> PayRun:
        values.setdefault("structure", values.get("structure") or self.structure())
        values.setdefault("period_start", MONDAY)
        values.setdefault("period_end", SUNDAY)
        values.setdefault("pay_date", values["period_end"])
        return create_pay_run(company=self.books.company, by=self.by, **values)

    def calculated(self, **values: Any) -> PayRun:
        return calculate_pay_run(self.run(**values), by=self.by)

    def posted(self, **values: Any) -> PayRun:
        run = approve_pay_run(self.calculated(**values), by=self.approver)
        return post_pay_run(run, by=self.approver)

    def slip(self, run: PayRun, employee: Employee) -> PaySlip:
        return run.slips.get(employee=employee)

    def amounts(self, run: PayRun, employee: Employee) -> dict[str, Decimal]:
        lines = self.slip(run, employee).lines.select_related("component")
        return {line.component.code: line.amount for line in lines if line.amount}

    def fact(self, employee: Employee, code: str, value: str, since: date = FIRST) -> None:
        create_pay_fact(
            company=self.books.company,
            employee=employee,
            code=code,
            effective_from=since,
            value=value,
            by=self.by,
        )


@pytest.fixture
def staff(books: Books) -> Staff:
    department = create_department(company=books.company, code="CUT", name="Cutting", by=books.by)
    return Staff(books, department, factories.make_user("approver", company=books.company))
