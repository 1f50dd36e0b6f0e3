"""The journal entry of a pay run, which cost object bears what, and the way back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import ZERO
from apps.core.services.documents import lock, require_company, require_reason, require_status
from apps.core.sql import insert_rows
from apps.core.transactions import unit_of_work
from apps.finance.models import Account, CostObject, PostingRole
from apps.finance.queries.entries import entry_of
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.journal import Entry, Line, post_entry, reverse_entry
from apps.hr.models import LabourDistribution, PayComponent, PayRun, PaySlip, PaySlipLine
from apps.hr.pay_time import TimePay, distribute
from apps.hr.queries.periods import JOURNAL
from apps.hr.services.pay_runs import release_cards

Status = PayRun.Status
Component = PayComponent.Kind
#: Where a component is owed when it does not say so itself.
OWED = {
    Component.DEDUCTION: PostingRole.PAYROLL_DEDUCTION,
    Component.EMPLOYER_COST: PostingRole.SOCIAL_SECURITY,
}
PAYMENT = "payment"


def post_pay_run(
    run: PayRun, *, by: User, date: Date | None = None, version: int | None = None
) -> PayRun:
    """Post wages and employer's cost to who bears them, and what is owed to whom.

    Direct time of work orders goes to production wages, against which execution has absorbed at
    the work centre's rate: the difference is under- or over-absorption. ``date`` is the last day of
    the period by default.
    """
    with unit_of_work():
        run = lock(run, version=version)
        require_status(run, Status.APPROVED, Status.PAID)
        slips = list(run.slips.select_related("contract").order_by("pk"))
        if not run.gross and not run.employer_cost:
            raise BusinessError("nothing_to_post", _("{run} comes to nothing.").format(run=run))
        rows = _distribution(run, slips, by)
        insert_rows(LabourDistribution, rows)
        run.slips.update(status=Status.POSTED)
        post_entry(
            run.company,
            Entry(
                journal=JOURNAL,
                date=date or run.period_end,
                source=run,
                description=_("Pay run {run}").format(run=run.number),
                lines=_entry_lines(run, slips, rows),
            ),
            by=by,
        )
        run.transition_to(Status.POSTED)
        return run.save_by(by)


def pay_pay_run(
    run: PayRun, *, account: Account, date: Date, by: User, version: int | None = None
) -> PayRun:
    """The bank has paid the net: before posting or after, once.

    Raises ``InvalidInput`` when ``account`` holds no money or the run is paid already.
    """
    require_company(run.company, account=account)
    if account.control != Account.Control.CASH:
        raise InvalidInput(
            "no_cash_account",
            _("{account} is no bank or cash account.").format(account=account),
            field="account",
        )
    with unit_of_work():
        run = lock(run, version=version)
        require_status(run, Status.APPROVED, Status.POSTED)
        if run.paid_on is not None:
            raise InvalidInput(
                "paid_already", _("{run} was paid on {date}.").format(run=run, date=run.paid_on)
            )
        run.paid_on = date
        if run.net:
            owed = AccountResolver(run.company).account_id(PostingRole.NET_PAY)
            post_entry(
                run.company,
                Entry(
                    journal=JOURNAL,
                    date=date,
                    source=run,
                    purpose=PAYMENT,
                    description=_("Payment of {run}").format(run=run.number),
                    lines=[Line(owed, run.net), Line(account.pk, -run.net)],
                ),
                by=by,
            )
        if run.status == Status.APPROVED:
            run.transition_to(Status.PAID)
            run.slips.update(status=Status.PAID)
        return run.save_by(by)


def reverse_pay_run(
    run: PayRun, *, date: Date, reason: str, by: User, version: int | None = None
) -> PayRun:
    """Post the mirror image on ``date``; the time can be paid again by another run.

    Money that has been paid stays paid: net pay payable then shows what employees owe back.
    Raises ``BusinessError`` when a retroactive run has paid arrears of it.
    """
    reason = require_reason(reason)
    with unit_of_work():
        run = lock(run, version=version)
        later = PaySlipLine.objects.filter(
            arrears_of__run=run, slip__status__in=PayRun.VALID
        ).select_related("slip__run")
        if (line := later.first()) is not None:
            raise BusinessError(
                "has_arrears",
                _("{run} paid arrears of it: reverse that first.").format(run=line.slip.run),
            )
        run.transition_to(Status.REVERSED)
        reverse_entry(entry_of(run), date=date, by=by, source=run, reason=reason)
        now = timezone.now()
        insert_rows(
            LabourDistribution,
            [
                _row(
                    run,
                    by,
                    now,
                    pay_slip_id=row.pay_slip_id,
                    component_id=row.component_id,
                    cost_object_id=row.cost_object_id,
                    is_direct=row.is_direct,
                    minutes=-row.minutes,
                    amount=-row.amount,
                )
                for row in LabourDistribution.objects.filter(pay_slip__run=run).order_by("pk")
            ],
        )
        release_cards(run, by=by, reason=reason)
        run.slips.update(status=Status.REVERSED)
        return run.save_by(by, reason=reason)


def _lines_of(slips: Sequence[PaySlip]) -> list[PaySlipLine]:
    return list(
        PaySlipLine.objects.filter(slip__in=slips)
        .exclude(amount=0)
        .exclude(kind=Component.INFORMATION)
        .select_related("component")
        .order_by("slip_id", "sequence", "pk")
    )


def _distribution(run: PayRun, slips: Sequence[PaySlip], by: User) -> list[dict[str, object]]:
    """Rows of the register: what each cost object bears of each slip's lines.

    Arrears are borne by the cost centre: the orders of the past are closed.
    """
    by_id = {slip.pk: slip for slip in slips}
    time = {slip.pk: [TimePay.from_json(row) for row in slip.time] for slip in slips}
    objects = {one.cost_object_id for times in time.values() for one in times}
    direct = set(
        CostObject.objects.filter(pk__in=objects, kind=CostObject.Kind.WORK_ORDER).values_list(
            "pk", flat=True
        )
    )
    places = run.company.currency.decimal_places
    now = timezone.now()
    rows = []
    for line in _lines_of(slips):
        if line.kind not in (Component.EARNING, Component.EMPLOYER_COST):
            continue
        slip = by_id[line.slip_id]
        policy = line.component.distribution
        if line.arrears_of_id is not None:
            policy = PayComponent.Distribution.COST_CENTRE
        for object_id, part in distribute(
            line.amount, policy, time[slip.pk], slip.contract.cost_centre_id, places
        ):
            rows.append(
                _row(
                    run,
                    by,
                    now,
                    pay_slip_id=slip.pk,
                    component_id=line.component_id,
                    cost_object_id=object_id,
                    is_direct=object_id in direct,
                    minutes=_minutes(time[slip.pk], policy, line.kind, object_id),
                    amount=part,
                )
            )
    return rows


def _minutes(time: Sequence[TimePay], policy: str, kind: str, object_id: int) -> Decimal:
    """Minutes behind an earning that follows time of its own kind; others repeat none."""
    followed = {"regular_time": "regular", "overtime": "overtime"}.get(policy)
    if kind != Component.EARNING or followed is None:
        return ZERO
    return sum(
        (one.minutes for one in time if one.kind == followed and one.cost_object_id == object_id),
        ZERO,
    )


def _row(run: PayRun, by: User, now: object, **values: object) -> dict[str, object]:
    return {
        "company_id": run.company_id,
        "source_type_id": ContentType.objects.get_for_model(run).pk,
        "source_id": run.pk,
        "created_at": now,
        "created_by_id": by.pk,
        **values,
    }


def _entry_lines(
    run: PayRun, slips: Sequence[PaySlip], rows: Sequence[dict[str, Any]]
) -> list[Line]:
    """Dr wages and employer's cost by cost object; Cr net pay, and each deduction where owed.

    Summed over employees: who may read the ledger does not learn anybody's pay from one line.
    """
    resolver = AccountResolver(run.company)
    components = {line.component_id: line.component for line in _lines_of(slips)}
    amounts: dict[tuple[str, int | None], Decimal] = defaultdict(lambda: ZERO)
    for row in rows:
        component = components[row["component_id"]]
        amounts[_borne(component, bool(row["is_direct"])), row["cost_object_id"]] += row["amount"]
    for line in _lines_of(slips):
        if line.kind in OWED:
            role = line.component.account_role or OWED[Component(line.kind)]
            amounts[role, None] -= line.amount
    amounts[PostingRole.NET_PAY, None] -= run.net
    return [
        Line(
            resolver.account_id(role),
            amount,
            cost_object_id=cost_object_id,
            memo=str(PostingRole(role).label),
        )
        for (role, cost_object_id), amount in amounts.items()
        if amount
    ]


def _borne(component: PayComponent, is_direct: bool) -> str:
    """The role that an earning or an employer's cost is charged to."""
    if component.kind == Component.EMPLOYER_COST:
        return PostingRole.EMPLOYER_COST
    if component.account_role:
        return component.account_role
    return PostingRole.DIRECT_WAGES if is_direct else PostingRole.WAGES
