"""Writing the slips of a run, with their lines, and locking the time that they pay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import User
from apps.core.money import ZERO, round_money
from apps.core.services.documents import update_all
from apps.core.sql import fetch_all
from apps.hr.models import PayComponent, PayRun, PaySlip, PaySlipLine, TimeCard
from apps.hr.queries.pay_rules import Rulebook
from apps.hr.services.pay_calculation import Draft

Component = PayComponent.Kind
_NUMBERS = "SELECT nextval('hr_payslip_series') FROM generate_series(1, %s)"


def write_slips(
    run: PayRun, book: Rulebook, drafts: Sequence[Draft], cards: Sequence[TimeCard], *, by: User
) -> list[PaySlip]:
    """Write ``drafts`` as the slips of ``run`` and sum them up in it.

    Raises ``BusinessError`` for somebody who would owe more than he earns.
    """
    numbers = [f"PS-{number:06d}" for (number,) in fetch_all(_NUMBERS, [len(drafts)])]
    places = run.company.currency.decimal_places
    slips = PaySlip.objects.bulk_create(
        _slip(run, book, draft, number, places)
        for draft, number in zip(drafts, numbers, strict=True)
    )
    formulas = {rule.code: rule.formula.text for rule in book.rules}
    PaySlipLine.objects.bulk_create(
        line
        for slip, draft in zip(slips, drafts, strict=True)
        for line in _lines(slip, draft, book, formulas)
    )
    _lock_cards(cards, {slip.employee_id: slip for slip in slips}, by, run.number)
    run.gross = sum((slip.gross for slip in slips), ZERO)
    run.deductions = sum((slip.deductions for slip in slips), ZERO)
    run.net = sum((slip.net for slip in slips), ZERO)
    run.employer_cost = sum((slip.employer_cost for slip in slips), ZERO)
    return slips


def _slip(run: PayRun, book: Rulebook, draft: Draft, number: str, places: int) -> PaySlip:
    gross = draft.total(book.components, Component.EARNING)
    deductions = draft.total(book.components, Component.DEDUCTION)
    if gross < deductions:
        raise BusinessError(
            "negative_net",
            _("{employee} would be deducted {deductions} of {gross}.").format(
                employee=draft.employee, deductions=deductions, gross=gross
            ),
            field="structure",
            details={"employee": draft.employee.code},
        )
    for amount in (gross, deductions):
        if amount != round_money(amount, places):
            raise BusinessError(
                "too_many_decimals",
                _("Earnings and deductions are rounded to {n} places in {currency}.").format(
                    n=places, currency=run.company.currency_id
                ),
                field="structure",
            )
    return PaySlip(
        company_id=run.company_id,
        run=run,
        number=number,
        employee=draft.employee,
        contract=draft.contract,
        pay_date=run.pay_date,
        inputs={name: _text(value) for name, value in draft.inputs.items()},
        time=[one.as_json() for one in draft.time],
        gross=gross,
        deductions=deductions,
        net=gross - deductions,
        employer_cost=draft.total(book.components, Component.EMPLOYER_COST),
    )


def _text(value: Decimal | str | bool) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _lines(
    slip: PaySlip, draft: Draft, book: Rulebook, formulas: dict[str, str]
) -> list[PaySlipLine]:
    lines = [
        PaySlipLine(
            company_id=slip.company_id,
            slip=slip,
            component=component,
            sequence=component.sequence,
            kind=component.kind,
            name=component.name,
            base=draft.results[code].base,
            amount=draft.results[code].amount,
            formula=formulas[code],
        )
        for code, component in book.components.items()
    ]
    lines += [
        PaySlipLine(
            company_id=slip.company_id,
            slip=slip,
            component=arrear.component,
            sequence=arrear.component.sequence,
            kind=arrear.component.kind,
            name=_("{component}, arrears of {period}").format(
                component=arrear.component.name, period=arrear.period
            ),
            amount=arrear.amount,
            arrears_of_id=arrear.slip_id,
        )
        for arrear in draft.arrears
    ]
    return sorted(lines, key=lambda line: (line.sequence, line.component_id))


def _lock_cards(
    cards: Sequence[TimeCard], slips: dict[int, PaySlip], by: User, number: str
) -> None:
    for card in cards:
        card.pay_slip = slips[card.employee_id]
        card.transition_to(TimeCard.Status.LOCKED)
    update_all(list(cards), "status", "pay_slip", by=by, reason=number)


def period_text(first: Date, last: Date) -> str:
    """How a period is called on a slip."""
    return f"{first:%Y-%m-%d} – {last:%Y-%m-%d}"
