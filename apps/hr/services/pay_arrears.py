"""Arrears: what past periods would have paid under the terms of today, less what was paid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.db.models import Sum

from apps.core.money import ZERO
from apps.hr.models import Contract, PayComponent, PayRun, PaySlip, PaySlipLine, TimeCardLine
from apps.hr.services.pay_calculation import Arrear, Calculation
from apps.hr.services.pay_slips import period_text

EARNING = PayComponent.Kind.EARNING


def arrears_of(run: PayRun, contracts: Mapping[int, Sequence[Contract]]) -> dict[int, list[Arrear]]:
    """Differences of earnings by slip and component, of regular runs since ``retro_from``.

    Each past run is calculated again with its own time and the contracts, tables and formulas that
    hold for its days now. Raises like a calculation.
    """
    past = (
        PayRun.objects.filter(
            company=run.company,
            structure=run.structure,
            kind=PayRun.Kind.REGULAR,
            status__in=PayRun.VALID,
            period_end__gte=run.retro_from,
        )
        .select_related("structure", "company")
        .order_by("period_start", "pk")
    )
    found: dict[int, list[Arrear]] = defaultdict(list)
    for earlier in past:
        for employee_id, arrear in _differences(earlier, contracts):
            found[employee_id].append(arrear)
    return found


def _differences(
    earlier: PayRun, contracts: Mapping[int, Sequence[Contract]]
) -> list[tuple[int, Arrear]]:
    slips = {slip.employee_id: slip for slip in earlier.slips.filter(employee__in=list(contracts))}
    if not slips:
        return []
    lines: dict[int, list[TimeCardLine]] = defaultdict(list)
    for line in TimeCardLine.objects.filter(card__pay_slip__in=slips.values()).select_related(
        "card"
    ):
        lines[line.card.employee_id].append(line)
    calculation = Calculation(earlier)
    drafts = calculation.drafts({pk: contracts[pk] for pk in slips}, lines)
    paid = _paid(list(slips.values()))
    components = calculation.book.components
    period = period_text(earlier.period_start, earlier.period_end)
    return [
        (draft.employee.pk, Arrear(slips[draft.employee.pk].pk, components[code], owed, period))
        for draft in drafts
        for code, result in draft.results.items()
        if components[code].kind == EARNING
        and (owed := result.amount - paid.get((slips[draft.employee.pk].pk, code), ZERO))
    ]


def _paid(slips: Sequence[PaySlip]) -> dict[tuple[int, str], Decimal]:
    """(slip, component) → what it paid, and what was made up for it since."""
    paid: dict[tuple[int, str], Decimal] = defaultdict(lambda: ZERO)
    own = PaySlipLine.objects.filter(slip__in=slips, kind=EARNING, arrears_of__isnull=True)
    for slip_id, code, amount in own.values_list("slip_id", "component__code", "amount"):
        paid[slip_id, code] += amount
    later = (
        PaySlipLine.objects.filter(arrears_of__in=slips, slip__status__in=PayRun.VALID)
        .values_list("arrears_of_id", "component__code")
        .annotate(total=Sum("amount"))
    )
    for slip_id, code, amount in later:
        paid[slip_id, code] += amount
    return paid
