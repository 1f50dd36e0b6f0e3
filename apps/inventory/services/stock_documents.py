"""Stock documents: opening balances, transfers, count differences, scrap of stock, issues."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Site, User
from apps.core.money import round_money
from apps.core.services.documents import lock, require_company, require_reason, require_status
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.finance.models import CostObject
from apps.finance.services.cost_objects import require_open
from apps.inventory.models import Lot, StockDocument, StockDocumentLine, StockMove
from apps.inventory.services.lots import NewLot, create_lots
from apps.inventory.services.moves import Move, post_moves, reverse_moves
from apps.inventory.services.stock_lines import StockLine, write_lines
from apps.masterdata.models import ReasonCode

JOURNAL = "INV"
Kind = StockDocument.Kind
Status = StockDocument.Status
_REASONS = {
    Kind.ADJUSTMENT: ReasonCode.Kind.ADJUSTMENT,
    Kind.SCRAP: ReasonCode.Kind.SCRAP,
}


def draft_stock_document(
    company: Company,
    *,
    kind: str,
    site: Site,
    date: Date,
    lines: Sequence[StockLine],
    by: User,
    reason: ReasonCode | None = None,
    cost_object: CostObject | None = None,
    note: str = "",
) -> StockDocument:
    """Write a stock document down; it moves nothing yet. An issue needs its ``cost_object``.

    Raises ``InvalidInput`` naming the row for a line that its kind does not allow.
    """
    if kind not in Kind.values:
        raise InvalidInput("unknown_kind", _("There is no such kind."), field="kind")
    require_company(company, site=site, reason=reason, cost_object=cost_object)
    _require_cost_object(kind, cost_object)
    with unit_of_work():
        document = StockDocument(
            company=company,
            number=next_number("inventory_stockdocument_series", "SD"),
            kind=kind,
            site=site,
            date=date,
            reason=reason,
            cost_object=cost_object,
            note=note,
            created_by=by,
        ).save_by(by)
        write_lines(document, lines)
    return document


def change_stock_document(
    document: StockDocument,
    *,
    by: User,
    version: int | None = None,
    lines: Sequence[StockLine] | None = None,
    date: Date | None = None,
    reason: ReasonCode | None = None,
    cost_object: CostObject | None = None,
    note: str | None = None,
) -> StockDocument:
    """Change a draft; ``lines`` replace all of its lines."""
    with unit_of_work():
        document = lock(document, version=version)
        require_status(document, Status.DRAFT)
        require_company(document.company, reason=reason, cost_object=cost_object)
        document.date = date or document.date
        document.reason = reason or document.reason
        document.cost_object = cost_object or document.cost_object
        _require_cost_object(document.kind, document.cost_object)
        document.note = document.note if note is None else note
        if lines is not None:
            document.lines.all().delete()
            write_lines(document, lines)
        return document.save_by(by)


def post_stock_document(document: StockDocument, *, by: User) -> StockDocument:
    """Move the stock and post its value. Lots that come in are made when they are new.

    Raises ``BusinessError`` naming the row when stock does not allow it; count differences and
    scrap need a reason of their kind.
    """
    with unit_of_work():
        document = lock(document)
        document.transition_to(Status.POSTED)
        _require_reason_code(document)
        require_open(document.cost_object)
        lines = list(document.lines.select_related("item", "from_location", "to_location__owner"))
        if not lines:
            raise InvalidInput("no_lines", _("The document has no lines."), field="lines")
        lots = _lots(document, lines, by)
        places = document.company.currency.decimal_places
        moves = [
            Move(
                item_id=line.item_id,
                quantity=line.quantity,
                from_location=line.from_location,
                to_location=line.to_location,
                lot=lots.get((line.item_id, line.lot_code)),
                value=None
                if line.unit_cost is None
                else round_money(line.quantity * line.unit_cost, places),
                reason_id=document.reason_id,
                cost_object_id=document.cost_object_id,
                memo=document.note,
            )
            for line in lines
        ]
        post_moves(
            document.company,
            moves,
            source=document,
            date=document.date,
            journal=JOURNAL,
            by=by,
            description=f"{document.get_kind_display()} {document.number}",
        )
        return document.save_by(by)


def reverse_stock_document(
    document: StockDocument, *, reason: str, by: User, date: Date | None = None
) -> StockDocument:
    """Move everything back at its own value, on ``date`` (today when None)."""
    reason = require_reason(reason)
    with unit_of_work():
        document = lock(document)
        document.transition_to(Status.REVERSED)
        moves = moves_of(document)
        entry_ids = {move.entry_id for move in moves} - {None}
        reverse_moves(
            document.company,
            moves,
            source=document,
            date=date or timezone.localdate(),
            journal=JOURNAL,
            by=by,
            description=_("Reversal of {document}: {reason}").format(
                document=document.number, reason=reason
            ),
            reverses_entry_id=next(iter(entry_ids), None),
        )
        return document.save_by(by, reason=reason)


def cancel_stock_document(document: StockDocument, *, by: User, reason: str = "") -> StockDocument:
    """Give up a draft."""
    with unit_of_work():
        document = lock(document)
        document.transition_to(Status.CANCELLED)
        return document.save_by(by, reason=reason)


def moves_of(document: StockDocument) -> list[StockMove]:
    """The moves a posted document made, without those that reverse them."""
    rows = StockMove.objects.filter(
        company=document.company,
        source_type__app_label="inventory",
        source_type__model="stockdocument",
        source_id=document.pk,
        reverses__isnull=True,
    )
    return list(rows.select_related("from_location", "to_location", "lot", "item").order_by("pk"))


def _require_cost_object(kind: str, cost_object: CostObject | None) -> None:
    if (kind == Kind.ISSUE) == (cost_object is not None):
        require_open(cost_object)
        return
    text = (
        _("Say what bears the cost.")
        if kind == Kind.ISSUE
        else _("Only an issue is borne by a cost object.")
    )
    code = "required" if kind == Kind.ISSUE else "not_wanted"
    raise InvalidInput(code, text, field="cost_object")


def _require_reason_code(document: StockDocument) -> None:
    wanted = _REASONS.get(Kind(document.kind))
    if wanted is None:
        return
    if document.reason is None:
        raise InvalidInput("reason_required", _("Say why."), field="reason")
    if document.reason.kind != wanted:
        raise InvalidInput(
            "wrong_reason",
            _("{reason} is no reason of the kind “{kind}”.").format(
                reason=document.reason.code, kind=wanted.label
            ),
            field="reason",
        )


def _new_lot(line: StockDocumentLine) -> NewLot:
    """What a supplier leaves with us bears his number."""
    owner = line.to_location.owner
    if owner is None:
        return NewLot(line.item, line.lot_code)
    return NewLot(line.item, line.lot_code, supplier=owner, supplier_lot=line.lot_code)


def _lots(
    document: StockDocument, lines: Sequence[StockDocumentLine], by: User
) -> dict[tuple[int, str], Lot]:
    """The lots named, by item and code: made when they come in, found when they are there."""
    arriving = [
        row
        for row, line in enumerate(lines)
        if line.lot_code and not line.from_location.has_balances
    ]
    try:
        wanted = [_new_lot(lines[row]) for row in arriving]
        made = create_lots(document.company, wanted, by=by)
    except InvalidInput as error:
        if error.row is not None:  # told in the lines of the document
            error.row = arriving[error.row]
        raise
    lots = {(lot.item_id, lot.code): lot for lot in made}
    known = [
        (row, line)
        for row, line in enumerate(lines)
        if line.lot_code and (line.item_id, line.lot_code) not in lots
    ]
    if known:
        found = Lot.objects.filter(
            company=document.company,
            item__in={line.item_id for _row, line in known},
            code__in={line.lot_code for _row, line in known},
        )
        lots.update({(lot.item_id, lot.code): lot for lot in found})
    for row, line in known:
        if (line.item_id, line.lot_code) not in lots:
            raise BusinessError(
                "unknown_lot",
                _("{item} has no lot {lot}.").format(item=line.item.code, lot=line.lot_code),
                field="lot",
                row=row,
            )
    return lots
