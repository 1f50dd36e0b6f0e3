"""What approved hours write: the ledger once, and the register that pay is made from once.

The timesheet alone costs the node: Dr project cost (the node's cost object) / Cr absorbed labour
(the employee's cost centre), at the rate of the day (accounting rule 21). The same minutes go to
hr's register under the employee's *cost centre*, never under the node, so that the pay run posts
the wage to the cost centre. There wage and absorption meet; the difference is under- or
over-absorption, and a node bears an hour once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal
from typing import Any

from apps.core.models import User
from apps.core.money import round_money
from apps.finance.models import PostingRole
from apps.finance.queries.entries import entries_of
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.journal import Entry, Line, post_entries, reverse_entry
from apps.hr.models import Contract
from apps.hr.queries.contracts import contract_on, contracts_between
from apps.hr.services.labour import Labour, book_labour
from apps.projects.models import Timesheet, TimesheetLine
from apps.projects.queries.rates import Rates

#: Absorbed conversion cost: it follows the periods of production.
JOURNAL = "PRD"
MINUTES_PER_HOUR = Decimal(60)
REVERSAL = "reversal"


def post_timesheet(sheet: Timesheet, lines: Sequence[TimesheetLine], *, by: User) -> None:
    """Give ``lines`` their rates and amounts, book their minutes, post one entry per day.

    Raises ``BusinessError`` naming the row for hours without a rate.
    """
    company = sheet.company
    places = company.currency.decimal_places
    machines = [line.machine for line in lines if line.machine is not None]
    rates = Rates(
        company,
        employees=[line.employee for line in lines],
        projects=[line.node.project_id for line in lines],
        machines=machines,
    )
    for row, line in enumerate(lines):
        line.cost_rate = rates.cost(line.employee, line.node.project, line.date, row=row)
        line.amount = round_money(line.hours * line.cost_rate, places)
        if line.machine is not None:
            rate = rates.machine(line.machine, line.date, row=row)
            line.machine_amount = round_money(line.hours * rate, places)
    TimesheetLine.objects.bulk_update(lines, ["cost_rate", "amount", "machine_amount"])
    centres = _cost_centres(lines)
    _book(lines, centres, by, sign=1, purpose="")
    post_entries(company, _entries(sheet, lines, centres), by=by)


def take_back_timesheet(
    sheet: Timesheet, lines: Sequence[TimesheetLine], *, date: Date, reason: str, by: User
) -> None:
    """Mirror its entries on ``date``; the minutes go back on their own days.

    Raises ``BusinessError`` when one of those days is approved for pay already.
    """
    _book(lines, _cost_centres(lines), by, sign=-1, purpose=REVERSAL)
    for entry in entries_of(sheet):
        reverse_entry(
            entry,
            date=date,
            by=by,
            source=sheet,
            purpose=f"{REVERSAL} {entry.purpose}",
            reason=reason,
        )


def _cost_centres(lines: Sequence[TimesheetLine]) -> dict[tuple[int, Date], int]:
    """The cost object that bears the pay of each employee on each day; none without contract."""
    first, last = min(line.date for line in lines), max(line.date for line in lines)
    people = {line.employee_id for line in lines}
    contracts: dict[int, list[Contract]] = defaultdict(list)
    for contract in contracts_between(first, last).filter(employee__in=people):
        contracts[contract.employee_id].append(contract)
    found = {}
    for line in lines:
        contract = contract_on(contracts[line.employee_id], line.date)
        if contract is not None:
            found[line.employee_id, line.date] = contract.cost_centre_id
    return found


def _book(
    lines: Sequence[TimesheetLine],
    centres: dict[tuple[int, Date], int],
    by: User,
    *,
    sign: int,
    purpose: str,
) -> None:
    rows = [
        Labour(
            employee=line.employee,
            date=line.date,
            minutes=sign * line.hours * MINUTES_PER_HOUR,
            cost_object_id=centres[line.employee_id, line.date],
            source=line,
            purpose=purpose,
        )
        for line in lines
        if (line.employee_id, line.date) in centres
    ]
    book_labour(rows, by=by)


def _entries(
    sheet: Timesheet, lines: Sequence[TimesheetLine], centres: dict[tuple[int, Date], int]
) -> list[Entry]:
    resolver = AccountResolver(sheet.company)
    by_day: dict[Date, list[Line]] = defaultdict(list)
    for line in lines:
        by_day[line.date] += _labour(line, resolver, centres.get((line.employee_id, line.date)))
        if line.machine_amount:
            by_day[line.date] += _machine(line, resolver)
    return [
        Entry(
            journal=JOURNAL,
            date=day,
            source=sheet,
            purpose=day.isoformat(),
            description=str(sheet),
            lines=posted,
        )
        for day, posted in sorted(by_day.items())
        if posted
    ]


def _labour(line: TimesheetLine, resolver: AccountResolver, centre_id: int | None) -> list[Line]:
    amount = line.amount or Decimal(0)
    hours = round_money(line.hours, 4)
    common: dict[str, Any] = {"site_id": line.node.project.site_id, "memo": _memo(line)}
    return [
        Line(
            resolver.account_id(PostingRole.PROJECT_COST),
            amount,
            quantity=hours,
            cost_object_id=line.node.cost_object_id,
            **common,
        ),
        Line(
            resolver.account_id(PostingRole.LABOUR_ABSORBED),
            -amount,
            quantity=-hours,
            cost_object_id=centre_id,
            work_centre_id=line.employee.work_centre_id,
            **common,
        ),
    ]


def _machine(line: TimesheetLine, resolver: AccountResolver) -> list[Line]:
    amount = line.machine_amount or Decimal(0)
    machine = line.machine
    assert machine is not None  # noqa: S101 - told to the type checker
    common: dict[str, Any] = {
        "site_id": line.node.project.site_id,
        "memo": _memo(line),
        "machine_id": machine.pk,
        "work_centre_id": machine.work_centre_id,
    }
    return [
        Line(
            resolver.account_id(PostingRole.PROJECT_COST),
            amount,
            quantity=round_money(line.hours, 4),
            cost_object_id=line.node.cost_object_id,
            **common,
        ),
        Line(resolver.account_id(PostingRole.MACHINE_ABSORBED), -amount, **common),
    ]


def _memo(line: TimesheetLine) -> str:
    what = line.task.code if line.task is not None else line.node.code
    return " ".join(filter(None, [line.employee.code, what, line.note]))
