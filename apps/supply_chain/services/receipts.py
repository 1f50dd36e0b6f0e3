"""Goods receipts: what came in, its lots, its value and what is owed for it, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date as Date

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import round_money
from apps.core.queries.currencies import decimal_places
from apps.core.services.documents import (
    insert_all,
    lock,
    require_reason,
    update_all,
)
from apps.core.sql import insert_rows
from apps.core.transactions import unit_of_work
from apps.finance.models import CostObject
from apps.finance.queries.rates import exchange_rate
from apps.inventory.models import Lot, StockMove
from apps.inventory.services.locking import LockedItem, lock_items
from apps.inventory.services.moves import Move, PostedMove, post_moves, reverse_moves
from apps.quality.queries.returns import returned_of
from apps.supply_chain.models import (
    PurchaseOrder,
    Receipt,
    ReceiptLine,
    Shipment,
)
from apps.supply_chain.queries.grni import billed_quantities
from apps.supply_chain.services.cross_docks import Arrived, Waiting, lock_waiting, set_aside
from apps.supply_chain.services.direct_costs import place_of_cost_objects
from apps.supply_chain.services.incoming_inspections import (
    Incoming,
    Routed,
    hold,
    request,
    route,
)
from apps.supply_chain.services.receipt_lines import Counted, count_lines, lots_of
from apps.supply_chain.services.receipt_lines import Delivered as Delivered
from apps.supply_chain.services.receipt_tolerances import (
    close_short,
    expect_rest,
)
from apps.supply_chain.services.receivable_lines import (
    Receivable,
    lock_receivable,
)
from apps.supply_chain.services.shipments import take_shipment_back
from apps.supply_chain.services.subcontracted_receipts import (
    Worked,
    conversion,
    finish,
    undo,
    worked_rows,
)

JOURNAL = "INV"
PREFIX = "GR"


def receive(
    order: PurchaseOrder,
    *,
    lines: Sequence[Delivered],
    date: Date,
    by: User,
    delivery_note: str = "",
) -> Receipt:
    """Take goods in: receipt, lots, stock moves at order price, goods received not invoiced.

    What has an inspection plan is blocked and its inspection opened; a line that is short by no
    more than is allowed is closed. Where the company cross-docks, what waiting orders need is set
    aside for them. Seventeen statements however many lines (without these).
    Raises ``InvalidInput`` or ``BusinessError`` naming field and row: more than is open with its
    tolerance, a missing lot or supplier's lot, a closed period.
    """
    if not lines:
        raise InvalidInput("no_lines", _("Say what has come."), field="lines")
    with unit_of_work():
        receivable = lock_receivable(order, [line.order_line.pk for line in lines])
        counted, routed = _routed(order, count_lines(order, lines, receivable), receivable)
        rate = exchange_rate(order.company, receivable.currency, date)
        waiting = _waiting(order, counted, receivable)
        lots = lots_of(order, counted, receivable, date, by)
        receipt = Receipt(
            company=order.company,
            order=order,
            number=f"{PREFIX}-{receivable.number:06d}",
            date=date,
            delivery_note=delivery_note,
            exchange_rate=rate,
            created_by=by,
        )
        insert_all([receipt], by=by)
        incoming = _incoming(counted)
        worked = worked_rows(counted)
        others = sorted({part.item_id for parts in worked.values() for part in parts})
        items = hold(receipt, incoming, routed, lots, by, others)
        if worked and items is None:
            came = {one.line.item.pk for one in counted if one.taken}
            items = lock_items(order.company, sorted({*came, *others}))
        posted, made = _post(receipt, order, counted, lots, receivable, items, worked, by)
        close_short(order.company, [(one.line, one.taken) for one in counted], by=by)
        if waiting:
            set_aside(order, _free(counted, routed, lots, date), waiting, by=by)
        line_ids = _write_lines(receipt, counted, lots, posted, made)
        moves = {row: one.id for row, one in posted.items()}
        request(receipt, receivable.supplier, incoming, routed, lots, moves, line_ids, by)
    return receipt


def reverse_receipt(
    receipt: Receipt, *, date: Date, reason: str, by: User, version: int | None = None
) -> Receipt:
    """Send everything of a receipt back at its own cost; the order expects it again.

    What the supplier had shipped to a customer is taken back from him too. Raises
    ``BusinessError`` when some of it is billed, used or gone back to its supplier.
    """
    reason = require_reason(reason)
    with unit_of_work():
        receipt = lock(receipt, version=version)
        receipt.transition_to(Receipt.Status.REVERSED)
        for shipment in receipt.drop_shipments.filter(status=Shipment.Status.POSTED):
            take_shipment_back(lock(shipment), date=date, reason=reason, by=by)
        if any(billed_quantities(receipt.lines.values_list("pk", flat=True)).values()):
            raise BusinessError(
                "billed",
                _("{receipt} is billed. Reverse the bill first.").format(receipt=receipt),
                field="status",
            )
        if returned_of(receipt.lines.filter(move__isnull=False).values_list("move", flat=True)):
            raise BusinessError(
                "returned",
                _("Some of {receipt} went back to its supplier.").format(receipt=receipt),
                field="status",
            )
        moves = list(
            StockMove.objects.select_related("from_location", "to_location", "lot")
            .filter(
                source_type=ContentType.objects.get_for_model(Receipt),
                source_id=receipt.pk,
                reverses__isnull=True,
            )
            .order_by("pk")
        )
        if moves:
            reverse_moves(
                receipt.company,
                moves,
                source=receipt,
                date=date,
                journal=JOURNAL,
                by=by,
                description=f"{receipt.number}: {reason}",
                reverses_entry_id=moves[0].entry_id,
            )
            undo(receipt, moves, by=by)
        expect_rest(receipt, by=by)
        return update_all([receipt], "status", by=by, reason=reason)[0]


def _waiting(
    order: PurchaseOrder, counted: Sequence[Counted], receivable: Receivable
) -> list[Waiting]:
    """Who waits for what has come, where the company cross-docks and the goods come here."""
    if not receivable.cross_docks or order.ships_to_id is not None:
        return []
    return lock_waiting(order, [one.line.item.pk for one in counted if one.taken])


def _free(
    counted: Sequence[Counted], routed: Routed, lots: dict[int, Lot], date: Date
) -> list[Arrived]:
    """What may be used at once: not inspected, held, in quarantine or too old."""
    free = []
    for row, one in enumerate(counted):
        place, lot = one.delivered.location, lots.get(row)
        is_held = lot is not None and lot.status != Lot.Status.AVAILABLE
        is_old = lot is not None and lot.expires_on is not None and lot.expires_on < date
        is_here = place.is_physical and not place.is_quarantine and row not in routed.plans
        if one.taken and is_here and not is_held and not is_old:
            free.append(Arrived(one.line.item, one.taken, place, lot))
    return free


def _incoming(counted: Sequence[Counted]) -> list[Incoming]:
    return [Incoming(one.line.item, one.taken, one.delivered.location) for one in counted]


def _routed(
    order: PurchaseOrder, counted: Sequence[Counted], receivable: Receivable
) -> tuple[list[Counted], Routed]:
    """The lines with what is to be inspected put where it is blocked.

    What was ordered for a cost object goes straight to it, unless it is inspected first: then it
    lies in stock, and is issued to the cost object once it is free. What a supplier ships to a
    customer is inspected by nobody here.
    """
    if order.ships_to_id is not None:
        places = [one.delivered.location for one in counted]
        return list(counted), Routed({}, places, places)
    routed = route(order.company, receivable.supplier, _incoming(counted))
    places = list(routed.places)
    direct = [
        row
        for row, one in enumerate(counted)
        if one.line.cost_object_id is not None and row not in routed.plans
    ]
    if direct:
        there = place_of_cost_objects(order.company)
        for row in direct:
            places[row] = there
    moved = [
        one
        if one.delivered.location.pk == place.pk
        else replace(one, delivered=replace(one.delivered, location=place))
        for one, place in zip(counted, places, strict=True)
    ]
    return moved, routed


def _post(
    receipt: Receipt,
    order: PurchaseOrder,
    counted: Sequence[Counted],
    lots: dict[int, Lot],
    receivable: Receivable,
    items: dict[int, LockedItem] | None,
    worked: Worked,
    by: User,
) -> tuple[dict[int, PostedMove], dict[int, PostedMove]]:
    """Post a move for each line that brought something, and those of material that became it.

    By row: what is owed for, and what brought goods made from our material into stock.
    """
    places = decimal_places(receipt.company.currency_id)
    rows = [row for row, one in enumerate(counted) if one.taken]
    if not rows:
        return {}, {}
    turned = None
    if worked and items is not None:
        owed = {row: place for place, row in enumerate(rows)}
        turned = conversion(receipt, order, counted, lots, worked, items, owed, by)
    bought = [
        Move(
            item_id=counted[row].line.item.pk,
            quantity=counted[row].taken,
            from_location=counted[row].delivered.taken_from or receivable.supplier_location,
            to_location=turned.between
            if turned and row in worked
            else counted[row].delivered.location,
            lot=lots.get(row),
            value=round_money(
                counted[row].line.cost(
                    counted[row].taken,
                    receipt.exchange_rate,
                    counted[row].delivered.catch_weight,
                ),
                places,
            ),
            expected_move_id=counted[row].line.expected_move_id,
            partner_id=receivable.supplier.pk,
            cost_object_id=_bearer(counted[row], turned.cost_objects.get(row) if turned else None),
        )
        for row in rows
    ]
    before = [move for _row, move in turned.inputs] if turned else []
    after = [move for _row, move in turned.outputs] if turned else []
    try:
        posting = post_moves(
            receipt.company,
            [*before, *bought, *after],
            source=receipt,
            date=receipt.date,
            journal=JOURNAL,
            by=by,
            description=" ".join(filter(None, [receipt.number, receipt.delivery_note])),
            items=items,
        )
    except BusinessError as error:
        told = [*(r for r, _m in turned.inputs), *rows, *worked] if turned else rows
        error.row = None if error.row is None else told[error.row]
        raise
    end = len(before) + len(bought)
    made = {}
    if turned is not None:
        made = finish(receipt, turned, posting.moves[: len(before)], posting.moves[end:], by)
    return dict(zip(rows, posting.moves[len(before) : end], strict=True)), made


def _bearer(one: Counted, of_work: CostObject | None) -> int | None:
    """What bears the cost of goods that don't lie in stock as they come in."""
    if of_work is not None:
        return of_work.pk
    return None if one.delivered.location.is_physical else one.line.cost_object_id


def _write_lines(
    receipt: Receipt,
    counted: Sequence[Counted],
    lots: dict[int, Lot],
    posted: dict[int, PostedMove],
    made: dict[int, PostedMove],
) -> list[int]:
    written = insert_rows(
        ReceiptLine,
        [
            {
                "company_id": receipt.company_id,
                "receipt_id": receipt.pk,
                "order_line_id": one.line.id,
                "quantity": one.taken,
                "quantity_rejected": one.rejected,
                "weighed": one.delivered.catch_weight if one.line.is_by_weight else None,
                "location_id": one.delivered.location.pk,
                "lot_id": lots[row].pk if row in lots else None,
                "notice_line_id": one.delivered.notice_line.pk
                if one.delivered.notice_line
                else None,
                "move_id": posted[row].id if row in posted else None,
                "made_move_id": made[row].id if row in made else None,
            }
            for row, one in enumerate(counted)
        ],
        returning="id",
    )
    return [line_id for (line_id,) in written]
