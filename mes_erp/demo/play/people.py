"""People: contracts and skills at the beginning; rosters, clocks, cards and pay week by week."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date as Date
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from apps.core.services.master_data import create_row
from apps.hr.models import LeaveRequest, LeaveType, PayRun, PayStructure, Skill
from apps.hr.services.clock_events import Clocking, clock_many
from apps.hr.services.contracts import create_contracts
from apps.hr.services.expenses import (
    Expense,
    approve_expense_claim,
    draft_expense_claim,
    pay_expense_claim,
    post_expense_claim,
    submit_expense_claim,
)
from apps.hr.services.leave import accrue_leave, approve_leave, ask_leave, take_leave
from apps.hr.services.pay_components import NewFormula, save_component, save_structure
from apps.hr.services.pay_posting import pay_pay_run, post_pay_run
from apps.hr.services.pay_runs import approve_pay_run, calculate_pay_run, create_pay_run
from apps.hr.services.rosters import Planned, plan_roster
from apps.hr.services.skills import grant_skills, require_skill
from apps.hr.services.time_cards import approve_time_card, open_time_card
from apps.masterdata.models import WorkCentre
from mes_erp.demo.plan.people import Leave, PayPeriod, People, read_people
from mes_erp.demo.play.acts import Act, Step
from mes_erp.demo.play.plant import Plant

BANK = "1010"
#: What an employee does in a day, in order.
KINDS = ("in", "break", "resume", "out")
WEEK = timedelta(days=7)


class Personnel:
    def __init__(self, plant: Plant, people: People) -> None:
        self.plant, self.people, self.time = plant, people, plant.time
        self.main = str(plant.files.story["company"]["main_site"])
        self._clocked = sorted(
            (at, KINDS.index(kind), one.employee, kind)
            for one in people.presences()
            for kind, at in zip(
                KINDS, (one.comes, one.pauses, one.resumes, one.leaves), strict=True
            )
        )

    # --- as the story goes ------------------------------------------------------------------

    def acts(self) -> Iterator[Act]:
        people, plan = self.people, self.people.plan
        count = (plan.last - plan.first).days + 1
        for day in (plan.first + timedelta(days=n) for n in range(count)):
            at = self._at(day, 23, 50)
            yield Act(at, Step.AFTER, "clock", partial(self.clock, at - timedelta(days=1), at))
        for monday in people.weeks():
            at = self._at(monday + WEEK, 7, 30)
            yield Act(at, Step.BOOKS, "cards", partial(self.close_week, monday))
        monday = people.monday
        while monday <= plan.last + WEEK:
            at = self._at(max(monday - timedelta(days=4), plan.first), 4)
            yield Act(at, Step.BOOKS, f"roster {monday}", partial(self.roster, monday))
            monday += WEEK
        for leave in people.leave:
            yield from self._leave(leave)
        for period in people.periods():
            calculated = self._at(period[1] + timedelta(days=2), 10)
            paid = self._at(period[1] + timedelta(days=3), 10)
            yield Act(calculated, Step.BOOKS, "pay", partial(self.calculate_pay, period))
            yield Act(paid, Step.BOOKS, "pay", partial(self.pay, period))
        day = self.time.plus(self.main, plan.first, people.story["expense"]["day"])
        yield Act(self._at(day, 9, 20), Step.BOOKS, "expense", partial(self.claim_expenses, day))

    def clock(self, since: datetime, until: datetime) -> None:
        """What the terminals kept in the day up to ``until``."""
        clock_many(
            self.plant.company,
            [
                Clocking(self.plant.employees[code], kind, at)
                for at, _place, code, kind in self._clocked
                if since < at <= until
            ],
            by=self.plant.user("hr"),
        )

    def roster(self, monday: Date) -> None:
        """The shifts of a week, for those who have a machine and are there."""
        rows = [
            Planned(self.plant.employees[code], day, self.plant.shifts[shift])
            for code in self.people.rows
            for day in (monday + timedelta(days=n) for n in range(5))
            if (shift := self.people.shift(code, day)) and not self.people.is_away(code, day)
        ]
        plan_roster(self.plant.company, rows, by=self.plant.user("plant_manager"))

    def close_week(self, monday: Date) -> None:
        """Everybody's time card of a week; somebody else approves the manager's own."""
        manager, hr = self.plant.user("plant_manager"), self.plant.user("hr")
        for code in self.people.rows:
            employee = self.plant.employees[code]
            card = open_time_card(
                company=self.plant.company, employee=employee, starts_on=monday, by=hr
            )
            approve_time_card(card, by=hr if employee.user_id == manager.pk else manager)

    def calculate_pay(self, period: PayPeriod) -> None:
        """Human resources calculates, the accountant approves."""
        for structure in self.people.story["structures"]:
            run = create_pay_run(
                company=self.plant.company,
                structure=PayStructure.objects.get(
                    company=self.plant.company, code=structure["code"]
                ),
                period_start=period[0],
                period_end=period[1],
                pay_date=period[1] + timedelta(days=3),
                by=self.plant.user("hr"),
            )
            run = calculate_pay_run(run, by=self.plant.user("hr"))
            approve_pay_run(run, by=self.plant.user("accountant"))

    def pay(self, period: PayPeriod) -> None:
        by = self.plant.user("accountant")
        runs = PayRun.objects.filter(company=self.plant.company, period_end=period[1])
        for run in runs.filter(status=PayRun.Status.APPROVED).order_by("pk"):
            run = post_pay_run(run, by=by)
            pay_pay_run(run, account=self.plant.accounts[BANK], date=run.pay_date, by=by)

    def claim_expenses(self, day: Date) -> None:
        plant, story = self.plant, self.people.story["expense"]
        accountant, bank = plant.user("accountant"), plant.accounts[BANK]
        claim = draft_expense_claim(
            company=plant.company,
            employee=plant.employees[story["employee"]],
            date=day,
            purpose=story["purpose"],
            lines=[
                Expense(day - timedelta(days=1), text, Decimal(sum_))
                for text, sum_ in story["lines"]
            ],
            by=plant.user("sales"),
        )
        claim = submit_expense_claim(claim, by=plant.user("sales"))
        claim = approve_expense_claim(claim, by=plant.user("hr"))
        claim = post_expense_claim(claim, by=accountant)
        pay_expense_claim(claim, account=bank, date=day, by=accountant)

    def _leave(self, leave: Leave) -> Iterator[Act]:
        """Holidays are asked for ahead, sickness is told on its first day."""
        plan = self.people.plan
        asked_on = leave.first if leave.type == "SICK" else leave.first - timedelta(days=20)
        asked_on = min(max(asked_on, plan.first), plan.last)
        yield Act(self._at(asked_on, 3, 30), Step.ORDERS, leave.employee, partial(self._ask, leave))
        if leave.status == "taken" and leave.first <= plan.last:
            at = self._at(leave.first, 6, 40)
            yield Act(at, Step.ORDERS, leave.employee, partial(self._take, leave))

    def _ask(self, leave: Leave) -> None:
        company = self.plant.company
        request = ask_leave(
            company=company,
            employee=self.plant.employees[leave.employee],
            leave_type=LeaveType.objects.get(company=company, code=leave.type),
            starts_on=leave.first,
            ends_on=leave.last,
            note=leave.note,
            by=self.plant.user("hr"),
        )
        if leave.status != "asked":
            approve_leave(request, by=self.plant.user("plant_manager"))

    def _take(self, leave: Leave) -> None:
        request = LeaveRequest.objects.get(
            employee=self.plant.employees[leave.employee],
            starts_on=leave.first,
            status=LeaveRequest.Status.APPROVED,
        )
        take_leave(request, by=self.plant.user("hr"))

    def _at(self, day: Date, hour: int, minute: int = 0) -> datetime:
        return self.time.moment(self.main, day, hour, minute)


# --- what stands before the first day --------------------------------------------------------


def hire(plant: Plant, first: Date) -> None:
    """Pay structures, contracts, leave earned so far, skills."""
    story, by = read_people(), plant.user("hr")
    since = Date(first.year - 1, 1, 1)
    structures = {row["site"]: _structure(plant, row, story, since) for row in story["structures"]}
    contracts = [
        {
            "employee": employee,
            "effective_from": max(employee.hired_on or since, since),
            "basis": row["basis"],
            "rate": Decimal(row["rate"]),
            "structure": structures[row["site"]],
            "cost_centre": employee.department.cost_object,
        }
        for row in plant.files.employees
        if (employee := plant.employees[row["code"]]).department is not None
    ]
    create_contracts(plant.company, contracts, by=by, reason="Taken over from the former payroll")
    for employee in plant.employees.values():
        employee.is_time_recorded = True
    for row in story["leave_types"]:
        values = row | {
            name: Decimal(row[name]) for name in ("days_per_month", "overdraft") if name in row
        }
        leave_type = create_row(LeaveType, values={"company": plant.company, **values}, by=by)
        for month in range(1, first.month + 1) if leave_type.days_per_month else ():
            day = Date(first.year, month, 1)
            accrue_leave(plant.company, leave_type=leave_type, date=day, by=by)
    _skills(plant, story, first)


def _structure(
    plant: Plant, row: dict[str, Any], story: dict[str, Any], since: Date
) -> PayStructure:
    by = plant.user("hr")
    components = [
        save_component(
            company=plant.company,
            code=f"{code}_{row['country']}" if "{" in about["formula"] else code,
            sequence=10 * place,
            formulas=[NewFormula(since, about["formula"].format_map(row), about.get("base", ""))],
            by=by,
            **{k: v for k, v in about.items() if k not in ("formula", "base")},
        )
        for place, (code, about) in enumerate(story["components"].items(), start=1)
        if "{" in about["formula"] or row is story["structures"][0]
    ]
    if row is not story["structures"][0]:
        shared = [
            code for code, about in story["components"].items() if "{" not in about["formula"]
        ]
        model = type(components[0])
        components += model.objects.filter(company=plant.company, code__in=shared)
    return save_structure(
        company=plant.company,
        code=row["code"],
        name=row["name"],
        country=row["country"],
        frequency=PayStructure.Frequency.BIWEEKLY,
        components=components,
        by=by,
    )


def _skills(plant: Plant, story: dict[str, Any], first: Date) -> None:
    company, by = plant.company, plant.user("hr")
    skills = {
        code: create_row(Skill, values={"company": company, "code": code, "name": name}, by=by)
        for code, name in story["skills"].items()
    }
    centres = {row.code: row for row in WorkCentre.objects.filter(company=company)}
    last = first + timedelta(days=30)
    held: list[dict[str, Any]] = [
        {
            "employee": plant.employees[code],
            "skill": skills[row["skill"]],
            "valid_from": first - timedelta(days=row["since"]),
            "valid_to": last + timedelta(days=row["until"]) if "until" in row else None,
            "certificate": row.get("certificate", ""),
        }
        for row in story["held_skills"]
        for code in row["employees"]
    ]
    grant_skills(company, held, by=by)
    for centre, skill in story["required_skills"].items():
        require_skill(company=company, work_centre=centres[centre], skill=skills[skill], by=by)
