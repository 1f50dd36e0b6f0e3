"""Bids side by side, in company currency: price, freight, landed total, days."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from apps.core.money import ZERO, allocate, round_money
from apps.finance.queries.rates import exchange_rate
from apps.supply_chain.models import Bid, PurchaseOrder, RequestForQuotation


@dataclass(frozen=True, slots=True)
class Offer:
    """What one supplier asks for one requested line; all amounts in company currency.

    ``landed`` is goods and the line's share of the freight (by value).
    """

    bid_id: int
    bid_line_id: int
    line_id: int
    partner_id: int
    partner_code: str
    unit_price: Decimal
    currency: str
    goods: Decimal
    freight: Decimal
    landed: Decimal
    lead_time_days: int
    is_cheapest: bool = False
    is_fastest: bool = False


@dataclass(frozen=True, slots=True)
class BidTotal:
    """All that one supplier offers; ``is_complete`` when he offers every line.

    Cheapest and fastest are marked among complete bids only.
    """

    bid_id: int
    partner_id: int
    partner_code: str
    partner_name: str
    reference: str
    currency: str
    lines: int
    goods: Decimal
    freight: Decimal
    landed: Decimal
    lead_time_days: int
    is_complete: bool
    is_cheapest: bool = False
    is_fastest: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Offers by requested line, and the bids as a whole, the cheapest first."""

    offers: dict[int, list[Offer]]
    totals: list[BidTotal]


def compare_bids(request: RequestForQuotation) -> Comparison:
    """The bids for a request at the rates of its date. A few statements, one for each currency.

    Raises ``BusinessError`` when a currency has no rate.
    """
    company = request.company
    places = company.currency.decimal_places
    lines = list(request.lines.all())
    bids = list(
        Bid.objects.filter(request=request)
        .select_related("partner")
        .prefetch_related("lines")
        .order_by("pk")
    )
    rates = {
        currency: exchange_rate(company, currency, request.date)
        for currency in sorted({bid.currency_id for bid in bids})
    }
    offers: dict[int, list[Offer]] = {line.pk: [] for line in lines}
    totals = []
    for bid in bids:
        made = _offers(bid, {line.pk: line.quantity for line in lines}, rates, places)
        for one in made:
            offers[one.line_id].append(one)
        totals.append(_total(bid, made, len(lines)))
    marked = {key: _marked_offers(found) for key, found in offers.items()}
    return Comparison(marked, sorted(_marked(totals), key=lambda one: one.landed))


def _offers(
    bid: Bid, quantities: dict[int, Decimal], rates: dict[str, Decimal], places: int
) -> list[Offer]:
    rate = rates[bid.currency_id]
    rows = list(bid.lines.all())
    goods = [
        round_money(row.unit_price * quantities[row.requested_line_id] * rate, places)
        for row in rows
    ]
    freight = round_money(bid.freight_amount * rate, places)
    shares = freight_shares(freight, goods, places)
    return [
        Offer(
            bid_id=bid.pk,
            bid_line_id=row.pk,
            line_id=row.requested_line_id,
            partner_id=bid.partner_id,
            partner_code=bid.partner.code,
            unit_price=row.unit_price,
            currency=bid.currency_id,
            goods=amount,
            freight=share,
            landed=amount + share,
            lead_time_days=bid.lead_time_days,
        )
        for row, amount, share in zip(rows, goods, shares, strict=True)
    ]


def freight_shares(freight: Decimal, goods: list[Decimal], places: int) -> list[Decimal]:
    """Freight by value of goods; evenly where they are worth nothing."""
    if not goods:
        return []
    weights = goods if any(goods) else [Decimal(1)] * len(goods)
    return allocate(freight, weights, places)


def _total(bid: Bid, offers: list[Offer], wanted: int) -> BidTotal:
    return BidTotal(
        bid_id=bid.pk,
        partner_id=bid.partner_id,
        partner_code=bid.partner.code,
        partner_name=bid.partner.name,
        reference=bid.reference,
        currency=bid.currency_id,
        lines=len(offers),
        goods=sum((one.goods for one in offers), ZERO),
        freight=sum((one.freight for one in offers), ZERO),
        landed=sum((one.landed for one in offers), ZERO),
        lead_time_days=bid.lead_time_days,
        is_complete=len(offers) == wanted,
    )


def _marked_offers(offers: list[Offer]) -> list[Offer]:
    least = min((one.landed for one in offers), default=ZERO)
    quickest = min((one.lead_time_days for one in offers), default=0)
    return [
        replace(
            one,
            is_cheapest=one.landed == least,
            is_fastest=one.lead_time_days == quickest,
        )
        for one in offers
    ]


def _marked(totals: list[BidTotal]) -> list[BidTotal]:
    whole = [one for one in totals if one.is_complete]
    least = min((one.landed for one in whole), default=ZERO)
    quickest = min((one.lead_time_days for one in whole), default=0)
    return [
        replace(
            one,
            is_cheapest=one.is_complete and one.landed == least,
            is_fastest=one.is_complete and one.lead_time_days == quickest,
        )
        for one in totals
    ]


def orders_of_request(request_id: int) -> list[PurchaseOrder]:
    """The purchase orders that bids of a request became."""
    rows = PurchaseOrder.objects.filter(lines__bid_line__bid__request=request_id)
    return list(rows.distinct().order_by("pk"))
