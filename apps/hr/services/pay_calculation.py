"""Pay slips of a run: everybody's inputs read in sets, each slip calculated on its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.money import ZERO
from apps.hr.formulas import Value
from apps.hr.models import Contract, Employee, PayComponent, PayRun, PayRunInput, TimeCardLine
from apps.hr.pay_rules import Around, Calculated, RuleError, calculate
from apps.hr.pay_time import (
    BUILT_IN,
    NoTerms,
    Terms,
    TimePay,
    Worked,
    paid_time,
    salary,
    time_inputs,
)
from apps.hr.queries.pay_rules import Rulebook, facts_on, rulebook, value_of, year_to_date

Kind = PayRun.Kind
Component = PayComponent.Kind
AMOUNTS = (Component.EARNING, Component.DEDUCTION, Component.EMPLOYER_COST)


@dataclass(slots=True)
class Arrear:
    """What a component of slip ``slip_id`` should have come to more (or less)."""

    slip_id: int
    component: PayComponent
    amount: Decimal
    period: str


@dataclass(slots=True)
class Draft:
    """A slip before it is written."""

    employee: Employee
    contract: Contract
    inputs: dict[str, Value]
    time: list[TimePay]
    results: dict[str, Calculated]
    arrears: list[Arrear] = field(default_factory=list)

    def pays_something(self, components: Mapping[str, PayComponent]) -> bool:
        """Whether there is anything to say on a slip: time, arrears, or an amount."""
        amounts = (r.amount for r in self.results.values() if components[r.code].kind in AMOUNTS)
        return bool(self.time or self.arrears or any(amounts))

    def total(self, components: Mapping[str, PayComponent], kind: str) -> Decimal:
        amounts = [r.amount for r in self.results.values() if components[r.code].kind == kind]
        if kind == Component.EARNING:
            amounts += [arrear.amount for arrear in self.arrears]
        return sum(amounts, ZERO)


class Calculation:
    """The slips of one run, or of one past period again under the terms of today."""

    def __init__(self, run: PayRun, *, as_of: Date | None = None) -> None:
        self.run = run
        self.day = as_of or run.period_end
        try:
            self.book: Rulebook = rulebook(run.structure, self.day)
        except RuleError as error:
            raise refused(error) from error
        if not self.book.rules:
            raise BusinessError(
                "no_components",
                _("{structure} has no component on {date}.").format(
                    structure=run.structure, date=self.day
                ),
                field="structure",
            )

    def drafts(
        self,
        contracts: Mapping[int, Sequence[Contract]],
        lines: Mapping[int, Sequence[TimeCardLine]],
        *,
        arrears: Mapping[int, list[Arrear]] | None = None,
    ) -> list[Draft]:
        """One draft for each employee in ``contracts``.

        Raises ``BusinessError`` naming the employee, and the component or the day at fault.
        """
        run = self.run
        ids = sorted(contracts)
        facts = facts_on(ids, self.day)
        totals = year_to_date(ids, run.pay_date, before_run=run.pk)
        given: dict[int, dict[str, Value]] = defaultdict(dict)
        for row in PayRunInput.objects.filter(run=run):
            given[row.employee_id][row.code] = value_of(row.value)
        result = []
        for employee_id in ids:
            of_employee = contracts[employee_id]
            employee = of_employee[0].employee
            owed = (arrears or {}).get(employee_id, [])
            try:
                inputs, time = self._inputs(of_employee, lines.get(employee_id, ()), owed)
                inputs |= {**self.book.defaults, **facts[employee_id], **given[employee_id]}
                around = Around(self.book.tables, totals[employee_id])
                results = calculate(self.book.rules, inputs, around)
            except RuleError as error:
                raise refused(error, employee) from error
            except NoTerms as error:
                raise no_contract(employee, error.day) from error
            contract = self._own(of_employee)[-1]
            result.append(Draft(employee, contract, inputs, time, results, owed))
        return result

    def _inputs(
        self,
        contracts: Sequence[Contract],
        lines: Sequence[TimeCardLine],
        arrears: Sequence[Arrear],
    ) -> tuple[dict[str, Value], list[TimePay]]:
        run, is_regular = self.run, self.run.kind == Kind.REGULAR
        terms = [terms_of(contract) for contract in contracts]
        own = [terms_of(contract) for contract in self._own(contracts)]
        worked = [
            Worked(row.date, row.kind, row.minutes, row.cost_object_id, row.is_paid)
            for row in lines
        ]
        time = paid_time(worked, terms)
        inputs: dict[str, Value] = dict.fromkeys(BUILT_IN, ZERO)
        inputs |= time_inputs(worked, time, terms)
        periods = run.structure.periods_per_year
        if is_regular:
            inputs["salary"] = salary(own, run.period_start, run.period_end, periods)
        inputs |= {
            "rate": own[-1].rate,
            "hours_per_week": own[-1].hours_per_week,
            "periods_per_year": Decimal(periods),
            "arrears": sum((arrear.amount for arrear in arrears), ZERO),
            "is_regular": Decimal(is_regular),
        }
        return inputs, time

    def _own(self, contracts: Sequence[Contract]) -> Sequence[Contract]:
        """Those under the run's structure: another structure's run pays their salary."""
        own = [one for one in contracts if one.structure_id == self.run.structure_id]
        return own or contracts


def terms_of(contract: Contract) -> Terms:
    return Terms(
        contract.effective_from,
        contract.effective_to,
        contract.basis,
        contract.rate,
        contract.hours_per_week,
        contract.cost_centre_id,
    )


def by_employee(contracts: Iterable[Contract]) -> dict[int, list[Contract]]:
    """Contracts of each employee, in their order."""
    found: dict[int, list[Contract]] = defaultdict(list)
    for contract in contracts:
        found[contract.employee_id].append(contract)
    return found


def no_contract(employee: Employee, day: Date) -> BusinessError:
    return BusinessError(
        "no_contract",
        _("{employee} has no contract on {date}.").format(employee=employee, date=day),
        field="employee",
        details={"employee": employee.code},
    )


def refused(error: RuleError, employee: Employee | None = None) -> BusinessError:
    """Names the component, the reason and whose slip it was."""
    text = f"{employee}: {error}" if employee else str(error)
    details = {"component": error.component}
    if employee is not None:
        details["employee"] = employee.code
    return BusinessError(error.code, text, field="structure", details=details)
