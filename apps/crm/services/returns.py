"""Returns (RMA): approved, received into quarantine at original cost, inspected, made good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Site, User
from apps.core.money import ZERO, require_decimal, round_money
from apps.core.services.documents import (
    insert_all,
    lock,
    require_company,
    require_reason,
    require_status,
    update_all,
)
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.crm.models import (
    Complaint,
    Return,
    ReturnLine,
    SalesOrderLine,
    ServiceCase,
)
from apps.crm.queries.returns import Key, Shipped, not_received, returnable
from apps.crm.queries.sales_orders import lines_behind
from apps.crm.services.returned_kits import parts_of_lines, promise_of, returned_item
from apps.inventory.models import Location, Lot, StockMove
from apps.inventory.queries.locations import virtual_location
from apps.inventory.services.moves import Move, post_moves
from apps.masterdata.models import Item, Partner

JOURNAL = "INV"
SERIES = "crm_return_series"
PREFIX = "RM"
STEP = 10
Status = Return.Status
Finding = ReturnLine.Finding


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """``quantity`` (stock units) of a shipped order line that comes back, and what is wanted.

    Of a kit its parts come back: ``item`` says which, where it has several.
    """

    order_line: SalesOrderLine
    quantity: Decimal
    lot: Lot | None = None
    item: Item | None = None
    resolution: str = ReturnLine.Resolution.CREDIT
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Inspected:
    """What was found: ``location`` is where good goods go."""

    line: ReturnLine
    finding: str
    location: Location | None = None


def request_return(
    company: Company,
    *,
    partner: Partner,
    site: Site,
    reason: str,
    lines: Sequence[ReturnedLine],
    by: User,
    requested_on: Date | None = None,
    service_case: ServiceCase | None = None,
    complaint: Complaint | None = None,
) -> Return:
    """Write down what a customer sends back.

    Raises ``InvalidInput`` or ``BusinessError`` naming the row: more than was shipped of a line
    and lot, a serial number that never went there; nothing is written then.
    """
    rma = Return(
        company=company,
        partner=partner,
        site=site,
        reason=require_reason(reason),
        requested_on=requested_on or timezone.now().astimezone(site.zone).date(),
        service_case=service_case,
        complaint=complaint,
        created_by=by,
    )
    with unit_of_work():
        require_company(
            company, partner=partner, site=site, service_case=service_case, complaint=complaint
        )
        rows = _lines(rma, lines)
        rma.number = next_number(SERIES, PREFIX)
        insert_all([rma], by=by)
        ReturnLine.objects.bulk_create(rows)
    return rma


def update_return(
    rma: Return,
    *,
    by: User,
    lines: Sequence[ReturnedLine] | None = None,
    version: int | None = None,
    **values: Any,
) -> Return:
    """Change what is not approved yet; ``lines``, when given, replace all of its lines."""
    with unit_of_work():
        rma = lock(rma, version=version)
        require_status(rma, Status.REQUESTED)
        for name, value in values.items():
            setattr(rma, name, value)
        require_reason(rma.reason)
        require_company(
            rma.company, site=rma.site, service_case=rma.service_case, complaint=rma.complaint
        )
        if lines is not None:
            rows = _lines(rma, lines)
            rma.lines.all().delete()
            ReturnLine.objects.bulk_create(rows)
        return update_all([rma], *sorted(values), by=by)[0]


def approve_return(rma: Return, *, by: User, version: int | None = None) -> Return:
    with unit_of_work():
        rma = lock(rma, version=version)
        rma.transition_to(Status.APPROVED)
        return update_all([rma], "status", by=by)[0]


def cancel_return(rma: Return, *, reason: str, by: User, version: int | None = None) -> Return:
    """Nothing comes back."""
    reason = require_reason(reason)
    with unit_of_work():
        rma = lock(rma, version=version)
        rma.transition_to(Status.CANCELLED)
        return update_all([rma], "status", by=by, reason=reason)[0]


def receive_return(
    rma: Return,
    *,
    date: Date,
    by: User,
    location: Location | None = None,
    version: int | None = None,
) -> Return:
    """Take the goods into quarantine at the cost they left with: Dr inventory / Cr COGS.

    The last part that comes back takes what is left of the cost. Raises ``BusinessError`` when
    the site has no quarantine.
    """
    with unit_of_work():
        rma = lock(rma, version=version)
        rma.transition_to(Status.RECEIVED)
        place = _quarantine(rma, location)
        customer = virtual_location(rma.company, Location.Kind.CUSTOMER)
        lines = list(rma.lines.select_related("item", "lot"))
        _lock_order_lines(line.order_line_id for line in lines)
        keys = [line.order_line_id for line in lines]
        out = not_received(keys, besides=rma.pk)
        parts = parts_of_lines(keys)
        moves = []
        for row, line in enumerate(lines):
            line.original_cost = _cost(rma, line, out, row)
            line.location = place
            moves.append(
                Move(
                    item_id=line.item_id,
                    quantity=line.quantity,
                    from_location=customer,
                    to_location=place,
                    lot=line.lot,
                    value=line.original_cost,
                    partner_id=rma.partner_id,
                    brings_back=promise_of(line, parts),
                )
            )
        post_moves(
            rma.company,
            moves,
            source=rma,
            date=date,
            journal=JOURNAL,
            by=by,
            description=f"{rma.number} {rma.partner.name}",
        )
        ReturnLine.objects.bulk_update(lines, ["location", "original_cost"])
        rma.received_on = date
        return update_all([rma], "status", "received_on", by=by)[0]


def inspect_return(
    rma: Return,
    *,
    findings: Sequence[Inspected],
    date: Date,
    by: User,
    version: int | None = None,
) -> Return:
    """Decide on every line: back to stock, kept in quarantine, or scrapped as a loss."""
    with unit_of_work():
        rma = lock(rma, version=version)
        rma.transition_to(Status.INSPECTED)
        lines = {line.pk: line for line in rma.lines.select_related("item", "lot", "location")}
        moves = []
        for row, found in enumerate(findings):
            line = lines.get(found.line.pk)
            if line is None or line.finding:
                raise InvalidInput(
                    "wrong_line", _("Name each line of the return once."), field="line", row=row
                )
            line.finding = Finding(found.finding)
            move = _inspection_move(rma, line, found, row)
            if move is not None:
                moves.append(move)
        if any(not line.finding for line in lines.values()):
            raise InvalidInput(
                "not_inspected", _("Say what was found of every line."), field="findings"
            )
        if moves:
            post_moves(
                rma.company,
                moves,
                source=rma,
                date=date,
                journal=JOURNAL,
                by=by,
                purpose="inspection",
                description=f"{rma.number} {_('inspected')}",
            )
        ReturnLine.objects.bulk_update(list(lines.values()), ["finding", "location"])
        return update_all([rma], "status", by=by)[0]


def close_return(rma: Return, *, by: User, version: int | None = None) -> Return:
    """All is made good. Raises ``BusinessError`` while a line waits for its credit or goods."""
    with unit_of_work():
        rma = lock(rma, version=version)
        resolutions = set(rma.lines.values_list("resolution", flat=True))
        if rma.status == Status.INSPECTED and ReturnLine.Resolution.CREDIT in resolutions:
            raise BusinessError(
                "not_credited", _("A line waits for its credit note."), field="status"
            )
        if resolutions - {ReturnLine.Resolution.CREDIT} and rma.replacement_order_id is None:
            raise BusinessError(
                "not_replaced", _("A line waits for its replacement or repair."), field="status"
            )
        rma.transition_to(Status.CLOSED)
        return update_all([rma], "status", by=by)[0]


def require_not_returned(moves: Sequence[StockMove]) -> None:
    """Raise ``BusinessError`` when more comes back than was shipped, now that ``moves`` are."""
    if any(left.quantity < 0 for left in returnable(lines_behind(moves)).values()):
        raise BusinessError(
            "returned", _("Some of it is on a return. Cancel the return first."), field="status"
        )


def _lines(rma: Return, lines: Sequence[ReturnedLine]) -> list[ReturnLine]:
    if not lines:
        raise InvalidInput("no_lines", _("Say what comes back."), field="lines")
    keys = [line.order_line.pk for line in lines]
    _lock_order_lines(keys)
    shipped = returnable(keys, besides=rma.pk or 0)
    parts = parts_of_lines(keys)
    wanted: dict[Key, Decimal] = {}
    rows: list[ReturnLine] = []
    for row, line in enumerate(lines):
        _require_own(rma, line, row)
        item = returned_item(line.order_line, line.item, parts, row)
        _check_lot(line, item, row)
        key = (line.order_line.pk, item.pk, line.lot.pk if line.lot else None)
        wanted[key] = wanted.get(key, ZERO) + line.quantity
        _require_shipped(line, item, shipped.get(key), wanted[key], row)
        last = max((one.position for one in rows), default=0)
        rows.append(
            ReturnLine(
                company_id=rma.company_id,
                rma=rma,
                position=line.position or (last // STEP + 1) * STEP,
                order_line=line.order_line,
                item=item,
                lot=line.lot,
                quantity=line.quantity,
                resolution=line.resolution,
            )
        )
    return rows


def _lock_order_lines(keys: Any) -> None:
    """Two returns of the same goods wait for each other."""
    rows = SalesOrderLine.objects.select_for_update(no_key=True, of=("self",))
    list(rows.filter(pk__in=set(keys)).order_by("pk"))


def _require_own(rma: Return, line: ReturnedLine, row: int) -> None:
    require_company(rma.company, row=row, order_line=line.order_line, lot=line.lot, item=line.item)
    require_decimal(line.quantity, field="quantity", row=row)
    if line.order_line.order.partner_id != rma.partner_id:
        raise InvalidInput(
            "other_partner",
            _("The order is another customer's."),
            field="order_line",
            row=row,
        )


def _check_lot(line: ReturnedLine, item: Item, row: int) -> None:
    if item.tracking != "none" and line.lot is None:
        raise InvalidInput(
            "lot_required",
            _("{item} needs a lot or serial number.").format(item=item.code),
            field="lot",
            row=row,
        )
    if line.lot is not None and line.lot.item_id != item.pk:
        raise InvalidInput("wrong_lot", _("The lot is of another item."), field="lot", row=row)


def _require_shipped(
    line: ReturnedLine, item: Item, shipped: Shipped | None, wanted: Decimal, row: int
) -> None:
    if shipped is None:
        raise BusinessError(
            "not_shipped",
            _("{what} was not shipped with this order line.").format(what=line.lot or item.code),
            field="lot" if line.lot else "order_line",
            row=row,
        )
    if wanted > shipped.quantity:
        raise BusinessError(
            "over_return",
            _("Only {quantity} can come back of it.").format(
                quantity=f"{max(shipped.quantity, ZERO).normalize():f}"
            ),
            field="quantity",
            row=row,
        )


def _cost(rma: Return, line: ReturnLine, out: dict[Key, Shipped], row: int) -> Decimal:
    """The line's part of what is still out, in proportion; takes it off ``out``."""
    key = (line.order_line_id, line.item_id, line.lot_id)
    there = out.get(key, Shipped())
    if line.quantity > there.quantity:
        raise BusinessError(
            "over_return",
            _("Only {quantity} can come back of it.").format(
                quantity=f"{max(there.quantity, ZERO).normalize():f}"
            ),
            field="quantity",
            row=row,
        )
    places = rma.company.currency.decimal_places
    cost = round_money(there.cost * line.quantity / there.quantity, places)
    out[key] = Shipped(there.quantity - line.quantity, there.cost - cost)
    return cost


