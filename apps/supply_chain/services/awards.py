"""Awards: bids become purchase orders, and, if wanted, what the supplier asks from now on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal
from fractions import Fraction

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import ZERO, round_money, round_quantity
from apps.core.services.documents import lock, update_all
from apps.core.transactions import unit_of_work
from apps.masterdata.services.units import conversion_ratio
from apps.supply_chain.models import Bid, BidLine, PurchaseOrder, RequestForQuotation
from apps.supply_chain.queries.bids import freight_shares
from apps.supply_chain.queries.supplier_terms import converted, supplier_terms
from apps.supply_chain.services.purchase_orders import OrderLine, create_purchase_order
from apps.supply_chain.services.requests_for_quotation import unbid
from apps.supply_chain.services.supplier_items import create_supplier_item, set_supplier_prices


def award_request(
    request: RequestForQuotation,
    *,
    lines: Sequence[BidLine],
    by: User,
    keep_prices: bool = False,
    version: int | None = None,
) -> list[PurchaseOrder]:
    """Order the chosen bid lines: a draft per supplier, at his prices, with his freight.

    Freight of a bid that is taken in part comes in part, by value. With ``keep_prices`` the price
    is the supplier's from that quantity on. Raises ``InvalidInput`` or ``BusinessError`` naming
    the row: a bid of another request, two bids for a line, one that is no longer valid.
    """
    with unit_of_work():
        request = lock(request, version=version, related=("company__currency", "site"))
        request.transition_to(RequestForQuotation.Status.AWARDED)
        chosen = _chosen(request, lines)
        groups: dict[int, list[tuple[int, BidLine]]] = {}
        for row, line in enumerate(chosen):
            groups.setdefault(line.bid_id, []).append((row, line))
        orders = [_placed(request, group, by) for _bid, group in sorted(groups.items())]
        if keep_prices:
            for row, line in enumerate(chosen):
                _keep(request, line, row, by)
        update_all([request], "status", by=by, reason=", ".join(one.number for one in orders))
    return orders


def _chosen(request: RequestForQuotation, lines: Sequence[BidLine]) -> list[BidLine]:
    if not lines:
        raise unbid(request)
    found = {
        line.pk: line
        for line in BidLine.objects.filter(pk__in=[one.pk for one in lines])
        .select_related("bid__partner", "bid__currency", "requested_line__item__unit")
        .select_related("requested_line__unit")
    }
    seen: set[int] = set()
    today = timezone.localdate()
    chosen = []
    for row, one in enumerate(lines):
        line = found.get(one.pk)
        if line is None or line.bid.request_id != request.pk or line.requested_line_id in seen:
            raise InvalidInput(
                "wrong_bid",
                _("Choose one bid of {request} for a line.").format(request=request),
                field="bid_line",
                row=row,
            )
        _require_valid(line.bid, today, row)
        seen.add(line.requested_line_id)
        chosen.append(line)
    return chosen


def _require_valid(bid: Bid, today: Date, row: int) -> None:
    if bid.valid_until is not None and bid.valid_until < today:
        raise BusinessError(
            "bid_expired",
            _("The bid of {partner} was valid until {day}.").format(
                partner=bid.partner.code, day=bid.valid_until
            ),
            field="bid_line",
            row=row,
        )


def _placed(
    request: RequestForQuotation, group: Sequence[tuple[int, BidLine]], by: User
) -> PurchaseOrder:
    """The order of one bid; a refusal names the place among all that is awarded."""
    try:
        return _order(request, [line for _row, line in group], by)
    except BusinessError as error:
        error.row = group[error.row or 0][0]
        raise


def _order(request: RequestForQuotation, group: Sequence[BidLine], by: User) -> PurchaseOrder:
    bid = group[0].bid
    today = timezone.localdate()
    return create_purchase_order(
        request.company,
        partner=bid.partner,
        site=request.site,
        currency=bid.currency,
        supplier_reference=bid.reference,
        due_date=max(today, *(line.requested_line.needed_by for line in group)),
        freight_amount=_freight(bid, group),
        lines=[
            OrderLine(
                line.requested_line.item,
                line.requested_line.quantity,
                line.unit_price,
                unit=line.requested_line.unit,
                due_date=max(today, line.requested_line.needed_by),
                bid_line=line,
            )
            for line in group
        ],
        by=by,
    )


def _freight(bid: Bid, group: Sequence[BidLine]) -> Decimal:
    places = bid.currency.decimal_places
    rows = list(bid.lines.select_related("requested_line"))
    goods = [round_money(row.unit_price * row.requested_line.quantity, places) for row in rows]
    taken = {line.pk for line in group}
    shares = freight_shares(round_money(bid.freight_amount, places), goods, places)
    return sum(
        (share for row, share in zip(rows, shares, strict=True) if row.pk in taken), start=ZERO
    )


def _keep(request: RequestForQuotation, line: BidLine, row: int, by: User) -> None:
    """Write the price into the supplier's terms of today, anew where there are none."""
    bid, requested = line.bid, line.requested_line
    today = timezone.localdate()
    reason = _("Awarded: {request}").format(request=request)
    book = supplier_terms(request.company, [bid.partner_id], [requested.item_id])
    terms = book.on(bid.partner_id, requested.item_id, today)
    if terms is not None and terms.row.currency_id != bid.currency_id:
        raise BusinessError(
            "other_currency",
            _("{partner} sells {item} in {currency}: keep the price by hand.").format(
                partner=bid.partner.code, item=requested.item.code, currency=terms.row.currency_id
            ),
            field="keep_prices",
            row=row,
        )
    if terms is None:
        supplier_item = create_supplier_item(
            request.company,
            item=requested.item,
            partner=bid.partner,
            unit=requested.unit,
            currency=bid.currency,
            lead_time_days=bid.lead_time_days,
            valid_from=today,
            by=by,
            reason=reason,
        )
    else:
        supplier_item = terms.row
    own = conversion_ratio(requested.item, supplier_item.unit)
    asked = conversion_ratio(requested.item, requested.unit)
    quantity = Fraction(requested.quantity) * asked / own
    least = round_quantity(Decimal(quantity.numerator) / Decimal(quantity.denominator))
    price = converted(line.unit_price, asked, own)
    set_supplier_prices(request.company, [(supplier_item, least, price)], by=by, reason=reason)
