"""Requests for quotation: written, sent to suppliers, and the bids that come of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Currency, Site, User
from apps.core.money import ZERO, require_decimal
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
from apps.masterdata.models import Item, Partner, Unit
from apps.masterdata.services.units import to_stock_quantities
from apps.supply_chain.models import (
    Bid,
    BidLine,
    RequestedLine,
    RequestedSupplier,
    RequestForQuotation,
)
from apps.supply_chain.services.order_lines import positions_of

SERIES = "supply_chain_rfq_series"
PREFIX = "RFQ"
CHANGEABLE = frozenset({"site", "date", "answer_by", "note"})
Status = RequestForQuotation.Status


@dataclass(frozen=True, slots=True)
class Requested:
    """What suppliers are asked for, in ``unit`` (else the stock unit)."""

    item: Item
    quantity: Decimal
    needed_by: Date
    unit: Unit | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What a supplier asks per unit of a requested line, in the currency of his bid."""

    requested_line: RequestedLine
    unit_price: Decimal


def create_request(
    company: Company,
    *,
    site: Site,
    answer_by: Date,
    lines: Sequence[Requested],
    suppliers: Sequence[Partner],
    by: User,
    date: Date | None = None,
    note: str = "",
) -> RequestForQuotation:
    """Write a request down as a draft. Raises ``InvalidInput`` naming field and row."""
    request = RequestForQuotation(
        company=company,
        site=site,
        date=date or timezone.now().astimezone(site.zone).date(),
        answer_by=answer_by,
        note=note,
        created_by=by,
    )
    _check(request)
    rows = _lines(request, lines)
    asked = _suppliers(request, suppliers)
    with unit_of_work():
        request.number = next_number(SERIES, PREFIX)
        insert_all([request], by=by)
        RequestedLine.objects.bulk_create(rows)
        RequestedSupplier.objects.bulk_create(asked)
    return request


def update_request(
    request: RequestForQuotation,
    *,
    by: User,
    lines: Sequence[Requested] | None = None,
    suppliers: Sequence[Partner] | None = None,
    version: int | None = None,
    **values: Any,
) -> RequestForQuotation:
    """Change a draft; ``lines`` and ``suppliers``, when given, replace all there are."""
    unknown = set(values) - CHANGEABLE
    if unknown:
        raise TypeError(f"no such field of a request: {sorted(unknown)}")
    with unit_of_work():
        request = lock(request, version=version)
        require_status(request, Status.DRAFT)
        for name, value in values.items():
            setattr(request, name, value)
        _check(request)
        if lines is not None:
            rows = _lines(request, lines)
            request.lines.all().delete()
            RequestedLine.objects.bulk_create(rows)
        if suppliers is not None:
            asked = _suppliers(request, suppliers)
            request.suppliers.all().delete()
            RequestedSupplier.objects.bulk_create(asked)
        update_all([request], *sorted(values), by=by)
    return request


def send_request(
    request: RequestForQuotation, *, by: User, version: int | None = None
) -> RequestForQuotation:
    """It is with the suppliers; from now on bids are entered."""
    with unit_of_work():
        request = lock(request, version=version)
        request.transition_to(Status.SENT)
        return update_all([request], "status", by=by)[0]


def cancel_request(
    request: RequestForQuotation, *, reason: str, by: User, version: int | None = None
) -> RequestForQuotation:
    """Nothing is bought of it."""
    reason = require_reason(reason)
    with unit_of_work():
        request = lock(request, version=version)
        request.transition_to(Status.CANCELLED)
        return update_all([request], "status", by=by, reason=reason)[0]


