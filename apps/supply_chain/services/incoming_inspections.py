"""What has an inspection plan is blocked as it comes in, and inspected before anybody uses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.core.models import Company, User
from apps.inventory.models import Location, Lot
from apps.inventory.services.locking import LockedItem
from apps.masterdata.models import Item, Partner
from apps.quality.models import Inspection, InspectionPlan
from apps.quality.queries.plans import Wanted, plans_for
from apps.quality.services.inspections import (
    Request,
    hold_for_inspection,
    place_for_inspection,
    request_inspections,
)
from apps.supply_chain.models import Receipt, ReceiptLine


@dataclass(frozen=True, slots=True)
class Incoming:
    """A line that comes in: what, how much (stock units), where it is wanted."""

    item: Item
    quantity: Decimal
    location: Location


@dataclass(frozen=True, slots=True)
class Routed:
    """The lines with a plan, by row, and the place that each line is put at."""

    plans: Mapping[int, InspectionPlan]
    places: Sequence[Location]
    wanted: Sequence[Location]


def route(company: Company, supplier: Partner, lines: Sequence[Incoming]) -> Routed:
    """Which lines are inspected, and where they lie meanwhile. One statement without plans.

    Raises ``BusinessError`` when the site has no quarantine for what has no lots.
    """
    stage = InspectionPlan.Stage.RECEIPT
    plans = plans_for(
        company, [Wanted(stage, line.item.pk, partner_id=supplier.pk) for line in lines]
    )
    plans = {row: plan for row, plan in plans.items() if lines[row].quantity}
    places = [
        place_for_inspection(line.item, line.location) if row in plans else line.location
        for row, line in enumerate(lines)
    ]
    return Routed(plans, places, [line.location for line in lines])


def hold(
    receipt: Receipt,
    lines: Sequence[Incoming],
    routed: Routed,
    lots: Mapping[int, Lot],
    by: User,
    others: Sequence[int] = (),
) -> dict[int, LockedItem] | None:
    """Quarantine the lots that are inspected; all items locked, or None when nothing is.

    ``others`` are items that the posting moves besides.
    """
    if not routed.plans:
        return None
    return hold_for_inspection(
        receipt.company,
        [*(line.item.pk for line in lines if line.quantity), *others],
        [lots[row] for row in routed.plans if row in lots],
        authority=receipt,
        by=by,
    )


def request(
    receipt: Receipt,
    supplier: Partner,
    lines: Sequence[Incoming],
    routed: Routed,
    lots: Mapping[int, Lot],
    moves: Mapping[int, int],
    line_ids: Sequence[int],
    by: User,
) -> list[Inspection]:
    """Open the inspections of what has come in."""
    return request_inspections(
        receipt.company,
        [
            Request(
                plan=plan,
                item=lines[row].item,
                quantity=lines[row].quantity,
                source=ReceiptLine(id=line_ids[row]),
                lot=lots.get(row),
                partner=supplier,
                location=routed.places[row],
                home=routed.wanted[row],
                move_id=moves[row],
            )
            for row, plan in sorted(routed.plans.items())
        ],
        by=by,
    )
