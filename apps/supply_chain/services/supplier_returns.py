"""Returns to suppliers: drafted from receipts or decisions of quality, shipped, taken back.

Goods received, not invoiced is cleared at the receipt's price; stock loses what its cost formula
says; the difference is a price variance (rule 19). The credit is ``supplier_return_credits``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Site, User
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
from apps.inventory.models import Location, Lot, StockMove
from apps.inventory.queries.locations import virtual_location
from apps.inventory.services.locking import lock_items
from apps.inventory.services.moves import Move, post_moves, reverse_moves
from apps.masterdata.models import Partner
from apps.quality.models import Nonconformance, NonconformingLot
from apps.supply_chain.models import Receipt, SupplierReturn, SupplierReturnLine
from apps.supply_chain.queries.supplier_returns import (
    kept_quantities,
    owed_quantities,
    undocumented_returns,
)
from apps.supply_chain.services.billable_lines import lock_receipt_lines
from apps.supply_chain.services.supplier_return_lines import (
    GoingBack,
    require_kept,
    return_rows,
    shares,
)

JOURNAL = "INV"
SERIES = "supply_chain_supplierreturn_series"
PREFIX = "SR"
CHANGEABLE = frozenset(
    {"partner", "site", "reason", "supplier_reference", "carrier", "tracking_number"}
)
#: A rejected lot may go back, unless quality is still to decide on it.
SENDABLE = (Lot.Status.AVAILABLE, Lot.Status.REJECTED)
#: Changed, its lines may not fit any more.
BINDING = frozenset({"partner", "site"})
Status = SupplierReturn.Status


def create_supplier_return(
    company: Company,
    *,
    partner: Partner,
    site: Site,
    reason: str,
    lines: Sequence[GoingBack],
    by: User,
    supplier_reference: str = "",
    carrier: Partner | None = None,
    tracking_number: str = "",
) -> SupplierReturn:
    """Write down what goes back; nothing moves yet.

    Raises ``InvalidInput`` or ``BusinessError`` naming field and row: more than came of a receipt
    line and was kept, goods of another supplier, a decision that another return carries.
    """
    document = SupplierReturn(
        company=company,
        partner=partner,
        site=site,
        reason=require_reason(reason),
        supplier_reference=supplier_reference.strip(),
        carrier=carrier,
        tracking_number=tracking_number.strip(),
        created_by=by,
    )
    _check(document)
    with unit_of_work():
        rows = return_rows(document, lines)
        document.number = next_number(SERIES, PREFIX)
        insert_all([document], by=by)
        SupplierReturnLine.objects.bulk_create(rows)
    return document


def update_supplier_return(
    document: SupplierReturn,
    *,
    by: User,
    lines: Sequence[GoingBack] | None = None,
    version: int | None = None,
    **values: Any,
) -> SupplierReturn:
    """Change a draft; ``lines``, when given, replace all of its lines."""
    unknown = set(values) - CHANGEABLE
    if unknown:
        raise TypeError(f"no such field of a return: {sorted(unknown)}")
    with unit_of_work():
        document = lock(document, version=version)
        require_status(document, Status.DRAFT)
        for name, value in values.items():
            setattr(document, name, value)
        require_reason(document.reason)
        _check(document)
        if lines is None and values.keys() & BINDING:
            lines = _as_written(document)
        if lines is not None:
            rows = return_rows(document, lines)
            document.lines.all().delete()
            SupplierReturnLine.objects.bulk_create(rows)
        return update_all([document], *sorted(values), by=by)[0]


def return_receipt(
    receipt: Receipt, *, reason: str, by: User, version: int | None = None
) -> SupplierReturn:
    """Draft the return of all that a receipt brought and that was kept, from where it came in.

    Raises ``BusinessError`` when nothing of it is left.
    """
    with unit_of_work():
        receipt = lock(receipt, version=version)
        require_status(receipt, Receipt.Status.POSTED)
        came = receipt.lines.select_related("location", "move__to_location")
        in_stock = Q(move__to_location__kind__in=Location.PHYSICAL)
        rows = list(came.filter(in_stock | Q(made_move__isnull=False)))
        kept = kept_quantities(rows)
        lines = [GoingBack(row, kept[row.pk]) for row in rows if kept[row.pk] > 0]
        if not lines:
            raise BusinessError(
                "nothing_left",
                _("Nothing of {receipt} is here that could go back.").format(receipt=receipt),
                field="status",
            )
        order = receipt.order
        return create_supplier_return(
            receipt.company,
            partner=order.partner,
            site=order.site,
            reason=reason,
            lines=lines,
            by=by,
        )


def return_nonconformance(
    ncr: Nonconformance, *, by: User, site: Site | None = None, reason: str = ""
) -> SupplierReturn:
    """Draft the paper for what quality has decided to return of a nonconformance.

    Raises ``BusinessError`` when nothing of it waits for a return.
    """
    with unit_of_work():
        ncr = lock(ncr)
        decided = [
            one for one in undocumented_returns(ncr.company_id) if one.nonconformance_id == ncr.pk
        ]
        partner = ncr.partner
        if not decided or partner is None:
            raise BusinessError(
                "nothing_decided",
                _("{nonconformance} has nothing decided that waits for its return.").format(
                    nonconformance=ncr.number
                ),
                field="nonconformance",
            )
        place = decided[0].nonconforming_lot.location
        where = site or place.site
        if where is None:
            raise InvalidInput("site_required", _("Say where it ships from."), field="site")
        return create_supplier_return(
            ncr.company,
            partner=partner,
            site=where,
            reason=reason or f"{ncr.number} {ncr.title}",
            lines=[GoingBack(disposition=one) for one in decided],
            by=by,
        )


def ship_supplier_return(
    document: SupplierReturn,
    *,
    date: Date,
    by: User,
    carrier: Partner | None = None,
    tracking_number: str = "",
    version: int | None = None,
) -> SupplierReturn:
    """Send it: Dr goods received, not invoiced at the receipt's price / Cr inventory.

    What quality decided on has moved already and only travels. Raises ``BusinessError`` naming the
    row: more than was kept meanwhile, too little at the place, a lot that is held.
    """
    with unit_of_work():
        document = lock(document, version=version)
        document.transition_to(Status.SHIPPED)
        document.carrier = carrier or document.carrier
        document.tracking_number = tracking_number.strip() or document.tracking_number
        _check(document)
        lines = list(document.lines.select_related("item", "lot", "location", "disposition"))
        _require_decided(lines)
        _post(document, lines, date, by)
        document.shipped_on = date
        fields = ("status", "carrier", "tracking_number", "shipped_on")
        return update_all([document], *fields, by=by)[0]


def cancel_supplier_return(
    document: SupplierReturn, *, reason: str, by: User, version: int | None = None
) -> SupplierReturn:
    """It stays here after all; decisions of quality may go on another return."""
    reason = require_reason(reason)
    with unit_of_work():
        document = lock(document, version=version)
        document.transition_to(Status.CANCELLED)
        return update_all([document], "status", by=by, reason=reason)[0]


def close_supplier_return(
    document: SupplierReturn, *, by: User, version: int | None = None
) -> SupplierReturn:
    """Nothing is owed for it: it was never billed, or is credited otherwise.

    Raises ``BusinessError`` while the supplier owes a credit for some of it.
    """
    with unit_of_work():
        document = lock(document, version=version)
        document.transition_to(Status.CLOSED)
        keys = [line.receipt_line_id for line in document.lines.all() if line.receipt_line_id]
        receipts = lock_receipt_lines(document.company, keys) if keys else {}
        if any(owed_quantities(receipts.values()).values()):
            raise BusinessError(
                "credit_owed",
                _("{partner} owes a credit for some of it.").format(partner=document.partner.code),
                field="status",
            )
        return update_all([document], "status", by=by)[0]


def reverse_supplier_return(
    document: SupplierReturn, *, date: Date, reason: str, by: User, version: int | None = None
) -> SupplierReturn:
    """The goods are back: stock and value as before they went.

    What quality has decided stays decided, until it decides anew on what came back.
    """
    reason = require_reason(reason)
    with unit_of_work():
        document = lock(document, version=version)
        document.transition_to(Status.REVERSED)
        moves = list(
            StockMove.objects.select_related("from_location", "to_location", "lot")
            .filter(
                source_type=ContentType.objects.get_for_model(SupplierReturn),
                source_id=document.pk,
                reverses__isnull=True,
            )
            .order_by("pk")
        )
        if moves:
            reverse_moves(
                document.company,
                moves,
                source=document,
                date=date,
                journal=JOURNAL,
                by=by,
                description=f"{document.number}: {reason}"[:200],
                reverses_entry_id=moves[0].entry_id,
            )
        return update_all([document], "status", by=by, reason=reason)[0]


def _as_written(document: SupplierReturn) -> list[GoingBack]:
    rows = document.lines.select_related("receipt_line", "location", "disposition")
    return [
        GoingBack(row.receipt_line, row.quantity, row.location, row.disposition, row.position)
        for row in rows
    ]


def _check(document: SupplierReturn) -> None:
    require_company(
        document.company, partner=document.partner, site=document.site, carrier=document.carrier
    )
    if not document.partner.is_supplier:
        raise InvalidInput(
            "wrong_partner",
            _("{partner} is no supplier.").format(partner=document.partner),
            field="partner",
        )
    if document.carrier is not None and not document.carrier.is_carrier:
        raise InvalidInput(
            "wrong_partner",
            _("{partner} is no carrier.").format(partner=document.carrier),
            field="carrier",
        )


def _require_decided(lines: Sequence[SupplierReturnLine]) -> None:
    for row, line in enumerate(lines):
        if line.disposition is not None and line.disposition.is_reversed:
            raise BusinessError(
                "not_returned",
                _("The decision to return it was taken back."),
                field="disposition",
                row=row,
            )


def _post(
    document: SupplierReturn, lines: Sequence[SupplierReturnLine], date: Date, by: User
) -> None:
    own = [(row, line) for row, line in enumerate(lines) if line.disposition_id is None]
    if not own:
        return
    receipts = lock_receipt_lines(
        document.company, [line.receipt_line_id for _row, line in own if line.receipt_line_id]
    )
    try:
        _require_posted([line for _row, line in own], receipts, date)
        items = lock_items(document.company, [line.item_id for _row, line in own])
        require_kept([line for _row, line in own], receipts)
        values = shares(document.company, [line for _row, line in own], receipts)
        supplier = virtual_location(document.company, Location.Kind.SUPPLIER)
        moves = []
        for (_row, line), value in zip(own, values, strict=True):
            if line.location is None:
                raise ValueError("a line of a receipt has a place")
            moves.append(
                Move(
                    item_id=line.item_id,
                    quantity=line.quantity,
                    from_location=line.location,
                    to_location=supplier,
                    lot=line.lot,
                    value=value,
                    partner_id=document.partner_id,
                    memo=document.number,
                )
            )
        posting = post_moves(
            document.company,
            moves,
            source=document,
            date=date,
            journal=JOURNAL,
            by=by,
            description=f"{document.number} {document.partner.name}"[:200],
            items=items,
        )
        _require_free([line for _row, line in own])
    except BusinessError as error:
        error.row = None if error.row is None else own[error.row][0]
        raise
    for (_row, line), posted in zip(own, posting.moves, strict=True):
        line.move_id = posted.id
    SupplierReturnLine.objects.bulk_update([line for _row, line in own], ["move"])


def _require_free(lines: Sequence[SupplierReturnLine]) -> None:
    """What is held, quality decides on. Read after the posting, which holds the balances."""
    keys = {line.lot_id for line in lines if line.lot_id is not None}
    statuses = dict(Lot.objects.filter(pk__in=keys).values_list("pk", "status"))
    undecided = set(
        NonconformingLot.objects.filter(
            lot__in=keys, nonconformance__status__in=Nonconformance.UNDECIDED
        ).values_list("lot_id", flat=True)
    )
    for row, line in enumerate(lines):
        held = statuses.get(line.lot_id or 0, Lot.Status.AVAILABLE)
        is_quarantine = line.location is not None and line.location.is_quarantine
        if held in SENDABLE and line.lot_id not in undecided and not is_quarantine:
            continue
        raise BusinessError(
            "stock_blocked",
            _("{item} is held: quality decides whether it goes back.").format(
                item=line.lot or line.item
            ),
            field="lot",
            row=row,
        )


def _require_posted(
    lines: Sequence[SupplierReturnLine], receipts: dict[int, Any], date: Date
) -> None:
    for row, line in enumerate(lines):
        receipt = receipts[line.receipt_line_id or 0].receipt
        require_status(receipt, Receipt.Status.POSTED)
        if date < receipt.date:
            raise InvalidInput(
                "before_receipt",
                _("It can't go back before it came, on {day}.").format(day=receipt.date),
                field="date",
                row=row,
            )


def require_not_sent(moves: Sequence[StockMove]) -> None:
    """Raise ``BusinessError`` when quality takes back a decision whose goods are on their way."""
    sent = [move.pk for move in moves if move.to_location.kind == Location.Kind.SUPPLIER]
    if not sent:
        return
    gone = (Status.SHIPPED, Status.CREDITED, Status.CLOSED)
    line = (
        SupplierReturnLine.objects.select_related("supplier_return")
        .filter(
            move__in=sent,
            disposition__isnull=False,
            supplier_return__status__in=gone,
        )
        .first()
    )
    if line is not None:
        raise BusinessError(
            "on_its_way",
            _("{document} has gone to the supplier: take it back first.").format(
                document=line.supplier_return
            ),
            field="status",
        )
