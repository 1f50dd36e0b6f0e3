"""Labour and machine time of a report: minutes, rates, and the lines that absorb them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from apps.core.money import ZERO, round_money
from apps.execution.models import WorkOrder, WorkOrderOperation
from apps.finance.models import PostingRole
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.journal import Line
from apps.masterdata.models import WorkCentreRate

MINUTES_PER_HOUR = Decimal(60)


@dataclass(frozen=True, slots=True)
class Conversion:
    """Minutes of labour and machine, and what they cost at the rates of the day."""

    labour_minutes: Decimal
    machine_minutes: Decimal
    labour_cost: Decimal
    machine_cost: Decimal

    @property
    def cost(self) -> Decimal:
        return self.labour_cost + self.machine_cost


def standard_minutes(
    operation: WorkOrderOperation | None, units: Decimal, *, is_first: bool
) -> tuple[Decimal, Decimal]:
    """(labour, machine) minutes that ``units`` should take; set-up counts with the first report.

    Where people badge on, labour is what they were there: nothing is assumed.
    """
    if operation is None or not units:
        return ZERO, ZERO
    machine = operation.run_minutes * units + (operation.setup_minutes if is_first else ZERO)
    return ZERO if operation.is_badged else machine * operation.labour_factor, machine


def cost_conversion(
    operation: WorkOrderOperation | None,
    *,
    labour_minutes: Decimal,
    machine_minutes: Decimal,
    date: Date,
    decimal_places: int,
) -> Conversion:
    """Cost at the work centre's rate effective on ``date``; no rate costs nothing."""
    rate = None
    if operation is not None and (labour_minutes or machine_minutes):
        rate = (
            WorkCentreRate.objects.filter(
                work_centre_id=operation.work_centre_id, effective_from__lte=date
            )
            .order_by("-effective_from")
            .first()
        )
    labour_rate, machine_rate = (rate.labour_rate, rate.machine_rate) if rate else (ZERO, ZERO)
    return Conversion(
        labour_minutes,
        machine_minutes,
        round_money(labour_minutes * labour_rate / MINUTES_PER_HOUR, decimal_places),
        round_money(machine_minutes * machine_rate / MINUTES_PER_HOUR, decimal_places),
    )


def conversion_lines(
    order: WorkOrder,
    operation: WorkOrderOperation | None,
    conversion: Conversion,
    resolver: AccountResolver,
    *,
    machine_id: int | None,
    shift_id: int | None,
) -> list[Line]:
    """Dr WIP / Cr absorbed, for labour and for machine time (accounting rule 21)."""
    category_id = order.item.category_id
    lines = []
    for amount, minutes, role in (
        (conversion.labour_cost, conversion.labour_minutes, PostingRole.LABOUR_ABSORBED),
        (conversion.machine_cost, conversion.machine_minutes, PostingRole.MACHINE_ABSORBED),
    ):
        if not amount:
            continue
        about: dict[str, Any] = {
            "site_id": order.site_id,
            "cost_object_id": order.cost_object_id,
            "work_centre_id": operation.work_centre_id if operation else None,
            "machine_id": machine_id,
            "shift_id": shift_id,
            "memo": role.label,
        }
        hours = round_money(minutes / MINUTES_PER_HOUR, 4)
        wip = resolver.account_id(PostingRole.WIP, category_id=category_id)
        absorbed = resolver.account_id(role, category_id=category_id)
        lines.append(Line(wip, amount, quantity=hours, **about))
        lines.append(Line(absorbed, -amount, quantity=-hours, **about))
    return lines
