"""Cost roll-ups: calculated as a draft, looked at, released as the standard costs."""

from __future__ import annotations

from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.core.money import require_decimal
from apps.core.services.documents import lock
from apps.core.services.numbering import next_number
from apps.core.sql import insert_rows
from apps.core.transactions import unit_of_work
from apps.engineering.models import CostRollup, StandardCost
from apps.engineering.queries.costs import cost_structure
from apps.engineering.rollup import roll_up
from apps.inventory.services.cost_adjustments import change_standard_costs

Status = CostRollup.Status


def create_cost_rollup(
    company: Company,
    *,
    date: Date,
    by: User,
    lot_size: Decimal = Decimal(1),
    note: str = "",
) -> CostRollup:
    """Calculate what a unit of every item costs by the rates and prices of ``date``.

    ``lot_size`` is the order quantity that set-up is spread over. Nothing is posted: the roll-up
    is a draft until it is released.
    """
    require_decimal(lot_size, field="lot_size")
    with unit_of_work():
        rollup = CostRollup(
            company=company,
            number=next_number("engineering_costrollup_series", "CR"),
            date=date,
            lot_size=lot_size,
            note=note,
            created_by=by,
        ).save_by(by)
        _write_costs(rollup)
    return rollup


def recalculate_cost_rollup(rollup: CostRollup, *, by: User) -> CostRollup:
    """Calculate a draft anew, with today's bills, rates and prices."""
    with unit_of_work():
        rollup = lock(rollup)
        if rollup.status != Status.DRAFT:
            raise InvalidInput("wrong_status", _("Only a draft is calculated anew."))
        rollup.costs.all().delete()
        _write_costs(rollup)
        return rollup.save_by(by)


def release_cost_rollup(rollup: CostRollup, *, by: User) -> CostRollup:
    """Make the calculated costs the standard costs; stock at standard is revalued on its date."""
    with unit_of_work():
        rollup = lock(rollup)
        rollup.transition_to(Status.RELEASED)
        costs = {
            row.item: row.total for row in rollup.costs.select_related("item").order_by("item_id")
        }
        change_standard_costs(
            rollup.company, costs, source=rollup, date=rollup.date, by=by, purpose="release"
        )
        return rollup.save_by(by)


def cancel_cost_rollup(rollup: CostRollup, *, by: User, reason: str = "") -> CostRollup:
    """Give up a draft."""
    with unit_of_work():
        rollup = lock(rollup)
        rollup.transition_to(Status.CANCELLED)
        return rollup.save_by(by, reason=reason)


def _write_costs(rollup: CostRollup) -> None:
    costs = roll_up(cost_structure(rollup.company, rollup.date), lot_size=rollup.lot_size)
    rows = []
    for item_id, cost in costs.items():
        material, labour, machine, total = cost.rounded()
        rows.append(
            {
                "company_id": rollup.company_id,
                "rollup_id": rollup.pk,
                "item_id": item_id,
                "level": cost.level,
                "material": material,
                "labour": labour,
                "machine": machine,
                "total": total,
            }
        )
    insert_rows(StandardCost, rows)
