"""Pay runs: draft, calculate, approve, pay. Posting and reversal are in ``pay_posting``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import ZERO
from apps.core.services.documents import lock, require_company, require_status
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.hr.formulas import INPUT
from apps.hr.models import (
    Contract,
    Employee,
    PayRun,
    PayRunInput,
    PayStructure,
    TimeCard,
    TimeCardLine,
)
from apps.hr.queries.contracts import contracts_between
from apps.hr.services.pay_arrears import arrears_of
from apps.hr.services.pay_calculation import Calculation, by_employee
from apps.hr.services.pay_slips import write_slips

Status, Kind = PayRun.Status, PayRun.Kind
OVER = (Status.CANCELLED, Status.REVERSED)


@dataclass(frozen=True, slots=True)
class RunInput:
    """A value for one employee in one run only."""

    employee: Employee
    code: str
    value: str


def create_pay_run(
    *,
    company: Company,
    structure: PayStructure,
    period_start: Date,
    period_end: Date,
    pay_date: Date,
    by: User,
    kind: str = Kind.REGULAR,
    retro_from: Date | None = None,
    inputs: Sequence[RunInput] = (),
    note: str = "",
) -> PayRun:
    """A draft. Raises ``BusinessError`` when another regular run pays one of its days already."""
    require_company(company, structure=structure)
    if period_end < period_start:
        raise InvalidInput("ends_before_start", _("It ends before it starts."), field="period_end")
    if (kind == Kind.RETRO) is (retro_from is None):
        raise InvalidInput(
            "retro_from", _("A retroactive run, and no other, says since when."), field="retro_from"
        )
    if kind == Kind.OFF_CYCLE and not inputs:
        raise InvalidInput(
            "no_inputs", _("An off-cycle run pays what its inputs say."), field="inputs"
        )
    with unit_of_work():
        PayStructure.objects.select_for_update(of=("self",)).get(pk=structure.pk)
        if kind == Kind.REGULAR:
            _require_unpaid_period(structure, period_start, period_end)
        run = PayRun(
            company=company,
            number=next_number("hr_payrun_series", "PAY"),
            kind=kind,
            structure=structure,
            period_start=period_start,
            period_end=period_end,
            pay_date=pay_date,
            retro_from=retro_from,
            note=note,
            created_by=by,
        ).save_by(by)
        _write_inputs(run, inputs)
    return run


def change_pay_run(
    run: PayRun,
    *,
    by: User,
    pay_date: Date | None = None,
    note: str | None = None,
    inputs: Sequence[RunInput] | None = None,
    version: int | None = None,
) -> PayRun:
    """Change a draft; ``inputs`` replace the ones it has."""
    with unit_of_work():
        run = lock(run, version=version)
        require_status(run, Status.DRAFT)
        run.pay_date = pay_date or run.pay_date
        run.note = run.note if note is None else note
        if inputs is not None:
            run.inputs.all().delete()
            _write_inputs(run, inputs)
        return run.save_by(by)


def calculate_pay_run(run: PayRun, *, by: User, version: int | None = None) -> PayRun:
    """Calculate every slip (again). The time cards that it pays are locked from now on.

    Who has earned nothing gets no slip. Raises ``BusinessError`` when nobody has a contract or
    anything to be paid, a time card is still open, or a formula
    can't be run (component, reason and employee named); nothing is written then.
    """
    with unit_of_work():
        run = lock(run, version=version)
        if run.status == Status.CALCULATED:
            _take_back(run, by)
        require_status(run, Status.DRAFT)
        contracts = _contracts(run)
        cards = _cards(run, contracts)
        lines: dict[int, list[TimeCardLine]] = defaultdict(list)
        for line in TimeCardLine.objects.filter(card__in=cards).select_related("card"):
            lines[line.card.employee_id].append(line)
        arrears = arrears_of(run, contracts) if run.kind == Kind.RETRO else {}
        if run.kind == Kind.RETRO:
            contracts = {pk: found for pk, found in contracts.items() if arrears.get(pk)}
            if not contracts:
                raise BusinessError(
                    "nothing_owed", _("Nothing of the past would change."), field="retro_from"
                )
        calculation = Calculation(run)
        components = calculation.book.components
        drafts = [
            draft
            for draft in calculation.drafts(contracts, lines, arrears=arrears)
            if draft.pays_something(components)
        ]
        if not drafts:
            raise BusinessError(
                "nothing_to_pay", _("Nobody has earned anything in this run."), field="period_end"
            )
        write_slips(run, calculation.book, drafts, cards, by=by)
        run.transition_to(Status.CALCULATED)
        return run.save_by(by)


def redraft_pay_run(run: PayRun, *, by: User, version: int | None = None) -> PayRun:
    """Take the calculation back: slips are gone, time cards can be reopened."""
    with unit_of_work():
        run = lock(run, version=version)
        require_status(run, Status.CALCULATED, Status.APPROVED)
        _take_back(run, by)
        return run.save_by(by)


def approve_pay_run(run: PayRun, *, by: User, version: int | None = None) -> PayRun:
    """Approve the slips as they are; never by whoever drafted the run."""
    with unit_of_work():
        run = lock(run, version=version)
        if run.created_by_id == by.pk:
            raise BusinessError("own_run", _("Somebody else approves your run."))
        run.transition_to(Status.APPROVED)
        run.slips.update(status=Status.APPROVED)
        return run.save_by(by)


def cancel_pay_run(run: PayRun, *, by: User, version: int | None = None) -> PayRun:
    """Give up a run that nobody approved."""
    with unit_of_work():
        run = lock(run, version=version)
        if run.status == Status.CALCULATED:
            _take_back(run, by)
        run.transition_to(Status.CANCELLED)
        return run.save_by(by)


def release_cards(run: PayRun, *, by: User, reason: str) -> None:
    """Time cards of a run can be paid again."""
    for card in TimeCard.objects.select_for_update(of=("self",)).filter(pay_slip__run=run):
        card.pay_slip = None
        card.transition_to(TimeCard.Status.APPROVED)
        card.save_by(by, reason=reason)


def _take_back(run: PayRun, by: User) -> None:
    release_cards(run, by=by, reason=_("{run} is calculated anew").format(run=run.number))
    run.slips.all().delete()
    run.gross = run.deductions = run.net = run.employer_cost = ZERO
    run.transition_to(Status.DRAFT)


def _require_unpaid_period(structure: PayStructure, first: Date, last: Date) -> None:
    other = (
        PayRun.objects.filter(
            structure=structure,
            kind=Kind.REGULAR,
            period_start__lte=last,
            period_end__gte=first,
        )
        .exclude(status__in=OVER)
        .first()
    )
    if other is not None:
        raise BusinessError(
            "period_has_run",
            _("{run} pays {first} to {last} already.").format(
                run=other.number, first=other.period_start, last=other.period_end
            ),
            field="period_start",
        )


def _write_inputs(run: PayRun, inputs: Sequence[RunInput]) -> None:
    known = set(run.structure.inputs.values_list("code", flat=True))
    for row, given in enumerate(inputs):
        require_company(run.company, row=row, employee=given.employee)
        if not INPUT.fullmatch(given.code) or given.code not in known:
            raise InvalidInput(
                "unknown_name",
                _("{structure} asks for no {name}.").format(
                    structure=run.structure, name=given.code
                ),
                field="inputs",
                row=row,
            )
    PayRunInput.objects.bulk_create(
        PayRunInput(
            company_id=run.company_id,
            run=run,
            employee=given.employee,
            code=given.code,
            value=given.value,
        )
        for given in inputs
    )


def _contracts(run: PayRun) -> dict[int, list[Contract]]:
    """Who is paid: contracts of the structure in the period; off-cycle those with inputs.

    All contracts of these people are returned, for time of earlier days may be paid.
    """
    ids = contracts_between(run.period_start, run.period_end).filter(
        company=run.company, structure=run.structure
    )
    if run.kind == Kind.OFF_CYCLE:
        ids = ids.filter(employee__in=run.inputs.values("employee"))
    wanted = set(ids.values_list("employee_id", flat=True))
    if not wanted:
        raise BusinessError(
            "no_contracts",
            _("Nobody has a contract under {structure} from {first} to {last}.").format(
                structure=run.structure, first=run.period_start, last=run.period_end
            ),
            field="structure",
        )
    rows = (
        Contract.objects.filter(employee__in=wanted, effective_from__lte=run.period_end)
        .select_related("employee")
        .order_by("employee", "effective_from")
    )
    return by_employee(rows)


def _cards(run: PayRun, contracts: dict[int, list[Contract]]) -> list[TimeCard]:
    """Approved time cards up to the period's end that nothing has paid yet, locked."""
    if run.kind != Kind.REGULAR:
        return []
    cards = list(
        TimeCard.objects.select_for_update(of=("self",))
        .filter(employee__in=list(contracts), ends_on__lte=run.period_end, pay_slip__isnull=True)
        .select_related("employee")
        .order_by("pk")
    )
    still_open = [card for card in cards if card.status == TimeCard.Status.OPEN]
    if still_open:
        raise BusinessError(
            "open_time_cards",
            _("Approve these time cards first: {cards}.").format(
                cards=", ".join(str(card) for card in still_open[:20])
            ),
            field="period_end",
            details={"time_cards": [card.number for card in still_open]},
        )
    return cards
