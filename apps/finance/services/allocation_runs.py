"""Allocation runs: the proposal of a month, its posting, and its way back."""

from __future__ import annotations

from datetime import date as Date

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import ZERO
from apps.core.services.documents import lock, require_company, require_reason
from apps.core.services.numbering import next_number
from apps.core.sql import insert_rows
from apps.core.transactions import unit_of_work
from apps.finance.allocation_terms import Flow, allocate_costs
from apps.finance.models import AllocationCycle, AllocationLine, AllocationRun, CostObject, Period
from apps.finance.queries.allocations import senders_of
from apps.finance.services.cost_objects import require_open
from apps.finance.services.journal import Entry, Line, post_entry, reverse_entry

SERIES, PREFIX = "finance_allocationrun_series", "AL"
JOURNAL = "GEN"
Status = AllocationRun.Status


def propose_allocation(
    company: Company, *, cycle: AllocationCycle, period: Period, by: User
) -> AllocationRun:
    """What a cycle would send in a month; nothing is posted yet.

    Raises ``BusinessError`` when the month has a run or there is nothing to send, ``InvalidInput``
    naming the row of a sender that has nobody to give to.
    """
    require_company(company, cycle=cycle, period=period)
    if period.is_closing:
        raise InvalidInput("closing_period", _("Choose a month."), field="period")
    with unit_of_work():
        cycle = lock(cycle, related=("company__currency",))
        live = AllocationRun.objects.filter(
            cycle=cycle, period=period, status__in=(Status.PROPOSED, Status.POSTED)
        )
        if live.exists():
            raise BusinessError(
                "already_allocated",
                _("{period} has a run of this cycle already.").format(period=period),
                field="period",
            )
        flows = _flows(cycle, period)
        if not flows:
            raise BusinessError(
                "nothing_to_allocate",
                _("The senders have no cost in {period}.").format(period=period),
                field="period",
            )
        run = AllocationRun(
            company=company,
            number=next_number(SERIES, PREFIX),
            cycle=cycle,
            period=period,
            total=sum((flow.amount for flow in flows), ZERO),
            created_by=by,
        ).save_by(by)
        insert_rows(
            AllocationLine,
            [
                {
                    "company_id": company.pk,
                    "run_id": run.pk,
                    "sender_id": flow.sender,
                    "receiver_id": flow.receiver,
                    "amount": flow.amount,
                }
                for flow in flows
            ],
        )
    return run


def post_allocation(run: AllocationRun, *, by: User, version: int | None = None) -> AllocationRun:
    """Post a proposal on the last day of its month.

    Raises ``BusinessError`` when cost, keys or the cycle have changed since it was made.
    """
    with unit_of_work():
        run = lock(run, version=version)
        run.transition_to(Status.POSTED)
        cycle = lock(run.cycle, related=("company__currency",))
        lines = list(run.lines.all())
        proposed = {(line.sender_id, line.receiver_id): line.amount for line in lines}
        now = {(flow.sender, flow.receiver): flow.amount for flow in _flows(cycle, run.period)}
        if proposed != now:
            raise BusinessError(
                "changed_since",
                _("Cost or keys have changed since {run}: cancel it and propose anew.").format(
                    run=run
                ),
                field="status",
            )
        keys = {key for pair in proposed for key in pair}
        for cost_object in CostObject.objects.filter(pk__in=keys).order_by("code"):
            require_open(cost_object)
        entry = Entry(
            journal=JOURNAL,
            date=run.period.ends_on,
            source=run,
            description=f"{cycle.name} {run.period}",
            lines=[line for one in lines for line in _lines(cycle, one)],
        )
        run.entry_id = post_entry(cycle.company, entry, by=by)
        return run.save_by(by)


def reverse_allocation(
    run: AllocationRun, *, date: Date, reason: str, by: User, version: int | None = None
) -> AllocationRun:
    """Post the mirror image; the month may then be allocated again."""
    require_reason(reason)
    with unit_of_work():
        run = lock(run, version=version, related=("entry",))
        run.transition_to(Status.REVERSED)
        if run.entry is not None:
            reverse_entry(run.entry, date=date, by=by, source=run, reason=reason)
        return run.save_by(by, reason=reason)


def cancel_allocation(
    run: AllocationRun, *, by: User, reason: str = "", version: int | None = None
) -> AllocationRun:
    """Give a proposal up."""
    with unit_of_work():
        run = lock(run, version=version)
        run.transition_to(Status.CANCELLED)
        return run.save_by(by, reason=reason)


def _flows(cycle: AllocationCycle, period: Period) -> list[Flow]:
    senders = senders_of(cycle, period)
    if not any(sender.cost for sender in senders):
        return []
    try:
        return allocate_costs(cycle.method, senders, cycle.company.currency.decimal_places)
    except InvalidInput as error:
        if error.row is not None:
            name = CostObject.objects.get(pk=senders[error.row].key).code
            error.message = f"{name}: {error.message}"
            error.details, error.row = {"sender": name}, None
        raise


def _lines(cycle: AllocationCycle, line: AllocationLine) -> tuple[Line, Line]:
    return (
        Line(cycle.account_id, line.amount, cost_object_id=line.receiver_id, memo=cycle.name),
        Line(cycle.account_id, -line.amount, cost_object_id=line.sender_id, memo=cycle.name),
    )