def _quarantine(rma: Return, location: Location | None) -> Location:
    require_company(rma.company, location=location)
    if location is None:
        location = (
            Location.objects.filter(
                company=rma.company_id,
                site=rma.site_id,
                kind=Location.Kind.INTERNAL,
                is_quarantine=True,
                is_active=True,
            )
            .order_by("pk")
            .first()
        )
    if location is None:
        raise BusinessError(
            "no_quarantine",
            _("{site} has no quarantine location.").format(site=rma.site),
            field="location",
        )
    if not location.is_quarantine or location.site_id != rma.site_id:
        raise InvalidInput(
            "no_quarantine",
            _("What comes back goes to a quarantine location of {site}.").format(site=rma.site),
            field="location",
        )
    return location


def _inspection_move(rma: Return, line: ReturnLine, found: Inspected, row: int) -> Move | None:
    if line.location is None or line.finding == Finding.KEEP:
        return None
    if line.finding == Finding.SCRAP:
        to = virtual_location(rma.company, Location.Kind.SCRAP)
    else:
        require_company(rma.company, row=row, location=found.location)
        to_stock = found.location
        if to_stock is None or to_stock.is_quarantine or to_stock.kind != Location.Kind.INTERNAL:
            raise InvalidInput(
                "location_required",
                _("Say where good goods go: a place that is no quarantine."),
                field="location",
                row=row,
            )
        to = to_stock
    start = line.location
    line.location = to if to.is_physical else None
    return Move(
        item_id=line.item_id,
        quantity=line.quantity,
        from_location=start,
        to_location=to,
        lot=line.lot,
        partner_id=rma.partner_id,
    )