def enter_bid(
    request: RequestForQuotation,
    *,
    partner: Partner,
    lines: Sequence[Price],
    by: User,
    currency: Currency | None = None,
    reference: str = "",
    valid_until: Date | None = None,
    lead_time_days: int = 0,
    freight_amount: Decimal = ZERO,
) -> Bid:
    """What a supplier offers; a second bid of his replaces the first, whose header is history.

    Raises ``InvalidInput`` or ``BusinessError`` naming field and row: a supplier who was not
    asked, a line of another request, a price below zero.
    """
    with unit_of_work():
        request = lock(request)
        require_status(request, Status.SENT)
        if not request.suppliers.filter(partner=partner).exists():
            raise InvalidInput(
                "not_asked",
                _("{partner} was not asked.").format(partner=partner.code),
                field="partner",
            )
        freight = require_decimal(
            freight_amount, field="freight_amount", decimal_places=4, positive=False
        )
        if freight < 0:
            raise InvalidInput("negative", _("May not be negative."), field="freight_amount")
        _check_prices(request, lines)
        bid = Bid.objects.filter(request=request, partner=partner).first() or Bid(
            company=request.company, request=request, partner=partner
        )
        bid.currency_id = currency.pk if currency else partner.currency_id
        bid.reference, bid.valid_until = reference, valid_until
        bid.lead_time_days, bid.freight_amount = lead_time_days, freight
        bid.save_by(by)
        bid.lines.all().delete()
        BidLine.objects.bulk_create(
            BidLine(
                company_id=request.company_id,
                bid=bid,
                requested_line=line.requested_line,
                unit_price=line.unit_price,
            )
            for line in lines
        )
    return bid


def _check_prices(request: RequestForQuotation, lines: Sequence[Price]) -> None:
    if not lines:
        raise InvalidInput("no_lines", _("A bid offers at least one line."), field="lines")
    known = set(request.lines.values_list("pk", flat=True))
    for row, line in enumerate(lines):
        if line.requested_line.pk not in known:
            raise InvalidInput(
                "wrong_request",
                _("Name each line of {request} once.").format(request=request),
                field="requested_line",
                row=row,
            )
        known.discard(line.requested_line.pk)
        price = require_decimal(line.unit_price, field="unit_price", row=row, positive=False)
        if price < 0:
            raise InvalidInput("negative", _("May not be negative."), field="unit_price", row=row)


def _check(request: RequestForQuotation) -> None:
    require_company(request.company, site=request.site)
    if request.answer_by < request.date:
        raise InvalidInput(
            "answer_before", _("Nobody answers before he is asked."), field="answer_by"
        )


def _lines(request: RequestForQuotation, lines: Sequence[Requested]) -> list[RequestedLine]:
    if not lines:
        raise InvalidInput("no_lines", _("Say what is asked for."), field="lines")
    for row, line in enumerate(lines):
        require_company(request.company, row=row, item=line.item, unit=line.unit)
        require_decimal(line.quantity, field="quantity", row=row)
        if not line.item.is_stocked or not line.item.is_active:
            raise InvalidInput(
                "not_stocked",
                _("{item} is not kept in stock, or no longer in use.").format(item=line.item.code),
                field="item",
                row=row,
            )
        if line.needed_by < request.date:
            raise InvalidInput(
                "needed_before",
                _("It can't be needed before it is asked for."),
                field="needed_by",
                row=row,
            )
    to_stock_quantities([(line.item, line.quantity, line.unit) for line in lines])
    positions = positions_of([line.position for line in lines])
    return [
        RequestedLine(
            company_id=request.company_id,
            request=request,
            position=position,
            item=line.item,
            quantity=line.quantity,
            unit_id=line.unit.pk if line.unit else line.item.unit_id,
            needed_by=line.needed_by,
        )
        for line, position in zip(lines, positions, strict=True)
    ]


def _suppliers(
    request: RequestForQuotation, suppliers: Sequence[Partner]
) -> list[RequestedSupplier]:
    if not suppliers:
        raise InvalidInput("no_suppliers", _("Say who is asked."), field="suppliers")
    seen: set[int] = set()
    for row, partner in enumerate(suppliers):
        require_company(request.company, row=row, partner=partner)
        if not partner.is_supplier or not partner.is_active or partner.pk in seen:
            raise InvalidInput(
                "wrong_partner",
                _("{partner} is no active supplier, or there twice.").format(partner=partner),
                field="partner",
                row=row,
            )
        seen.add(partner.pk)
    return [
        RequestedSupplier(company_id=request.company_id, request=request, partner=partner)
        for partner in suppliers
    ]


def unbid(request: RequestForQuotation) -> BusinessError:
    """The refusal of an award to nobody."""
    return BusinessError(
        "nothing_awarded", _("Choose a bid for {request}.").format(request=request), field="lines"
    )
