"""Parts taken from stock for an order, and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.core.money import require_decimal
from apps.core.services.documents import lock, require_company, require_reason, require_status
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.inventory.models import Location, Lot
from apps.inventory.queries.locations import virtual_location
from apps.inventory.services.locking import LockedItem, lock_items
from apps.inventory.services.moves import Move, post_moves, reverse_moves
from apps.inventory.services.picking import pick_lots
from apps.maintenance.models import MaintenanceOrder, PartsIssue
from apps.maintenance.queries.capacity import machine_of
from apps.maintenance.queries.orders import moves_of_issue
from apps.maintenance.services.assets import ensure_cost_object
from apps.masterdata.models import Item

#: Parts are a stock posting: they follow the periods of inventory.
JOURNAL = "INV"


@dataclass(frozen=True, slots=True)
class PartTaken:
    """``quantity`` stock units; without ``lot_code`` the first to expire is taken."""

    item: Item
    quantity: Decimal
    location: Location
    lot_code: str = ""


def issue_parts(
    order: MaintenanceOrder, lines: Sequence[PartTaken], *, date: Date, by: User
) -> PartsIssue:
    """Take parts from stock: Dr maintenance (or the asset's account) / Cr stock, at their cost.

    The debit carries the asset's cost object. Raises ``InvalidInput`` for an unknown lot,
    ``BusinessError`` for more than there is; each names the row and nothing is written.
    """
    if not lines:
        raise InvalidInput("no_lines", _("Nothing to issue."), field="lines")
    with unit_of_work():
        order = lock(order)
        require_status(order, *MaintenanceOrder.POSTABLE)
        company = order.company
        _check_lines(company, lines)
        cost_object_id = ensure_cost_object(order.asset, by=by)
        issue = PartsIssue(
            company=company,
            number=next_number("maintenance_partsissue_series", "MP"),
            order=order,
            date=date,
            created_by=by,
        ).save_by(by)
        items = lock_items(company, [line.item.pk for line in lines])
        post_moves(
            company,
            _moves(order, lines, items, cost_object_id),
            source=issue,
            date=date,
            journal=JOURNAL,
            by=by,
            description=_("Parts for {order}").format(order=order.number),
            items=items,
        )
    return issue


def _check_lines(company: Company, lines: Sequence[PartTaken]) -> None:
    for row, line in enumerate(lines):
        require_company(company, row=row, item=line.item, location=line.location)
        require_decimal(line.quantity, field="quantity", row=row)
        if line.location.kind != Location.Kind.INTERNAL or line.location.is_quarantine:
            raise InvalidInput(
                "no_stock_place",
                _("Nothing is issued from {location}.").format(location=line.location.code),
                field="location",
                row=row,
            )


def _moves(
    order: MaintenanceOrder,
    lines: Sequence[PartTaken],
    items: dict[int, LockedItem],
    cost_object_id: int,
) -> list[Move]:
    kind = Location.Kind.ASSET if order.is_capitalised else Location.Kind.MAINTENANCE
    there = virtual_location(order.company, kind)
    machine = machine_of(order.asset)
    work_centre_id = order.asset.work_centre_id or (machine.work_centre_id if machine else None)
    return [
        Move(
            item_id=line.item.pk,
            quantity=quantity,
            from_location=line.location,
            to_location=there,
            lot=lot,
            cost_object_id=cost_object_id,
            work_centre_id=work_centre_id,
            machine_id=machine.pk if machine else None,
            memo=order.number,
        )
        for line, lot, quantity in _picked(order.company, lines, items)
    ]


def _picked(
    company: Company, lines: Sequence[PartTaken], items: dict[int, LockedItem]
) -> list[tuple[PartTaken, Lot | None, Decimal]]:
    """Each line with its lots: those named, else the first to expire at its place."""
    lots = _lots(company, lines)
    chosen: list[tuple[int, Lot | None, Decimal]] = [
        (row, lots[line.item.pk, line.lot_code], line.quantity)
        for row, line in enumerate(lines)
        if line.lot_code
    ]
    for location in {line.location.pk: line.location for line in lines}.values():
        rows = [
            row
            for row, line in enumerate(lines)
            if not line.lot_code and line.location.pk == location.pk
        ]
        wanted = [(lines[row].item.pk, lines[row].quantity) for row in rows]
        if wanted:
            picks = pick_lots(items, wanted, location=location)
            chosen += [(rows[pick.row], pick.lot, pick.quantity) for pick in picks]
    ordered = sorted(chosen, key=lambda one: one[0])
    return [(lines[row], lot, quantity) for row, lot, quantity in ordered]


def _lots(company: Company, lines: Sequence[PartTaken]) -> dict[tuple[int, str], Lot]:
    codes = {line.lot_code for line in lines if line.lot_code}
    found = {}
    if codes:
        rows = Lot.objects.filter(
            company=company, code__in=codes, item__in={line.item.pk for line in lines}
        )
        found = {(lot.item_id, lot.code): lot for lot in rows}
    for row, line in enumerate(lines):
        if line.lot_code and (line.item.pk, line.lot_code) not in found:
            raise InvalidInput(
                "unknown_lot",
                _("{item} has no lot {lot}.").format(item=line.item.code, lot=line.lot_code),
                field="lot_code",
                row=row,
            )
    return found


def reverse_parts_issue(issue: PartsIssue, *, date: Date, reason: str, by: User) -> PartsIssue:
    """Parts go back to where they lay, at the value they left with."""
    reason = require_reason(reason)
    with unit_of_work():
        order = lock(issue.order)
        require_status(order, *MaintenanceOrder.POSTABLE)
        issue = lock(issue)
        issue.transition_to(PartsIssue.Status.REVERSED)
        issue.save_by(by, reason=reason)
        kind = ContentType.objects.get_for_model(PartsIssue)
        moves = moves_of_issue(issue.pk, kind.pk)
        entry_id = moves[0].entry_id
        reverse_moves(
            issue.company,
            moves,
            source=issue,
            date=date,
            journal=JOURNAL,
            by=by,
            description=reason,
            reverses_entry_id=entry_id,
        )
    return issue
